"""The commands of access: password, login-link, logout-everywhere, token."""

import io

import anyio
import pytest

from octavo.access.access import Access
from octavo.settings.profiles import WebLock
from octavo.settings.schema import Access as Settings

PASSWORD = "tides at noon"


@pytest.fixture
def access(default):
    with Access.open(default.directory, Settings()) as access:
        yield access


def test_a_password_comes_from_the_first_line_of_standard_input(octavo, access, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\nmore\n"))
    assert octavo("password", "--stdin").code == 0
    new = anyio.run(access.login, PASSWORD, "127.0.0.1")
    monkeypatch.setattr("sys.stdin", io.StringIO("tides at midnight\n"))
    octavo("token", "create", "laptop")
    assert "API tokens stay valid: 1" in octavo("password", "--stdin").out
    assert not access.still_valid(new.login)


@pytest.mark.parametrize("text", ["", "\n", "short\n", "password1\n"])
def test_a_password_that_would_be_guessed_is_refused(octavo, access, monkeypatch, text):
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert octavo("password", "--stdin").code == 2
    assert not access.has_password()


def test_without_a_terminal_the_password_is_not_asked_for(octavo, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    ran = octavo("password")
    assert ran.code == 2
    assert "--stdin" in ran.err


def test_a_login_link_is_the_last_line_and_works(octavo, access, default):
    ran = octavo("login-link")
    assert "does not serve profile default now" in ran.err
    address, _, code = ran.out.strip().partition("#")
    assert address == "http://127.0.0.1:8888/login"
    with WebLock.take(default) as lock:
        lock.describe("https://notes.example/u/")
        ran = octavo("login-link")
    address, _, code = ran.out.strip().partition("#")
    assert address == "https://notes.example/u/login"
    assert ran.out.count("\n") == 1

    async def use() -> None:
        await access.use_link(code, "127.0.0.1", PASSWORD)

    anyio.run(use)
    assert access.has_password()


def test_logout_everywhere_ends_the_logins_of_a_running_server(octavo, access):
    anyio.run(access.set_password, PASSWORD)
    new = anyio.run(access.login, PASSWORD, "127.0.0.1")
    assert octavo("logout-everywhere").code == 0
    assert not access.still_valid(new.login)


def test_a_token_is_printed_bare_as_the_last_line_and_never_again(octavo, access):
    text = octavo("token", "create", "laptop").out
    token = access.token_of(text.strip())
    assert token is not None
    assert token.name == "laptop"
    listed = octavo("token", "list").out
    assert listed.startswith("laptop ")
    assert text.strip() not in listed
    assert octavo("token", "create", "laptop").code == 1
    assert octavo("token", "revoke", "laptop").code == 0
    assert access.token_of(text.strip()) is None
    assert octavo("token", "revoke", "laptop").code == 4
    assert octavo("token", "list").out == ""
