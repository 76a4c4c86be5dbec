"""The installer, run by real environments with their own pip and with uv, on wheels that the test makes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import wheels

from octavo.kernels.packages import installer
from octavo.kernels.packages.progress import Progress, explain

UV = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}") or "uv"


@pytest.fixture(params=["pip", "uv"])
def tool(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    for version in ("1.0", "2.0"):
        wheels.make_wheel(folder, "tinypkg", version)
    wheels.make_wheel(folder, "needy", "1.0", {"needy.py": "", "spaces/inner/__init__.py": ""}, requires=["tinypkg<2"])
    return folder


@pytest.fixture
def python(tmp_path: Path, tool: str) -> Path:
    return wheels.make_venv(tmp_path / "env", pip=tool == "pip")


def install(python: Path, index: Path, *arguments: str) -> Progress:
    path = f"{Path(UV).parent}:{os.environ['PATH']}"
    result = subprocess.run(
        [python, "-I", "-u", installer.__file__, *arguments],
        env={**os.environ, **wheels.environment(index), "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    progress = Progress()
    progress.feed(result.stdout)
    progress.finish()
    return progress


def test_a_package_and_what_it_needs_are_installed_and_told_with_their_modules(
    python: Path, index: Path, tool: str
) -> None:
    progress = install(python, index, "--", "needy")
    assert progress.begun["tool"].split()[0] == tool
    assert progress.begun["python"] == str(python)
    assert progress.packages == [
        ("needy", "", "1.0", ("needy", "spaces.inner")),
        ("tinypkg", "", "1.0", ("tinypkg",)),
    ]
    said = subprocess.run(
        [python, "-c", "import needy, tinypkg; print(tinypkg.version)"], capture_output=True, check=True
    )
    assert said.stdout == b"1.0\n"


def test_an_upgrade_names_the_version_before(python: Path, index: Path) -> None:
    install(python, index, "--", "tinypkg==1.0")
    assert install(python, index, "--", "tinypkg").packages == []
    assert install(python, index, "--upgrade", "--", "tinypkg").packages == [("tinypkg", "1.0", "2.0", ("tinypkg",))]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (["nosuchpkg"], ("missing", "nosuchpkg")),
        (["tinypkg==9"], ("version", "tinypkg==9")),
        (["needy", "tinypkg==2"], ("conflict", "")),
    ],
)
def test_real_failures_are_told_in_a_word(python: Path, index: Path, asked: list[str], reason: tuple[str, str]) -> None:
    progress = install(python, index, "--", *asked)
    assert progress.ended
    assert progress.packages == []
    assert explain(progress.lines) == reason


def test_an_option_after_the_dashes_is_no_option(python: Path, index: Path) -> None:
    progress = install(python, index, "--", "--version")
    assert progress.packages == []
    assert explain(progress.lines).word == "other"


def test_an_environment_with_neither_tool_is_told(tmp_path: Path, index: Path) -> None:
    python = wheels.make_venv(tmp_path / "bare", pip=False)
    result = subprocess.run(
        [python, "-I", "-u", installer.__file__, "--", "tinypkg"],
        env={"PATH": "/nonexistent", "HOME": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    refused = json.loads(result.stdout.splitlines()[-1].lstrip(b"\x1e"))
    assert (result.returncode, refused["is"], refused["why"]) == (1, "refused", "no-tool")


def test_a_python_that_its_system_manages_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "EXTERNALLY-MANAGED").touch()
    monkeypatch.setattr(installer.sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(installer.sys, "base_prefix", installer.sys.prefix)
    assert installer.reason_against() == {"why": "external", "folder": installer.sys.prefix}


def test_an_environment_that_may_not_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installer.sysconfig, "get_path", lambda name: str(tmp_path / "not" / "yet"))
    assert installer.reason_against() is None
    monkeypatch.setattr(installer.os, "access", lambda path, mode: str(path) != str(tmp_path))
    assert installer.reason_against() == {"why": "read-only", "folder": str(tmp_path / "not" / "yet")}


def test_an_environment_that_uv_made_is_uv_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installer, "find_uv", lambda: "/x/uv")
    monkeypatch.setattr(installer.sys, "prefix", str(tmp_path))
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\n")
    tool = installer.choose_tool()
    assert tool is not None
    assert tool[0].startswith("pip")
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\nuv = 0.9\n")
    tool = installer.choose_tool()
    assert tool is not None
    assert tool[0] == "uv"
    assert tool[1][0] == "/x/uv"
