import socket

import pytest

from octavo.settings.profiles import WebLock


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_start_that_would_work_is_told_so(octavo, home):
    ran = octavo("check", "--port", "0")
    assert ran.code == 0
    assert ran.out.count("ok       ") == 6
    assert "no password yet" in ran.out


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("nowhere",), 4, "There is no folder"),
        (("--kernels-default", "cobol"), 4, "cobol"),
        (("--ip", "0.0.0.0", "--tls", "off"), 3, "without TLS"),
        (("--ip", "0.0.0.0"), 3, "without a password"),
        (("--tls", "files"), 2, "no certificate is named"),
        (("--tls-certificate", "/nowhere.pem"), 2, "cannot be read"),
        (("--ip", "203.0.113.1", "--insecure", "--setup", "--allow-root"), 5, "cannot be listened on"),
        (("--port", "x"), 2, "whole number"),
    ],
)
def test_what_would_not_work_is_named(octavo, flags, code, said):
    ran = octavo("check", "--port", "0", *flags)
    assert ran.code == code
    assert said in ran.out + ran.err


def test_a_port_that_another_program_has_is_named(octavo, port):
    ran = octavo("check", "--port", str(port))
    assert ran.code == 5
    assert f"port {port} cannot be listened on" in ran.out


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_that_this_profile_s_server_has_is_right(octavo, port, default, scheme):
    with WebLock.take(default) as lock:
        lock.describe(f"{scheme}://127.0.0.1:{port}/")
        ran = octavo("check", "--port", str(port))
    assert ran.code == 0
    assert "served now" in ran.out
