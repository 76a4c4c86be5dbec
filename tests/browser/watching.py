"""What pages of a test complain about: errors on the console, exceptions, reports against the content security policy, dialogs."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, WebError

REPORTER = """
addEventListener('securitypolicyviolation', (event) =>
  console.error(`CSP ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`), true)
"""


class Watch:
    """`complaints` is what no pattern in `allowed` matches. What sandboxed outputs say (`frames`) is theirs, not the page's."""

    def __init__(self) -> None:
        self.allowed: list[re.Pattern[str]] = []
        self.complaints: list[str] = []
        self.frames: list[str] = []
        self.dialogs: list[str] = []

    def allow(self, pattern: str) -> None:
        self.allowed.append(re.compile(pattern))

    def follow(self, context: BrowserContext) -> None:
        context.add_init_script(REPORTER)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("dialog", self._dialog)

    def _complain(self, text: str) -> None:
        if not any(pattern.search(text) for pattern in self.allowed):
            self.complaints.append(text)

    def _console(self, message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        if message.type != "error" and not message.text.startswith(("CSP ", "Refused to")):
            return
        if "/frame/" in place:
            self.frames.append(message.text)
        else:
            self._complain(f"console: {message.text} ({place})")

    def _error(self, error: WebError) -> None:
        self._complain(f"thrown: {error.error}")

    def _dialog(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":
            dialog.accept()
            return
        self.dialogs.append(dialog.message)
        self._complain(f"dialog: {dialog.message}")
        dialog.dismiss()


def urls_of(page: Page) -> list[str]:
    """Every address that the page asks from now on, data and blob addresses left out."""
    found: list[str] = []
    page.on(
        "request", lambda request: None if request.url.startswith(("data:", "blob:")) else found.append(request.url)
    )
    return found
