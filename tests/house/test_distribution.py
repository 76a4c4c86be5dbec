"""What is built and installed: an sdist, the wheel made from it, and an `octavo` that serves without a clone and without Node."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = "octavo/web/static/built/"
NOT_COMPRESSED = (".br", ".gz", ".woff2", ".json", ".stamp")

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def without_node(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment, with a Node on PATH that is too old to count and does nothing but say so."""
    folder = tmp_path_factory.mktemp("old")
    for name in ("node", "npm"):
        (folder / name).write_text('#!/bin/sh\n[ "$1" = --version ] && echo v18.20.4\n')
        (folder / name).chmod(0o755)
    return {**os.environ, "PATH": os.pathsep.join([str(folder), os.environ["PATH"]])}


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of this clone that are not ignored, in a folder of their own: nothing in it is built."""
    folder = tmp_path_factory.mktemp("clone")
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the programs that build and install."""
    folder = tmp_path_factory.mktemp("tools")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    run(folder / "bin" / "pip", "install", "--quiet", "build", "pipx", "uv", cwd=folder)
    return folder / "bin"


@pytest.fixture(scope="module")
def built(clone: Path, tools: Path, without_node: dict[str, str]) -> Path:
    """An sdist of the clone and, from it alone, a wheel; no Node on PATH, so the page is built with one from PyPI."""
    run(tools / "python", "-m", "build", "--outdir", clone / "dist", clone, cwd=clone, env=without_node)
    return clone / "dist"


def test_a_wheel_and_an_sdist_carry_the_built_page_compressed_twice(built: Path) -> None:
    wheel, sdist = next(built.glob("*.whl")), next(built.glob("*.tar.gz"))
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if name.startswith(BUILT)}
        assert not [name for name in archive.namelist() if "node_modules" in name or name.startswith("tests/")]
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    in_sdist = {name.split("/src/")[1] for name in names if f"/src/{BUILT}" in name}
    assert not [name for name in names if "node_modules" in name]
    assert in_wheel == in_sdist
    assert f"{BUILT}manifest.json" in in_wheel
    assets = [name for name in in_wheel if not name.endswith(NOT_COMPRESSED)]
    assert len(assets) > 5
    assert [name for name in assets if not {f"{name}.br", f"{name}.gz"} <= in_wheel] == []


def test_from_an_sdist_nothing_is_built_and_no_node_is_asked_for(
    built: Path, tools: Path, without_node: dict[str, str], tmp_path: Path
) -> None:
    """With no Node and no package index the page in it is taken as it is."""
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = next(tmp_path.iterdir())
    (folder / "frontend" / "build.mjs").touch()  # newer than what was built, but the same
    run(tools / "pip", "install", "--quiet", "hatchling", cwd=tmp_path)
    env = {**without_node, "PIP_NO_INDEX": "1"}
    run(tools / "python", "-m", "build", "--wheel", "--no-isolation", folder, cwd=folder, env=env)
    assert list((folder / "dist").glob("*.whl"))


@pytest.fixture
def home(tmp_path: Path, without_node: dict[str, str]) -> dict[str, str]:
    """An environment of its own for what is installed and served."""
    kept = {name: value for name, value in without_node.items() if not name.startswith("OCTAVO_")}
    return {
        **kept,
        "OCTAVO_HOME": str(tmp_path / "home"),
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"),
        "UV_TOOL_DIR": str(tmp_path / "uv"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "bin"),
        "UV_PYTHON": sys.executable,
    }


def serves(octavo: Path, env: Mapping[str, str], folder: Path) -> None:
    """It says its version, and its login page and the style of that are there."""
    assert run(octavo, "--version", cwd=folder, env=env).startswith("octavo ")
    with subprocess.Popen(
        [octavo, "serve", "--port", "0"],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout
            said = ""
            for line in process.stdout:
                said += line
                if "Octavo is at" in line:
                    break
            found = re.search(r"http://\S+", said)
            assert found, said
            page = fetch(f"{found[0]}login").decode()
            assert "<form" in page
            style = re.search(r'href="([^"]+\.css)"', page)
            assert style, page
            assert len(fetch(urllib.request.urljoin(found[0], style[1]))) > 1000
        finally:
            process.terminate()


def fetch(address: str) -> bytes:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=20) as answer:
        return bytes(answer.read())


def test_pip_install_gives_an_octavo_that_serves(clone: Path, home: dict[str, str], tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    run(tmp_path / "venv/bin/pip", "install", "--quiet", clone, cwd=tmp_path, env=home)
    serves(tmp_path / "venv/bin/octavo", home, tmp_path)
    run(tmp_path / "venv/bin/pip", "check", cwd=tmp_path, env=home)


def test_pipx_install_gives_an_octavo_that_serves(
    clone: Path, tools: Path, home: dict[str, str], tmp_path: Path
) -> None:
    run(tools / "pipx", "install", clone, cwd=tmp_path, env=home)
    serves(tmp_path / "bin/octavo", home, tmp_path)


def test_uv_tool_install_gives_an_octavo_that_serves(
    clone: Path, tools: Path, home: dict[str, str], tmp_path: Path
) -> None:
    run(tools / "uv", "tool", "install", clone, cwd=tmp_path, env=home)
    serves(tmp_path / "bin/octavo", home, tmp_path)
