"""The kernel host's program. Started by its file's path, without site: `python -I -S .../kernels/host/__main__.py RUN_DIRECTORY`.

It prints nothing and exits 0 when it serves (with --detach), or says in one sentence why it cannot, and exits 1.
"""

import getopt
import os
import signal
import sys

sys.path.insert(0, os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3)))

from octavo.kernels.host import directories, guarding, leftovers, shelf
from octavo.kernels.host.host import LOG_DISK, LOG_DISK_EACH, LOG_MEMORY, MAX_MESSAGE, ORPHAN_AFTER, Host, Options

USAGE = """Usage: octavo's kernel host RUN_DIRECTORY [--build TEXT] [--log-memory BYTES] [--max-message BYTES]
       [--log-directory DIRECTORY] [--log-disk BYTES] [--log-disk-each BYTES]
       [--orphan-after SECONDS] [--allow-user UID]... [--lifeline DESCRIPTOR] [--detach | --foreground]"""
NAMES = "build= log-memory= max-message= log-directory= log-disk= log-disk-each= orphan-after= allow-user= lifeline= detach foreground".split()


def main(arguments: list[str]) -> int:
    try:
        given, rest = getopt.gnu_getopt(arguments, "", NAMES)
        (run_directory,) = rest
        values = dict(given)
        options = Options(
            os.path.abspath(run_directory),
            build=values.get("--build", ""),
            log_memory=int(values.get("--log-memory", LOG_MEMORY)),
            log_directory=os.path.abspath(values["--log-directory"]) if values.get("--log-directory") else "",
            log_disk=int(values.get("--log-disk", LOG_DISK)),
            log_disk_each=int(values.get("--log-disk-each", LOG_DISK_EACH)),
            max_message=int(values.get("--max-message", MAX_MESSAGE)),
            orphan_after=float(values.get("--orphan-after", ORPHAN_AFTER)),
            users=frozenset(int(value) for name, value in given if name == "--allow-user"),
        )
        lifeline = int(values["--lifeline"]) if "--lifeline" in values else None
    except (getopt.GetoptError, ValueError) as problem:
        print(f"{problem}\n{USAGE}", file=sys.stderr)
        return 2
    _close_inherited(lifeline)
    try:
        serve(options, lifeline, detach="--detach" in values, foreground="--foreground" in values)
    except directories.Unusable as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def serve(options: Options, lifeline: int | None, *, detach: bool, foreground: bool) -> None:
    shared = bool(options.users)  # then the run directory's group is that of the web process too
    directories.prepare(options.run_directory, mode=0o750 if shared else 0o700)
    lock = directories.lock(options.run_directory, f"process {os.getpid()}, starting")
    leftovers.end(options.run_directory, wait=5)
    directories.clear(options.run_directory)
    if options.log_directory:
        shelf.clear(options.log_directory)
    listener = directories.listen(options.run_directory, mode=0o660 if shared else 0o600)
    if detach:
        _detach(options.run_directory)
    directories.write_holder(lock, f"process {os.getpid()}, it listens on {listener.getsockname()}")
    guarding.be_not_dumpable()
    host = Host(options)
    host.serve(
        listener,
        reachable=lambda: directories.still_holds(lock, options.run_directory),
        ending=lambda: directories.write_holder(lock, f"process {os.getpid()}, {directories.ENDING}"),
    )
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    _listen_to_signals(host, foreground=foreground)
    if foreground:
        print(f"The kernel host listens on {listener.getsockname()}.", file=sys.stderr, flush=True)
    if lifeline is not None:
        host.loop.read(lifeline, host.abandon)
    host.loop.run()
    host.close()
    if foreground:
        print("The kernel host has ended.", file=sys.stderr, flush=True)


def _close_inherited(lifeline: int | None) -> None:
    """Some starters leave descriptors open in their children; a pipe that its reader waits for would never end."""
    first = 3
    if lifeline is not None:
        os.closerange(first, lifeline)
        first = max(first, lifeline + 1)
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def _detach(run_directory: str) -> None:
    """Leave the starter's process, so that it need not reap us; what is said from here on goes to a log."""
    log = os.open(os.path.join(run_directory, "host.log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    if os.fork():
        os._exit(0)
    for target, source in ((0, null), (1, log), (2, log)):
        os.dup2(source, target)
    os.close(log)
    os.close(null)
    os.chdir("/")


def _listen_to_signals(host: Host, *, foreground: bool) -> None:
    """Python runs a handler only between two steps, and the loop may sleep: a pipe wakes it, and tells which signals came.

    What is of no matter here is handled nevertheless: what is ignored would be ignored in every kernel too.
    """
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: None)

    def woken() -> None:
        numbers = os.read(read, 4096)
        if signal.SIGTERM in numbers or (foreground and signal.SIGINT in numbers):
            host.end()
        if signal.SIGCHLD in numbers:
            host.children.reap()

    host.loop.read(read, woken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
