import pytest

from octavo.settings.addresses import address_of, link_of
from octavo.settings.schema import Server, Settings, Tls


@pytest.mark.parametrize(
    ("server", "address"),
    [
        (Server(), "http://127.0.0.1:8888/"),
        (Server(ip="::1", base_url="/user/a%40b/"), "http://[::1]:8888/user/a%40b/"),
        (Server(ip="0.0.0.0"), "http://127.0.0.1:8888/"),
        (Server(ip="0.0.0.0", hosts=["notes.example"]), "http://notes.example:8888/"),
        (Server(ip="192.168.1.2"), "http://192.168.1.2:8888/"),
        (Server(hosts=["notes.example"], trusted_proxies=["127.0.0.1/32"]), "https://notes.example/"),
        (Server(trusted_proxies=["127.0.0.1/32"]), "http://127.0.0.1:8888/"),
    ],
)
def test_the_address_is_the_one_that_people_can_open(server, address):
    assert address_of(Settings(server=server), 8888) == address


@pytest.mark.parametrize(
    ("settings", "port", "address"),
    [
        (Settings(server=Server(ip="0.0.0.0"), tls=Tls(domains=["a.example"])), 8888, "https://a.example:8888/"),
        (Settings(server=Server(ip="0.0.0.0"), tls=Tls(domains=["a.example"])), 443, "https://a.example/"),
        (Settings(), 443, "https://127.0.0.1/"),
    ],
)
def test_with_tls_the_address_says_so(settings, port, address):
    assert address_of(settings, port, tls=True) == address


def test_the_code_of_a_link_stands_behind_the_hash():
    assert link_of("http://127.0.0.1:8888/", "ABCD") == "http://127.0.0.1:8888/login#ABCD"
