"""A kernel's directory, connection file and key, and the signing of what is sent to it."""

import contextlib
import json
import os
import socket
from typing import Final

try:
    from _sha256 import sha256  # type: ignore[import-not-found]  # hashlib would load libcrypto: 2.5 MB
except ImportError:
    from _sha2 import sha256  # type: ignore[import-not-found]  # Python 3.12 and later

PORTS: Final = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}
BLOCK: Final = 64
LOOPBACK: Final = "127.0.0.1"


class ConnectionFile:
    """Sockets `<directory>/s-1` to `s-5` and the file that tells a kernel so; gone again with `remove`.

    `tcp`: for a kernel that speaks nothing else, ports of the loopback interface; there anybody may connect, so what comes is checked.
    """

    def __init__(self, run_directory: str, process: str, kernel_name: str, *, tcp: bool = False) -> None:
        self.is_tcp = tcp
        self.directory = _make_directory(run_directory)
        self.path = os.path.join(self.directory, f"kernel-{process}.json")
        key = os.urandom(24).hex()
        padded = key.encode().ljust(BLOCK, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in padded))
        self._ports = free_ports(len(PORTS)) if tcp else list(PORTS.values())
        content = {
            "transport": "tcp" if tcp else "ipc",
            "ip": LOOPBACK if tcp else os.path.join(self.directory, "s"),
            "key": key,
            "signature_scheme": "hmac-sha256",
            "kernel_name": kernel_name,
            **{f"{channel}_port": port for channel, port in zip(PORTS, self._ports, strict=True)},
        }
        with open(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            json.dump(content, file)

    def rename(self, process: str) -> None:
        """It was made before its process had a name."""
        path = os.path.join(self.directory, f"kernel-{process}.json")
        os.rename(self.path, path)
        self.path = path

    def address(self, channel: str) -> str | tuple[str, int]:
        port = self._ports[PORTS[channel] - 1]
        return (LOOPBACK, port) if self.is_tcp else os.path.join(self.directory, f"s-{port}")

    def vouches_for(self, signature: bytes, parts: list[bytes]) -> bool:
        """Whether the kernel said that. A Unix socket is proof enough: nobody else could bind it."""
        return not self.is_tcp or signature == self.sign(parts)

    def sign(self, parts: list[bytes]) -> bytes:
        """HMAC-SHA256 of header, parent header, metadata and content, as hex digits."""
        inner, outer = self._inner.copy(), self._outer.copy()
        for part in parts[:4]:
            inner.update(part)
        outer.update(inner.digest())
        return str(outer.hexdigest()).encode()

    def remove(self) -> None:
        remove_directory(self.directory)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now. The kernel binds them a moment later, as under every other server."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _make_directory(run_directory: str) -> str:
    while True:
        directory = os.path.join(run_directory, os.urandom(4).hex())
        try:
            os.mkdir(directory, 0o700)
        except FileExistsError:
            continue
        return directory


def remove_directory(directory: str) -> None:
    """One kernel's directory. It is flat; what cannot be removed stays for the next host."""
    try:
        for name in os.listdir(directory):
            os.unlink(os.path.join(directory, name))
        os.rmdir(directory)
    except OSError:
        return
