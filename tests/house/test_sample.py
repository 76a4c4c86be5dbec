"""`scripts/test --sample SEED`: some of the long tests, as many as fit, the same for the same seed."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
TESTS = """
import pytest

def test_short(): assert False

@pytest.mark.long
@pytest.mark.parametrize("n", range(20))
def test_long(n): pass

@pytest.mark.long(minutes=60)
def test_too_long(): assert False
"""


def sampled(folder: Path, seed: str, minutes: str = "5") -> list[str]:
    (folder / "test_some.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = long\n")
    command = [sys.executable, "-m", "pytest", "-p", "sample", "--sample", seed, "--sample-minutes", minutes, "-v"]
    done = subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(SCRIPTS)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    return [line.split()[0] for line in done.stdout.splitlines() if "PASSED" in line]


def test_the_same_seed_runs_the_same_long_tests_and_what_does_not_fit_is_left_out(tmp_path: Path) -> None:
    first = sampled(tmp_path, "a")
    assert len(first) == 20
    assert sampled(tmp_path, "a") == first
    assert sampled(tmp_path, "b") != first


def test_without_time_nothing_is_run(tmp_path: Path) -> None:
    assert sampled(tmp_path, "a", minutes="1") == []


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ([], ["-m", "not long"]),
        (["--long"], []),
        (["tests/files", "-x"], ["-m", "not long", "tests/files", "-x"]),
        (["--long", "tests/files"], ["tests/files"]),
        (["--sample", "7"], ["-p", "sample", "--sample", "7"]),
    ],
)
def test_long_tests_are_left_out_unless_asked_for(test: ModuleType, arguments: list[str], given: list[str]) -> None:
    assert test.pytest_arguments(arguments) == given
