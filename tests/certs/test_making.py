"""Self-signed certificates, and the reading of others: by the program of their own."""

import ssl
import stat
import time

import anyio
import pytest

from octavo.certs.opening import front_of, self_signed, watch
from octavo.certs.policy import LIFE, RENEW
from octavo.certs.requests import Describe, ask
from octavo.errors import Invalid, Unavailable
from octavo.settings import profiles
from octavo.settings.schema import Server, Settings, Tls

NAMES = Settings(server=Server(ip="10.9.8.7"), tls=Tls(domains=["a.example"]))


@pytest.fixture
def profile(tmp_path):
    return profiles.find(tmp_path / "home", "default")


def test_a_self_signed_certificate_is_made_once_and_then_kept(profile):
    now = time.time()
    made = self_signed(NAMES, profile, now).description
    assert {"localhost", "a.example"} <= set(made.names)
    assert set(made.addresses) == {"127.0.0.1", "::1", "10.9.8.7"}
    assert made.trusted is False
    files = sorted((profile.directory / "certs").iterdir())
    assert [file.name for file in files] == ["self-signed.json", "self-signed.key", "self-signed.pem"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    pem, key = files[2].read_text(), files[1].read_text()
    assert self_signed(NAMES, profile, now).description == made
    assert self_signed(Settings(), profile, now).description == made  # fewer names are no reason for another
    assert (files[2].read_text(), files[1].read_text()) == (pem, key)

    later = self_signed(Settings(tls=Tls(domains=["b.example"])), profile, now).description
    assert later.fingerprint != made.fingerprint and "b.example" in later.names
    assert files[1].read_text() == key
    again = self_signed(Settings(tls=Tls(domains=["b.example"])), profile, now + LIFE - RENEW).description
    assert again.fingerprint != later.fingerprint


def test_a_pair_that_was_damaged_is_made_anew(profile):
    made = self_signed(NAMES, profile, 0).description
    for name in ("self-signed.key", "self-signed.json"):
        (profile.directory / "certs" / name).write_text("torn")
        assert self_signed(NAMES, profile, made.begins + 1).description.fingerprint != made.fingerprint


def test_the_certificate_is_ecdsa_and_a_client_that_trusts_it_connects(profile, shake):
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    front = self_signed(NAMES, profile, 0)
    pem = profile.directory / "certs" / "self-signed.pem"
    key = x509.load_pem_x509_certificate(pem.read_bytes()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"
    for name in ("a.example", "10.9.8.7", "::1"):
        assert shake(front.listener, ssl.create_default_context(cafile=pem), name).version() == "TLSv1.3"


def test_what_a_certificate_says_is_read(authority, tmp_path, monkeypatch):
    certificate, key = authority.files(tmp_path, ["*.notes.example", "10.0.0.1"])
    found = ask(Describe(str(certificate), str(key)))
    assert (found.names, found.addresses, found.trusted) == (("*.notes.example",), ("10.0.0.1",), False)
    assert found.issuer == "CN=The tests' authority"
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    assert ask(Describe(str(certificate), str(key))).trusted is True


def test_nothing_in_the_folder_of_notebooks_is_imported(authority, tmp_path, monkeypatch):
    pair = authority.files(tmp_path, ["a.example"])
    (tmp_path / "cryptography.py").write_text("raise SystemExit('taken over')")
    monkeypatch.chdir(tmp_path)
    assert ask(Describe(*map(str, pair))).names == ("a.example",)


def test_what_cannot_be_read_is_one_sentence(tmp_path):
    with pytest.raises(Unavailable, match="No such file"):
        ask(Describe(str(tmp_path / "no.pem"), str(tmp_path / "no.key")))


def test_files_without_a_file_are_refused(profile):
    with pytest.raises(Invalid, match="no certificate is named"):
        front_of("files", Settings(), profile)
    assert front_of("off", Settings(), profile) is None


@pytest.mark.anyio
async def test_files_that_change_are_taken_and_broken_ones_are_not(authority, tmp_path, profile, caplog):
    certificate, key = authority.files(tmp_path, ["a.example"])
    tls = Tls(certificate=str(certificate), key=str(key))
    front = front_of("files", Settings(tls=tls), profile)
    assert front is not None

    async def until(condition):
        with anyio.fail_after(60):
            while not condition():  # noqa: ASYNC110
                await anyio.sleep(0.01)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: watch(front, tls, every=0.01))
        certificate.write_bytes(authority.pair("b.example")[0])  # without its key
        await until(lambda: "key values mismatch" in caplog.text)
        assert front.description.names == ("a.example",)
        authority.files(tmp_path, ["c.example"], days=-1)
        await until(lambda: front.description.names == ("c.example",))
        await until(lambda: "has ended" in caplog.text)
        tasks.cancel_scope.cancel()
    assert caplog.text.count("key values mismatch") == 1
