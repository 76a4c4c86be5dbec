"""The others on a document: their awareness (name, caret), relayed and never stored; and the numbering of a connection's edits.

Awareness is y-protocols' form: a count, then per Yjs client its number, a clock and a JSON text (`null`: gone). A tab speaks for itself
alone. What the JSON says is the page's matter.
"""

from collections.abc import Hashable
from typing import NamedTuple

from octavo.document.frames import LIMITS, FrameKind
from octavo.document.vector import read_varint, varint
from octavo.errors import Invalid, TooLarge

TIMEOUT = 60.0
"""Seconds after which a silent tab is gone. A page repeats itself every 15 s."""
MOST = 200
"""Clients whose awareness is kept."""


class Said(NamedTuple):
    """An awareness update to relay. `client`: the Yjs client that it is about."""

    client: int
    body: bytes


class _Peer(NamedTuple):
    connection: Hashable
    clock: int
    at: float
    body: bytes


class Peers:
    """Who is here, by Yjs client. `connection`: whatever names one connection. A tab that connects anew takes its client with it."""

    def __init__(self) -> None:
        self._peers: dict[int, _Peer] = {}

    def say(self, connection: Hashable, client: int, body: bytes, now: float) -> Said | None:
        """One awareness update of a connection; what is to be relayed to the others. Raises `Invalid` for a malformed one."""
        clock, gone = _read(client, body)
        known = self._peers.get(client)
        if known is not None and clock < known.clock:
            return None  # older than what a newer connection of this tab said
        if gone:
            return Said(client, body) if self._peers.pop(client, None) else None
        if known is None and len(self._peers) >= MOST:
            return None
        self._peers[client] = _Peer(connection, clock, now, body)
        return Said(client, body)

    def leave(self, connection: Hashable) -> list[Said]:
        """The connection closed: what to tell the others."""
        return self._drop([client for client, peer in self._peers.items() if peer.connection == connection])

    def expire(self, now: float) -> list[Said]:
        return self._drop([client for client, peer in self._peers.items() if now - peer.at > TIMEOUT])

    def everybody(self) -> list[Said]:
        """For one who comes."""
        return [Said(client, peer.body) for client, peer in self._peers.items()]

    def clients(self) -> set[int]:
        return set(self._peers)

    def _drop(self, clients: list[int]) -> list[Said]:
        gone = [(client, self._peers.pop(client)) for client in clients]
        return [Said(client, _body(client, peer.clock, "null")) for client, peer in gone]


class Numbering:
    """The edits of one connection: numbered from 1 by the page, kept and saved in order by the journal."""

    def __init__(self) -> None:
        self.last = 0
        self.kept = 0
        self.saved = 0

    def take(self, n: int) -> None:
        """The next edit came. Raises `Invalid` when its number does not follow."""
        if n != self.last + 1:
            raise Invalid(f"Edit {n} came after edit {self.last}.")
        self.last = n

    def keep(self, n: int) -> bool:
        """All edits up to `n` are kept. True if that is news."""
        news = self.kept < n <= self.last
        self.kept = n if news else self.kept
        return news

    def save(self, n: int) -> bool:
        """All edits up to `n` are saved. True if that is news."""
        news = self.saved < n <= self.last
        self.saved = n if news else self.saved
        return news


def _read(client: int, body: bytes) -> tuple[int, bool]:
    """Clock and whether the client is gone."""
    if len(body) > LIMITS[FrameKind.AWARENESS]:
        raise TooLarge("An awareness update is too large.")
    try:
        count, index = read_varint(body, 0)
        named, index = read_varint(body, index)
        clock, index = read_varint(body, index)
        length, index = read_varint(body, index)
    except IndexError:
        raise Invalid("An awareness update is cut short.") from None
    if count != 1 or named != client or index + length != len(body) or clock >= 2**32:
        raise Invalid("A tab may speak for itself alone.")
    return clock, body[index:] == b"null"


def _body(client: int, clock: int, state: str) -> bytes:
    return varint(1) + varint(client) + varint(clock) + varint(len(state.encode())) + state.encode()
