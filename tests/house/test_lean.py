"""What the web process must not load: modules that cost megabytes and that nobody needs while it idles."""

import subprocess
import sys

UNWANTED = (
    "acme", "cryptography", "importlib.metadata", "jedi", "jupyter_client", "nbformat", "pydantic", "tornado", "traitlets", "watchfiles.main",
    "zmq",
)  # fmt: skip


def test_the_web_process_loads_nothing_heavy() -> None:
    code = f"import sys, octavo.server; print(*(name for name in {UNWANTED!r} if name in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
