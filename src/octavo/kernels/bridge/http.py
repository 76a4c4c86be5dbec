"""A gateway's REST, by the standard library; blocking, for threads."""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

from octavo.kernels.bridge.ends import Lost
from octavo.kernels.remote import TOKEN

PATIENCE: Final = 60
"""Seconds for one answer: a gateway may answer only when a cluster has given the kernel a place."""
SAID: Final = 500


class Unreachable(Exception):
    """Nobody answers there now."""


class Refused(Lost):
    """It answers, and does not let us in."""


class Gone(Exception):
    """What was asked for is not there (any more)."""


class Gateway:
    """`url`: its address, without the token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self.headers = {"Authorization": f"token {token}"} if token else {}
        # No proxy and no redirect: the token goes to the address that was set, and to no other.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

    @property
    def socket_url(self) -> str:
        return "ws" + self.url.removeprefix("http")

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, patience: float = PATIENCE) -> Any:
        """The answer's JSON, None where it has none. Raises `Refused`, `Unreachable`, `Gone`, `Lost`."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {**self.headers, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        try:
            with self._opener.open(request, timeout=patience) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise self._meaning(error.code, error.read(SAID)) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None
        try:
            return json.loads(text) if text else None
        except ValueError:
            raise Lost(f"{self.url} does not answer as a Jupyter gateway. Correct kernels.gateway.") from None

    def _meaning(self, status: int, text: bytes) -> Exception:
        if status in (401, 403):
            return Refused(
                f"The gateway {self.url} refuses the token. Set the right one: octavo kernels env set {TOKEN}"
                if self.headers
                else f"The gateway {self.url} asks for a token. Give it: octavo kernels env set {TOKEN}"
            )
        if status == 404:
            return Gone(f"{self.url} has nothing at that address.")
        if status in (502, 503, 504):
            return Unreachable(f"HTTP {status}")
        if 300 <= status < 400:
            return Lost(
                f"The gateway {self.url} sends us elsewhere (HTTP {status}). Set kernels.gateway to that address."
            )
        return Lost(f"The gateway {self.url} answers with an error (HTTP {status}): {_said(text)} Look into its log.")

    def _unreachable(self, error: Exception) -> Exception:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, ssl.SSLCertVerificationError):
            return Lost(
                f"The gateway {self.url} shows a certificate that is not trusted here: {reason.verify_message}. "
                "Name its authority's file in the server's SSL_CERT_FILE."
            )
        return Unreachable(str(reason) or type(reason).__name__)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _said(text: bytes) -> str:
    try:
        message = json.loads(text).get("message") or json.loads(text).get("reason")
    except (ValueError, AttributeError):
        message = None
    words = str(message or text.decode("utf-8", "replace")).strip().rstrip(".")
    return f"{words}." if words else ""
