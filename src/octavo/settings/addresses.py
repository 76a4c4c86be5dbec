"""The address at which people find the server, as far as it can know. Pure."""

import ipaddress

from octavo.settings import schema
from octavo.settings.exposure import is_loopback


def address_of(settings: schema.Settings, port: int, *, tls: bool = False) -> str:
    """A URL that ends in the base path: a proxy's where one is trusted and a name is known, else our own. `tls`: do we speak it ourselves?"""
    server, names = settings.server, [*settings.tls.domains, *settings.server.hosts]
    if server.trusted_proxies and names and not tls:
        return f"https://{bracketed(names[0])}{server.base_url}"
    if is_loopback(server.ip):
        host = server.ip
    elif names:
        host = names[0]
    else:
        host = server.ip if not ipaddress.ip_address(server.ip).is_unspecified else "127.0.0.1"
    scheme, usual = ("https", 443) if tls else ("http", 80)
    return f"{scheme}://{bracketed(host)}{'' if port == usual else f':{port}'}{server.base_url}"


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def link_of(address: str, code: str) -> str:
    """The one-time link: the code stands in the fragment, which browsers send to nobody."""
    return f"{address}login#{code}"
