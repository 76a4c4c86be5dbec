"""Certificates of a small authority of the tests' own."""

import datetime
import ipaddress
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

UTC = datetime.UTC


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Authority:
    """`file`: what a client has to trust."""

    def __init__(self, folder: Path) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The tests' authority")])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        identity = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        made = (
            self._begin(self.name, self.key.public_key(), 30)
            .add_extension(x509.BasicConstraints(True, None), True)
            .add_extension(usage, True)
            .add_extension(identity, False)
            .sign(self.key, hashes.SHA256())
        )
        self.file = folder / "authority.pem"
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def _begin(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days: float) -> x509.CertificateBuilder:
        now = datetime.datetime.now(UTC)
        ends = now + datetime.timedelta(days=days)
        return x509.CertificateBuilder(
            self.name, subject, key, x509.random_serial_number(), min(now, ends) - datetime.timedelta(hours=1), ends
        )

    def pair(self, *places: str, days: float = 20) -> tuple[bytes, bytes]:
        """A certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        identity = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        made = (
            self._begin(x509.Name([]), key.public_key(), days)
            .add_extension(x509.SubjectAlternativeName([place_of(one) for one in places]), True)
            .add_extension(identity, False)
            .sign(self.key, hashes.SHA256())
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return made.public_bytes(serialization.Encoding.PEM), secret

    def files(self, folder: Path, places: Sequence[str], *, days: float = 20) -> tuple[Path, Path]:
        certificate, key = folder / "chain.pem", folder / "key.pem"
        for path, data in zip((certificate, key), self.pair(*places, days=days), strict=True):
            path.write_bytes(data)
        return certificate, key


def place_of(text: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def handshake(serving: ssl.SSLContext, client: ssl.SSLContext, name: str = "a.example") -> ssl.SSLObject:
    """A handshake; the client's end. Raises what the client raises."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(back, there, server_hostname=name)
    answering = serving.wrap_bio(there, back, server_side=True)
    refused: ssl.SSLError | None = None
    for _ in range(4):
        for side in (asking, answering):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                refused = refused or error
    if refused:
        raise refused
    return asking


@pytest.fixture
def shake() -> Callable[..., ssl.SSLObject]:
    return handshake


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)
