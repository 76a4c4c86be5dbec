"""A scripted kernel: a real process that speaks the Jupyter protocol, and does what the code of a cell tells it, line by line.

Start it by `scripted.kernelspec(...)` or `scripted.launch_spec(...)` (this file's own path is the program; it needs no package
and starts in about 40 ms). It never drops output: like a kernel under our launcher it waits for its reader.

The code of an execute_request is a script of one step a line; `busy` goes out before the first step, and after the last the reply
(if no step sent it) and `idle`:

    print TEXT             a line on stdout                  eprint TEXT        a line on stderr
    result TEXT            an execute_result                 display JSON       display_data with this data (text/plain if a string)
    display_id ID JSON     display_data with a display id    update ID JSON     update_display_data
    clear [wait]           clear_output                      error NAME VALUE   an error; the reply will be one too
    flood COUNT [SIZE]     COUNT messages, each a line: its number from 0, padded to SIZE characters
    flood! COUNT [SIZE]    the same, but an interrupt is only seen at its end
    sleep SECONDS          may be interrupted                hang               until interrupted
    deaf SECONDS           reads nothing and cannot be interrupted
    input PROMPT           asks, then prints `got VALUE`     getpass PROMPT     the same with password true
    reply [STATUS]         the reply now: before what follows; nothing more at the end but idle
    noreply                no reply at all                   noidle             no idle at the end
    late SECONDS TEXT      a line on stdout, that long from now, though the run may have ended by then
    large BYTES            one display_data of so many bytes
    message CHANNEL TYPE JSON   any message on iopub, shell or control, with the run as parent
    orphan TEXT            a line on stdout with no parent
    count                  prints how many execute_requests this kernel has run, itself included
    die CODE               exits at once                     kill SIGNAL        dies by a signal
    half                   dies in the middle of an iopub message
    fork SECONDS           leaves a child that sleeps, in a session of its own; prints its pid

An interrupt (SIGINT or interrupt_request) ends the script with an error `KeyboardInterrupt`. After an error reply, execute requests
that had arrived already are answered `aborted`, as ipykernel does, unless the failed one had stop_on_error false.

Options of the program, for what happens before any code runs:

    --slow SECONDS     binds its sockets only then           --mute            never binds any
    --dies CODE        writes to stderr, exits               --no-welcome      no iopub_welcome (as kernels before ipykernel 7)
    --stubborn         ignores shutdown_request and SIGTERM  --deaf-to-interrupts
    --info-after N     answers only from the Nth kernel_info_request on
    --tcp-only         knows no Unix sockets         --colon           writes their addresses as if for TCP
    --forged           signs with another key
"""

import argparse
import collections
import hashlib
import hmac
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src"))

from octavo.wire import zmtp

DELIMITER = b"<IDS|MSG>"
SWITCHES = ("--mute", "--no-welcome", "--stubborn", "--deaf-to-interrupts", "--tcp-only", "--colon", "--forged")


def kernelspec(*options: str, name: str = "scripted", interrupt_mode: str = "signal") -> Any:
    """A `specs.KernelSpec` of this kernel."""
    from octavo.kernels.specs import KernelSpec

    return KernelSpec(
        name=name,
        argv=[sys.executable, "-I", "-S", os.path.abspath(__file__), "-f", "{connection_file}", *options],
        display_name="Scripted",
        language="script",
        interrupt_mode=interrupt_mode,
    )


def launch_spec(*options: str, nodrop: bool = True, interrupt_mode: str = "signal", cwd: str = "/") -> Any:
    """An `events.LaunchSpec` of this kernel."""
    from octavo.kernels.events import LaunchSpec

    argv = kernelspec(*options).argv
    return LaunchSpec(
        argv=argv, env={"PATH": os.environ["PATH"]}, cwd=cwd, interrupt_mode=interrupt_mode, nodrop=nodrop
    )


class Interrupted(Exception):
    pass


class Peer:
    """One connection of a client to one of our sockets."""

    def __init__(self, connection: socket.socket, socket_type: str) -> None:
        connection.setblocking(False)
        self.socket = connection
        # The server's half differs only in the name it says, which our client does not look at.
        self.zmtp = zmtp.Connection("DEALER", identity=socket_type.encode())
        self.out = bytearray(self.zmtp.outgoing())


