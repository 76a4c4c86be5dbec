import pytest

from octavo.document.peers import MOST, TIMEOUT, Numbering, Peers, Said
from octavo.document.vector import varint
from octavo.errors import Invalid, TooLarge


def update(client: int, clock: int, state: str = '{"name":"甲"}') -> bytes:
    text = state.encode()
    return b"\x01" + varint(client) + varint(clock) + varint(len(text)) + text


def test_what_a_tab_says_is_relayed_and_told_to_those_who_come() -> None:
    peers = Peers()
    body = update(7, 1)
    assert peers.say("a", 7, body, now=0) == Said(7, body)
    assert peers.everybody() == [Said(7, body)]
    assert peers.clients() == {7}


def test_when_a_connection_closes_the_others_hear_that_its_tab_is_gone() -> None:
    peers = Peers()
    peers.say("a", 7, update(7, 3), now=0)
    peers.say("b", 8, update(8, 1), now=0)
    assert peers.leave("a") == [Said(7, update(7, 3, "null"))]
    assert peers.clients() == {8}
    assert peers.leave("a") == []


def test_a_tab_that_connects_anew_is_not_gone_when_its_old_connection_closes() -> None:
    peers = Peers()
    peers.say("old", 7, update(7, 3), now=0)
    peers.say("new", 7, update(7, 3), now=1)
    assert peers.leave("old") == []
    assert peers.clients() == {7}


def test_a_late_frame_of_an_old_connection_changes_nothing() -> None:
    peers = Peers()
    peers.say("new", 7, update(7, 5), now=0)
    assert peers.say("old", 7, update(7, 4), now=1) is None


def test_a_tab_may_say_that_it_goes() -> None:
    peers = Peers()
    peers.say("a", 7, update(7, 1), now=0)
    gone = update(7, 2, "null")
    assert peers.say("a", 7, gone, now=1) == Said(7, gone)
    assert peers.say("a", 7, gone, now=1) is None
    assert peers.everybody() == []


def test_a_silent_tab_expires() -> None:
    peers = Peers()
    peers.say("a", 7, update(7, 1), now=0)
    peers.say("b", 8, update(8, 1), now=TIMEOUT)
    assert peers.expire(TIMEOUT) == []
    assert [said.client for said in peers.expire(TIMEOUT + 1)] == [7]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x01",
        b"\x00",
        update(8, 1),
        b"\x02" + update(7, 1)[1:],
        update(7, 1) + b"x",
        update(7, 1)[:-1],
        update(7, 2**32),
    ],
)
def test_a_malformed_or_foreign_word_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        Peers().say("a", 7, body, now=0)


def test_awareness_has_a_bound_in_size_and_number() -> None:
    peers = Peers()
    with pytest.raises(TooLarge):
        peers.say("a", 7, update(7, 1, '"' + "x" * 20_000 + '"'), now=0)
    for client in range(MOST + 1):
        peers.say("a", client, update(client, 1), now=0)
    assert len(peers.everybody()) == MOST


def test_edits_are_numbered_from_one_without_a_hole() -> None:
    numbering = Numbering()
    numbering.take(1)
    numbering.take(2)
    with pytest.raises(Invalid):
        numbering.take(4)
    with pytest.raises(Invalid):
        numbering.take(2)


def test_kept_and_saved_only_grow_and_never_pass_what_came() -> None:
    numbering = Numbering()
    for n in (1, 2, 3):
        numbering.take(n)
    assert [numbering.keep(n) for n in (2, 1, 2, 3, 4)] == [True, False, False, True, False]
    assert [numbering.save(n) for n in (1, 3, 3)] == [True, True, False]
    assert (numbering.kept, numbering.saved) == (3, 3)
