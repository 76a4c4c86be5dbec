import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from octavo.cli.main import run
from octavo.settings import profiles
from octavo.settings.options import ServeOptions
from octavo.settings.profiles import Profile
from octavo.settings.schema import Settings


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of no profiles, a working directory of its own, and nothing of Octavo in the environment."""
    for name in ("OCTAVO_PROFILE", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OCTAVO_HOME", str(tmp_path / "home"))
    (tmp_path / "notes").mkdir()
    monkeypatch.chdir(tmp_path / "notes")
    return tmp_path / "home"


@pytest.fixture
def octavo(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command line in this process."""

    def octavo_(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return octavo_


@pytest.fixture
def default(home: Path) -> Profile:
    return profiles.find(home, "default")


class Served(NamedTuple):
    settings: Settings
    profile: Profile
    options: ServeOptions


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Served]:
    """What the server was started with; it listens on port 4321 and ends at once."""
    starts: list[Served] = []

    def serve(settings: Settings, profile: Profile, options: ServeOptions) -> None:
        starts.append(Served(settings, profile, options))
        options.listening(4321)

    module = ModuleType("octavo.server")
    module.__dict__["serve"] = serve
    monkeypatch.setitem(sys.modules, "octavo.server", module)
    return starts