class Kernel:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        with open(options.file) as file:
            self.connection = json.load(file)
        self.session = os.urandom(8).hex()
        self.count = 0
        self.runs = 0
        self.infos = 0
        self.interrupted = False
        self.quiet = True
        self.peers: dict[str, list[Peer]] = {"shell": [], "iopub": [], "stdin": [], "control": []}
        self.shell: collections.deque[list[bytes]] = collections.deque()
        self.answers: collections.deque[str] = collections.deque()
        self.late: list[tuple[float, str, dict[str, Any]]] = []
        self.subscribed = False
        self.wake, write = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write)
        signal.signal(signal.SIGINT, self.on_interrupt)
        if options.stubborn:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.listeners: dict[str, socket.socket] = {}
        if not options.mute:
            for channel in self.peers:
                listener = self.bound(self.connection["ip"], self.connection[channel + "_port"])
                listener.listen(8)
                self.listeners[channel] = listener

    def bound(self, ip: str, port: int) -> socket.socket:
        if self.connection["transport"] == "tcp":
            listener = socket.socket(socket.AF_INET)
            listener.bind((ip, port))
            return listener
        if self.options.tcp_only:
            sys.exit("this kernel speaks TCP only")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{ip}{':' if self.options.colon else '-'}{port}")
        return listener

    def on_interrupt(self, *_: object) -> None:
        self.interrupted = not self.options.deaf_to_interrupts

    # Sockets

    def pump(self, seconds: float | None, *, interruptible: bool = True) -> None:
        """Move what can be moved; wait for something to happen, at most so long."""
        now = time.monotonic()
        for due, text, parent in [late for late in self.late if late[0] <= now]:
            self.late.remove((due, text, parent))
            self.stream("stdout", text + "\n", parent)
        if self.late:
            seconds = min(seconds if seconds is not None else 3600, max(0, min(self.late)[0] - now))
        peers = [(channel, peer) for channel, some in self.peers.items() for peer in some]
        readable: list[Any] = [self.wake, *self.listeners.values(), *(peer.socket for _, peer in peers)]
        writable = [peer.socket for _, peer in peers if peer.out]
        ready, may_write, _ = select.select(readable, writable, [], seconds)
        if self.wake in ready:
            os.read(self.wake, 4096)
        for channel, listener in self.listeners.items():
            if listener in ready:
                self.peers[channel].append(Peer(listener.accept()[0], "XPUB" if channel == "iopub" else "ROUTER"))
        for channel, peer in peers:
            if peer.socket in ready:
                self.read(channel, peer)
            if peer.socket in may_write and peer in self.peers[channel]:
                self.write(channel, peer)
        if self.interrupted and interruptible and not self.quiet:
            self.interrupted = False
            raise Interrupted

    def write(self, channel: str, peer: Peer) -> None:
        try:
            sent = peer.socket.send(peer.out)
        except BlockingIOError:
            return
        except OSError:
            self.peers[channel].remove(peer)
            return
        del peer.out[:sent]

    def read(self, channel: str, peer: Peer) -> None:
        try:
            data = peer.socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            peer.socket.close()
            self.peers[channel].remove(peer)
            return
        for message in peer.zmtp.receive(data):
            if channel == "iopub":
                self.subscribed = True
                if message.parts[0][:1] == b"\x01" and not self.options.no_welcome:
                    self.send("iopub", "iopub_welcome", {"subscription": ""}, {})
                continue
            parts = message.parts[message.parts.index(DELIMITER) + 2 :]
            if channel == "shell":
                self.shell.append(parts)
            elif channel == "stdin":
                self.answers.append(json.loads(parts[3])["value"])
            else:
                self.on_control(parts)
        peer.out += peer.zmtp.outgoing()

    def send(
        self, channel: str, kind: str, content: dict[str, Any], parent: dict[str, Any], metadata: Any = None
    ) -> None:
        self.count += 1
        header = {
            "msg_id": f"{self.session}_{os.getpid()}_{self.count}",
            "msg_type": kind,
            "session": self.session,
            "username": "scripted",
            "date": "2026-01-01T00:00:00.000000Z",
            "version": "5.3",
        }
        parts = [json.dumps(part).encode() for part in (header, parent, metadata or {}, content)]
        key = "another" if self.options.forged else self.connection["key"]
        signature = hmac.new(key.encode(), b"".join(parts), hashlib.sha256).hexdigest().encode()
        topic = [f"kernel.{kind}".encode()] if channel == "iopub" else []
        data = zmtp.encode([*topic, DELIMITER, signature, *parts])
        for peer in self.peers[channel]:
            if channel != "iopub" or self.subscribed:
                peer.out += data

    def drain(self, *, interruptible: bool = True) -> None:
        """Wait until little of what was published waits for its reader."""
        while any(len(peer.out) > 65536 for peer in self.peers["iopub"]):
            self.pump(None, interruptible=interruptible)
        if self.interrupted and interruptible:
            self.pump(0)

    # Messages

    def stream(self, name: str, text: str, parent: dict[str, Any]) -> None:
        self.send("iopub", "stream", {"name": name, "text": text}, parent)

    def on_control(self, parts: list[bytes]) -> None:
        header = json.loads(parts[0])
        if header["msg_type"] == "interrupt_request":
            self.on_interrupt()
            self.send("control", "interrupt_reply", {"status": "ok"}, header)
        elif header["msg_type"] == "shutdown_request" and not self.options.stubborn:
            self.send("control", "shutdown_reply", {"status": "ok", "restart": False}, header)
            self.flush()
            os._exit(0)
        elif header["msg_type"] == "kernel_info_request":
            self.send("control", "kernel_info_reply", self.info(), header)

    def flush(self) -> None:
        deadline = time.monotonic() + 2
        while any(peer.out for some in self.peers.values() for peer in some) and time.monotonic() < deadline:
            self.pump(0.1, interruptible=False)

    def info(self) -> dict[str, Any]:
        return {
            "status": "ok",
            "protocol_version": "5.3",
            "implementation": "scripted",
            "implementation_version": "1",
            "language_info": {"name": "script", "file_extension": ".txt", "mimetype": "text/plain", "version": "1"},
            "banner": "scripted",
        }

    def serve(self) -> None:
        while True:
            while not self.shell:
                self.pump(None)
            parts = self.shell.popleft()
            header = json.loads(parts[0])
            kind = header["msg_type"]
            if kind == "kernel_info_request":
                self.infos += 1
                if self.infos < self.options.info_after:
                    continue
            self.send("iopub", "status", {"execution_state": "busy"}, header)
            idle = True
            if kind == "execute_request":
                idle = self.execute(header, json.loads(parts[3]))
            elif kind == "kernel_info_request":
                self.send("shell", "kernel_info_reply", self.info(), header)
            elif kind == "complete_request":
                matches = {"status": "ok", "matches": ["scripted"], "cursor_start": 0, "cursor_end": 0, "metadata": {}}
                self.send("shell", "complete_reply", matches, header)
            else:
                self.send(
                    "shell", kind.replace("_request", "_reply"), {"status": "ok", "found": False, "comms": {}}, header
                )
            if idle:
                self.send("iopub", "status", {"execution_state": "idle"}, header)

    def execute(self, header: dict[str, Any], content: dict[str, Any]) -> bool:
        """Run a script; whether idle is to follow."""
        self.runs += 1
        self.interrupted, self.quiet = False, False
        run = Run(self, header)
        self.send("iopub", "execute_input", {"code": content["code"], "execution_count": self.runs}, header)
        try:
            for line in content["code"].splitlines():
                run.step(line)
                self.drain()
        except Interrupted:
            run.fail("KeyboardInterrupt", "")
        finally:
            self.quiet = True
        run.reply()
        if run.status == "error" and content.get("stop_on_error", True):
            self.abort()
        return run.idle

    def abort(self) -> None:
        self.pump(0)
        waiting, self.shell = self.shell, collections.deque()
        for parts in waiting:
            header = json.loads(parts[0])
            if header["msg_type"] != "execute_request":
                self.shell.append(parts)
                continue
            self.send("iopub", "status", {"execution_state": "busy"}, header)
            self.send("shell", "execute_reply", {"status": "aborted"}, header)
            self.send("iopub", "status", {"execution_state": "idle"}, header)


