"""A program of its own, for a moment: makes a self-signed certificate, or says what is in one. One JSON request in, one JSON answer out.

    python -P -m octavo.certs.making < request

The web process never imports this file: `cryptography` would cost it 9 MB for what is done once in two years.
"""

import datetime
import ipaddress
import ssl
import sys
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from octavo.certs.policy import LIFE, Description, Wanted
from octavo.certs.requests import Make, Request
from octavo.settings.profiles import write_privately

UTC = datetime.UTC
Name = x509.DNSName | x509.IPAddress


def main() -> None:
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    if isinstance(request, Make):
        make(Path(request.certificate), Path(request.key), request.wanted)
    sys.stdout.buffer.write(msgspec.json.encode(describe(Path(request.certificate), Path(request.key))))


def make(certificate: Path, key: Path, wanted: Wanted) -> None:
    """The key of an earlier certificate is kept, where there is one."""
    secret = old_key(key) or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Octavo on {wanted.names[-1]}"[:64])])
    places: list[Name] = [x509.DNSName(one) for one in wanted.names]
    places += [x509.IPAddress(ipaddress.ip_address(one)) for one in wanted.addresses]
    now = datetime.datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, secret.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # a client's clock may be behind
        .not_valid_after(now + datetime.timedelta(seconds=LIFE) - datetime.timedelta(hours=2))
        .add_extension(x509.SubjectAlternativeName(places), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(secret.public_key()), critical=False)
        .sign(secret, hashes.SHA256())
    )
    pem = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_privately(key, pem.decode())
    write_privately(certificate, made.public_bytes(serialization.Encoding.PEM).decode())


def old_key(path: Path) -> ec.EllipticCurvePrivateKey | None:
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        return None
    return found if isinstance(found, ec.EllipticCurvePrivateKey) and found.curve.name == "secp256r1" else None


def describe(certificate: Path, key: Path) -> Description:
    first = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    try:
        places = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        places = x509.SubjectAlternativeName([])
    names = tuple(name.lower() for name in places.get_values_for_type(x509.DNSName))
    addresses = tuple(str(address) for address in places.get_values_for_type(x509.IPAddress))
    return Description(
        fingerprint=first.fingerprint(hashes.SHA256()).hex(":").upper(),
        names=names,
        addresses=addresses,
        begins=first.not_valid_before_utc.timestamp(),
        ends=first.not_valid_after_utc.timestamp(),
        issuer=first.issuer.rfc4514_string(),
        trusted=is_trusted(certificate, key, next(iter((*names, *addresses)), "")),
    )


def is_trusted(certificate: Path, key: Path, name: str) -> bool:
    """Asked of the system itself: a handshake in memory, with a client that trusts what this system trusts."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(back, there, server_hostname=name.replace("*", "x") or "localhost")
    server = serving.wrap_bio(there, back, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
            if side is client:
                return True
    return False


if __name__ == "__main__":
    main()
