"""`octavo serve` up to the server's own start, which is a stand-in here that listens at once."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from octavo.access.access import Access
from octavo.settings.exposure import ROOT
from octavo.settings.profiles import WebLock
from octavo.settings.schema import Access as AccessSettings

PASSWORD = "tides at noon"


@pytest.fixture
def password(default):
    with Access.open(default.directory, AccessSettings()) as access:
        anyio.run(access.set_password, PASSWORD)


def test_flags_and_the_file_give_the_same_start(octavo, served, default, tmp_path):
    octavo(
        "serve",
        str(tmp_path),
        "--port",
        "0",
        "--base-url",
        "/user/a%40b/",
        "--hosts",
        "a.example",
        "--no-open",
        "--log-level",
        "debug",
    )
    default.settings_file.write_text(
        f"server.port = 0\nserver.base_url = '/user/a%40b/'\nserver.hosts = ['a.example']\nserver.open = false\n"
        f"log.level = 'debug'\nfiles.root = '{tmp_path}'\n"
    )
    octavo("serve")
    first, second = served
    assert first.settings == second.settings
    assert first.settings.server.base_url == "/user/a%40b/"
    assert first.profile == second.profile == default


def test_it_says_where_it_is_and_how_to_log_in(octavo, served, password, default):
    ran = octavo("serve", "--ip", "::1")
    assert ran.out.splitlines() == [
        "Octavo is at http://[::1]:4321/",
        "Log in with the password of profile default. (Forgotten? octavo password)",
    ]
    assert served[0].options.setup is False
    assert list(default.directory.glob("login-link")) == []


def test_a_first_start_without_a_terminal_leaves_a_link_that_only_the_owner_can_read(octavo, served, default):
    ran = octavo("serve")
    file = default.directory / "login-link"
    assert str(file) in ran.out
    assert file.stat().st_mode & 0o777 == 0o600
    link = file.read_text()
    assert link.startswith("http://127.0.0.1:4321/login#")
    code = link.strip().partition("#")[2]
    assert code not in ran.out + ran.err
    assert all(code not in path.read_text() for path in default.log_directory.iterdir())


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--ip", "0.0.0.0", "--tls", "off"), "without TLS"),
        (("--ip", "0.0.0.0", "--tls", "off", "--setup", "--allow-root"), "without TLS"),
        (("--ip", "0.0.0.0"), "without a password"),
        (("--ip", "0.0.0.0", "--insecure", "--allow-root"), "without a password"),
    ],
)
def test_an_unsafe_start_is_refused_with_what_to_do(octavo, served, flags, said):
    ran = octavo("serve", *flags)
    assert (ran.code, served) == (3, [])
    assert said in ran.err


@pytest.mark.parametrize(
    ("flags", "mode"),
    [
        ((), "off"),
        (("--ip", "0.0.0.0"), "self-signed"),
        (("--ip", "0.0.0.0", "--insecure"), "off"),
        (("--tls", "files"), "files"),
    ],
)
def test_public_listening_has_tls_unless_it_is_told_otherwise(octavo, served, password, flags, mode):
    assert octavo("serve", "--allow-root", *flags).code == 0
    assert served[0].options.tls == mode


def test_setup_lets_only_a_link_set_the_password(octavo, served):
    assert octavo("serve", "--ip", "0.0.0.0", "--insecure", "--setup", "--allow-root").code == 0
    assert served[0].options.setup is True
    assert served[0].options.insecure is True


def test_root_is_told_once_what_that_means(octavo, served, password, monkeypatch):
    monkeypatch.setattr("octavo.cli.serve.os.geteuid", lambda: 0)
    assert octavo("serve").err.count(ROOT) == 1
    assert "as root" in octavo("serve", "--ip", "0.0.0.0", "--insecure").err


def test_a_served_profile_is_not_served_again(octavo, served, default):
    with WebLock.take(default) as lock:
        lock.describe("http://127.0.0.1:1/")
        ran = octavo("serve")
    assert (ran.code, served) == (1, [])
    assert f"process {os.getpid()} holds it and listens at http://127.0.0.1:1/" in ran.err


def test_a_folder_that_is_not_there_is_said_so(octavo, served):
    assert octavo("serve", "nowhere").code == 4
    assert served == []


START = """
import sys
from types import ModuleType
server = ModuleType("octavo.server")
server.serve = lambda settings, profile, options: options.listening(4321)
sys.modules["octavo.server"] = server
from octavo.cli.main import run
sys.exit(run(["serve", *sys.argv[1:]]))
"""


def at_a_terminal(home: Path, typed: list[str], *arguments: str) -> tuple[int, str]:
    """Runs `octavo serve` on a terminal of its own, answering each question as it comes."""
    own, its = pty.openpty()
    environment = {**os.environ, "OCTAVO_HOME": str(home)}
    with subprocess.Popen(
        [sys.executable, "-c", START, *arguments],
        stdin=its,
        stdout=its,
        stderr=its,
        env=environment,
        start_new_session=True,
    ) as process:
        os.close(its)
        said, answers = "", list(typed)
        while True:
            try:
                said += os.read(own, 4096).decode()
            except OSError:  # the terminal's other end is closed
                break
            if answers and said.endswith(": "):
                os.write(own, f"{answers.pop(0)}\n".encode())
                said += "\n"
    os.close(own)
    return process.returncode, said.replace("\r\n", "\n")


def test_a_first_start_at_a_terminal_asks_twice_and_shows_nothing(home):
    code, said = at_a_terminal(home, ["short", "short", PASSWORD, "tides at dawn", PASSWORD, PASSWORD])
    assert code == 0, said
    assert "at least 8" in said
    assert "do not match" in said
    assert PASSWORD not in said
    assert "Log in with the password" in said


def test_setup_at_a_terminal_shows_the_link_there(home):
    code, said = at_a_terminal(home, [], "--setup")
    assert code == 0, said
    assert "http://127.0.0.1:4321/login#" in said
    assert not (home / "default/login-link").exists()
