"""Which program a command line runs, and that it ends with its host."""

import os
from typing import Final

from octavo.kernels.host.protocol import Refused

SETPRIV: Final = next((path for path in ("/usr/bin/setpriv", "/bin/setpriv") if os.access(path, os.X_OK)), None)


def find_program(name: str, path: str, cwd: str) -> str:
    """Where `name` is, on `path`. Looked up here because setpriv, which runs it, would only exit with 127."""
    folders = [""] if "/" in name else path.split(":")
    for folder in folders:
        candidate = os.path.join(cwd, folder, name)
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate if "/" not in name else name
    raise Refused(
        "start",
        f"There is no program {name}. Install what the kernel needs, or correct its kernelspec.",
        cause="no-program",
        values={"program": name},
    )


def with_parent_death_signal(argv: list[str]) -> list[str]:
    return [SETPRIV, "--pdeathsig", "KILL", "--", *argv] if SETPRIV else argv
