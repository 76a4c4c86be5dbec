"""The image's program: `<an environment's python> [options] .../image/__main__.py --socket N [--preload NAMES]`.

N is a SOCK_SEQPACKET socket to the host (`serving`). The image never starts a thread, a ZeroMQ context or an event loop. This file
goes on as the kernel in each fork: what stands here are the only frames of ours on a kernel's stack.
"""

import os
import sys
import types

FOLDER = os.path.dirname(os.path.realpath(__file__))


def find_ourselves() -> None:
    """Make `octavo.kernels.image` importable without a word in `sys.path`: the packages of our own environment are none of the kernel's."""
    folder = os.path.dirname(os.path.dirname(FOLDER))
    for name in ("octavo", "octavo.kernels", "octavo.kernels.image"):
        package = types.ModuleType(name)
        package.__path__ = [os.path.join(os.path.dirname(folder), *name.split("."))]
        sys.modules[name] = package


if __name__ == "__main__":
    if sys.path and os.path.realpath(sys.path[0]) == FOLDER:
        del sys.path[0]  # a stock kernel has no such folder
    find_ourselves()
    from octavo.kernels.image import child, serving

    launch = child.become(serving.serve(sys.argv[1:]))
    del child, serving
    launch()
