"""The image's side of its socket to the host: one request a packet, JSON and descriptors, answered one at a time.

  from the image   {"up": {"seconds", "modules", "debugger", "folders"}} when it can fork, {"warm": the same} after its second step;
                   {"unfit": why} when it turns out that it cannot
  to the image     {"argv", "cwd", "env", "parent", "spare"} and two descriptors: the kernel's output, and its gate
  from the image   {"pid"} | {"cold": why} (start it by the plain command line) | {"error": why} (this fork failed; the image is well)

The kernel is a grandchild, so that the host, as the nearest subreaper, is its parent. It waits at its gate, a socket, until the host
has written a byte there (it has made ready what it wants around that process), and writes one back when the next thing is the kernel
itself; a gate that is closed ends it. A spare writes another byte when all but its loop has started, and waits for a line there:
{"argv", "env"}, as which process it goes on.
"""

from __future__ import annotations  # this file runs on Python 3.9 too

import getopt
import json
import os
import select
import socket
import sys
import time
from typing import Any, NamedTuple

from octavo.kernels.image import debugger, stamp, warming

BEGAN = time.perf_counter()
QUIET = 0.3
"""Seconds without a request before the second step of warming up: the first kernel goes first."""
LARGEST = 1 << 20


class Job(NamedTuple):
    """What a fork is to become. `later`: files of modules that a plain kernel would not have loaded."""

    argv: list[str]
    cwd: str
    env: dict[str, str]
    parent: int
    output: int
    gate: int
    later: list[str]
    spare: bool
    new_privileges: bool


class Unfit(Exception):
    """This image cannot be forked."""


def serve(arguments: list[str]) -> Job:
    """Answer the host until it hangs up, which ends the process; returns in each fork."""
    options = dict(getopt.getopt(arguments, "", ["socket=", "preload="])[0])
    preload = [name for name in options.get("--preload", "").split(",") if name]
    connection = socket.socket(fileno=int(options["--socket"]))
    connection.set_inheritable(False)
    warmth = warming.Warmth()
    try:
        warming.start(warmth)
        made_from = checked()
        say(connection, up=report(warmth))
        is_warm = False
        while True:
            if not is_warm and not select.select([connection], [], [], QUIET)[0]:
                warming.rest(warmth, preload)
                if warmth.threaded:
                    raise Unfit(f"{warmth.threaded}, which it preloaded, has started a thread")
                if not warmth.debugger and not debugger.imports():
                    raise Unfit("debugpy cannot be imported here, which a plain kernel finds out by itself")
                made_from = checked()
                is_warm = True
                say(connection, warm=report(warmth))
            job = answer(connection, made_from, warmth)
            if job is not None:
                return job
    except (Unfit, ImportError) as problem:
        say(connection, unfit=str(problem))
        os._exit(0)
    except ConnectionError:
        os._exit(0)


def checked() -> stamp.Stamp:
    """What the image is made from now, if it can be forked."""
    if warming.threads() > 1:
        raise Unfit("a module that it loaded has started a thread")
    return stamp.take()


def report(warmth: warming.Warmth) -> dict[str, Any]:
    return {
        "seconds": time.perf_counter() - BEGAN,
        "modules": len(sys.modules),
        "debugger": warmth.debugger,
        "folders": sorted(stamp.folders()),
    }


def say(connection: socket.socket, **message: object) -> None:
    connection.send(json.dumps(message).encode())


def answer(connection: socket.socket, made_from: stamp.Stamp, warmth: warming.Warmth) -> Job | None:
    """Serve one request. Returns in the fork; raises ConnectionError when the host has hung up."""
    data, descriptors, _, _ = socket.recv_fds(connection, LARGEST, 2, socket.MSG_CMSG_CLOEXEC)
    if not data:
        raise ConnectionError
    try:
        request = json.loads(data)
        why = refusal(made_from)
        if why:
            say(connection, cold=why)
            return None
        process = fork_twice()
        if process:
            say(connection, pid=process)
            return None
    except OSError as problem:  # no memory, or too many processes
        say(connection, error=f"a kernel could not be forked: {problem.strerror}")
        return None
    finally:
        if os.getpid() == IMAGE:
            for descriptor in descriptors:
                os.close(descriptor)
    connection.close()
    output, gate = descriptors
    return Job(
        request["argv"],
        request["cwd"],
        request["env"],
        request["parent"],
        output,
        gate,
        warmth.later,
        request["spare"],
        request["new_privileges"],
    )


def refusal(made_from: stamp.Stamp) -> str:
    changed = stamp.difference(made_from, stamp.take())
    if changed:
        return f"{changed} has changed"
    if warming.threads() > 1:
        return "it has more than one thread"
    return ""


def fork_twice() -> int:
    """The kernel's process id, in the image; 0 in the kernel, which is nobody's child here."""
    read, write = os.pipe()
    between = os.fork()
    if between == 0:
        try:
            process = os.fork()
        except OSError as problem:
            os.write(write, str(-(problem.errno or 1)).encode())
            os._exit(1)
        if process:
            os.write(write, str(process).encode())
            os._exit(0)
        os.close(read)
        os.close(write)
        return 0
    os.close(write)
    os.waitpid(between, 0)  # from here on the kernel is the host's child
    said = int(os.read(read, 32) or b"-1")
    os.close(read)
    if said < 0:
        raise OSError(-said, os.strerror(-said))
    return said


IMAGE = os.getpid()
