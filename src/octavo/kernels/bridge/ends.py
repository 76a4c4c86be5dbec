"""How a bridge ends: with a sentence for the page, which the host takes from its last words."""

from typing import Protocol

from octavo.wire.messages import Parts


class Lost(Exception):
    """The kernel elsewhere cannot be used any more, or never could; the text says why and what to do."""


class Remote(Protocol):
    """A kernel elsewhere."""

    async def run(self) -> None:
        """Start it, and pass on what it says until it is lost: raises `Lost`."""

    async def send(self, channel: str, parts: Parts) -> None:
        """To it, in order."""

    async def interrupt(self) -> None: ...

    async def shutdown(self) -> None:
        """End it there. Raises nothing for one that has gone."""
