"""What raw Jupyter clients still have to read: positions, bounds, pace."""

import anyio
import pytest

from octavo.kernels.events import Channel
from octavo.session.readers import AHEAD, OVERHEAD, Readers, Room

pytestmark = pytest.mark.anyio


def put(readers, text, kind="stream", **more):
    readers.put(Channel.IOPUB, (text.encode(),), kind, **more)


def read(reader):
    found = []
    while (held := reader.next()) is not None:
        found.append(held.parts[0].decode())
        reader.passed(held)
    return found


async def test_each_reads_from_its_own_position_and_replies_go_to_who_asked():
    readers, room = Readers(room=(room := Room())), room
    one, two = readers.join("one"), readers.join("two")
    put(readers, "a")
    assert read(one) == ["a"]
    put(readers, "b")
    put(readers, "reply", "execute_reply", session="two")
    put(readers, "nobody's", "execute_reply", session="")
    assert read(one) == ["b"]
    assert read(two) == ["a", "b", "reply"]
    assert room.used == 0


async def test_a_position_is_kept_for_a_while_and_only_under_a_name():
    readers = Readers(room=(room := Room()), kept=0)
    named, nameless = readers.join("one"), readers.join("")
    readers.leave(nameless, nameless.connection)
    readers.leave(named, named.connection)
    put(readers, "a")
    assert readers.all == [named]
    assert readers.there == []
    assert room.used > 0
    await anyio.sleep(0.01)
    assert readers.all == []
    assert room.used == 0
    assert read(readers.join("one")) == []


async def test_a_newer_socket_of_a_client_reads_on_and_the_older_ones_end_changes_nothing():
    readers = Readers(room=Room())
    reader = readers.join("one")
    old = reader.connection
    put(readers, "a")
    assert readers.join("one") is reader
    readers.leave(reader, old)
    assert readers.there == [reader]
    assert read(reader) == ["a"]


async def test_of_what_is_too_much_the_oldest_bulk_gives_way_and_it_is_told(caplog):
    size = 100 + OVERHEAD
    readers = Readers(each=20 * size, room=(room := Room()))
    away = readers.join("one")
    readers.leave(away, away.connection)
    put(readers, "reply".ljust(100), "execute_reply")
    for number in range(100):
        put(readers, str(number).ljust(100))
        assert room.used <= 20 * size
    found = [text.strip() for text in read(readers.join("one"))]
    assert found[0] == "reply"
    assert found[1:] == [str(number) for number in range(101 - len(found), 100)]
    assert len(found) >= 15
    assert f"{101 - len(found)} messages" in caplog.text
    assert room.used == 0


async def test_what_is_no_bulk_is_bounded_too_and_so_is_all_together():
    size = 100 + OVERHEAD
    room = Room(30 * size)
    many = [Readers(each=20 * size, room=room) for _ in range(4)]
    for readers in many:
        away = readers.join("one")
        readers.leave(away, away.connection)
        for _ in range(100):
            put(readers, "x" * 100, "status")
            assert room.used <= 30 * size
    for readers in many:
        readers.close()
    assert room.used == 0


async def test_a_kernel_waits_for_who_reads_and_not_for_who_is_away_or_does_not_read(monkeypatch):
    readers = Readers(room=Room())
    reader, away = readers.join("one"), readers.join("two")
    readers.leave(away, away.connection)
    put(readers, "x" * (AHEAD + 1))
    paced = anyio.Event()

    async def pace():
        await readers.keep_pace()
        paced.set()

    monkeypatch.setattr("octavo.session.readers.PATIENCE", 60)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pace)
            await anyio.wait_all_tasks_blocked()
            assert not paced.is_set()
            read(reader)
        monkeypatch.setattr("octavo.session.readers.PATIENCE", 0.05)
        put(readers, "x" * (AHEAD + 1))
        await readers.keep_pace()
        assert reader.is_slow
        await readers.keep_pace()  # at once: nobody waits for it again
        read(reader)
        assert not reader.is_slow
