"""The one gate in front of every route, for `http` and `websocket` alike: deny by default.

    Host known? ─► who is it (token in a header, else the login's cookie) ─► public, or known? ─► same origin? ─► XSRF ─► the route

A route is public only by standing in `PUBLIC`. The gate also lays the headers of DESIGN §3 *Trust* on every answer that has none of its
own. It decides from the request's head alone and never reads a body: a form's `_xsrf` is checked by the form's own route.
"""

import hmac
import ipaddress
import secrets
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Literal
from urllib.parse import parse_qs, quote, unquote, urlsplit

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from octavo.access.access import Access, Login, Token
from octavo.web.errors import json_error

PUBLIC: Sequence[tuple[frozenset[str], str]] = (
    (frozenset({"GET", "HEAD", "POST"}), "/login"),
    (frozenset({"GET", "HEAD"}), "/api"),
    (frozenset({"GET", "HEAD"}), "/static/*"),
    (frozenset({"GET", "HEAD"}), "/favicon.ico"),
    (frozenset({"GET", "HEAD"}), "/robots.txt"),
)
"""Every route that answers somebody unknown. `/static/` holds built assets that no user can write."""

SETUP_ONLY = ("/login", "/static/*", "/favicon.ico", "/robots.txt")
"""What answers at all while `--setup` waits for a password."""

HSTS = "max-age=63072000"
"""Two years, of this name alone: what else runs under its subdomains is not ours to decide."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
XSRF_COOKIE = "_xsrf"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `address`: where from, past trusted proxies. `secure`: over TLS, also at the proxy."""

    login: Login | None = None
    token: Token | None = None
    address: str = ""
    secure: bool = False

    @property
    def known(self) -> bool:
        return self.login is not None or self.token is not None


class Refusal(Exception):
    """The gate says no. `page`: send a person to the login instead, where the request is one's navigation."""

    def __init__(self, status: int, message: str, *, page: bool = False) -> None:
        super().__init__(message)
        self.status, self.message, self.page = status, message, page


def matches(path: str, patterns: Iterable[str]) -> bool:
    return any(path.startswith(p[:-1]) if p.endswith("*") else path == p for p in patterns)


def is_public(method: str, path: str) -> bool:
    return any(method in methods and matches(path, (pattern,)) for methods, pattern in PUBLIC)


def cookie_name(profile: str, base_url: str, *, secure: bool) -> str:
    """Browsers ignore the port, so the name carries the profile. `__Host-` needs Path=/: under a base path the name is scoped instead."""
    scope = sha256(base_url.encode()).hexdigest()[:8] if base_url != "/" else ""
    name = "octavo-" + quote(profile, safe="") + (f"-{scope}" if scope else "")
    return f"__Host-{name}" if secure and not scope else name


