"""Who is this, and may they. One `Access` a process; it holds the profile's `access.db` until it is closed.

    password ─► limiter ─► queue of 4 ─► hash, one at a time, in a thread ─► login (a cookie; its hash is kept)
    one-time code ─► its own 20 tries ─► a new password, or a login
    API token ─► its hash

What is asked for every request (`login_of`, `token_of`, `still_valid`, `has_password`) is one small read; so a change that another
process makes (`octavo password`) counts from the next question on. Not here: cookies' names, XSRF, anything of HTTP.
"""

import logging
import math
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self, TypedDict, TypeVar

import anyio
import msgspec
from anyio import to_thread

from octavo.access import codes, passwords, store
from octavo.access.limits import Bucket, Limiter, Refused
from octavo.access.refusals import BadPassword, LinkEnded, NoPassword, WrongPassword
from octavo.errors import Conflict, Denied, Invalid, NotFound, StorageUnavailable, Throttled
from octavo.settings import machine, schema

T = TypeVar("T")

log = logging.getLogger("octavo.access")

DAY = 86400.0
LINK_SECONDS = 15 * 60.0
LINK_TRIES = 20
LINK_FILE = "login-link"
QUEUE = 4
SEEN_EVERY = 3600.0
TIDY_EVERY = 60.0


class Login(msgspec.Struct, frozen=True):
    """One browser that is logged in. `id` is no secret: the hash of its cookie."""

    id: str
    created: float
    seen: float
    source: str


class Token(msgspec.Struct, frozen=True):
    """An API token, by its name."""

    name: str
    created: float
    used: float | None


class NewLogin(NamedTuple):
    """`cookie` and `device` are secrets for the browser alone, and are not kept here."""

    login: Login
    cookie: str
    device: str


class Tried(NamedTuple):
    """What the limiter counted, for keeping."""

    key: str
    bucket: Bucket
    recent: tuple[float, ...]


class Oldest(TypedDict):
    """Logins before these moments have ended."""

    seen_after: float
    created_after: float


