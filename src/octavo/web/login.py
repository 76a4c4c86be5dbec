"""`/login`, `/logout`: forms that work without script. Fields `password`, `code`, `new_password`, `again`, `next`, `_xsrf`.

Jupyter's clients log in here too: they take `_xsrf` from the cookie, post `password`, and expect 302 with the session's cookie first.
"""

import secrets
from collections.abc import Mapping, Sequence
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from octavo.access.access import Access, NewLogin
from octavo.access.refusals import BadPassword, LinkEnded, NoPassword, WrongPassword
from octavo.errors import Throttled, TooLarge
from octavo.web.pages import titles
from octavo.web.security import XSRF_COOKIE, Gate, Visitor, cookies_of
from octavo.web.setting import Paper

FORM_LIMIT = 16 * 1024
YEAR = 365 * 24 * 3600
PAGES = frozenset({"", "n", "f", "files", "repl", "running", "view"})
"""First path segments that a login may lead back to."""


def safe_next(wanted: str, base_url: str, home: str = "") -> str:
    """Where to go after the login: one of our own pages, else `home`, the files' page where it is not given. Never another site, however
    it is spelt."""
    home = home or base_url
    if "\\" in wanted or any(ord(c) < 33 for c in wanted):
        return home
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or wanted.startswith("//") or not wanted.startswith(base_url):
        return home
    rest = parts.path[len(base_url) :]
    if rest.startswith("/") or ".." in unquote(rest).split("/") or rest.split("/")[0] not in PAGES:
        return home
    return wanted if rest else home


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a posted form, the first of each name. Raises `TooLarge`."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_LIMIT:
            raise TooLarge("That form is too large.")
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=32)
    return {name: values[0] for name, values in fields.items()}


class Door:
    def __init__(self, access: Access, paper: Paper) -> None:
        self.access, self.paper, self.base_url, self.home = access, paper, paper.base_url, paper.home

    async def show(self, request: Request) -> Response:
        target = safe_next(request.query_params.get("next", ""), self.base_url, self.home)
        visitor: Visitor = request.state.visitor
        if visitor.known and self.access.has_password():
            return RedirectResponse(target, 302)
        ask = "code" if request.query_params.get("with") == "code" else "password"
        return self.page(request, 200, target, ask=ask)

    def page(
        self,
        request: Request,
        status: int,
        target: str,
        *,
        problem: titles.Problem | None = None,
        wait: float = 0,
        ask: str = "password",
    ) -> Response:
        xsrf = self.xsrf_cookie(request)
        body = titles.login_page(
            self.paper.of(request, xsrf=xsrf),
            host=request.headers.get("host", ""),
            next="" if target == self.home else target,
            problem=problem,
            wait=wait,
            ask="code" if ask == "code" else "password",
            first=not self.access.has_password(),
        )
        return self.finish(request, self.paper.respond(request, body, status), xsrf)

    def choose(
        self, request: Request, code: str, target: str, problem: titles.ChoiceProblem | None, status: int = 200
    ) -> Response:
        xsrf = self.xsrf_cookie(request)
        body = titles.choose_page(
            self.paper.of(request, xsrf=xsrf),
            code=code,
            least=self.access.settings.min_password,
            next="" if target == self.home else target,
            problem=problem,
        )
        return self.finish(request, self.paper.respond(request, body, status), xsrf)

    async def post(self, request: Request) -> Response:
        form = await form_of(request)
        target = safe_next(form.get("next") or request.query_params.get("next", ""), self.base_url, self.home)
        gate: Gate = request.state.gate
        sent = form.get("_xsrf") or request.headers.get("x-xsrftoken") or request.query_params.get("_xsrf") or ""
        visitor: Visitor = request.state.visitor
        if not gate.xsrf_ok(sent, request.headers, visitor.login):
            return self.page(request, 403, target, problem="form")
        device = cookies_of(request.headers).get(self.device_name(request))
        if "code" in form:
            return await self.use_code(request, form, target, visitor, device)
        try:
            new = await self.access.login(form.get("password", ""), visitor.address, device)
        except Throttled as error:
            return self.page(request, 429, target, problem="throttled", wait=error.retry_after)
        except WrongPassword:
            return self.page(request, 401, target, problem="wrong")
        except NoPassword:
            return self.page(request, 401, target, problem="none", ask="code")
        return self.enter(request, new, target)

    async def use_code(
        self, request: Request, form: Mapping[str, str], target: str, visitor: Visitor, device: str | None
    ) -> Response:
        code, chosen = form["code"], form.get("new_password")
        if chosen is not None and chosen != form.get("again", chosen):
            return self.choose(request, code, target, "again", 400)
        try:
            new = await self.access.use_link(code, visitor.address, chosen, device)
        except BadPassword as error:
            if error.why == "missing":
                return self.choose(request, code, target, None)
            return self.choose(request, code, target, error.why, 400)
        except LinkEnded:
            return self.page(request, 401, target, problem="link", ask="code")
        except Throttled as error:
            return self.page(request, 429, target, problem="throttled", wait=error.retry_after, ask="code")
        return self.enter(request, new, target)

    def enter(self, request: Request, new: NewLogin, target: str) -> Response:
        """302 with the session's cookie before all others."""
        visitor: Visitor = request.state.visitor
        gate: Gate = request.state.gate
        response = RedirectResponse(target, 302)
        days = self.access.settings.absolute_days
        self.cookie(response, gate.cookie(secure=visitor.secure), new.cookie, days * 24 * 3600, secure=visitor.secure)
        self.cookie(response, self.device_name(request), new.device, YEAR, secure=visitor.secure)
        return response

    async def logout(self, request: Request) -> Response:
        visitor: Visitor = request.state.visitor
        gate: Gate = request.state.gate
        if visitor.login is not None:
            await self.access.logout(visitor.login)
        response = RedirectResponse(f"{self.base_url}login", 303)
        self.cookie(response, gate.cookie(secure=visitor.secure), "", 0, secure=visitor.secure)
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def device_name(self, request: Request) -> str:
        gate: Gate = request.state.gate
        return gate.cookie(secure=request.state.visitor.secure) + "-device"

    def xsrf_cookie(self, request: Request) -> str:
        """The form's token: the browser's own, made where it has none."""
        have = cookies_of(request.headers).get(XSRF_COOKIE, "")
        return have if 16 <= len(have) <= 128 and have.isascii() and have.isprintable() else secrets.token_hex(16)

    def finish(self, request: Request, response: Response, xsrf: str) -> Response:
        if cookies_of(request.headers).get(XSRF_COOKIE) != xsrf:
            visitor: Visitor = request.state.visitor
            self.cookie(response, XSRF_COOKIE, xsrf, None, secure=visitor.secure, readable=True)
        return response

    def cookie(
        self,
        response: Response,
        name: str,
        value: str,
        age: int | None,
        *,
        secure: bool,
        readable: bool = False,
    ) -> None:
        jar: SimpleCookie = SimpleCookie()
        jar[name] = value
        jar[name]["path"] = self.base_url
        jar[name]["samesite"] = "Lax"
        if age is not None:
            jar[name]["max-age"] = age
        if secure:
            jar[name]["secure"] = True
        if not readable:
            jar[name]["httponly"] = True
        response.raw_headers.append((b"set-cookie", jar[name].OutputString().encode("latin-1")))


def routes(access: Access, paper: Paper) -> Sequence[BaseRoute]:
    door = Door(access, paper)
    return [
        Route("/login", door.show, methods=["GET"]),
        Route("/login", door.post, methods=["POST"]),
        Route("/logout", door.logout, methods=["POST"]),
    ]