def cookies_of(headers: Headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in headers.get("cookie", "").split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals and name not in found:  # the first one is the most specific path's
            found[name] = value
    return found


def host_allowed(host: str, names: Iterable[str]) -> bool:
    """DNS rebinding needs a name, so an address is always allowed, and a name only when it is one of ours."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost" or name in {n.lower() for n in names}:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def forwarded(peer: str, headers: Headers, trusted: Sequence[Network], *, secure: bool) -> tuple[str, bool]:
    """The client's address and whether it came by TLS. Headers count only from a trusted proxy; of the chain, the last hop that is none."""

    def is_trusted(text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in trusted if network.version == address.version)

    if not is_trusted(peer):
        return peer, secure
    secure = headers.get("x-forwarded-proto", "").split(",")[-1].strip().lower() == "https"
    chain = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    for hop in reversed(chain):
        if not is_trusted(hop):
            return hop, secure
    return chain[0] if chain else peer, secure


def origin_allowed(headers: Headers, *, secure: bool) -> bool:
    """Exact match of Origin against the Host that was asked; no patterns."""
    origin = headers.get("origin")
    return origin is not None and origin == f"{'https' if secure else 'http'}://{headers.get('host', '')}"


def check_site(
    kind: Literal["http", "websocket"], method: str, headers: Headers, *, secure: bool, form: bool = False
) -> None:
    """Refuse what another site makes the owner's browser send (Fetch Metadata; Origin where a browser sends none). `form`: the route checks
    the token that its form carries, so a client that is no browser may come without the header."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if kind == "websocket":
        if not origin_allowed(headers, secure=secure):
            raise Refusal(403, "This WebSocket does not come from Octavo's own page.")
        return
    if method in SAFE:
        navigation = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        if site in ("cross-site", "same-site") and not navigation:
            raise Refusal(403, "Another site may not load this.")
        return
    if site not in (None, "same-origin"):
        raise Refusal(403, "Another site may not send this.")
    # Under `Referrer-Policy: no-referrer` a form's own origin is "null"; then the browser's word on the site is what counts.
    if origin is not None and not (origin == "null" and site == "same-origin"):
        if not origin_allowed(headers, secure=secure):
            raise Refusal(403, "Another site may not send this.")
    if form or site is not None or origin is not None:
        return
    if not headers.get("x-xsrftoken") and not headers.get("x-csrftoken"):
        raise Refusal(403, "'_xsrf' argument missing from the headers.")


class Gate:
    """ASGI middleware; `setup`: only the login may be seen until there is a password. `hsts()`: may browsers be told to insist on TLS?"""

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        *,
        profile: str,
        base_url: str,
        hosts: Sequence[str],
        trusted: Sequence[Network],
        secret: bytes,
        setup: bool = False,
        hsts: Callable[[], bool] = lambda: False,
    ) -> None:
        self.app, self.access, self.profile, self.base_url = app, access, profile, base_url
        self.prefix = unquote(base_url).rstrip("/")
        self.hosts, self.trusted, self.secret, self.setup, self.hsts = hosts, trusted, secret, setup, hsts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                lay_headers(headers)
                if scope["scheme"] == "https" and self.hsts():
                    headers["Strict-Transport-Security"] = HSTS
            await send(message)

        try:
            visitor = self.admit(scope)
        except Refusal as refusal:
            await self.refuse(scope, receive, send_with_headers, refusal)
            return
        scope["state"] = {**scope.get("state", {}), "visitor": visitor, "nonce": nonce, "gate": self}
        await self.app(scope, receive, send_with_headers)

    def admit(self, scope: Scope) -> Visitor:
        """Who may pass, or `Refusal`. Leaves `root_path` for the router."""
        headers = Headers(scope=scope)
        kind: Literal["http", "websocket"] = "http" if scope["type"] == "http" else "websocket"
        method = scope.get("method", "GET")
        if len(headers.getlist("host")) != 1 or not host_allowed(headers["host"], self.hosts):
            raise Refusal(403, "This server is not known under that name. Add it to server.hosts if it is yours.")
        peer = scope["client"][0] if scope.get("client") else ""
        secure = scope["scheme"] in ("https", "wss")
        address, secure = forwarded(peer, headers, self.trusted, secure=secure)
        path = scope["path"]
        if path != self.prefix and not path.startswith(self.prefix + "/"):
            raise Refusal(404, "Not found.")
        scope["root_path"] = self.prefix
        route = path[len(self.prefix) :] or "/"
        if self.setup and not self.access.has_password() and not matches(route, SETUP_ONLY):
            raise Refusal(403, "This server waits for its owner to set a password.")
        visitor = self.recognise(scope, headers, kind, address, secure=secure)
        if visitor.token is not None:
            return visitor  # its holder is no browser with ambient credentials: no XSRF, no Origin
        public = is_public(method, route) and kind == "http"
        if not public and not visitor.known:
            raise Refusal(403, "Forbidden", page=kind == "http" and method in ("GET", "HEAD"))
        if not (public and route.startswith("/static/")):
            check_site(kind, method, headers, secure=secure, form=public)
        if kind == "http" and method not in SAFE and not public:
            self.check_xsrf(headers, visitor)
        return visitor

    def recognise(self, scope: Scope, headers: Headers, kind: str, address: str, *, secure: bool) -> Visitor:
        text = token_text(headers)
        if text is None and kind == "websocket":
            text = next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("token", [])), None)
        if text is not None:
            token = self.access.token_of(text)
            if token is None:
                raise Refusal(403, "Forbidden")
            return Visitor(token=token, address=address, secure=secure)
        cookie = cookies_of(headers).get(self.cookie(secure=secure))
        login = self.access.login_of(cookie) if cookie else None
        return Visitor(login=login, address=address, secure=secure)

    def cookie(self, *, secure: bool) -> str:
        return cookie_name(self.profile, self.base_url, secure=secure)

    def xsrf_of(self, login: Login | None) -> str:
        """The token of this login; bound to it, so that profiles that share a host's cookies cannot disturb each other."""
        who = login.id if login is not None else "-"
        return hmac.new(self.secret, b"xsrf:" + who.encode(), sha256).hexdigest()[:32]

    def check_xsrf(self, headers: Headers, visitor: Visitor) -> None:
        sent = headers.get("x-xsrftoken") or headers.get("x-csrftoken") or ""
        if not self.xsrf_ok(sent, headers, visitor.login):
            raise Refusal(403, "'_xsrf' argument missing or does not match." if not sent else "'_xsrf' does not match.")

    def xsrf_ok(self, sent: str, headers: Headers, login: Login | None) -> bool:
        """Is `sent` this login's token, or what the `_xsrf` cookie says (as Jupyter's clients send it back)?"""
        if not sent:
            return False
        wanted = [self.xsrf_of(login)] if login is not None else []
        cookie = cookies_of(headers).get(XSRF_COOKIE)
        if cookie:
            wanted.append(cookie)
        return any(hmac.compare_digest(sent.encode(), one.encode()) for one in wanted)

    async def refuse(self, scope: Scope, receive: Receive, send: Send, refusal: Refusal) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403, "reason": refusal.message[:120]})
            return
        path = scope["path"]
        route = path[len(self.prefix) :]
        response: Response
        if refusal.page and not route.startswith("/api/"):
            target = quote(path, safe="/@:+") + (
                f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            )
            response = RedirectResponse(f"{self.base_url}login?next={quote(target, safe='')}", 302)
        elif route.startswith("/api"):
            response = json_error(refusal.status, refusal.message)
        else:
            response = PlainTextResponse(refusal.message, refusal.status)
        await response(scope, receive, send)


def token_text(headers: Headers) -> str | None:
    scheme, space, rest = headers.get("authorization", "").partition(" ")
    return rest.strip() if space and scheme.lower() in ("token", "bearer") else None


def lay_headers(headers: MutableHeaders) -> None:
    """What every answer carries; a route that needs another policy has set its own."""
    headers.setdefault(
        "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
    headers.setdefault("Cache-Control", "no-store")
