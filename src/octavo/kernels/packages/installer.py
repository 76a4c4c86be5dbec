"""Installs packages into the environment of the Python that runs this file, by the environment's own pip or by uv.

    python -I -u installer.py [--upgrade] -- REQUIREMENT ...

What pip or uv says passes as it is. Lines of our own begin with the character RS (0x1e) and are JSON:

    {"is": "begin", "python", "prefix", "version", "tool", "conda"}
    {"is": "refused", "why": "external" | "read-only" | "no-tool", "folder", "conda"}      and then nothing more is done
    {"is": "end", "code", "packages": [{"name", "before", "after", "modules"}]}            modules: names that `import` knows them by

It is run by whatever Python the kernel has, and so uses its standard library alone (3.8 or later), and nothing of Octavo.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig

MARK = "\x1e"
MOST_MODULES = 40


def say(**fields: object) -> None:
    sys.stdout.write(MARK + json.dumps(fields) + "\n")
    sys.stdout.flush()


def is_conda() -> bool:
    return os.path.isdir(os.path.join(sys.prefix, "conda-meta"))


def reason_against() -> dict[str, object] | None:
    """Why nothing may be installed here, if there is a reason."""
    folder = sysconfig.get_path("purelib")
    marker = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
    if sys.prefix == sys.base_prefix and os.path.exists(marker):
        return {"why": "external", "folder": sys.prefix}
    place = folder
    while not os.path.isdir(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    if not os.access(place, os.W_OK):
        return {"why": "read-only", "folder": folder}
    return None


def find_uv() -> str | None:
    own = os.pathsep.join(
        [os.path.dirname(sys.executable), os.path.expanduser("~/.local/bin"), os.path.expanduser("~/.cargo/bin")]
    )
    return shutil.which("uv") or shutil.which("uv", path=own)


def made_by_uv() -> bool:
    try:
        with open(os.path.join(sys.prefix, "pyvenv.cfg"), encoding="utf-8", errors="replace") as file:
            return any(line.split("=")[0].strip() == "uv" for line in file)
    except OSError:
        return False


def choose_tool() -> tuple[str, list[str]] | None:
    """The environment's own way: uv where uv made it, else its pip, else uv from outside."""
    uv = find_uv()
    pip = importlib.util.find_spec("pip")
    if uv and (made_by_uv() or pip is None):
        return "uv", [uv, "pip", "install", "--python", sys.executable, "--color", "never", "--no-progress"]
    if pip is None:
        return None
    version = importlib.metadata.version("pip")
    numbers = [int(number) for number in re.findall(r"\d+", version)[:2]]
    progress = "raw" if numbers >= [24, 1] else "off"
    command = [sys.executable, "-I", "-u", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    return "pip " + version, [*command, "--no-color", "--progress-bar", progress]


def installed() -> dict[str, importlib.metadata.Distribution]:
    """What is installed, by name as indexes compare it; of two with one name the one that is imported."""
    found: dict[str, importlib.metadata.Distribution] = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), distribution)
    return found


def modules_of(distribution: importlib.metadata.Distribution) -> list[str]:
    """The names that it is imported by; of a folder without `__init__` that several packages share, the names inside."""
    paths = [str(path).split("/") for path in distribution.files or []]
    whole = {parts[0] for parts in paths if len(parts) == 2 and parts[1] == "__init__.py"}
    found = set()
    for parts in paths:
        suffix = parts[-1].rpartition(".")[2]
        if suffix not in ("py", "so", "pyd") or parts[0] == ".." or not re.match(r"\w+(\.|$)", parts[0]):
            continue
        if len(parts) == 1 or parts[0] in whole:
            found.add(parts[0].split(".")[0])
        else:
            found.add(parts[0] + "." + parts[1].split(".")[0])
    return sorted(name for name in found if re.match(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$", name))[:MOST_MODULES]


def changes(before: dict[str, str], after: dict[str, importlib.metadata.Distribution]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for key in sorted(set(before) | set(after)):
        was, now = before.get(key, ""), after[key].version if key in after else ""
        if was != now:
            name = after[key].metadata["Name"] if key in after else key
            found.append(
                {"name": name, "before": was, "after": now, "modules": modules_of(after[key]) if key in after else []}
            )
    return found


def main(arguments: list[str]) -> int:
    # Ctrl-C is for what we started; it is told how that ended. A function, since what is ignored would be ignored there too.
    signal.signal(signal.SIGINT, lambda *_: None)
    stop = arguments.index("--")
    requirements = arguments[stop + 1 :]
    tool = choose_tool()
    about = {"python": sys.executable, "prefix": sys.prefix, "version": ".".join(map(str, sys.version_info[:3]))}
    say(**{"is": "begin", "tool": tool[0] if tool else "", "conda": is_conda(), **about})
    reason = reason_against()
    if reason is None and tool is None:
        reason = {"why": "no-tool", "folder": sys.prefix}
    if reason is not None or tool is None:
        say(**{"is": "refused", "conda": is_conda(), **(reason or {})})
        return 1
    command = tool[1] + (["--upgrade"] if "--upgrade" in arguments[:stop] else []) + ["--", *requirements]
    before = {name: distribution.version for name, distribution in installed().items()}
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore", "PYTHONUNBUFFERED": "1"}
    code = subprocess.call(command, env=environment, stdin=subprocess.DEVNULL)
    importlib.invalidate_caches()
    say(**{"is": "end", "code": code, "packages": changes(before, installed())})
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