class Access:
    """Opened once; safe to use from the event loop (what is not `async` takes microseconds or is for the command line)."""

    def __init__(self, directory: Path, settings: schema.Access, *, clock: Callable[[], float], memory: int) -> None:
        self.directory, self.settings, self.clock = directory, settings, clock
        self.writes = store.connect(directory)
        self.reads = store.connect(directory, read_only=True)
        self.writing = threading.Lock()
        self.secret = store.owner(self.reads).secret
        self.hasher = passwords.hasher(passwords.cost_for(memory))
        self.limiter = Limiter(store.buckets(self.reads), store.attempts(self.reads))
        self.one_at_a_time = anyio.CapacityLimiter(1)
        self.waiting = 0
        self.unheard = 0
        self.seen_logins: set[str] = set()
        self.seen_tokens: set[str] = set()

    @classmethod
    def open(
        cls,
        directory: Path,
        settings: schema.Access,
        clock: Callable[[], float] = time.time,
        *,
        memory: int | None = None,
    ) -> Self:
        """`directory`: the profile's. `memory`: what the hash is fitted to, if not this machine's."""
        machine.return_large_blocks()
        return cls(directory, settings, clock=clock, memory=machine.memory_limit() if memory is None else memory)

    def close(self) -> None:
        self.reads.close()
        with self.writing:
            self.writes.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def key(self, purpose: str) -> bytes:
        """A secret of this profile for signing things of one purpose."""
        return codes.derived(self.secret, purpose)

    # ── asked for every request ──

    def has_password(self) -> bool:
        with store.storage_errors():
            return store.owner(self.reads).password is not None

    def login_of(self, cookie: str) -> Login | None:
        return self._login_by_id(codes.fingerprint(cookie))

    def _login_by_id(self, id_: str) -> Login | None:
        now = self.clock()
        with store.storage_errors():
            row = store.login(self.reads, id_, **self._oldest(now))
        if row is None:
            return None
        if now - row.seen > SEEN_EVERY:
            self.seen_logins.add(row.id)
        return Login(*row)

    def token_of(self, text: str) -> Token | None:
        with store.storage_errors():
            row = store.token(self.reads, codes.fingerprint(text))
        if row is None:
            return None
        if row.used is None or self.clock() - row.used > SEEN_EVERY:
            self.seen_tokens.add(row.name)
        return Token(*row)

    def still_valid(self, who: Login | Token) -> bool:
        """For sockets, which outlive the request that opened them. It counts as a use."""
        if isinstance(who, Login):
            return self._login_by_id(who.id) is not None
        with store.storage_errors():
            return store.has_token(self.reads, who.name, who.created)

    # ── logging in and out ──

    async def login(self, password: str, source: str, device: str | None = None) -> NewLogin:
        """Raises `Throttled`, `NoPassword` or `WrongPassword`. `device`: that cookie, if the browser sent one."""
        if not self.has_password():
            raise NoPassword
        self._check_queue()
        known = codes.device_of(self.key("device"), device)
        now = self.clock()
        verdict = self.limiter.admit(source, known, now)
        if isinstance(verdict, Refused):
            self.unheard += 1
            raise Throttled(
                f"Too many tries. The next one is heard in {wording(verdict.wait)}.",
                retry_after=verdict.wait,
                hint="A one-time link is always heard: octavo login-link on the server.",
            )
        tried = Tried(verdict.key, self.limiter.buckets[verdict.key], tuple(self.limiter.recent))
        new = await self._in_turn(partial(self._try_password, password, source, known, tried))
        if new is None:
            raise WrongPassword(verdict.left)
        self.limiter.give_back(verdict.key, self.clock())
        return new

    async def use_link(
        self, code: str, source: str, new_password: str | None = None, device: str | None = None
    ) -> NewLogin:
        """A login for a one-time code, which ends with it; sets `new_password` where one is given.

        Raises `LinkEnded` for a wrong code. Where no password exists one must be given; `BadPassword` uses nothing up.
        """
        with store.storage_errors():
            if store.link(self.reads, self.clock()) is None:
                raise LinkEnded  # for nothing but a read: nobody can keep the disk busy with codes
        await to_thread.run_sync(self._check_code, code, source)
        if new_password is not None:
            passwords.check_new(new_password, self.settings.min_password)
        elif not self.has_password():
            raise BadPassword("missing")
        known = codes.device_of(self.key("device"), device)
        return await self._in_turn(partial(self._redeem, codes.code_letters(code), source, new_password, known))

    async def set_password(self, password: str, *, source: str = "terminal") -> None:
        """Ends every login and the one-time link; API tokens stay. Raises `BadPassword` for one that would be guessed."""
        passwords.check_new(password, self.settings.min_password)
        await self._in_turn(partial(self._set_password, password, source))

    async def logout(self, login: Login) -> None:
        await to_thread.run_sync(self._logout, login)

    async def logout_everywhere(self, *, source: str = "terminal") -> None:
        await to_thread.run_sync(self._logout_everywhere, source)

    # ── for the owner at the terminal ──

    def make_link(self) -> str:
        """A one-time code for 15 minutes; an earlier one ends."""
        code = codes.new_code()
        with self._change("link-made", "terminal") as db:
            store.put_link(db, codes.fingerprint(codes.code_letters(code)), self.clock() + LINK_SECONDS)
        return code

    def create_token(self, name: str) -> str:
        """The token's text, which is never seen again. Raises `Conflict` where the name is taken."""
        if not name.strip() or len(name) > 64 or not name.isprintable():
            raise Invalid("A token's name has 1 to 64 printable characters.")
        text = codes.new_token()
        with self._change("token-created", "terminal", name) as db:
            if not store.add_token(db, name, codes.fingerprint(text), self.clock()):
                raise Conflict(
                    f"There is a token {name} already.", hint=f"Take another name, or: octavo token revoke {name}"
                )
        return text

    def revoke_token(self, name: str) -> None:
        with self._change("token-revoked", "terminal", name) as db:
            if not store.end_token(db, name):
                raise NotFound(f"There is no token {name}.", hint="octavo token list shows them.")

    def tokens(self) -> list[Token]:
        with store.storage_errors():
            return [Token(*row) for row in store.tokens(self.reads)]

    # ── upkeep ──

    async def tend(self) -> None:
        """Runs for as long as the server does."""
        while True:
            await anyio.sleep(TIDY_EVERY)
            try:
                await self.tidy()
            except StorageUnavailable as error:
                log.warning("%s", error)  # the next minute tries again

    async def tidy(self) -> None:
        """Keep when logins and tokens were last seen; drop what has ended."""
        logins, self.seen_logins = self.seen_logins, set()
        tokens, self.seen_tokens = self.seen_tokens, set()
        if self.unheard:  # one line a minute, or a flood of tries would wash everything else out of the log
            log.warning("logins refused unheard, after too many tries: %d", self.unheard)
            self.unheard = 0
        self.limiter.forget_full(self.clock())
        await to_thread.run_sync(self._tidy, logins, tokens, list(self.limiter.buckets))

    # ── in a thread ──

    def _try_password(self, password: str, source: str, device: str | None, tried: Tried) -> NewLogin | None:
        with self.writing, store.transaction(self.writes) as db:  # first, so that no crash gives the try back
            store.put_bucket(db, *tried)
            owner = store.owner(db)
        if (
            len(password) > passwords.LONGEST
            or owner.password is None
            or not passwords.is_right(self.hasher, owner.password, password)
        ):
            log.warning("login failed from %s", source)
            with self._change("login-failed", source):
                return None
        new_hash = passwords.hashed(self.hasher, password) if self.hasher.check_needs_rehash(owner.password) else None
        with self._change("login", source) as db:
            if new_hash is not None:
                store.replace_hash(db, owner.password, new_hash)
            return self._new_login(db, source, device, owner.generation)

    def _new_login(self, db: sqlite3.Connection, source: str, device: str | None, generation: int) -> NewLogin:
        cookie, now = codes.new_cookie(), self.clock()
        row = store.LoginRow(codes.fingerprint(cookie), now, now, source)
        if not store.add_login(db, row, generation):
            raise Denied("The password was changed at this moment.", hint="Log in with the new one.")
        return NewLogin(Login(*row), cookie, codes.signed_device(self.key("device"), device or secrets.token_hex(16)))

    def _check_code(self, code: str, source: str) -> None:
        with self.writing, store.transaction(self.writes) as db:
            link = store.link(db, self.clock())
            if link is not None:
                if codes.same(link.fingerprint, codes.fingerprint(codes.code_letters(code))):
                    return
                store.count_wrong(db, LINK_TRIES)
                store.add_audit(db, store.AuditRow(self.clock(), "link-failed", source, ""))
        raise LinkEnded

    def _redeem(self, letters: str, source: str, new_password: str | None, device: str | None) -> NewLogin:
        hash_ = None if new_password is None else passwords.hashed(self.hasher, new_password)
        with self._change("link-used", source) as db:
            link = store.link(db, self.clock())
            if link is None or not codes.same(link.fingerprint, codes.fingerprint(letters)):
                raise LinkEnded
            store.end_link(db)
            if hash_ is not None:
                store.set_password(db, hash_)
                store.add_audit(db, store.AuditRow(self.clock(), "password-set", source, ""))
            new = self._new_login(db, source, device, store.owner(db).generation)
        (self.directory / LINK_FILE).unlink(missing_ok=True)
        return new

    def _set_password(self, password: str, source: str) -> None:
        hash_ = passwords.hashed(self.hasher, password)
        with self._change("password-set", source) as db:
            store.set_password(db, hash_)

    def _logout(self, login: Login) -> None:
        with self._change("logout", login.source) as db:
            store.end_login(db, login.id)

    def _logout_everywhere(self, source: str) -> None:
        with self._change("logout-everywhere", source) as db:
            store.end_logins(db)

    def _tidy(self, logins: set[str], tokens: set[str], buckets: list[str]) -> None:
        now = self.clock()
        with self.writing, store.transaction(self.writes) as db:
            store.mark_seen(db, logins, tokens, now)
            store.tidy(db, now=now, kept_buckets=buckets, **self._oldest(now))

    # ── how ──

    def _check_queue(self) -> None:
        if self.waiting > QUEUE:
            raise Throttled("Too many people log in at this moment.", retry_after=1.0)

    async def _in_turn(self, function: Callable[[], T]) -> T:
        """What hashes runs alone: two hashes at once would double the memory that one needs."""
        self._check_queue()
        self.waiting += 1
        try:
            return await to_thread.run_sync(function, limiter=self.one_at_a_time)
        finally:
            self.waiting -= 1

    @contextmanager
    def _change(self, event: str, source: str, detail: str = "") -> Iterator[sqlite3.Connection]:
        """A transaction with its row in the audit."""
        with self.writing, store.transaction(self.writes) as db:
            yield db
            store.add_audit(db, store.AuditRow(self.clock(), event, source, detail))

    def _oldest(self, now: float) -> Oldest:
        return {
            "seen_after": now - self.settings.idle_days * DAY,
            "created_after": now - self.settings.absolute_days * DAY,
        }


def wording(seconds: float) -> str:
    minutes = max(1, math.ceil(seconds / 60))
    return f"{minutes} minutes" if minutes > 1 else "a minute"
