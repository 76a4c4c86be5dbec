"""What the image imports, in two steps: what every start needs, then what the first error, `!` and Tab need, and what is to be preloaded.

The second step waits until nobody waits for a kernel. Threads of numeric libraries are off meanwhile: only a process of one thread can be
forked safely. `child` lifts the limit again.
"""

from __future__ import annotations  # this file runs on Python 3.9 too

import ctypes
import gc
import importlib
import os
import sys

from octavo.kernels.image import debugger

START = """
    ipykernel.kernelapp ipykernel.ipkernel ipykernel.zmqshell ipykernel.displayhook ipykernel.iostream
    IPython.core.completerlib IPython.core.debugger IPython.core.logger IPython.core.oinspect IPython.core.historyapp
    IPython.core.magics.namespace IPython.core.payloadpage IPython.extensions.storemagic IPython.utils.wildcard
    tornado.locks tornado.queues tornado.platform.asyncio asyncio concurrent.futures.thread multiprocessing.process
    sqlite3 pdb faulthandler unicodedata stringprep pkgutil pydoc runpy email.parser
    encodings.idna encodings.ascii encodings.latin_1
""".split()
"""What a stock kernel has loaded after its first cell, and debugpy is not needed for."""
LATER = """
    stack_data executing asttokens pure_eval pygments.formatters.terminal256 pygments.styles fractions pexpect ptyprocess
    IPython.core.guarded_eval IPython.core.latex_symbols
""".split()
ALONG = {
    "numpy": ["numpy.random"],
    "matplotlib": [
        "matplotlib.axes",
        "matplotlib.backends.backend_agg",
        "matplotlib.figure",
        "matplotlib.font_manager",
    ],
}
"""What belongs to a package that is preloaded, and its import alone leaves out. Not pyplot and the inline backend: they ask for IPython."""
ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), "1"),
    "OPENBLAS_THREAD_TIMEOUT": "20",  # else a worker spins 0.1 s when the limit is lifted
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow's memory allocator, which pandas loads
}


class Warmth:
    """What was imported. `later`: files of the modules that a plain kernel would not have loaded. `threaded`: what started a thread."""

    def __init__(self) -> None:
        self.debugger = ""
        self.later: list[str] = []
        self.threaded = ""


def start(warmth: Warmth) -> None:
    """What every kernel needs, as fast as it can be: one waits. Raises ImportError where there is no ipykernel."""
    gc.disable()
    warmth.debugger = debugger.put_off()
    importlib.import_module("ipykernel.kernelapp")
    load(START)
    gc.freeze()


def rest(warmth: Warmth, preload: list[str]) -> None:
    """Raises what an import raises, but ImportError: what is not there is not preloaded."""
    before = set(sys.modules)
    held: dict[str, str] = {name: value for name in ONE_THREAD if (value := os.environ.get(name)) is not None}
    os.environ.update(ONE_THREAD)
    load(LATER)
    warmth.threaded = ""
    for name in preload:
        load([name, *ALONG.get(name, [])])
        if threads() > 1 and not warmth.threaded:
            warmth.threaded = name
    for name in ONE_THREAD:
        os.environ.pop(name, None)
    os.environ.update(held)
    loaded = [getattr(sys.modules[name], "__file__", None) for name in set(sys.modules) - before]
    warmth.later = [file for file in loaded if file]
    settle()


def threads() -> int:
    """As the system counts them: libraries start theirs behind Python's back."""
    return len(os.listdir("/proc/self/task"))


def load(names: list[str]) -> None:
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as problem:  # another version of ipykernel or IPython has it elsewhere, or not at all
            if name.partition(".")[0] not in ("IPython", "ipykernel", "tornado", "encodings"):
                print(f"{name} is not there to be loaded: {problem}", file=sys.stderr)


def settle() -> None:
    """What is here now is no garbage: a collection in a kernel must not touch it, which would copy its pages.

    What `start` froze is not looked through again: that would copy the pages that the first kernel shares.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
