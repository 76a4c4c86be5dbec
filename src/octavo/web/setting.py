"""What a page is written on: language, colours, nonce and facts of one request, for the documents of `pages/`."""

import secrets

from starlette.requests import Request
from starlette.responses import Response

from octavo import __version__
from octavo.settings import schema
from octavo.web.assets import Assets
from octavo.web.pages.document import Setting, frames_of, policy
from octavo.web.pages.words import LANGUAGE_COOKIE, THEME_COOKIE, choose_language
from octavo.web.security import cookies_of

LANGUAGE_AGE = 365 * 24 * 3600


class Paper:
    """One for the whole server. `home`: the address of the page that opens first."""

    def __init__(self, assets: Assets, profile: str, base_url: str, pages: schema.Pages) -> None:
        self.assets, self.profile, self.base_url = assets, profile, base_url
        self.home = f"{base_url}repl" if pages.home == "repl" else base_url

    def of(self, request: Request, *, xsrf: str | None = None, protocol: int = 0) -> Setting:
        cookies = cookies_of(request.headers)
        chosen = request.query_params.get("lang") or cookies.get(LANGUAGE_COOKIE)
        theme = cookies.get(THEME_COOKIE)
        visitor = request.state.visitor
        return Setting(
            built=self.assets.built,
            base=self.base_url,
            nonce=request.state.nonce,
            language=choose_language(chosen, request.headers.get("accept-language", "")),
            theme="light" if theme == "light" else "dark" if theme == "dark" else "auto",
            profile=self.profile,
            xsrf=request.state.gate.xsrf_of(visitor.login) if xsrf is None else xsrf,
            version=__version__,
            home=self.home,
            protocol=protocol,
            tab=secrets.token_urlsafe(12),
        )

    def respond(self, request: Request, body: bytes, status: int = 200) -> Response:
        frames = frames_of(request.headers["host"], self.base_url)
        headers = {"Content-Security-Policy": policy(request.state.nonce, frames), "Vary": "Cookie, Accept-Language"}
        response = Response(body, status, headers, "text/html; charset=utf-8")
        if request.query_params.get("lang") in ("en", "zh-Hans"):
            response.set_cookie(
                LANGUAGE_COOKIE,
                request.query_params["lang"],
                max_age=LANGUAGE_AGE,
                path=self.base_url,
                samesite="lax",
                secure=request.state.visitor.secure,
            )
        return response