class Run:
    def __init__(self, kernel: Kernel, header: dict[str, Any]) -> None:
        self.kernel = kernel
        self.header = header
        self.status = "ok"
        self.error: dict[str, Any] = {}
        self.idle = True
        self.replied = False

    def fail(self, name: str, value: str) -> None:
        self.status = "error"
        self.error = {"ename": name, "evalue": value, "traceback": [f"{name}: {value}"]}
        self.kernel.send("iopub", "error", self.error, self.header)

    def reply(self, status: str = "") -> None:
        if not self.replied:
            self.replied = True
            self.status = status or self.status
            content = {"status": self.status, "execution_count": self.kernel.runs, **self.error}
            if self.status == "ok":
                content |= {"user_expressions": {}, "payload": []}
            self.kernel.send("shell", "execute_reply", content, self.header)

    def step(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        kernel = self.kernel
        if word in ("print", "eprint"):
            kernel.stream("stdout" if word == "print" else "stderr", rest + "\n", self.header)
        elif word == "result":
            content = {"data": {"text/plain": rest}, "metadata": {}, "execution_count": kernel.runs}
            kernel.send("iopub", "execute_result", content, self.header)
        elif word in ("display", "display_id", "update"):
            self.display(word, rest)
        elif word == "clear":
            kernel.send("iopub", "clear_output", {"wait": rest == "wait"}, self.header)
        elif word == "error":
            name, _, value = rest.partition(" ")
            self.fail(name, value)
        elif word in ("flood", "flood!"):
            self.flood(*map(int, rest.split()), interruptible=word == "flood")
        elif word in ("sleep", "hang", "deaf"):
            self.wait(word, rest)
        elif word in ("input", "getpass"):
            self.ask(rest, password=word == "getpass")
        elif word == "late":
            seconds, _, text = rest.partition(" ")
            kernel.late.append((time.monotonic() + float(seconds), text, self.header))
        elif word == "large":
            kernel.send("iopub", "display_data", {"data": {"text/plain": "x" * int(rest)}, "metadata": {}}, self.header)
        elif word == "message":
            channel, kind, content_json = rest.split(" ", 2)
            kernel.send(channel, kind, json.loads(content_json), self.header)
        else:
            self.control(word, rest)

    def control(self, word: str, rest: str) -> None:
        kernel = self.kernel
        if word == "reply":
            self.reply(rest)
        elif word == "noreply":
            self.replied = True
        elif word == "noidle":
            self.idle = False
        elif word == "orphan":
            kernel.stream("stdout", rest + "\n", {})
        elif word == "count":
            kernel.stream("stdout", f"{kernel.runs}\n", self.header)
        elif word == "die":
            kernel.flush()
            os._exit(int(rest))
        elif word == "kill":
            kernel.flush()
            os.kill(os.getpid(), int(rest))
        elif word == "half":
            kernel.flush()
            for peer in kernel.peers["iopub"]:
                peer.socket.sendall(b"\x02" + (1000).to_bytes(8, "big") + b"x" * 100)
            os._exit(1)
        elif word == "fork":
            child = os.fork()
            if not child:
                os.setsid()
                time.sleep(float(rest))
                os._exit(0)
            kernel.stream("stdout", f"{child}\n", self.header)
        elif word:
            self.fail("ScriptError", f"no step is called {word}")

    def display(self, word: str, rest: str) -> None:
        transient = {}
        if word != "display":
            name, _, rest = rest.partition(" ")
            transient = {"display_id": name}
        value = json.loads(rest)
        content = {
            "data": {"text/plain": value} if isinstance(value, str) else value,
            "metadata": {},
            "transient": transient,
        }
        self.kernel.send("iopub", "update_display_data" if word == "update" else "display_data", content, self.header)

    def flood(self, count: int, size: int = 0, *, interruptible: bool) -> None:
        for number in range(count):
            self.kernel.stream("stdout", str(number).ljust(size, "x") + "\n", self.header)
            self.kernel.drain(interruptible=interruptible)

    def wait(self, word: str, rest: str) -> None:
        if word == "deaf":
            time.sleep(float(rest))
            return
        end = time.monotonic() + (float(rest) if word == "sleep" else 1e9)
        while (left := end - time.monotonic()) > 0:
            self.kernel.pump(min(left, 3600))

    def ask(self, prompt: str, *, password: bool) -> None:
        kernel = self.kernel
        kernel.answers.clear()
        kernel.send("stdin", "input_request", {"prompt": prompt, "password": password}, self.header)
        while not kernel.answers:
            kernel.pump(None)
        kernel.stream("stdout", f"got {kernel.answers.popleft()}\n", self.header)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-f", dest="file", required=True)
    parser.add_argument("--slow", type=float, default=0)
    parser.add_argument("--dies", type=int)
    parser.add_argument("--info-after", type=int, default=1)
    for switch in SWITCHES:
        parser.add_argument(switch, action="store_true")
    options = parser.parse_args()
    if options.dies is not None:
        print("the scripted kernel dies as it was told", file=sys.stderr, flush=True)
        os._exit(options.dies)
    time.sleep(options.slow)
    Kernel(options).serve()


if __name__ == "__main__":
    main()
