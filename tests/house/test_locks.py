"""The locks: every package pinned and hashed, none of them tied to a place, and nothing that we ask for left out."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def pinned(lock: Path) -> dict[str, set[str]]:
    """Versions by name; several where a marker chooses."""
    found: dict[str, set[str]] = {}
    for line in lock.read_text().replace("\\\n", " ").splitlines():
        requirement, *hashes = line.split(" --hash=")
        assert hashes, line
        name, version = requirement.split(";")[0].strip().split("==")
        found.setdefault(name, set()).add(version)
    return found


def asked(*extra: str) -> set[str]:
    project = PROJECT["project"]
    return {name_of(one) for one in [*project["dependencies"], *project["optional-dependencies"]["science"], *extra]}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_place(lock: Path) -> None:
    assert re.findall(r"https?:|file:|--index|--find-links| @ ", lock.read_text()) == []


def test_the_page_s_lock_names_no_place() -> None:
    packages = json.loads((ROOT / "frontend/package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if name and not package.get("integrity")] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_a_lock_has_all_that_is_asked_for() -> None:
    groups = PROJECT["dependency-groups"]
    assert asked("hatchling", "editables") <= pinned(ROOT / "requirements/serve.lock").keys()
    assert asked(*groups["test"], *groups["check"]) <= pinned(ROOT / "requirements/test.lock").keys()


def test_what_both_locks_have_is_the_same() -> None:
    serve, test = pinned(ROOT / "requirements/serve.lock"), pinned(ROOT / "requirements/test.lock")
    assert {name: versions for name, versions in serve.items() if test.get(name) != versions} == {}


def test_the_node_of_the_build_hook_is_the_locked_one() -> None:
    asked_for = (ROOT / "requirements/node.in").read_text().splitlines()[-1]
    assert f'NODE = "{asked_for}"' in (ROOT / "hatch_build.py").read_text()
