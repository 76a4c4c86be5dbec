"""How often may somebody guess the password? Asked before the hash is reckoned. Pure: time comes in, nothing is read or written.

    unknown device   a bucket for its /32 or /56 (5 tries, then one every 10 minutes), and 60 tries in any hour over all of them
    known device     a bucket of its own (same size), whatever the others do: nobody can lock the owner out of a device in use

A try that is refused costs nothing and leaves no trace, so the tables stay small by themselves; past `rows` sources share one bucket.
"""

import ipaddress
from collections.abc import Iterable
from typing import NamedTuple

BURST = 5
EVERY = 600.0
HOURLY = 60
HOUR = 3600.0
ROWS = 4096
OVERFLOW = "overflow"


class Bucket(NamedTuple):
    """`spent`: tries that have not come back, as of the time `at`; one comes back every `EVERY` seconds."""

    spent: float
    at: float


class Admitted(NamedTuple):
    """The try may be made; it is counted already. `left`: how many more of this one now."""

    key: str
    left: int


class Refused(NamedTuple):
    wait: float


def settled(bucket: Bucket, now: float) -> Bucket:
    """The bucket as of `now`. A clock that was set back gives no try back and takes none."""
    return Bucket(max(0.0, bucket.spent - max(0.0, now - bucket.at) / EVERY), now)


def wait_of(bucket: Bucket) -> float:
    return max(0.0, bucket.spent + 1 - BURST) * EVERY


def network_of(source: str) -> str:
    """One home or machine: an IPv4 address, or an IPv6 /56. What is no address (a socket file) is one source."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return "other"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((int(address) >> 72 << 72, 56)))
        address = address.ipv4_mapped
    return str(address)


class Limiter:
    """The buckets. Belongs to one thread."""

    def __init__(
        self, buckets: Iterable[tuple[str, Bucket]] = (), recent: Iterable[float] = (), *, rows: int = ROWS
    ) -> None:
        self.buckets = dict(buckets)
        self.recent = list(recent)
        self.rows = rows

    def admit(self, source: str, device: str | None, now: float) -> Admitted | Refused:
        """May this try be made? `device`: the id in its signed cookie, None without a valid one."""
        key = self.key_of(source, device, now)
        bucket = settled(self.buckets.get(key, Bucket(0.0, now)), now)
        wait = wait_of(bucket)
        if device is None:
            wait = max(wait, self.common_wait(now))
        if wait > 0:
            if key in self.buckets:
                self.buckets[key] = bucket
            return Refused(wait)
        if device is None:
            self.recent.append(now)
        bucket = Bucket(bucket.spent + 1, now)
        self.buckets[key] = bucket
        return Admitted(key, int(BURST - bucket.spent))

    def give_back(self, key: str, now: float) -> None:
        """The try was right: it does not count against those who come from there."""
        bucket = settled(self.buckets.get(key, Bucket(0.0, now)), now)
        self.buckets[key] = Bucket(max(0.0, bucket.spent - 1), now)
        if not is_device(key) and self.recent:
            self.recent.pop()

    def common_wait(self, now: float) -> float:
        """Seconds until all unknown devices together may try again."""
        self.recent = [min(at, now) for at in self.recent if at > now - HOUR]
        return self.recent[-HOURLY] + HOUR - now if len(self.recent) >= HOURLY else 0.0

    def key_of(self, source: str, device: str | None, now: float) -> str:
        key = f"device {device}" if device is not None else network_of(source)
        if key in self.buckets or self.count(is_device(key)) < self.rows - 1:  # one row is for the rest
            return key
        self.forget_full(now)
        return key if self.count(is_device(key)) < self.rows - 1 else OVERFLOW

    def count(self, devices: bool) -> int:
        if len(self.buckets) < self.rows - 1:
            return 0  # neither kind can be full
        return sum(is_device(key) is devices for key in self.buckets)

    def forget_full(self, now: float) -> list[str]:
        """Drop the buckets to which every try has come back; says which."""
        gone = [key for key, bucket in self.buckets.items() if settled(bucket, now).spent == 0]
        for key in gone:
            del self.buckets[key]
        return gone


def is_device(key: str) -> bool:
    return key.startswith("device ")
