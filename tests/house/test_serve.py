"""`scripts/serve`: which folder, and that it becomes `octavo serve`."""

import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest


class Became(Exception):
    """What the process would have become."""


@pytest.fixture
def started(serve: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs it with everything set up, in a clone of its own; returns the command line and the folder from the environment."""
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "Welcome.ipynb").write_text("sample")
    monkeypatch.setattr(serve.setup, "ROOT", tmp_path)

    def became(path: Path, arguments: Sequence[str], variables: dict[str, str]) -> None:
        raise Became(path, arguments, variables.get("OCTAVO_FILES__ROOT"))

    monkeypatch.setattr(os, "execve", became)

    def start(*arguments: str, **variables: str) -> tuple[Path, list[str], str | None]:
        environment = {"OCTAVO_HOME": str(tmp_path / "home"), **variables}
        monkeypatch.setattr(serve.setup, "ready", lambda purpose: environment)
        with pytest.raises(Became) as end:
            serve.main(arguments)
        return end.value.args

    return start


def test_it_becomes_octavo_serve_with_its_arguments(started, serve: ModuleType) -> None:
    path, command, _ = started("notes", "--port", "9000")
    assert path == serve.setup.VENV / "bin" / "octavo"
    assert command == ["octavo", "serve", "notes", "--port", "9000"]


def test_where_nothing_names_a_folder_it_is_a_copy_of_the_samples_made_once(started, tmp_path: Path) -> None:
    assert started()[2] == str(tmp_path / "notebooks")
    (tmp_path / "notebooks" / "Welcome.ipynb").write_text("mine")
    started("--port", "0")
    assert (tmp_path / "notebooks" / "Welcome.ipynb").read_text() == "mine"
    assert (tmp_path / "samples" / "Welcome.ipynb").read_text() == "sample"


def test_a_folder_in_the_environment_wins(started) -> None:
    assert started(OCTAVO_FILES__ROOT="/notes")[2] == "/notes"


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [(["--profile", "work"], {}), (["--port", "0", "--profile=work"], {}), ([], {"OCTAVO_PROFILE": "work"})],
)
def test_a_folder_in_the_profile_wins(started, tmp_path: Path, arguments: list[str], variables: dict[str, str]) -> None:
    (tmp_path / "home" / "work").mkdir(parents=True)
    (tmp_path / "home" / "work" / "settings.toml").write_text('[files]\nroot = "/notes"\n')
    assert started(*arguments, **variables)[2] is None
    assert started()[2] is not None


@pytest.mark.parametrize("text", ["[files", "[server]\nport = 1\n", 'files = "x"\n', '[files]\nroot = ""\n'])
def test_a_profile_without_a_folder_or_with_a_broken_file_does_not(started, tmp_path: Path, text: str) -> None:
    (tmp_path / "home" / "default").mkdir(parents=True)
    (tmp_path / "home" / "default" / "settings.toml").write_text(text)
    assert started()[2] is not None
