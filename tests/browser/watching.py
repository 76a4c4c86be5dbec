"""What pages of a test complain about: errors on the console, exceptions, reports against the content security policy, dialogs."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request

REPORTER = """
if (self === top) {
  addEventListener('securitypolicyviolation', (event) =>
    console.error(`CSP ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`), true)
  addEventListener('error', (event) => event.message && console.error(`thrown ${event.message} ${event.error?.stack}`))
  addEventListener('unhandledrejection', (event) => console.error(`thrown ${event.reason} ${event.reason?.stack}`))
}
"""
"""The browser's own words do not say which frame's policy or script it was; listeners in the page's own window do."""


class Watch:
    """`complaints` is what no pattern in `allowed` matches. What sandboxed outputs say (`frames`) is theirs, not the page's."""

    def __init__(self) -> None:
        self.allowed: list[re.Pattern[str]] = []
        self.complaints: list[str] = []
        self.said: list[str] = []
        self.frames: list[str] = []
        self.dialogs: list[str] = []

    def allow(self, pattern: str) -> None:
        self.allowed.append(re.compile(pattern))

    def follow(self, context: BrowserContext) -> None:
        context.add_init_script(REPORTER)
        context.on("console", self._console)
        context.on("dialog", self._dialog)

    def _complain(self, text: str) -> None:
        self.said.append(text)
        if not any(pattern.search(text) for pattern in self.allowed):
            self.complaints.append(text)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type != "error" or "Content Security Policy" in message.text:
            return
        place = message.location.get("url", "")
        if "/frame/" in place:
            self.frames.append(message.text)
        else:
            self._complain(f"console: {message.text} ({place})")

    def _dialog(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":
            dialog.accept()
            return
        self.dialogs.append(dialog.message)
        self._complain(f"dialog: {dialog.message}")
        dialog.dismiss()


STOPPED = ("csp", "origin", "net::ERR_BLOCKED_BY_CSP")
"""Why a request never left the browser."""


def urls_of(page: Page) -> list[str]:
    """Every address that is asked from now on; what a policy stopped, data and blob addresses left out."""
    found: list[str] = []

    def ended(request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")) and request.failure not in STOPPED:
            found.append(request.url)

    page.on("requestfinished", ended)
    page.on("requestfailed", ended)
    return found
