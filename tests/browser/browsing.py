"""The one browser of a run, and contexts in it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, StorageState, sync_playwright
from served import PASSWORD, Served
from sheet import Sheet
from watching import Watch

FLAGS = [
    "--no-sandbox",  # root has no other way
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
    "--mute-audio",
    "--font-render-hinting=none",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",  # no name leaves the machine
]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

Open = Callable[..., Sheet]
"""Opens the test's notebook in a context of its own: `open_sheet(*cells, kernel=…, **options of the context)`."""


class Running:
    """The one browser. Its driver runs an event loop in this thread, so it ends before tests that bring their own."""

    playwright: Playwright | None = None
    browser: Browser | None = None
    logins: dict[str, StorageState] = {}

    @classmethod
    def get(cls) -> Browser:
        if cls.browser is None:
            cls.playwright = sync_playwright().start()
            program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
            cls.browser = cls.playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        return cls.browser

    @classmethod
    def end(cls) -> None:
        if cls.browser is not None:
            cls.browser.close()
        if cls.playwright is not None:
            cls.playwright.stop()
        cls.browser = cls.playwright = None


class Browsing:
    """Contexts of one test: a login's cookies in each, everything they say watched."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.contexts: list[BrowserContext] = []

    def context(self, **options: Any) -> BrowserContext:
        """Nobody's yet."""
        standing = {"viewport": DESKTOP, "reduced_motion": "reduce", "locale": "en-GB", "timezone_id": "UTC"}
        context = Running.get().new_context(**{**standing, **options})
        context.set_default_timeout(20_000)
        self.watch.follow(context)
        self.contexts.append(context)
        return context

    def logged_in(self, server: Served, **options: Any) -> BrowserContext:
        """With the cookies of one login a server: the login limiter would stop more."""
        if server.url not in Running.logins:
            context = Running.get().new_context(locale="en-GB")
            page = context.new_page()
            log_in(page, server)
            Running.logins[server.url] = context.storage_state()
            context.close()
        return self.context(storage_state=Running.logins[server.url], **options)


def log_in(page: Page, server: Served) -> None:
    page.goto(server.url)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(server.url)


class Tab:
    """One page for many tests of a file: each opens a notebook of its own in it, with the scripts already in the browser's cache."""

    def __init__(self, server: Served, folder: str, watch: Watch, page: Page) -> None:
        self.server, self.folder, self.watch, self.page = server, folder, watch, page
        self.opened = 0

    @classmethod
    @contextmanager
    def open(cls, server: Served, folder: str, **options: Any) -> Iterator["Tab"]:
        browsing = Browsing(Watch())
        context = browsing.logged_in(server, **options)
        try:
            yield cls(server, folder, browsing.watch, context.new_page())
        finally:
            context.close()
            stop_kernels(server, folder)

    @contextmanager
    def sheet(self, *cells: str | dict[str, Any], kernel: str = "scripted") -> Iterator[Sheet]:
        """A fresh notebook of these cells. Whatever the page complained about meanwhile fails the test."""
        self.opened += 1
        path = f"{self.folder}/{self.opened}.ipynb"
        self.server.put(path, *cells, kernel=kernel)
        yield Sheet.open(self.page, self.server, path)
        said, self.watch.complaints = self.watch.complaints, []
        assert not said, said


def stop_kernels(server: Served, folder: str) -> None:
    """Of the notebooks in a folder."""
    headers = {"Authorization": f"token {server.token}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30, trust_env=False) as client:
        for session in client.get("api/sessions").json():
            if session["path"].startswith(f"{folder}/"):
                client.delete(f"api/sessions/{session['id']}")
