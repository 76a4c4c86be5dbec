"""Which kernels can be chosen, and what is wrong with those that cannot."""

import json
import os
import sys
from pathlib import Path

import pytest

from octavo.errors import KernelUnavailable, NotFound
from octavo.kernels.catalogue import Catalogue, Choice, by_language

IPYKERNEL = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing of this machine's own folders."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("MAMBA_ROOT_PREFIX", raising=False)
    monkeypatch.setenv("JUPYTER_PATH", str(home / "jupyter"))
    return home


def kernelspec(folder: Path, name: str, argv: list[str], **fields: object) -> Path:
    path = folder / "kernels" / name / "kernel.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"argv": argv, "display_name": name.title(), "language": "python", **fields}))
    return path


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def venv(folder: Path, *, ipykernel: bool = True, config: str = "version = 3.12.3\n") -> Path:
    """As its files look; what stands for its Python must never run."""
    python = program(folder / "bin" / "python", '#!/bin/sh\ntouch "$0.ran"\n')
    (folder / "pyvenv.cfg").write_text(config)
    packages = folder / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    if ipykernel:
        (packages / "ipykernel").mkdir()
        (packages / "ipykernel" / "__init__.py").touch()
    return python


def choice(catalogue: Catalogue, name: str, folder: Path | None = None) -> Choice:
    return {one.name: one for one in catalogue.choices(folder)}[name]


def test_the_profiles_kernelspec_goes_before_jupyters_of_the_same_name(tmp_path: Path, home: Path) -> None:
    kernelspec(tmp_path / "profile", "stats", ["/bin/sh"], display_name="Mine")
    kernelspec(home / "jupyter", "stats", ["/bin/sh"], display_name="Theirs")
    assert Catalogue(tmp_path / "profile").find("Stats").display_name == "Mine"
    assert Catalogue().find("stats").display_name == "Theirs"


def test_the_environment_beside_a_notebook_is_a_kernel_and_is_not_run_to_look_at_it(tmp_path: Path) -> None:
    root = tmp_path / "notebooks"
    python = venv(root / "course" / ".venv")
    catalogue = Catalogue(root=root)
    found = choice(catalogue, "venv", root / "course")
    assert (found.display_name, found.program, found.version, found.source, found.problem) == (
        "Python (.venv)",
        str(python),
        "3.12.3",
        "folder",
        None,
    )
    assert found.spec is not None and found.spec.env["VIRTUAL_ENV"] == str(root / "course" / ".venv")
    assert choice(catalogue, "venv", root / "course").version == "3.12.3"
    assert not python.with_name("python.ran").exists()
    with pytest.raises(NotFound):
        catalogue.find("venv", root)


def test_the_nearest_environment_counts_and_none_above_the_served_folder(tmp_path: Path) -> None:
    root = tmp_path / "notebooks"
    near, outside = venv(root / "venv"), venv(tmp_path / ".venv")
    (root / "a" / "b").mkdir(parents=True)
    assert choice(Catalogue(root=root), "venv", root / "a" / "b").program == str(near)
    assert choice(Catalogue(root=root / "a"), "python3", root / "a").program == sys.executable
    with pytest.raises(NotFound):
        Catalogue(root=root / "a").find("venv", root / "a" / "b")
    assert outside.exists()


def test_condas_environments_are_kernels_with_what_else_they_brought(tmp_path: Path, home: Path) -> None:
    for name in ("stats", "other"):
        environment = tmp_path / name / "envs" / "stats"
        program(environment / "bin" / "python")
        (environment / "conda-meta").mkdir()
        (environment / "conda-meta" / "python-3.13.1-h5.json").touch()
        (environment / "lib" / "python3.13" / "site-packages" / "ipykernel").mkdir(parents=True)
        (environment / "lib" / "python3.13" / "site-packages" / "ipykernel" / "__init__.py").touch()
    kernelspec(environment / "share" / "jupyter", "python3", ["python", *IPYKERNEL])
    program(environment / "bin" / "R")
    kernelspec(environment / "share" / "jupyter", "ir", ["R", "--slave"], language="R", display_name="R")
    (home / ".conda").mkdir()
    lines = [tmp_path / "stats" / "envs" / "stats", environment, tmp_path / "gone"]
    (home / ".conda" / "environments.txt").write_text("".join(f"{line}\n" for line in lines))
    found = {one.name: one for one in Catalogue().choices() if one.source == "conda"}
    assert {name: (one.display_name, one.version, one.problem) for name, one in found.items()} == {
        "conda-stats": ("Python (conda stats)", "3.13.1", None),
        "conda-stats-2": ("Python (conda stats-2)", "3.13.1", None),
        "conda-stats-2-ir": ("R (conda stats-2)", "", None),
    }
    assert found["conda-stats-2-ir"].program == str(environment / "bin" / "R")


