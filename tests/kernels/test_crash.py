"""kill -9 of the reader at any moment: on return every event once and in order, every prompt answered once, nothing run twice."""

import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest
import scripted

from octavo import ids
from octavo.kernels import launching, specs
from octavo.kernels.connection import Host
from octavo.kernels.events import LaunchSpec
from octavo.settings import schema

pytestmark = pytest.mark.anyio

SCRIPT = "flood 1500 50\ninput name?\nflood 1500 50\ncount"
CELL = """
runs = globals().get("runs", 0) + 1
for i in range(1500): print(i, flush=i % 3 == 0)
print("got", input("name? "))
for i in range(1500): print(i, flush=i % 3 == 0)
print(runs)
"""


def expected(number: int) -> list[str]:
    lines = [str(i) for i in range(1500)]
    return [*lines, "got bob", *lines, str(number)]


class Victims:
    """One reader after the other, on one database."""

    def __init__(self, run_directory: Path, database: Path, incarnation: str) -> None:
        self.command = [
            sys.executable,
            str(Path(__file__).with_name("victim.py")),
            str(run_directory),
            str(database),
            incarnation,
        ]
        self.database = database
        self.victim = self.begin()

    def begin(self) -> subprocess.Popen[bytes]:
        victim = subprocess.Popen(self.command, stdout=subprocess.PIPE)
        assert victim.stdout
        assert victim.stdout.readline() == b"reading\n"
        return victim

    def kill(self) -> None:
        self.victim.kill()
        self.victim.wait()
        assert self.victim.stdout
        self.victim.stdout.close()

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.database, timeout=20) as db:
            rows = db.execute(sql, values).fetchall()
        db.close()
        return rows

    def lines(self, request: str) -> list[str]:
        rows = self.query(
            "select json_extract(content, '$.text') from event where kind = 'stream' and parent = ? order by seq",
            request,
        )
        return [line.rstrip("x") for line in "".join(str(text) for (text,) in rows).split("\n")[:-1]]

    def is_idle(self, request: str) -> bool:
        sql = "select 1 from event where kind = 'status' and parent = ? and content like '%idle%'"
        return bool(self.query(sql, request)) and bool(
            self.query("select 1 from run where request = ? and reply = 'ok'", request)
        )


def kill_at_random(victims: Victims, code: str, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(1, rounds + 1):
        request = ids.new_request()
        victims.query("insert into run values (?, ?, null)", request, code)
        for _ in range(chance.randint(1, 4)):
            victims.kill()
            victims.victim = victims.begin()
            time.sleep(chance.random() ** 2 * 0.5)
        deadline = time.monotonic() + 60
        while not victims.is_idle(request):
            assert time.monotonic() < deadline, victims.query("select * from event order by seq desc limit 3")
            time.sleep(0.01)
        assert victims.lines(request) == expected(number)
    seqs = [seq for (seq,) in victims.query("select seq from event order by seq")]
    assert seqs == list(range(1, len(seqs) + 1))  # no gap, nothing twice
    assert victims.query("select count(*) from event where kind = 'input_request'") == [(rounds,)]


async def prove(
    host: Host, run_directory: Path, tmp_path: Path, spec: LaunchSpec, code: str, *, rounds: int, seed: int
) -> None:
    incarnation = ids.new_incarnation()
    await host.start(ids.new_process(), incarnation, spec, label="")
    victims = Victims(run_directory, tmp_path / "web.db", incarnation)
    try:
        await anyio.to_thread.run_sync(kill_at_random, victims, code, rounds, seed)
    finally:
        victims.kill()


async def test_nothing_is_lost_or_doubled_by_killed_readers(host: Host, run_directory: Path, tmp_path: Path) -> None:
    await prove(host, run_directory, tmp_path, scripted.launch_spec(), SCRIPT, rounds=4, seed=1)


@pytest.mark.kernel
async def test_nor_with_ipykernel(host: Host, run_directory: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}
    spec = launching.launch_spec(specs.own_python(), cwd=tmp_path, environment=environment, settings=schema.Kernels())
    await prove(host, run_directory, tmp_path, spec, CELL, rounds=3, seed=2)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 15))
async def test_nor_in_many_rounds(host: Host, run_directory: Path, tmp_path: Path, seed: int) -> None:
    await prove(host, run_directory, tmp_path, scripted.launch_spec(), SCRIPT, rounds=20, seed=seed)
