"""Lets the debugger in this kernel dial the kernel host. Runs in any thread that may execute code: the shell's, or a subshell's while a cell runs.

pydevd speaks the protocol; what is changed of it here makes it quick, each by itself and left out where this pydevd is built otherwise.
"""

from __future__ import annotations

# ruff: noqa: PLC0415 - debugpy is imported when it is wanted and no earlier
import contextlib
import os
import re
import socket
import sys
import threading
import zlib
from typing import Any

SECONDS_TO_CONNECT = 10
CELL = "<ipython-cell "
"""pydevd counts sources named `<…>` as library, but for those that begin like this."""

TIMED = re.compile(r"\s*%%(?:time|timeit|prun)\b[^\n]*\n")

_state: dict[str, Any] = {}


def import_debugger() -> Any:
    """pydevd, which debugpy brings along. Raises ImportError."""
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    os.environ.setdefault("PYDEVD_INTERRUPT_THREAD_TIMEOUT", "5")  # an endless watch ends by itself
    import debugpy.server.api  # noqa: F401 - puts the vendored pydevd on the path
    import pydevd

    if not getattr(pydevd, "_octavo", False):
        pydevd._octavo = True
        for change in (dial_unix_sockets, take_commands_at_once, wake_on_resume):
            with contextlib.suppress(Exception):
                change(pydevd)
    return pydevd


def dial_unix_sockets(pydevd: Any) -> None:
    """A `host` that is a path is a Unix socket; over TCP what is sent is not held back (48 ms a request otherwise)."""
    from _pydevd_bundle import pydevd_comm

    original = pydevd_comm.start_client

    def start_client(host: str, port: int) -> Any:
        if not host.startswith("/"):
            connection = original(host, port)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(SECONDS_TO_CONNECT)
        connection.connect(host)
        connection.settimeout(None)
        return connection

    pydevd_comm.start_client = pydevd.start_client = start_client
    _state["unix"] = True


def take_commands_at_once(pydevd: Any) -> None:
    """A stopped thread would take one command each 0.2 s when several come at once."""
    database = pydevd.PyDB
    original = database.get_internal_queue_and_event

    def get_internal_queue_and_event(self: Any, thread_id: Any) -> Any:
        queue, event = original(self, thread_id)
        if "_octavo" not in vars(queue):
            queue._octavo, get = True, queue.get

            def get_and_look_again(*args: Any, **named: Any) -> Any:
                item = get(*args, **named)
                event.set()
                return item

            queue.get = get_and_look_again
        return queue, event

    database.get_internal_queue_and_event = get_internal_queue_and_event


def wake_on_resume(pydevd: Any) -> None:
    """`continue` changes the thread's state and leaves it asleep until it next looks."""
    from _pydevd_bundle import pydevd_api

    original = pydevd_api.PyDevdAPI.request_resume_thread

    def request_resume_thread(self: Any, *args: Any, **named: Any) -> Any:
        result = original(self, *args, **named)
        debugger = pydevd.get_global_debugger()
        for event in list(debugger._thread_events.values()) if debugger is not None else ():
            event.set()
        return result

    pydevd_api.PyDevdAPI.request_resume_thread = request_resume_thread


def forget_steps(threads: Any) -> None:
    """A step off a cell's last line must not stop the next cell; one of a session that is gone, nothing."""
    from _pydevd_bundle.pydevd_additional_thread_info import set_additional_thread_info

    for thread in threads:
        info = set_additional_thread_info(thread)
        info.pydev_step_cmd = info.pydev_original_step_cmd = -1
        info.pydev_step_stop = None


def after_cell(*_: Any) -> None:
    forget_steps([threading.current_thread()])


def shell() -> Any:
    """IPython's shell, or None in a plain program."""
    with contextlib.suppress(Exception):
        from IPython import get_ipython

        return get_ipython()
    return None


def adapt_shell(ip: Any) -> None:
    with contextlib.suppress(Exception):
        from IPython.core.inputtransformer2 import leading_empty_lines

        transforms = ip.input_transformer_manager.cleanup_transforms
        if leading_empty_lines in transforms:
            transforms.remove(leading_empty_lines)  # it would shift the lines of cells that begin with empty ones
    with contextlib.suppress(Exception):
        if after_cell not in ip.events.callbacks["post_run_cell"]:
            ip.events.register("post_run_cell", after_cell)
    with contextlib.suppress(Exception):
        name_sources(ip)
    with contextlib.suppress(Exception):
        name_timed_bodies(ip)


def name_of(cell: str, source: str) -> str:
    """The server makes the same name (`octavo.debug.sources`)."""
    return f"{CELL}{cell} {zlib.crc32(source.encode('utf-8', 'surrogatepass')):08x}>"


def name_sources(ip: Any) -> None:
    """Cells are called by their id and text from now on: twins differ, versions are known, and nothing is written to a disk."""
    kind = type(ip.compile)
    if hasattr(kind, "_octavo"):
        return
    kind._octavo, original = True, kind.get_code_name

    def get_code_name(self: Any, raw: str, transformed: str, number: int) -> str:
        cell = ""
        with contextlib.suppress(Exception):
            parent = ip.kernel.get_parent("shell") or {}
            metadata = parent.get("metadata") or {}
            cell = str(metadata.get("cellId") or "") if metadata.get("octavoRun") else ""
        return name_of(cell, raw) if cell else str(original(self, raw, transformed, number))

    kind.get_code_name = get_code_name


