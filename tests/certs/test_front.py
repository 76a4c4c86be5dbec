"""The front, with TLS spoken in memory."""

import ssl

import pytest

from octavo.certs.front import Front, context_of
from octavo.certs.policy import Description
from octavo.errors import Invalid

ANY = Description(fingerprint="", names=(), addresses=(), begins=0, ends=0, issuer="", trusted=False)


def client_of(authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority.file)


def test_a_new_certificate_is_there_from_the_next_connection_on(authority, tmp_path, shake):
    front = Front(context_of(*authority.files(tmp_path, ["a.example"])), ANY)
    client = client_of(authority)
    first = shake(front.listener, client)
    front.put(context_of(*authority.files(tmp_path, ["b.example"])), ANY)
    assert shake(front.listener, client, "b.example").getpeercert()["subjectAltName"] == (("DNS", "b.example"),)
    with pytest.raises(ssl.SSLError, match="Hostname mismatch"):
        shake(front.listener, client)
    assert first.getpeercert()["subjectAltName"] == (("DNS", "a.example"),)


def test_a_client_that_names_nobody_gets_the_newest_too(authority, tmp_path, shake):
    front = Front(context_of(*authority.files(tmp_path, ["a.example"])), ANY)
    front.put(context_of(*authority.files(tmp_path, ["127.0.0.1"])), ANY)
    assert shake(front.listener, client_of(authority), "127.0.0.1").getpeercert()["subjectAltName"] == (
        ("IP Address", "127.0.0.1"),
    )


def test_old_tls_and_weak_ciphers_are_refused(authority, tmp_path, shake):
    context = context_of(*authority.files(tmp_path, ["a.example"]))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    old = client_of(authority)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert shake(context, old).version() == "TLSv1.2"
    old.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
    with pytest.raises(ssl.SSLError):
        shake(context, old)
    assert {cipher["name"].split("-")[0] for cipher in context.get_ciphers() if cipher["protocol"] != "TLSv1.3"} == {
        "ECDHE"
    }


def test_only_the_curve_that_every_client_has_is_used(authority, tmp_path, shake):
    context = context_of(*authority.files(tmp_path, ["a.example"]))
    other = client_of(authority)
    other.set_ecdh_curve("secp521r1")
    with pytest.raises(ssl.SSLError):
        shake(context, other)


def test_only_browsers_of_a_trusted_certificate_are_told_to_insist(authority, tmp_path, shake):
    context = context_of(*authority.files(tmp_path, ["a.example"]))
    front = Front(context, ANY)
    assert front.hsts() is False
    front.put(context, Description(fingerprint="", names=(), addresses=(), begins=0, ends=0, issuer="", trusted=True))
    assert front.hsts() is True


def test_a_pair_that_cannot_be_used_is_refused_with_what_to_do(authority, tmp_path, shake):
    certificate, key = authority.files(tmp_path, ["a.example"])
    key.write_bytes(authority.pair("a.example")[1])
    with pytest.raises(Invalid, match="key values mismatch"):
        context_of(certificate, key)
    certificate.write_text("no certificate")
    with pytest.raises(Invalid, match="cannot be used"):
        context_of(certificate, key)
    with pytest.raises(Invalid, match="cannot be read: No such file"):
        context_of(tmp_path / "nowhere.pem", key)


def test_a_key_with_a_password_is_refused_and_nobody_is_asked(authority, tmp_path, shake):
    from cryptography.hazmat.primitives import serialization

    certificate, key = authority.files(tmp_path, ["a.example"])
    secret = serialization.load_pem_private_key(key.read_bytes(), None)
    lock = serialization.BestAvailableEncryption(b"tides")
    key.write_bytes(secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock))
    with pytest.raises(Invalid, match="has a password"):
        context_of(certificate, key)
