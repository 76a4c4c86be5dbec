"""A web process in small, to be killed: reads a kernel's events into SQLite, submits what is to be run, answers prompts.

Position and events are one transaction; what is in the database is acknowledged, nothing else. It prints a line once it reads.
"""

import json
import sqlite3
import sys
from pathlib import Path

import anyio

from octavo import ids
from octavo.errors import Conflict, NotFound
from octavo.kernels.connection import Host
from octavo.kernels.events import Channel, Event
from octavo.settings import schema
from octavo.wire import messages

TABLES = """
create table if not exists event (seq integer primary key, channel integer, kind text, parent text, content text);
create table if not exists run (request text primary key, code text, reply text);
create table if not exists refused (what text);
"""


async def main(run_directory: Path, database: str, incarnation: ids.Incarnation) -> None:
    db = sqlite3.connect(database)
    db.execute("pragma journal_mode=wal")
    db.executescript(TABLES)
    (position,) = db.execute("select coalesce(max(seq), 0) from event").fetchone()
    async with Host.open(run_directory, schema.Kernels(), build="test", spawn=False) as host:
        attachment = await host.attach(incarnation, position)
        for request, code in db.execute("select request, code from run where reply is null").fetchall():
            if not await host.submit(incarnation, request, messages.execute_request(request, "web", code)):
                db.execute("insert into refused values ('dup')")
        for seq, header in db.execute("select seq, content from event where kind = 'input_request'").fetchall():
            await answer(db, host, incarnation, seq, header.encode())
        db.commit()
        print("reading", flush=True)
        async for batch in attachment:
            for event in batch:
                take(db, event)
            db.commit()
            host.ack(incarnation, batch[-1].seq)
            for event in batch:
                if event.channel == Channel.STDIN:
                    await answer(db, host, incarnation, event.seq, event.parts[0])


def take(db: sqlite3.Connection, event: Event) -> None:
    if event.channel >= Channel.LIFE:
        row = (event.seq, event.channel, "", "", event.parts[0].decode())
    else:
        kind = messages.peek(event.parts[0]).msg_type
        parent = messages.peek(event.parts[1]).msg_id
        content = event.parts[0] if kind == "input_request" else event.parts[3]
        row = (event.seq, event.channel, kind, parent, content.decode())
        if kind == "execute_reply":
            status = json.loads(event.parts[3])["status"]
            db.execute("update run set reply = ? where request = ?", (status, parent))
    db.execute("insert into event values (?, ?, ?, ?, ?)", row)


async def answer(db: sqlite3.Connection, host: Host, incarnation: ids.Incarnation, seq: int, header: bytes) -> None:
    try:
        await host.answer(incarnation, seq, messages.input_reply(ids.new_request(), "web", "bob", header))
    except (Conflict, NotFound):
        db.execute("insert into refused values ('answered')")


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), sys.argv[2], ids.Incarnation(sys.argv[3]))