def running_cell(ip: Any) -> tuple[str, str, int]:
    """Cell and text of the run that is under way, and how many lines come before the body of its magic; empty where it has none."""
    parent = ip.kernel.get_parent("shell") or {}
    metadata, code = parent.get("metadata") or {}, str((parent.get("content") or {}).get("code", ""))
    found = TIMED.match(code)
    if not metadata.get("octavoRun") or found is None:
        return "", "", 0
    return str(metadata.get("cellId") or ""), code, found.group().count("\n")


def remembered(cell: str, code: str) -> str:
    """The cell's name; its text is then found by it as it was written, not as IPython transformed it."""
    import linecache

    name = name_of(cell, code)
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    return name


def name_timed_bodies(ip: Any) -> None:
    """`%%time`, `%%timeit` and `%%prun` compile their bodies themselves, by names that count as library: give them the cell's."""
    import ast
    import cProfile

    kind = type(ip.compile)
    if hasattr(kind, "_octavo_bodies"):
        return
    kind._octavo_bodies, compile_as = True, kind.__call__

    def call(self: Any, source: Any, filename: str, symbol: str, *args: Any, **named: Any) -> Any:
        if filename in ("<timed exec>", "<timed eval>", "<magic-timeit>") and isinstance(source, ast.AST):
            with contextlib.suppress(Exception):
                cell, code, before = running_cell(ip)
                if cell:
                    ast.increment_lineno(source, before)
                    filename = remembered(cell, code)
        return compile_as(self, source, filename, symbol, *args, **named)

    kind.__call__ = call
    run_profiled = cProfile.Profile.runctx

    def runctx(self: Any, cmd: Any, globals: Any, locals: Any) -> Any:
        with contextlib.suppress(Exception):
            cell, code, before = running_cell(ip)
            if cell and isinstance(cmd, str):
                cmd = compile("\n" * before + cmd, remembered(cell, code), "exec")
        return run_profiled(self, cmd, globals, locals)

    cProfile.Profile.runctx = runctx  # type: ignore[method-assign]


def write_sources(ip: Any) -> str:
    """pydevd takes breakpoints in files that exist only: write what ran before this, as ipykernel's own debugger does. Says where."""
    import linecache

    with contextlib.suppress(Exception):
        from ipykernel.compiler import get_tmp_directory

        folder = str(get_tmp_directory())  # type: ignore[no-untyped-call]
        os.makedirs(folder, 0o700, exist_ok=True)
        for name, entry in list(linecache.cache.items()):
            if os.path.dirname(name) == folder and not os.path.exists(name) and len(entry) > 2:
                with open(os.open(name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                    file.write("".join(entry[2]))
        return folder
    return ""


def attach(address: str, port: int, server_token: str, client_token: str) -> dict[str, Any]:
    """Dial, and go on: a host that dies must not hold this kernel up. While a cell runs, the interpreter is shared out in smaller pieces."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    try:
        return dial(address, port, server_token, client_token)
    finally:
        sys.setswitchinterval(interval)


def dial(address: str, port: int, server_token: str, client_token: str) -> dict[str, Any]:
    hook = sys.breakpointhook
    pydevd = import_debugger()
    sys.breakpointhook = hook  # which knows us; pydevd has put its own there
    if address.startswith("/") and not _state.get("unix"):
        return {"again": "tcp"}
    ip = shell()
    if ip is not None:
        adapt_shell(ip)
    if pydevd.get_global_debugger() is not None:
        detach()
    pydevd.settrace(
        host=address,
        port=port,
        access_token=server_token,
        client_access_token=client_token,
        suspend=False,
        wait_for_ready_to_run=False,
        block_until_connected=True,
        patch_multiprocessing=False,
        notify_stdin=False,
    )
    return about()


def about() -> dict[str, Any]:
    """What the server must know of this kernel."""
    ip = shell()
    return {"folder": write_sources(ip) if ip is not None else "", "python": list(sys.version_info[:3])}


def is_attached() -> bool:
    if "pydevd" not in sys.modules:
        return False
    import pydevd

    debugger = pydevd.get_global_debugger()
    return debugger is not None and bool(debugger.ready_to_run)


def stop(frame: Any) -> None:
    """What `breakpoint()` does: stop in the frame that called it."""
    import pydevd

    pydevd.settrace(suspend=True, trace_only_current_thread=True, patch_multiprocessing=False, stop_at_frame=frame)


def detach() -> None:
    """Off, with all that it costs: the protocol's own `disconnect` leaves Python 3.11 three times slower."""
    if "pydevd" not in sys.modules:
        return
    import pydevd
    from _pydevd_bundle.pydevd_additional_thread_info import set_additional_thread_info
    from _pydevd_bundle.pydevd_constants import STATE_RUN, set_global_debugger

    pydevd.stoptrace()
    set_global_debugger(None)
    forget_steps(threading.enumerate())
    for thread in threading.enumerate():
        set_additional_thread_info(thread).pydev_state = STATE_RUN