@pytest.mark.parametrize(
    ("argv", "reason", "what"),
    [
        (["{tmp}/gone/bin/python", *IPYKERNEL], "program", "{tmp}/gone/bin/python"),
        (["no-such-program-here"], "program", "no-such-program-here"),
        (["{tmp}/script", "-f", "{connection_file}"], "interpreter", "/nowhere/python"),
        (["{tmp}/bare/bin/python", *IPYKERNEL], "ipykernel", "{tmp}/bare"),
        (["/bin/sh", "-jar", "{tmp}/ijava.jar"], "file", "{tmp}/ijava.jar"),
    ],
)
def test_what_cannot_start_is_flagged_with_the_reason(
    tmp_path: Path, home: Path, argv: list[str], reason: str, what: str
) -> None:
    program(tmp_path / "script", "#!/nowhere/python\n")
    venv(tmp_path / "bare", ipykernel=False)
    kernelspec(home / "jupyter", "it", [part.replace("{tmp}", str(tmp_path)) for part in argv])
    problem = choice(Catalogue(), "it").problem
    assert problem is not None
    assert (problem.reason, problem.what) == (reason, what.replace("{tmp}", str(tmp_path)))
    with pytest.raises(KernelUnavailable, match=r"Kernel It cannot start: .*\.") as refused:
        Catalogue().startable("it")
    assert refused.value.hint
    assert Catalogue().find("it").name == "it"


def test_a_file_that_is_no_kernelspec_is_flagged_and_no_choice_for_jupyter(home: Path) -> None:
    path = kernelspec(home / "jupyter", "torn", [])
    path.write_text('{"argv": ["x"')
    found = choice(Catalogue(), "torn")
    assert found.problem is not None and (found.problem.reason, found.problem.what) == ("unreadable", str(path))
    assert "torn" not in Catalogue().specs()


def test_an_environment_that_sees_the_systems_packages_has_their_ipykernel(tmp_path: Path, home: Path) -> None:
    (tmp_path / "base" / "lib" / "python3.12" / "site-packages" / "ipykernel").mkdir(parents=True)
    (tmp_path / "base" / "lib" / "python3.12" / "site-packages" / "ipykernel" / "__init__.py").touch()
    config = f"home = {tmp_path}/base/bin\ninclude-system-site-packages = true\nversion = 3.12.3\n"
    python = venv(tmp_path / "env", ipykernel=False, config=config)
    kernelspec(home / "jupyter", "it", [str(python), *IPYKERNEL])
    assert choice(Catalogue(), "it").problem is None


def test_a_programs_version_is_asked_for_once_and_again_when_it_changes(tmp_path: Path, home: Path) -> None:
    asked = tmp_path / "asked"
    deno = program(tmp_path / "deno", f'#!/bin/sh\necho x >> {asked}\necho "deno 2.9.8 (stable)"\n')
    kernelspec(home / "jupyter", "deno", [str(deno)], language="typescript")
    catalogue = Catalogue()
    assert [choice(catalogue, "deno").version for _ in range(2)] == ["2.9.8"] * 2
    assert asked.read_text() == "x\n"
    os.utime(deno, (1, 1))
    assert choice(catalogue, "deno").version == "2.9.8"
    assert asked.read_text() == "x\nx\n"


def test_the_menu_has_the_notebooks_language_first_and_what_cannot_start_last(home: Path) -> None:
    kernelspec(home / "jupyter", "a", ["/nowhere/a"], language="R")
    kernelspec(home / "jupyter", "b", ["/bin/sh"], language="R")
    kernelspec(home / "jupyter", "c", ["/bin/sh"], language="bash")
    groups = by_language([one for one in Catalogue().choices() if one.name in "abc"], "R")
    assert {language: [one.name for one in group] for language, group in groups.items()} == {
        "r": ["b", "a"],
        "bash": ["c"],
    }
    assert list(groups) == ["r", "bash"]
