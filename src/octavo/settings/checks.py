"""What a type cannot say about a setting: addresses, paths of URLs. Pure; a check returns the value in its one spelling, or raises `Wrong`."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from octavo.settings import limits

NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")
URL_PATH = re.compile(r"(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*/")


class Wrong(ValueError):
    """The value is not what the setting takes."""


def ip(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value.strip("[]")))
    except ValueError:
        if value == "localhost":
            return value
        raise Wrong from None


def base_url(value: str) -> str:
    """Begins and ends with a slash; stays percent-encoded as it was given."""
    path = "/" + value.strip("/") + "/" if value.strip("/") else "/"
    if not URL_PATH.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):
        raise Wrong
    return path


def hosts(value: list[str]) -> list[str]:
    names = [name.strip("[]").lower() for name in value]
    for name in names:
        if not NAME.fullmatch(name) and not is_address(name):
            raise Wrong
    return names


def networks(value: list[str]) -> list[str]:
    try:
        return [str(ipaddress.ip_network(network, strict=False)) for network in value]
    except ValueError:
        raise Wrong from None


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def memory_limit(value: str) -> str:
    try:
        limits.memory(value)
    except ValueError:
        raise Wrong from None
    return value.strip()


def cpu_limit(value: str) -> str:
    try:
        limits.cpu(value)
    except ValueError:
        raise Wrong from None
    return value.strip()


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "server.ip": ip,
    "server.base_url": base_url,
    "server.hosts": hosts,
    "server.trusted_proxies": networks,
    "tls.domains": hosts,
    "kernels.memory_limit": memory_limit,
    "kernels.cpu_limit": cpu_limit,
}

WANTED: Mapping[str, str] = {
    "server.ip": "an IP address, as 127.0.0.1, 0.0.0.0 or ::1, or localhost",
    "server.base_url": "a percent-encoded path, as /user/a%40b/",
    "server.hosts": "a list of host names without port, as notes.example.org",
    "server.trusted_proxies": "a list of addresses or networks, as 127.0.0.1 or 10.0.0.0/8",
    "tls.domains": "a list of host names without port, as notes.example.org",
    "kernels.memory_limit": limits.MEMORY_WANTED,
    "kernels.cpu_limit": limits.CPU_WANTED,
}
