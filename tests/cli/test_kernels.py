"""`octavo kernels`: list, add, remove, check, and variables."""

import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from octavo.settings.profiles import Profile

Octavo = Callable[..., Any]
SCRIPTED = Path(__file__).parents[1] / "kernels" / "scripted.py"


@pytest.fixture(autouse=True)
def jupyter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Jupyter's folders, with nothing of this machine's user in them."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("MAMBA_ROOT_PREFIX", raising=False)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "user"))
    return tmp_path / "jupyter"


def kernelspec(folder: Path, name: str, argv: list[str]) -> None:
    (folder / "kernels" / name).mkdir(parents=True)
    (folder / "kernels" / name / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": name.title(), "language": "script"})
    )


def environment(folder: Path, *, ipykernel: bool) -> Path:
    """A virtual environment as its files look. What stands for its Python "installs" by making the package's folder."""
    packages = folder / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("version = 3.12.3\n")
    (folder / "bin").mkdir()
    python = folder / "bin" / "python"
    python.write_text(
        f'#!/bin/sh\necho "Collecting $5"\nmkdir -p "{packages}/$5" && touch "{packages}/$5/__init__.py"\nprintf "\\036{{}}\\n"\n'
    )
    python.chmod(0o755)
    if ipykernel:
        (packages / "ipykernel").mkdir()
        (packages / "ipykernel" / "__init__.py").touch()
    return folder


def test_the_list_says_what_runs_and_why_some_cannot(octavo: Octavo, jupyter: Path) -> None:
    kernelspec(jupyter, "fine", ["/bin/sh"])
    kernelspec(jupyter, "dead", ["/nowhere/python"])
    ran = octavo("kernels", "list")
    assert ran.code == 0
    lines = ran.out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("dead"))
    assert lines[at + 1].strip() == "not usable: /nowhere/python is not there."
    found = {row["name"]: row for row in json.loads(octavo("kernels", "list", "--json").out)["kernels"]}
    assert (found["dead"]["problem"], found["fine"]["problem"], found["fine"]["program"]) == (
        "program",
        None,
        "/bin/sh",
    )
    assert found["python3"]["program"] == sys.executable


def test_an_environment_is_added_to_the_profile_and_removed_again(
    octavo: Octavo, default: Profile, tmp_path: Path
) -> None:
    environment(tmp_path / "stats" / ".venv", ipykernel=True)
    arguments = ("kernels", "add", str(tmp_path / "stats"), "--display-name", "Statistics", "--env", "A=1=2")
    dry = octavo(*arguments, "--dry-run", "--json")
    assert json.loads(dry.out)["file"] == str(default.directory / "kernels" / "stats" / "kernel.json")
    assert not (default.directory / "kernels").exists()
    assert octavo(*arguments).code == 0
    written = json.loads((default.directory / "kernels" / "stats" / "kernel.json").read_text())
    assert written == json.loads(dry.out)["kernel"]
    assert written["argv"][0] == str(tmp_path / "stats" / ".venv" / "bin" / "python")
    assert (written["display_name"], written["env"]["A"]) == ("Statistics", "1=2")
    again = octavo(*arguments)
    assert (again.code, "--name" in again.err, "--replace" in again.err) == (1, True, True)
    assert octavo(*arguments, "--replace").code == 0
    assert octavo("kernels", "remove", "Stats").code == 0
    assert "stats" not in {row["name"] for row in json.loads(octavo("kernels", "list", "--json").out)["kernels"]}


def test_its_python_or_a_conda_name_says_which_environment_too(octavo: Octavo, tmp_path: Path) -> None:
    folder = environment(tmp_path / "envs" / "sky", ipykernel=True)
    (folder / "conda-meta").mkdir()
    (tmp_path / ".conda").mkdir()
    (tmp_path / ".conda" / "environments.txt").write_text(f"{folder}\n")
    for text in ("sky", str(folder / "bin" / "python")):
        ran = octavo("kernels", "add", text, "--json", "--user", "--replace")
        assert json.loads(ran.out) == {
            "name": "sky",
            "file": str(tmp_path / "user" / "kernels" / "sky" / "kernel.json"),
            "installed_ipykernel": False,
        }
    assert octavo("kernels", "remove", "sky").code == 3
    assert octavo("kernels", "remove", "sky", "--user").code == 0


