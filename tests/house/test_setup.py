"""The set-up: what is chosen, and when a step is done again. That it works on bare machines is shown by `scripts/fresh`."""

import ast
import os
from pathlib import Path

import pytest
import setup

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nID=debian\n'
UBUNTU = 'NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n'
MINT = 'NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n'
RASPBIAN = 'ID=raspbian\nID_LIKE="debian"\n'
FEDORA = "NAME='Fedora Linux'\nID='fedora'\n"


@pytest.mark.parametrize(
    ("release", "distribution"),
    [(DEBIAN, "debian"), (RASPBIAN, "debian"), (UBUNTU, "ubuntu"), (MINT, "ubuntu"), (FEDORA, "fedora"), ("", "")],
)
def test_a_distribution_is_known_by_its_family(tmp_path: Path, release: str, distribution: str) -> None:
    (tmp_path / "os-release").write_text(release)
    assert setup.distribution_of(tmp_path / "os-release") == distribution


def test_a_machine_that_does_not_say_what_it_is_has_no_distribution(tmp_path: Path) -> None:
    assert setup.distribution_of(tmp_path / "nothing") == ""


@pytest.mark.parametrize(
    ("found", "distribution", "root", "chosen"),
    [
        ("/usr/bin/chromium", "debian", False, "here"),
        (None, "debian", True, "apt"),
        (None, "debian", False, "ask"),
        (None, "ubuntu", True, "playwright"),
        (None, "ubuntu", False, "playwright"),
        (None, "fedora", True, "playwright"),
    ],
)
def test_chromium_comes_from_the_machine_else_apt_on_debian_else_playwright(
    found: str | None, distribution: str, root: bool, chosen: str
) -> None:
    assert setup.browser_from(found, distribution, root=root) == chosen


def test_ubuntu_s_chromium_is_not_taken(tmp_path: Path) -> None:
    program(tmp_path / "chromium", "exit 0")
    path = {"PATH": str(tmp_path)}
    assert setup.find_browser("debian", path) == str(tmp_path / "chromium")
    assert setup.find_browser("ubuntu", path) is None


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("answer", ["echo v18.20.4", "echo nonsense", "exit 1"])
def test_an_older_node_counts_as_none(tmp_path: Path, answer: str) -> None:
    program(tmp_path / "npm", "exit 0")
    program(tmp_path / "node", answer)
    assert setup.find_node({"PATH": str(tmp_path)}) is None


def test_a_node_needs_its_npm(tmp_path: Path) -> None:
    program(tmp_path / "node", "echo v22.1.0")
    assert setup.find_node({"PATH": str(tmp_path)}) is None
    program(tmp_path / "npm", "exit 0")
    assert setup.find_node({"PATH": str(tmp_path)}) == tmp_path / "node"


@pytest.fixture
def own_stamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    (tmp_path / ".venv").mkdir()


@pytest.mark.usefixtures("own_stamps")
def test_a_step_is_done_once_and_again_when_what_it_is_made_from_changes(tmp_path: Path) -> None:
    done = []
    lock = tmp_path / "some.lock"
    for text in ("one", "one", "two", "two"):
        lock.write_text(text)
        setup.once("step", setup.digest([lock]), lambda: done.append(lock.read_text()))
    assert done == ["one", "two"]


@pytest.mark.usefixtures("own_stamps")
def test_a_step_that_failed_is_done_again() -> None:
    def fail() -> None:
        raise SystemExit("no network")

    for _ in range(2):
        with pytest.raises(SystemExit, match="no network"):
            setup.once("step", "same", fail)


def test_a_failed_command_says_which_step_what_it_printed_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "LOG", tmp_path / "setup.log")
    with pytest.raises(SystemExit) as failed:
        setup.do(
            "Python packages", ["sh", "-c", "echo no route; exit 3"], tmp_path, os.environ, hint="Is the network there?"
        )
    assert str(failed.value).splitlines()[0] == "no route"
    assert "could not set up: Python packages. Is the network there?" in str(failed.value)


def test_who_is_not_root_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(
        SystemExit, match=r"^Python here cannot: install the system's package python3-venv \(sudo apt-get"
    ):
        setup.install_system("python3-venv", "environments", "Python here cannot")


def test_an_old_python_can_read_the_file_that_sends_it_away() -> None:
    ast.parse(Path(setup.__file__).with_name("oldest.py").read_text(), feature_version=(3, 4))


def test_the_page_is_built_from_what_the_build_hook_says() -> None:
    hook = (setup.ROOT / "hatch_build.py").read_text()
    for name in ("build.mjs", "package-lock.json", "package.json"):
        assert f'"{name}"' in hook
        assert setup.FRONTEND / name in setup.page_sources()
