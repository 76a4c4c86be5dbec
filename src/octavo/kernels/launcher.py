"""Starts ipykernel in the kernelspec's own Python, in place of `-m ipykernel_launcher`. Nothing of Octavo is imported here.

What it changes, each by itself and silently left out where this ipykernel or IPython is built otherwise:
output waits for its reader instead of being dropped, is sent on in pieces of 64 K characters, is not kept for ever by
IPython's tee, completion does without jedi where memory is short, and `breakpoint()` opens the notebook's debugger.
"""

# ruff: noqa: PLC0415 - imports wait until this folder is off the path, and one that fails must cost its own change alone
import contextlib
import os
import sys
from typing import Any

FLUSH_AT = 65536
LITTLE_MEMORY = 1 << 30
SERVER = "octavo"
"""The Jupyter session id of the server's own requests."""
BREAKPOINT = "\0octavo:breakpoint"
"""A prompt that asks for the debugger, and is shown to nobody."""

if __name__ == "__main__" and sys.path and os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)):
    del sys.path[0]  # this folder's modules are none of the kernel's


def wait_instead_of_dropping(kernel_application: Any) -> None:
    """libzmq drops what is published past 1,000 messages that wait for a reader, unless it is told not to."""
    import zmq

    original = kernel_application.init_iopub

    def init_iopub(self: Any, context: Any) -> None:
        original(self, context)
        thread = self.iopub_thread
        thread.schedule(lambda: thread.socket.setsockopt(zmq.XPUB_NODROP, 1))

    kernel_application.init_iopub = init_iopub


def flush_large_buffers(stream: Any) -> None:
    """Unflushed output is sent every 0.2 s, however much it is: 5 MB in one message. `flush` waits, so a flood feels its reader."""
    original = stream._schedule_flush

    def schedule_flush(self: Any) -> None:
        original(self)
        with self._buffer_lock:  # without it the buffer may be closed by the other thread meanwhile
            buffers = getattr(self, "_buffers", None)
            buffers = list(buffers.values()) if buffers is not None else [self._buffer]
            large = any(buffer.tell() > FLUSH_AT for buffer in buffers)
        if large:
            self.flush()

    stream._schedule_flush = schedule_flush


def forget_printed_text(shell: Any) -> None:
    """IPython 9 keeps every printed string of every cell."""
    if hasattr(shell, "_tee"):
        shell._tee = lambda self, channel: contextlib.nullcontext()


def memory() -> int:
    """Bytes that this machine or container has."""
    sizes = []
    for path in ("/proc/meminfo", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError, IndexError), open(path) as file:
            first = file.readline().split()
            sizes.append(int(first[1]) * 1024 if first[0] == "MemTotal:" else int(first[0]))
    return min(sizes, default=LITTLE_MEMORY)


def be_called_as_always() -> None:
    """Some packages tell a notebook by the name of what runs."""
    from importlib.util import find_spec

    stock = find_spec("ipykernel_launcher")
    if stock is not None and stock.origin:
        sys.argv[0] = stock.origin


def stop_at_breakpoints() -> None:
    """`breakpoint()` in a cell opens the notebook's debugger: the server is asked to attach it, as `input()` asks, and answers when it has."""
    original = sys.breakpointhook

    def stop_here(*arguments: Any, **named: Any) -> Any:
        def helper() -> Any:
            module = sys.modules.get("_octavo_attach")
            return module if module is not None and module.is_attached() else None

        with contextlib.suppress(Exception):
            from IPython import get_ipython

            kernel = get_ipython().kernel
            if helper() is None and kernel.get_parent("shell")["header"]["session"] == SERVER:
                kernel.raw_input(BREAKPOINT)
        found = helper()
        return original(*arguments, **named) if found is None else found.stop(sys._getframe(1))

    sys.breakpointhook = stop_here


def main() -> None:
    from ipykernel import kernelapp

    with contextlib.suppress(Exception):
        be_called_as_always()

    with contextlib.suppress(Exception):
        wait_instead_of_dropping(kernelapp.IPKernelApp)
    with contextlib.suppress(Exception):
        from ipykernel.iostream import OutStream

        flush_large_buffers(OutStream)
    with contextlib.suppress(Exception):
        from IPython.core.interactiveshell import InteractiveShell

        forget_printed_text(InteractiveShell)
    stop_at_breakpoints()
    settings: dict[str, Any] = {}
    if memory() < LITTLE_MEMORY:
        from traitlets.config import Config

        settings["config"] = Config({"IPCompleter": {"use_jedi": False}})  # the user's own configuration goes over it
    kernelapp.IPKernelApp.launch_instance(**settings)


if __name__ == "__main__":
    main()
