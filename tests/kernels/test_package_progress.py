"""What pip and uv say while they install, and why they give up. The texts are their own."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.kernels.packages.progress import MOST_LINES, Progress, complaints, explain

PIP = """\
Collecting tinypkg
  Downloading tinypkg-1.0-py3-none-any.whl (12.3 MB)
Progress 1048576 of 12897484
Progress 12897484 of 12897484
Installing collected packages: tinypkg
Successfully installed tinypkg-1.0
"""


def own(**said: object) -> bytes:
    return b"\x1e" + json.dumps(said).encode() + b"\n"


def test_steps_and_percent_are_told_as_they_come() -> None:
    progress = Progress()
    seen = []
    for line in PIP.splitlines(keepends=True):
        progress.feed(line.encode())
        seen.append((progress.step, progress.what, progress.percent))
    assert seen == [
        ("looking", "tinypkg", None),
        ("downloading", "tinypkg-1.0-py3-none-any.whl", None),
        ("downloading", "tinypkg-1.0-py3-none-any.whl", 8),
        ("downloading", "tinypkg-1.0-py3-none-any.whl", 100),
        ("installing", "tinypkg", None),
        ("installing", "tinypkg", None),
    ]
    assert "Progress" not in progress.log()
    assert progress.lines[-1] == "Successfully installed tinypkg-1.0"


def test_the_installer_s_own_lines_are_not_in_the_log() -> None:
    progress = Progress()
    progress.feed(own(**{"is": "begin", "tool": "pip 26.3", "python": "/x/bin/python"}))
    progress.feed(b"hello\n")
    rows = [{"name": "six", "before": "1", "after": "2", "modules": ["six", "a.b", "x; import os", 7]}]
    progress.feed(own(**{"is": "end", "code": 0, "packages": rows}))
    assert progress.begun["tool"] == "pip 26.3"
    assert progress.ended
    assert progress.packages == [("six", "1", "2", ("six", "a.b"))]  # nothing that is no name gets as far as a kernel
    assert progress.log() == "hello"


def test_lines_in_pieces_carriage_returns_colours_and_broken_bytes_are_read() -> None:
    progress = Progress()
    for byte in "\x1b[31mé one\x1b[0m\r\n10%\r100%\nend".encode() + b"\xff":
        progress.feed(bytes([byte]))
    progress.finish()
    assert progress.lines == ["é one", "100%", "end\ufffd"]


def test_a_long_log_keeps_its_beginning_and_its_end() -> None:
    progress = Progress()
    for n in range(MOST_LINES + 100):
        progress.feed(b"line %d\n" % n)
    lines = progress.log().split("\n")
    assert lines[0] == "line 0"
    assert lines[-1] == f"line {MOST_LINES + 99}"
    assert "… 100 lines are left out …" in lines


def test_a_line_that_never_ends_is_bounded() -> None:
    progress = Progress()
    for _ in range(100):
        progress.feed(b"x" * 65536)
    assert sum(map(len, progress.lines)) < 200_000


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_no_bytes_break_it(pieces: list[bytes]) -> None:
    progress = Progress()
    for piece in pieces:
        progress.feed(piece)
        progress.feed(b"\x1e")
    progress.finish()
    explain(progress.lines)


FAILURES = {
    "pip: no such name": (
        "ERROR: Could not find a version that satisfies the requirement nosuchpkg (from versions: none)\n"
        "ERROR: No matching distribution found for nosuchpkg",
        ("missing", "nosuchpkg"),
    ),
    "pip: no such version": (
        "ERROR: Could not find a version that satisfies the requirement six==99 (from versions: 1.0, 1.16.0)\n"
        "ERROR: No matching distribution found for six==99",
        ("version", "six==99"),
    ),
    "pip: for another Python": (
        "ERROR: Ignored the following versions that require a different python version: 1.0 Requires-Python <3\n"
        "ERROR: Could not find a version that satisfies the requirement old (from versions: none)\n"
        "ERROR: No matching distribution found for old",
        ("python", "old"),
    ),
    "pip: no network": (
        "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError: "
        "[Errno -3] Temporary failure in name resolution': /simple/six/\n"
        "ERROR: Could not find a version that satisfies the requirement six (from versions: none)\n"
        "ERROR: No matching distribution found for six",
        ("network", ""),
    ),
    "pip: conflict": (
        "ERROR: Cannot install a==1 and b==1 because these package versions have conflicting dependencies.\n"
        "ERROR: ResolutionImpossible: for help visit https://pip.pypa.io",
        ("conflict", ""),
    ),
    "pip: build": (
        "  error: subprocess-exited-with-error\n  note: This error originates from a subprocess\n"
        "ERROR: Failed building wheel for broken\n",
        ("build", ""),
    ),
    "pip: disk": (
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        ("disk", ""),
    ),
    "pip: may not write": (
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/usr/lib/x'",
        ("read-only", ""),
    ),
    "pip: external": ("error: externally-managed-environment", ("external", "")),
    "uv: no such name": (
        "  × No solution found when resolving dependencies:\n"
        "  ╰─▶ Because nosuchpkg was not found in the package registry and you require nosuchpkg, we can conclude "
        "that your requirements are unsatisfiable.",
        ("missing", "nosuchpkg"),
    ),
    "uv: no such version": (
        "  × No solution found when resolving dependencies:\n"
        "  ╰─▶ Because there is no version of six==99 and you require six==99, we can conclude that your requirements "
        "are unsatisfiable.",
        ("version", "six==99"),
    ),
    "uv: conflict": (
        "  × No solution found when resolving dependencies:\n  ╰─▶ Because a==1 depends on c>2 and b==1 depends on c<2",
        ("conflict", ""),
    ),
    "uv: no network": (
        "error: Request failed after 3 retries\n  Caused by: error sending request for url\n  Caused by: dns error: failed",
        ("network", ""),
    ),
    "anything else": ("ERROR: Something went awry", ("other", "Something went awry")),
    "nothing": ("", ("other", "")),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_told_in_a_word(name: str) -> None:
    text, wanted = FAILURES[name]
    assert explain(text.splitlines()) == wanted


def test_packages_that_do_not_go_with_the_new_one_are_named() -> None:
    lines = [
        "ERROR: pip's dependency resolver does not currently take into account all the packages that are installed.",
        "needy 1.0 requires six<2, but you have six 2.0 which is incompatible.",
    ]
    assert complaints(lines) == [lines[1]]
