import fcntl
import os
import socket
import stat
import subprocess
import sys

import pytest

from octavo.errors import Conflict, Denied, Invalid, NotFound
from octavo.settings import profiles
from octavo.settings.profiles import WebLock


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_home_is_named_by_the_environment_or_the_platform(tmp_path):
    assert profiles.home({"OCTAVO_HOME": str(tmp_path)}) == tmp_path
    assert profiles.home({}).name == "octavo"


def test_the_default_profile_is_made_when_it_is_needed_and_private(tmp_path):
    profile = profiles.find(tmp_path / "home", "default")
    assert profile.settings_file.is_file()
    assert (mode(profile.directory), mode(profile.directory.parent), mode(profile.settings_file)) == (
        0o700,
        0o700,
        0o600,
    )


def test_a_directory_that_others_could_read_is_closed(tmp_path):
    profile = profiles.find(tmp_path, "default")
    profile.directory.chmod(0o755)
    profiles.find(tmp_path, "default")
    assert mode(profile.directory) == 0o700


def test_another_profile_must_be_made_first(tmp_path):
    profiles.create(tmp_path, "work")
    with pytest.raises(NotFound) as caught:
        profiles.find(tmp_path, "wrok")
    assert "Did you mean work?" in (caught.value.hint or "")
    assert profiles.find(tmp_path, "work").directory == tmp_path / "work"


def test_a_new_profile_begins_as_a_copy_of_the_default_s_settings_alone(tmp_path):
    default = profiles.find(tmp_path, "default")
    default.settings_file.write_text("# mine\n[server]\nport = 1\n")
    (default.directory / "access.db").write_text("secret")
    made = profiles.create(tmp_path, "work")
    assert made.settings_file.read_text() == "# mine\n[server]\nport = 1\n"
    assert [path.name for path in made.directory.iterdir()] == ["settings.toml"]
    with pytest.raises(Conflict):
        profiles.create(tmp_path, "work")


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", ".hidden", "a b", "工作", "x" * 41])
def test_a_name_that_no_path_or_cookie_may_have_is_refused(tmp_path, name):
    with pytest.raises(Invalid):
        profiles.create(tmp_path, name)


def test_profiles_are_listed_the_default_first_and_other_directories_not(tmp_path):
    (tmp_path / "stray").mkdir()
    for name in ("zoo", "default", "a"):
        profiles.create(tmp_path, name)
    assert profiles.names(tmp_path) == ["default", "a", "zoo"]
    assert profiles.names(tmp_path / "none") == []


def test_deleting_takes_the_profile_and_its_sockets(tmp_path):
    profile = profiles.create(tmp_path, "work")
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    profiles.delete(tmp_path, "work", run=outside)
    assert not profile.directory.exists()
    assert not outside.exists()


def test_a_profile_in_use_is_not_deleted(tmp_path):
    profile = profiles.create(tmp_path, "work")
    run = profiles.run_directory(profile)
    with WebLock.take(profile), pytest.raises(Conflict, match="in use"):
        profiles.delete(tmp_path, "work", run=run)
    with open(run / "host.lock", "w") as host:
        fcntl.flock(host, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="Kernels"):
            profiles.delete(tmp_path, "work", run=run)
    assert profile.settings_file.is_file()


HOLD = """
import sys
from octavo.settings import profiles
lock = profiles.WebLock.take(profiles.find(profiles.home({"OCTAVO_HOME": sys.argv[1]}), "default"))
lock.describe("http://127.0.0.1:8888/")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_web_process_is_told_who_holds_the_profile_and_where_it_listens(tmp_path):
    profile = profiles.find(tmp_path, "default")
    assert profiles.holder(profile) is None
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Conflict) as caught:
            WebLock.take(profile)
        assert f"process {other.pid} holds it and listens at http://127.0.0.1:8888/" in caught.value.message
        assert profiles.holder(profile) == profiles.Holder(other.pid, "http://127.0.0.1:8888/")
        other.kill()
    with WebLock.take(profile):  # a dead process holds nothing
        assert profiles.holder(profile) == profiles.Holder(os.getpid(), "")
    assert profiles.holder(profile) is None


def test_the_run_directory_is_in_the_profile_where_the_path_is_short(tmp_path):
    profile = profiles.create(tmp_path, "p")
    if len(os.fsencode(profile.directory / "run")) <= 94:
        assert profiles.run_directory(profile) == profile.directory / "run"
        assert list((profile.directory / "run").iterdir()) == []


def test_a_long_path_s_sockets_are_in_a_private_temporary_directory(tmp_path):
    home = tmp_path / ("x" * 60) / ("y" * 60)
    profile = profiles.create(home, "work")
    run = profiles.run_directory(profile, temporary=tmp_path)
    assert run.parent == tmp_path / f"octavo-{os.geteuid()}"
    assert (len(run.name), mode(run), mode(run.parent)) == (16, 0o700, 0o700)
    assert profiles.run_directory(profile, temporary=tmp_path) == run
    assert profiles.run_directory(profile, "/run/octavo").as_posix() == "/run/octavo"


def test_where_no_socket_can_be_bound_the_run_directory_is_elsewhere(tmp_path, monkeypatch):
    profile = profiles.create(tmp_path, "p")
    monkeypatch.setattr(socket.socket, "bind", lambda self, address: (_ for _ in ()).throw(PermissionError()))
    assert profiles.run_directory(profile, temporary=tmp_path).parent == tmp_path / f"octavo-{os.geteuid()}"


def test_a_link_in_the_temporary_directory_is_refused(tmp_path):
    home = tmp_path / ("x" * 60) / ("y" * 60)
    profile = profiles.create(home, "work")
    (tmp_path / "target").mkdir()
    (tmp_path / f"octavo-{os.geteuid()}").symlink_to(tmp_path / "target")
    with pytest.raises(Denied):
        profiles.run_directory(profile, temporary=tmp_path)


def test_another_user_s_profile_is_refused(tmp_path, monkeypatch):
    profiles.create(tmp_path, "work")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(Denied, match="another user"):
        profiles.find(tmp_path, "work")


def test_a_private_file_is_written_whole_or_not_at_all(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        profiles.write_privately(file, "\udcff")
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]