def test_one_without_ipykernel_is_refused_or_given_it(octavo: Octavo, default: Profile, tmp_path: Path) -> None:
    folder = environment(tmp_path / "bare", ipykernel=False)
    ran = octavo("kernels", "add", str(folder))
    assert ran.code == 5
    assert ran.err == (
        f"octavo: The environment {folder} has no ipykernel, which a Python kernel needs.\n"
        "  To install it there, run this again with --install-ipykernel.\n"
    )
    ran = octavo("kernels", "add", str(folder), "--install-ipykernel", "--json")
    assert json.loads(ran.out)["installed_ipykernel"] is True
    assert ran.err == "Collecting ipykernel\n"
    assert (default.directory / "kernels" / "bare" / "kernel.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("add", "nowhere"), 4, "There is no environment nowhere."),
        (("add", "."), 2, "is no virtual environment"),
        (("add", "/bin/sh"), 4, "There is no environment /bin/sh."),
        (("remove", "nothing"), 4, "There is no kernel 'nothing' here."),
        (("remove", "python3"), 3, "Kernel python3"),
        (("check", "nothing"), 4, "There is no kernel 'nothing' here."),
    ],
)
def test_what_cannot_be_done_is_said(octavo: Octavo, arguments: tuple[str, ...], code: int, says: str) -> None:
    ran = octavo("kernels", *arguments)
    assert (ran.code, says in ran.err) == (code, True), ran.err


def test_a_check_starts_the_kernel_and_says_what_happened(octavo: Octavo, jupyter: Path) -> None:
    program = [sys.executable, "-I", "-S", str(SCRIPTED), "-f", "{connection_file}"]
    kernelspec(jupyter, "fine", program)
    kernelspec(jupyter, "dying", [*program, "--dies", "3"])
    kernelspec(jupyter, "dead", ["/nowhere/python"])
    ran = octavo("kernels", "check", "fine")
    assert (ran.code, ran.out.startswith("ok       fine  ")) == (0, True), ran.out
    ran = octavo("kernels", "check", "dying")
    assert ran.code == 5
    assert ran.out == (
        "not ok   dying  It ended at its start, with code 3.\n                the scripted kernel dies as it was told\n"
    )
    told = json.loads(octavo("kernels", "check", "dead", "--json").out)["kernels"]
    assert [(one["name"], one["ok"]) for one in told] == [("dead", False)]


def test_a_secret_comes_from_standard_input_and_is_never_shown(
    octavo: Octavo, default: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("s3cret\n"))
    assert octavo("kernels", "env", "set", "TOKEN", "--kernel", "ir").code == 0
    monkeypatch.setattr("sys.stdin", StringIO("two\nlines"))
    assert octavo("kernels", "env", "set", "OTHER").code == 0
    listed = octavo("kernels", "env", "list")
    assert listed.out.splitlines() == ["OTHER  ••••••  all kernels", "TOKEN  ••••••  kernel ir"]
    rows = json.loads(octavo("kernels", "env", "list", "--json").out)["variables"]
    assert rows == [{"name": "OTHER", "kernel": None}, {"name": "TOKEN", "kernel": "ir"}]
    assert octavo("kernels", "env", "remove", "TOKEN").code == 4
    assert octavo("kernels", "env", "remove", "TOKEN", "--kernel", "ir").code == 0
    monkeypatch.setattr("sys.stdin", StringIO(""))
    assert octavo("kernels", "env", "set", "EMPTY").code == 2
    assert json.loads((default.directory / "kernel-variables.json").read_text()) == {"all": {"OTHER": "two\nlines"}}
