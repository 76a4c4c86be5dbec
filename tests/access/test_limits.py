"""The limiter as tables: who asks when, and how long each has to wait (0: heard)."""

import pytest

from octavo.access.limits import EVERY, OVERFLOW, Admitted, Bucket, Limiter, Refused, network_of


def waits(limiter: Limiter, tries: list[tuple[float, str, str | None]]) -> list[float]:
    answers = [limiter.admit(source, device, at) for at, source, device in tries]
    return [answer.wait if isinstance(answer, Refused) else 0 for answer in answers]


A, B = "198.51.100.1", "198.51.100.2"


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        ([(0, A, None)] * 6, [0, 0, 0, 0, 0, 600]),
        ([(0, A, None)] * 5 + [(599, A, None), (600, A, None), (600, A, None)], [0] * 5 + [1, 0, 600]),
        ([(0, A, None)] * 5 + [(0, B, None)], [0] * 6),
        ([(0, A, None)] * 5 + [(0, A, "phone")], [0] * 6),
        ([(0, A, "phone")] * 6 + [(0, B, "phone"), (0, A, None)], [0] * 5 + [600, 600, 0]),
        ([(0, A, None)] * 5 + [(3000, A, None)] * 6, [0] * 5 + [0] * 5 + [600]),
        ([(1000, A, None)] * 5 + [(0, A, None), (600, A, None)], [0] * 5 + [600, 0]),  # the clock was set back
    ],
)
def test_five_tries_then_one_every_ten_minutes(tries, expected):
    assert waits(Limiter(), tries) == pytest.approx(expected)


def test_the_tries_that_are_left_are_told():
    limiter = Limiter()
    answers = [limiter.admit(A, None, 0) for _ in range(5)]
    assert [answer.left for answer in answers if isinstance(answer, Admitted)] == [4, 3, 2, 1, 0]


def test_sixty_an_hour_over_all_unknown_devices_and_known_ones_are_still_heard():
    limiter = Limiter()
    sources = [(float(n), f"192.0.2.{n}", None) for n in range(61)]
    assert waits(limiter, sources) == pytest.approx([0] * 60 + [3540])
    assert waits(limiter, [(61, A, "phone")]) == [0]
    assert waits(limiter, [(3600, A, None), (3600, B, None)]) == pytest.approx([0, 1])


def test_a_refused_try_leaves_no_trace():
    limiter = Limiter()
    waits(limiter, [(0, f"192.0.2.{n}", None) for n in range(60)])
    rows = dict(limiter.buckets)
    waits(limiter, [(0, f"203.0.113.{n}", None) for n in range(200)])
    assert limiter.buckets == rows
    assert len(limiter.recent) == 60


def test_a_right_password_gives_its_try_back():
    limiter = Limiter()
    for _ in range(200):
        answer = limiter.admit(A, None, 0)
        assert isinstance(answer, Admitted)
        limiter.give_back(answer.key, 0)
    assert limiter.recent == []


def test_what_was_kept_counts_on():
    first = Limiter()
    waits(first, [(0, A, None)] * 5)
    again = Limiter(first.buckets.items(), first.recent)
    assert waits(again, [(60, A, None)]) == pytest.approx([540])


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2233::5", "2001:db8:1:2200::/56"),
        ("2001:db8:1:22ff::9", "2001:db8:1:2200::/56"),
        ("::1", "::/56"),
        ("", "other"),
        ("unix:", "other"),
    ],
)
def test_one_home_is_one_source(source, network):
    assert network_of(source) == network


def test_past_its_rows_the_table_shares_one_bucket():
    limiter = Limiter(((f"10.0.0.{n}", Bucket(1, 0)) for n in range(7)), rows=8)
    assert waits(limiter, [(0, f"192.0.2.{n}", None) for n in range(6)]) == pytest.approx([0] * 5 + [600])
    assert len(limiter.buckets) == 8
    assert OVERFLOW in limiter.buckets


def test_rows_to_which_every_try_came_back_make_room():
    limiter = Limiter(((f"10.0.0.{n}", Bucket(1, 0)) for n in range(7)), rows=8)
    limiter.admit(A, None, EVERY)
    assert list(limiter.buckets) == [A]


def test_sources_cannot_crowd_out_a_known_device():
    limiter = Limiter(((f"10.0.0.{n}", Bucket(5, 0)) for n in range(7)), rows=8)
    limiter.admit(A, None, 0)
    answer = limiter.admit(A, "phone", 0)
    assert isinstance(answer, Admitted)
    assert answer.key == "device phone"
