"""Which directory the host's sockets live in. A socket's path has at most 107 bytes, so the profile's own may be too long."""

import hashlib
import os
import socket
from pathlib import Path
from typing import Final

from octavo.errors import HostUnavailable
from octavo.kernels.host import directories

FALLBACK: Final = "/tmp"  # not TMPDIR: every command of this profile has to find the same place


def choose_run_directory(profile: Path, setting: str = "", *, fallback: str = FALLBACK) -> Path:
    """`setting` where it names one, else `<profile>/run`, else one in /tmp by the profile's real path. Made, 0700 and ours."""
    try:
        if setting:
            chosen = os.path.abspath(setting)
            directories.prepare(chosen)
            _try_socket(chosen)
            return Path(chosen)
        own = os.path.abspath(profile / "run")
        if len(os.fsencode(own)) <= directories.MAX_LENGTH:
            directories.prepare(own)
            try:
                _try_socket(own)
            except directories.Unusable:
                pass  # a file system without sockets, such as some network and shared folders
            else:
                return Path(own)
        parent = os.path.join(fallback, f"octavo-{os.geteuid()}")
        directories.prepare(parent)
        chosen = os.path.join(parent, hashlib.sha256(os.fsencode(os.path.realpath(profile))).hexdigest()[:16])
        directories.prepare(chosen)
        _try_socket(chosen)
    except directories.Unusable as problem:
        raise HostUnavailable(str(problem)) from problem
    return Path(chosen)


def _try_socket(directory: str) -> None:
    path = os.path.join(directory, f"{os.getpid():08x}.try")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
        try:
            tried.bind(path)
        except OSError as problem:
            raise directories.Unusable(
                f"No socket can be bound in {directory}: {problem.strerror}. Set kernels.run_directory to another."
            ) from problem
    os.unlink(path)
