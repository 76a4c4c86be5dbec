"""Two profiles of one home, served side by side: nothing of one is the other's, though a browser gives both the same cookies."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from served import PASSWORD, Served

pytestmark = pytest.mark.kernel


@contextmanager
def second_profile(server: Served, notes: Path) -> Iterator[str]:
    """The address of profile `work`, served from another folder under another password."""
    server.command("profile", "create", "work")
    server.command("password", "--stdin", "--profile", "work", text="another tide")
    notes.mkdir()
    command = [sys.executable, "-m", "octavo", "serve", str(notes), "--profile", "work", "--port", "0", "--no-open"]
    with open(server.home / "work.log", "ab") as log:
        process = subprocess.Popen(command, env=server.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield address_of(server, process)
    finally:
        process.terminate()
        process.wait(30)


def address_of(server: Served, process: "subprocess.Popen[bytes]") -> str:
    lock = server.home / "octavo" / "work" / "web.lock"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, (server.home / "work.log").read_text()
        said = json.loads(lock.read_bytes() or b"{}") if lock.exists() else {}
        if said.get("pid") == process.pid and said.get("address"):
            return str(said["address"])
        time.sleep(0.02)
    raise AssertionError("the second profile did not start")


def log_in(browser: httpx.Client, url: str, password: str) -> httpx.Response:
    form = browser.get(f"{url}login")
    xsrf = browser.cookies.get("_xsrf") or form.cookies["_xsrf"]
    return browser.post(f"{url}login", data={"password": password, "_xsrf": xsrf}, headers={"Origin": url.rstrip("/")})


def test_one_browser_is_logged_in_to_both_and_neither_knows_the_other(tmp_path: Path) -> None:
    with Served.start() as server, second_profile(server, tmp_path / "work") as other:
        server.put("mine.ipynb", "print 1")
        with httpx.Client(follow_redirects=False, trust_env=False, timeout=60) as browser:
            assert log_in(browser, server.url, PASSWORD).status_code == 302
            assert log_in(browser, other, PASSWORD).status_code == 401
            assert log_in(browser, other, "another tide").status_code == 302
            names = [cookie.name for cookie in browser.cookies.jar if cookie.name.startswith("octavo-")]
            assert len(names) == len(set(names)) == 4  # a login and a known device for each

            def listed(url: str) -> list[str]:
                return [entry["name"] for entry in browser.get(f"{url}api/contents").json()["content"]]

            assert listed(server.url) == ["mine.ipynb"]
            assert listed(other) == []
            assert browser.get(f"{other}api/kernels").json() == []
            token = {"Authorization": f"token {server.token}"}
            with httpx.Client(trust_env=False, timeout=60, headers=token) as client:
                assert client.get(f"{server.url}api/status").status_code == 200
                assert client.get(f"{other}api/status").status_code == 403

            page = browser.get(other).text
            xsrf = json.loads(page.split('octavo-page" content="')[1].split('"')[0].replace("&quot;", '"'))["xsrf"]
            headers = {"X-XSRFToken": xsrf, "Origin": other.rstrip("/")}
            assert browser.post(f"{other}logout", headers=headers).status_code == 303
            assert browser.get(other).status_code == 302
            assert listed(server.url) == ["mine.ipynb"]
