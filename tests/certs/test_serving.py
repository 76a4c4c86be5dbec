"""The real server with TLS, and clients that check it."""

import shutil
import socket
import ssl
import time
import warnings
from hashlib import sha256
from urllib.parse import urlsplit

import httpx
import pytest
from served import PASSWORD, Served
from websockets.sync.client import connect

HSTS = "strict-transport-security"


def get(url: str, trust, path: str = "login") -> httpx.Response:
    with httpx.Client(base_url=url, verify=trust, trust_env=False, timeout=30) as client:
        return client.get(path)


def peer_of(url: str, trust: ssl.SSLContext) -> dict:
    """The certificate that a new connection gets."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), 30) as plain:
        with trust.wrap_socket(plain, server_hostname="a.example") as connection:
            return connection.getpeercert()


def test_public_listening_has_tls_by_itself():
    with Served.start("--ip", "0.0.0.0", "--allow-root", "--domain", "a.example") as server:
        assert server.url == f"https://a.example:{server.port}/"
        url = f"https://127.0.0.1:{server.port}/"
        pem = server.profile / "certs" / "self-signed.pem"
        trust = ssl.create_default_context(cafile=pem)
        peer = peer_of(url, trust)
        assert ("DNS", "a.example") in peer["subjectAltName"]

        with httpx.Client(base_url=url, verify=trust, trust_env=False, timeout=30) as client:
            page = client.get("login")
            assert page.status_code == 200
            assert HSTS not in page.headers  # it would lock out whoever has to click through the warning
            form = {"password": PASSWORD, "_xsrf": client.cookies["_xsrf"]}
            done = client.post("login", data=form, headers={"Origin": url.rstrip("/")})
            assert done.status_code == 302
            cookie = next(
                text for text in done.headers.get_list("set-cookie") if text.startswith("__Host-octavo-default=")
            )
            assert "secure" in cookie.lower()
        with pytest.raises(httpx.HTTPError):
            get(url.replace("https", "http"), trust)

        said = server.log.read_text()
        fingerprint = said.partition("fingerprint:\n")[2].split()[0]
        der = ssl.PEM_cert_to_DER_cert(pem.read_text())
        assert fingerprint.replace(":", "").lower() == sha256(der).hexdigest()
        server.stop()
        server.restart()
        assert server.log.read_text().count(fingerprint) == 2


def test_old_protocols_are_refused():
    with Served.start("--tls", "self-signed") as server:
        trust = ssl.create_default_context(cafile=server.profile / "certs" / "self-signed.pem")
        assert get(server.url, trust).status_code == 200
        with warnings.catch_warnings(action="ignore"):  # Python's own, of what this test is about
            trust.minimum_version = ssl.TLSVersion.TLSv1
            trust.maximum_version = ssl.TLSVersion.TLSv1_1
        trust.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises(httpx.ConnectError):
            get(server.url, trust)


def test_a_renewed_certificate_is_served_without_a_restart_or_a_dropped_socket(authority, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))  # the server's system trusts the tests' authority, too
    certificate, key = authority.files(tmp_path, ["a.example", "127.0.0.1"])
    with Served.start("--tls-certificate", str(certificate), "--tls-key", str(key)) as server:
        trust = ssl.create_default_context(cafile=authority.file)
        first = peer_of(server.url, trust)
        assert get(server.url, trust).headers[HSTS] == "max-age=63072000"
        assert get(server.url, trust, "nowhere").headers[HSTS]
        assert "fingerprint" not in server.log.read_text()

        server.put("a.ipynb", "print 1")
        live = f"wss://127.0.0.1:{server.port}/api/octavo/live/a.ipynb"
        headers = {"Authorization": f"token {server.token}"}
        with connect(live, ssl=trust, additional_headers=headers, proxy=None) as open_all_along:
            new = tmp_path / "new"
            new.mkdir()
            for file in authority.files(new, ["a.example", "127.0.0.1"]):
                shutil.move(file, tmp_path / file.name)
            deadline = time.monotonic() + 60
            while peer_of(server.url, trust)["serialNumber"] == first["serialNumber"]:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert open_all_along.ping().wait(30)
        assert server.log.read_text().count("the new certificate is served") == 1


def test_the_end_of_a_server_with_tls_is_that_of_its_kernels_too(authority, tmp_path):
    certificate, key = authority.files(tmp_path, ["127.0.0.1"])
    with Served.start("--tls-certificate", str(certificate), "--tls-key", str(key)) as server:
        trust = ssl.create_default_context(cafile=authority.file)
        headers = {"Authorization": f"token {server.token}"}
        with httpx.Client(base_url=server.url, headers=headers, verify=trust, trust_env=False, timeout=60) as client:
            assert client.post("api/kernels", json={"name": "scripted"}).status_code == 201
        server.host_pid()
        server.stop()
        with pytest.raises(StopIteration):
            server.host_pid()
