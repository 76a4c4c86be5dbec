"""What the web process asks of `making`, and how: the other program's words, without its imports."""

import subprocess
import sys

import msgspec

from octavo.certs.policy import Description, Wanted
from octavo.errors import Unavailable

COMMAND = [sys.executable, "-P", "-X", "utf8", "-m", "octavo.certs.making"]
"""`-P`: the working directory is often a folder of notebooks, and nothing in it may be imported."""
SECONDS = 60


class Make(msgspec.Struct, frozen=True, tag="make"):
    """Write a self-signed pair to these files."""

    certificate: str
    key: str
    wanted: Wanted


class Describe(msgspec.Struct, frozen=True, tag="describe"):
    certificate: str
    key: str


Request = Make | Describe


def ask(request: Request) -> Description:
    """Blocks until it is done. Raises `Unavailable`."""
    try:
        ran = subprocess.run(
            COMMAND, input=msgspec.json.encode(request), capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"The certificate cannot be worked on: {error}.") from error
    if ran.returncode:
        last = ran.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise Unavailable(f"The certificate cannot be worked on: {''.join(last) or f'exit code {ran.returncode}'}")
    return msgspec.json.decode(ran.stdout, type=Description)
