"""The address at which people find the server, as far as it can know. Pure."""

import ipaddress

from octavo.settings import schema
from octavo.settings.exposure import is_loopback


def address_of(server: schema.Server, port: int) -> str:
    """A URL that ends in the base path: a proxy's where one is trusted and a name is known, else our own."""
    if server.trusted_proxies and server.hosts:
        return f"https://{bracketed(server.hosts[0])}{server.base_url}"
    if is_loopback(server.ip):
        host = server.ip
    elif server.hosts:
        host = server.hosts[0]
    else:
        host = server.ip if not ipaddress.ip_address(server.ip).is_unspecified else "127.0.0.1"
    return f"http://{bracketed(host)}:{port}{server.base_url}"


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def link_of(address: str, code: str) -> str:
    """The one-time link: the code stands in the fragment, which browsers send to nobody."""
    return f"{address}login#{code}"
