"""What a fork does to become a kernel: all that an exec would have made anew, in the order of dependence.

What cannot be made anew: the secret of string hashes and the layout of memory are the image's, so orders of sets repeat across kernels.
"""

from __future__ import annotations  # this file runs on Python 3.9 too

import ctypes
import gc
import importlib
import json
import os
import socket
import struct
import sys
import time
import types
from collections.abc import Callable
from typing import Any

from octavo.kernels import launcher
from octavo.kernels.image.serving import Job

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
PR_SET_MM = 35
PR_SET_NO_NEW_PRIVS = 38
PR_SET_MM_MAP = 14
SIGKILL = 9
BLAS_SETTERS = (
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
    "MKL_Set_Num_Threads",
)
COERCED = os.environ.get("LC_CTYPE")
"""The host's requests have the image's own locale, or Python set this one itself at its start, as it would have in the kernel (PEP 538)."""
KEPT: list[Any] = []
"""What must not be freed: the kernel's command line, where the system looks for it."""


def become(job: Job) -> Callable[[], None]:
    """Wait at the gate, then be a kernel's process; returns what starts the kernel."""
    gate = socket.socket(fileno=job.gate)
    if not gate.recv(1):
        os._exit(0)  # the host has given this start up
    LIBC.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    if os.getppid() != job.parent:
        os._exit(0)  # it died meanwhile
    if not job.new_privileges:
        LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.setsid()
    for target in (1, 2):
        os.dup2(job.output, target)
    os.close(job.output)
    take_environment(job)
    os.chdir(job.cwd)
    take_command_line(job)
    renew_randomness()
    forget_folders()
    renew_libraries(job.env)
    adapt_ipykernel(job)
    if job.spare:
        park_before_loop(gate)
    main = launcher.main
    for module in [name for name in sys.modules if name == "octavo" or name.startswith("octavo.")]:
        del sys.modules[module]
    sys.modules["__main__"] = types.ModuleType("__main__")
    gc.enable()
    gate.send(b"R")
    if not job.spare:
        gate.close()
    return main


def take_environment(job: Job) -> None:
    environment = dict(job.env)
    if COERCED is not None:
        environment.setdefault("LC_CTYPE", COERCED)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()


def take_command_line(job: Job) -> None:
    """For Python, and for `ps` and whoever else reads /proc."""
    sys.orig_argv = list(job.argv)  # 3.10 and later read it
    sys.argv = job.argv[job.argv.index(launcher.__file__) :]
    show_in_proc(job.argv, job.env)


