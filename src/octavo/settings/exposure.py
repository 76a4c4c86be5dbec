"""May Octavo listen like this? One pure decision before the socket is bound.

beyond loopback:  TLS, a trusted proxy or --insecure · a password or --setup · not root, or --allow-root
anywhere:         as root, said once what that means for kernels
"""

import ipaddress
from typing import NamedTuple


class Refuse(NamedTuple):
    sentence: str
    hint: str


class Allow(NamedTuple):
    """`setup_only`: nothing but the login page answers until a one-time link has set the password."""

    warnings: tuple[str, ...]
    setup_only: bool


ROOT = (
    "Octavo runs as root, so everything that a notebook runs does too: a kernel can read and change all of this machine. "
    "A user of its own for Octavo is safer."
)
INSECURE = (
    "Octavo listens on {ip} without TLS (--insecure): whoever can listen on the way reads passwords and notebooks. "
    "Use it only in a network that you trust."
)


def is_loopback(ip: str) -> bool:
    return ip == "localhost" or ipaddress.ip_address(ip).is_loopback


def decide(
    *,
    ip: str,
    tls: bool = False,
    behind_proxy: bool = False,
    insecure: bool = False,
    has_password: bool,
    setup: bool = False,
    root: bool = False,
    allow_root: bool = False,
) -> Refuse | Allow:
    """`ip`: a checked `server.ip`. `behind_proxy`: `server.trusted_proxies` names somebody."""
    warnings: list[str] = [ROOT] if root else []
    if not is_loopback(ip):
        if not (tls or behind_proxy or insecure):
            return Refuse(
                f"Octavo does not listen on {ip} without TLS: passwords and notebooks would cross the network in the clear.",
                "Leave tls.mode at auto, stay on 127.0.0.1 and reach it through SSH (ssh -L 8888:127.0.0.1:8888 HOST), put a TLS proxy "
                "before it and name the proxy in server.trusted_proxies, or give --insecure in a network that you trust.",
            )
        if not (has_password or setup):
            return Refuse(
                f"Octavo does not listen on {ip} without a password.",
                "Set one first: octavo password. Or give --setup: then only a one-time link can set it, and nothing else answers.",
            )
        if root and not allow_root:
            return Refuse(
                f"Octavo does not listen on {ip} as root: whoever gets in would own this machine.",
                "Start it as another user, or give --allow-root if a notebook is to have all of this machine.",
            )
        if not (tls or behind_proxy):
            warnings.append(INSECURE.format(ip=ip))
    return Allow(tuple(warnings), setup and not has_password)
