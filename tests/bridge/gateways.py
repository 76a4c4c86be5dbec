"""A real Jupyter Kernel Gateway on loopback, which `scripts/gateway.py` installs."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

INSTALLED = Path(__file__).parents[2] / ".cache" / "gateway" / "venv" / "bin"
TOKEN = "a token of the tests"


class Gateway:
    """One that is started and ended at will, always at the same port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "gateway.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {**os.environ, "KG_AUTH_TOKEN": TOKEN, "JUPYTER_PLATFORM_DIRS": "1", "HOME": str(self.log.parent)}
        options = ["--KernelGatewayApp.ip=127.0.0.1", f"--KernelGatewayApp.port={self.port}"]
        options += ["--KernelGatewayApp.port_retries=0", "--JupyterWebsocketPersonality.list_kernels=True"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [INSTALLED / "python", INSTALLED / "jupyter-kernelgateway", *options],
                env=environment,
                cwd=self.log.parent,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            self.ask("/api/kernelspecs")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def ask(self, path: str, method: str = "GET") -> bytes:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"token {TOKEN}"}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