def show_in_proc(argv: list[str], env: dict[str, str]) -> None:
    """Where the system does not allow it, the image's stands there: nothing depends on it but what people see."""
    with open("/proc/self/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    start_code, end_code, start_stack = int(fields[23]), int(fields[24]), int(fields[25])
    start_data, end_data, start_brk = (int(field) for field in fields[42:45])
    arguments = b"".join(os.fsencode(part) + b"\0" for part in argv)
    environment = b"".join(os.fsencode(f"{name}={value}") + b"\0" for name, value in env.items())
    text = ctypes.create_string_buffer(arguments + environment, len(arguments) + len(environment))
    KEPT.append(text)
    first = ctypes.addressof(text)
    middle, last = first + len(arguments), first + len(text)
    LIBC.sbrk.restype = ctypes.c_void_p
    memory_map = struct.pack(
        "12QIi", start_code, end_code, start_data, end_data, start_brk, LIBC.sbrk(0), start_stack,
        first, middle, middle, last, 0, 0, -1,
    )  # fmt: skip
    LIBC.prctl(PR_SET_MM, PR_SET_MM_MAP, ctypes.create_string_buffer(memory_map), ctypes.c_ulong(len(memory_map)), 0)


def loaded(name: str) -> Any:
    return sys.modules.get(name)


def renew_randomness() -> None:
    """`random` and OpenSSL see to themselves when a process forks; these do not."""
    if loaded("multiprocessing.process"):
        loaded("multiprocessing.process").current_process().authkey = os.urandom(32)
    if loaded("numpy.random"):
        loaded("numpy.random").seed()
    if loaded("tempfile"):
        loaded("tempfile").tempdir = None


def forget_folders() -> None:
    """What was looked up before this kernel's folder and environment were known."""
    for path in [path for path, finder in sys.path_importer_cache.items() if finder is None]:
        del sys.path_importer_cache[path]
    importlib.invalidate_caches()


def renew_libraries(env: dict[str, str]) -> None:
    thread = loaded("threading").main_thread()
    if hasattr(thread, "_set_native_id"):
        thread._set_native_id()
    if loaded("numpy"):
        lift_blas_limit(env)
    if loaded("matplotlib"):
        read_matplotlibrc()


def lift_blas_limit(env: dict[str, str]) -> None:
    """The image loaded numeric libraries with one thread; a kernel has as many as its environment says, else one a core."""
    wanted = env.get("OPENBLAS_NUM_THREADS") or env.get("OMP_NUM_THREADS") or ""
    count = int(wanted) if wanted.isdigit() and int(wanted) else len(os.sched_getaffinity(0))
    with open("/proc/self/maps") as file:
        paths = {line.split(None, 5)[-1].strip() for line in file if "blas" in line or "mkl_rt" in line}
    for path in sorted(paths):
        library = ctypes.CDLL(path)
        setter = next((name for name in BLAS_SETTERS if hasattr(library, name)), None)
        if setter is not None:
            getattr(library, setter)(count)


def read_matplotlibrc() -> None:
    """One in the kernel's own folder, or named by its environment, was not there when matplotlib was imported."""
    if os.path.exists("matplotlibrc") or os.environ.get("MATPLOTLIBRC"):
        matplotlib, warnings = loaded("matplotlib"), loaded("warnings")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = matplotlib.rc_params_from_file(matplotlib.matplotlib_fname(), use_default_template=True)
        for parameters in (matplotlib.rcParams, matplotlib.rcParamsOrig):
            dict.update(parameters, found)


def adapt_ipykernel(job: Job) -> None:
    application = loaded("ipykernel.kernelapp").IPKernelApp
    parent = int(job.env.get("JPY_PARENT_PID") or 0)  # ipykernel read it when it was imported
    application.parent_handle.default_value = parent
    values = getattr(application, "_static_immutable_initial_values", {})
    if "parent_handle" in values:
        values["parent_handle"] = parent
    last_step = application.init_code
    later = set(job.later)

    def init_code(self: Any) -> None:
        application.init_code = last_step
        known = getattr(self.kernel, "_kernel_modules", None)
        if isinstance(known, list):  # the debugger's "not the user's code": what a plain kernel would have there
            known[:] = [file for file in known if file not in later]
        last_step(self)

    application.init_code = init_code


def park_before_loop(gate: socket.socket) -> None:
    """Hold the kernel where all but its loop has started, until it is told as which process it goes on."""
    application = loaded("ipykernel.kernelapp").IPKernelApp
    loop = application.start

    def start(self: Any) -> None:
        application.start = loop
        gate.send(b"P")
        with gate, gate.makefile("rb") as lines:
            line = lines.readline()
        if not line.endswith(b"\n"):
            os._exit(0)  # it is not wanted any more
        told = json.loads(line)
        go_on_as(self, told["argv"], told["env"])
        loop(self)

    application.start = start


def go_on_as(application: Any, argv: list[str], env: dict[str, str]) -> None:
    before = sys.argv
    os.environ.update(env)
    sys.orig_argv = list(argv)
    sys.argv = [before[0], *argv[len(argv) - len(before) + 1 :]]
    show_in_proc(argv, env)
    path = next(part for old, part in zip(before, sys.argv) if old != part)  # noqa: B905 - Python 3.9 has no strict
    application.connection_file = path
    application.config.IPKernelApp.connection_file = path
    if env.get("JPY_SESSION_NAME"):
        application.shell.user_ns["__session__"] = env["JPY_SESSION_NAME"]
