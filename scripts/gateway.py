"""A Jupyter Kernel Gateway for the tests, in `.cache/gateway`, from PyPI in the versions of its lock file."""

import shutil
import sys

import setup

PLACE = setup.CACHE / "gateway"
LOCK = setup.ROOT / "requirements" / "gateway.lock"


def ready() -> None:
    """Installed once for each lock file."""
    setup.once("gateway", setup.digest([LOCK]), make)


def make() -> None:
    shutil.rmtree(PLACE, ignore_errors=True)
    setup.do("gateway", [sys.executable, "-m", "venv", str(PLACE / "venv")])
    command = [str(PLACE / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    setup.do("gateway's packages", [*command, "--require-hashes", "--requirement", str(LOCK)])
