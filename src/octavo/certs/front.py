"""The TLS of an open listener, whose certificate can be another from one connection to the next.

The listener keeps one `SSLContext`. At each ClientHello its callback puts the newest certificate's context in the connection's place: what
is open already keeps its own, nothing is dropped, and a pair of files that does not fit together never comes near a connection.
"""

import ssl
from pathlib import Path

from octavo.certs.policy import Description
from octavo.errors import Invalid

CIPHERS = ":".join(
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
    )
)
"""Of TLS 1.2, as Mozilla's guideline 6.0 "intermediate" has them; those of 1.3 are OpenSSL's own three."""


Stamp = tuple[tuple[int, int, int], ...]
"""What changes when files do."""


class Front:
    """`listener` goes to the server once; `put` is called in the event loop's thread. `stamp`: of the files that it began with."""

    def __init__(self, context: ssl.SSLContext, description: Description, stamp: Stamp | None = None) -> None:
        self.listener = self._current = context
        self.description, self.stamp = description, stamp
        context.sni_callback = self._choose

    def put(self, context: ssl.SSLContext, description: Description) -> None:
        """From the next connection on."""
        self._current, self.description = context, description

    def hsts(self) -> bool:
        """Only a certificate that browsers trust: with another, HSTS would lock the owner out."""
        return self.description.trusted

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        if self._current is not context:
            connection.context = self._current


def context_of(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS as Mozilla's "intermediate" has it, with this pair. Raises `Invalid`, which says what is wrong with the pair."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE  # all are good: the client knows what it does fast
    context.set_ecdh_curve(
        "prime256v1"
    )  # Python names one group or takes OpenSSL's list, which has more than the guideline
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=refuse_password)
    except ssl.SSLError as error:
        reason = (error.reason or "").replace("_", " ").lower() or "not in PEM form"
        raise Invalid(
            f"The certificate {certificate} and the key {key} cannot be used: {reason}.",
            hint="tls.certificate takes the whole chain in PEM form, the server's own first; tls.key the key that belongs to it.",
        ) from error
    except OSError as error:
        raise Invalid(
            f"The certificate {certificate} or its key {key} cannot be read: {error.strerror}.",
            hint="Octavo's user must be able to read both; set tls.certificate and tls.key to where they are.",
        ) from error
    return context


def refuse_password() -> str:
    raise Invalid(
        "The certificate's key has a password.", hint="Give Octavo a key without one, that only its user can read."
    )
