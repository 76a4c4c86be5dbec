import pytest

from octavo.certs.policy import DAY, Description, Wanted, chosen, complaints, still_good, wanted
from octavo.settings.schema import Server, Settings, Tls

NOW = 1_800_000_000.0


def described(**more):
    made = dict(
        fingerprint="AA",
        names=("localhost", "box"),
        addresses=("127.0.0.1", "::1"),
        begins=NOW - DAY,
        ends=NOW + 90 * DAY,
        issuer="",
        trusted=False,
    )
    return Description(**(made | more))


@pytest.mark.parametrize(
    ("server", "tls", "insecure", "mode"),
    [
        (Server(), Tls(), False, "off"),
        (Server(ip="localhost"), Tls(), False, "off"),
        (Server(ip="0.0.0.0"), Tls(), False, "self-signed"),
        (Server(ip="::"), Tls(domains=["a.example"]), False, "self-signed"),
        (Server(ip="0.0.0.0"), Tls(), True, "off"),
        (Server(ip="0.0.0.0", trusted_proxies=["10.0.0.0/8"]), Tls(), False, "off"),
        (Server(), Tls(certificate="c.pem"), False, "files"),
        (Server(ip="0.0.0.0"), Tls(mode="off"), False, "off"),
        (Server(), Tls(mode="self-signed"), False, "self-signed"),
    ],
)
def test_tls_is_on_wherever_the_network_can_hear(server, tls, insecure, mode):
    assert chosen(Settings(server=server, tls=tls), insecure=insecure) == mode


def test_a_certificate_is_for_every_name_and_address_that_people_may_use():
    settings = Settings(
        server=Server(ip="0.0.0.0", hosts=["203.0.113.9", "B.example."]), tls=Tls(domains=["a.example"])
    )
    assert wanted(settings, machine="box", own=["10.0.0.2", "2001:db8::5"]) == Wanted(
        ("localhost", "a.example", "b.example", "box"), ("127.0.0.1", "::1", "203.0.113.9", "10.0.0.2", "2001:db8::5")
    )


def test_only_what_is_listened_on_is_named():
    settings = Settings(server=Server(ip="10.0.0.9"))
    assert wanted(settings, machine="my_box", own=["10.0.0.2"]) == Wanted(
        ("localhost",), ("127.0.0.1", "::1", "10.0.0.9")
    )


@pytest.mark.parametrize(
    ("made", "names", "stays"),
    [
        (described(), ("localhost",), True),
        (described(), ("localhost", "new.example"), False),
        (described(ends=NOW + 31 * DAY), ("localhost",), True),
        (described(ends=NOW + 29 * DAY), ("localhost",), False),
        (described(begins=NOW + DAY), ("localhost",), False),
    ],
)
def test_a_self_signed_certificate_stays_while_it_serves(made, names, stays):
    assert still_good(made, Wanted(names, ("127.0.0.1",)), NOW) is stays


@pytest.mark.parametrize(
    ("given", "domains", "said"),
    [
        (described(), ["box"], []),
        (described(names=("*.example",)), ["A.example"], []),
        (described(names=("*.example",)), ["a.b.example"], ["not for a.b.example"]),
        (described(ends=NOW - 1), [], ["has ended"]),
        (described(begins=NOW - 85 * DAY, ends=NOW + 5 * DAY), [], ["in 5 day(s)"]),
        (described(begins=NOW - DAY, ends=NOW + 5 * DAY), [], []),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(given, domains, said):
    found = complaints(given, domains, NOW)
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))
