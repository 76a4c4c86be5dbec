"""Why access says no, each with a stable code of its own, so that the login page can say it in its reader's language."""

from typing import ClassVar, Literal

from octavo.errors import Denied, Invalid

NEW_LINK = "`octavo login-link` on the server makes another."


class WrongPassword(Denied):
    """`left`: how many more tries are heard now."""

    code: ClassVar[str] = "wrong-password"

    def __init__(self, left: int) -> None:
        super().__init__("That password is not right.", hint=f"Tries left: {left}; then one every 10 minutes.")
        self.left = left


class NoPassword(Denied):
    """There is nothing to log in with but a one-time link."""

    code: ClassVar[str] = "no-password"

    def __init__(self) -> None:
        super().__init__("No password has been set yet.", hint=NEW_LINK)


class LinkEnded(Denied):
    """Wrong, used, expired or replaced: which of them is nobody's business."""

    code: ClassVar[str] = "link-ended"

    def __init__(self) -> None:
        super().__init__("There is no such one-time link, or it has ended.", hint=NEW_LINK)


class BadPassword(Invalid):
    """A new password that will not do."""

    code: ClassVar[str] = "bad-password"

    def __init__(self, why: Literal["missing", "short", "long", "common"], limit: int = 0) -> None:
        sentence = {
            "missing": "Choose a password: this server has none yet.",
            "short": f"A password has at least {limit} characters.",
            "long": f"A password has at most {limit} characters.",
            "common": "That password is among the first that are tried.",
        }[why]
        super().__init__(sentence, hint="A few words together are good, and easy to keep.")
        self.why, self.limit = why, limit
