"""Where the sockets live."""

import os
import socket
import stat
from pathlib import Path

import pytest

from octavo.errors import HostUnavailable
from octavo.kernels.host import directories
from octavo.kernels.run_directory import choose_run_directory


def long(base: Path, length: int) -> Path:
    """A folder under `base` whose own `run` has `length` bytes."""
    rest = length - len(os.fsencode(base)) - len("//run")
    folder = base / ("x" * rest)
    folder.mkdir()
    return folder


def test_a_profile_with_a_short_path_has_its_own_up_to_94_bytes(run_directory: Path) -> None:
    profile = long(run_directory, 94)
    chosen = choose_run_directory(profile, fallback=str(run_directory))
    assert chosen == profile / "run"
    assert stat.S_IMODE(chosen.stat().st_mode) == 0o700
    longest = chosen / "01234567" / "s-5"
    longest.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(longest))


def test_a_longer_one_gets_a_directory_by_its_real_path(run_directory: Path) -> None:
    profile = long(run_directory, 95)
    chosen = choose_run_directory(profile, fallback=str(run_directory))
    assert chosen.parent == run_directory / f"octavo-{os.getuid()}"
    assert len(chosen.name) == 16
    detour = profile / ".." / profile.name
    assert choose_run_directory(detour, fallback=str(run_directory)) == chosen
    assert choose_run_directory(long(run_directory, 96), fallback=str(run_directory)) != chosen
    assert {stat.S_IMODE(path.stat().st_mode) for path in (chosen, chosen.parent)} == {0o700}


def test_a_setting_goes_first_and_is_not_silently_replaced(run_directory: Path) -> None:
    chosen = choose_run_directory(run_directory / "profile", str(run_directory / "named"))
    assert chosen == run_directory / "named"
    with pytest.raises(HostUnavailable, match="more than 94 bytes"):
        choose_run_directory(run_directory, str(run_directory / ("y" * 95)))


def test_a_link_or_a_file_in_its_place_is_refused(run_directory: Path) -> None:
    (run_directory / "target").mkdir()
    (run_directory / "link").symlink_to(run_directory / "target")
    (run_directory / "file").write_text("")
    for name in ("link", "file"):
        with pytest.raises(HostUnavailable, match="not a directory"):
            choose_run_directory(run_directory, str(run_directory / name))


def test_a_directory_of_somebody_else_is_refused(run_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = run_directory / "theirs"
    theirs.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(HostUnavailable, match="another user"):
        choose_run_directory(run_directory, str(theirs))


def test_one_that_others_may_enter_is_closed_to_them(run_directory: Path) -> None:
    open_to_all = run_directory / "open"
    open_to_all.mkdir(mode=0o777)
    directories.prepare(str(open_to_all))
    assert stat.S_IMODE(open_to_all.stat().st_mode) == 0o700
