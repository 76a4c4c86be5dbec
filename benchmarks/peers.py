"""The servers that are compared: how each is installed, started, found and ended. Octavo is one of them.

    with octavo(root) as server: ...            # server.url, server.headers, server.processes()
    with jupyter("server", root) as server: ...

Every server gets a home of its own, so that nobody's settings or kernels count. Not here: what is measured.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".cache" / "peers"
PYTHON = PEERS / "bin" / "python"
WANTED = ("jupyter_server", "notebook", "ipykernel")
PASSWORD = "tides at noon"


class Server(NamedTuple):
    """A server that answers. `url` ends in a slash. `seconds`: from its start to the first answer."""

    name: str
    url: str
    headers: Mapping[str, str]
    process: subprocess.Popen[bytes]
    home: Path
    seconds: float

    @property
    def token(self) -> str:
        return self.headers["Authorization"].removeprefix("token ")

    def websocket(self, path: str) -> str:
        return f"{self.url.replace('http', 'ws', 1)}{path}"

    def host(self) -> int:
        """Octavo's kernel host: once it has detached itself, neither the server's child nor another's."""
        run = f"{self.home / 'octavo' / 'default' / 'run'} --detach"
        while True:
            parents = parents_of_all()
            hosts = {pid for pid in parents if run in command_of(pid)}
            detached = [pid for pid in hosts if parents[pid] not in {self.process.pid, *hosts}]
            if detached:
                return detached[0]
            time.sleep(0.05)

    def everything(self) -> list[int]:
        """The server, its host, and all that they started."""
        top = [self.process.pid, *([self.host()] if self.name == "octavo" else [])]
        return [*top, *descendants(top)]


def install() -> str:
    """The peers, once; returns what is there, by name and version."""
    if not PYTHON.exists():
        venv.create(PEERS, with_pip=True, clear=True)
    have = {package["name"].lower().replace("_", "-") for package in packages()}
    missing = [name for name in WANTED if name.replace("_", "-") not in have]
    if missing:
        print(f"installing {', '.join(missing)}", file=sys.stderr)
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *missing]
        subprocess.run(pip, check=True)
    versions = {package["name"].lower().replace("_", "-"): package["version"] for package in packages()}
    return ", ".join(f"{name} {versions[name.replace('_', '-')]}" for name in WANTED)


def packages() -> list[dict[str, str]]:
    command = [PYTHON, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    found: list[dict[str, str]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


@contextmanager
def home() -> Iterator[Path]:
    """A home directory with a notebook folder in it; short, for the sockets in it."""
    path = Path(tempfile.mkdtemp(prefix="octavo-b-"))
    (path / "notes").mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def environment(home: Path) -> dict[str, str]:
    """This process's, without anything that says where Jupyter or Octavo keep their files."""
    ours = ("OCTAVO_", "JUPYTER", "IPYTHON", "PYTHON", "XDG_", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "HOME": str(home), "OCTAVO_HOME": str(home / "octavo"), "IPYTHONDIR": str(home / "ipython")}


@contextmanager
def octavo(home: Path, **settings: str) -> Iterator[Server]:
    """Octavo, with a password set and a token, as a person would have it. `settings`: OCTAVO_SECTION__KEY."""
    command = [sys.executable, "-m", "octavo"]
    token = home / "token"
    if not token.exists():
        ask(command, ["password", "--stdin"], home, PASSWORD)
        token.write_text(ask(command, ["token", "create", "benchmarks"], home).splitlines()[-1])
    port = free_port()
    serve = [*command, "serve", str(home / "notes"), "--port", str(port), "--no-open", "--allow-root"]
    with running("octavo", serve, home, port, "login", token.read_text(), settings) as server:
        yield server


@contextmanager
def jupyter(name: str, home: Path) -> Iterator[Server]:
    """`server` or `notebook`, as installed from PyPI."""
    port, token = free_port(), secrets.token_hex(16)
    options = {"port": port, "ip": "127.0.0.1", "open_browser": False, "root_dir": home / "notes", "allow_root": True}
    flags = [f"--ServerApp.{key}={value}" for key, value in options.items()]
    command = [str(PYTHON), "-m", f"jupyter_{name}" if name == "server" else name]
    serve = [*command, *flags, f"--IdentityProvider.token={token}"]
    with running(f"jupyter_{name}" if name == "server" else name, serve, home, port, "api", token) as server:
        yield server


@contextmanager
def running(
    name: str, command: Sequence[str], home: Path, port: int, probe: str, token: str, more: Mapping[str, str] = {}
) -> Iterator[Server]:
    """Start it, wait for the first 200 of `probe`, end it with all its kernels."""
    with open(home / "server.log", "ab") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env={**environment(home), **more}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=home
        )
    try:
        while not answers(port, probe):
            if process.poll() is not None or time.perf_counter() - began > 90:
                raise SystemExit(f"{name} does not answer:\n{(home / 'server.log').read_text()[-3000:]}")
            time.sleep(0.005)
        seconds = time.perf_counter() - began
        yield Server(name, f"http://127.0.0.1:{port}/", {"Authorization": f"token {token}"}, process, home, seconds)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ask(command: Sequence[str], arguments: Sequence[str], home: Path, text: str = "") -> str:
    ran = subprocess.run([*command, *arguments], env=environment(home), input=text.encode(), capture_output=True)
    if ran.returncode:
        raise SystemExit(ran.stderr.decode())
    return ran.stdout.decode()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int, path: str) -> bool:
    """Does GET give 200? By hand: a client's own set-up would be part of what is measured."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


# Processes ------------------------------------------------------------------------------------------------------------


def pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def parents_of_all() -> dict[int, int]:
    parents = {}
    for pid in pids():
        try:
            parents[pid] = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return parents


def descendants(of: Sequence[int]) -> list[int]:
    """Children, their children and so on."""
    parents = parents_of_all()
    found, looking = list[int](), set(of)
    while looking:
        looking = {pid for pid, parent in parents.items() if parent in looking and pid not in of}
        found += looking
    return found


def memory(pid: int) -> dict[str, float]:
    """MB by the kernel's names: Rss, Pss, Private_Dirty … Octavo's web process and host show the shares of theirs to root alone: to others,
    all of it counts as theirs, which is never less."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except PermissionError:
        status = Path(f"/proc/{pid}/status").read_text()
        resident = int(status.partition("VmRSS:")[2].split()[0]) / 1024
        return {"Rss": resident, "Pss": resident, "Private_Clean": 0, "Private_Dirty": resident}
    return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}


# Notebooks ------------------------------------------------------------------------------------------------------------


def notebook(sources: Sequence[str]) -> bytes:
    """As Jupyter writes it."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    spec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    content = {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def sources(cells: int, size: int) -> list[str]:
    """Python of about `size` bytes in all, no two lines alike."""
    lines, written = [[] for _ in range(cells)], 0
    for n in range(10**9):
        line = f"value_{n} = compute({n}, scale={n % 7}.5)  # row {n} of the table"
        lines[n % cells].append(line)
        written += len(line) + 1
        if written >= size and n >= cells:
            return ["\n".join(cell) for cell in lines]
    raise AssertionError
