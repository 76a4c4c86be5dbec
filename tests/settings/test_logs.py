import io
import json
import logging

import pytest

from octavo.settings.logs import FILE, blanked, logging_to
from octavo.settings.schema import Log

log = logging.getLogger("octavo.test")


def lines(directory):
    return [json.loads(line) for line in (directory / FILE).read_text().splitlines()]


def test_a_line_is_json_in_the_file_and_readable_on_the_terminal(tmp_path):
    terminal = io.StringIO()
    with logging_to(tmp_path / "log", Log(), terminal):
        log.warning("kernel %s died", "k1", extra={"incarnation": "ab"})
        log.debug("not at this level")
    (entry,) = lines(tmp_path / "log")
    assert entry.pop("time").endswith("Z")
    assert entry == {"level": "warning", "name": "octavo.test", "message": "kernel k1 died", "incarnation": "ab"}
    assert terminal.getvalue()[8:] == " warning test: kernel k1 died\n"
    assert (tmp_path / "log" / FILE).stat().st_mode & 0o777 == 0o600


def test_a_traceback_is_kept(tmp_path):
    terminal = io.StringIO()
    with logging_to(tmp_path, Log(), terminal):
        try:
            raise ValueError("?token=abcdef")
        except ValueError:
            log.exception("failed")
    (entry,) = lines(tmp_path)
    assert "ValueError: ?token=…" in entry["traceback"]
    assert "abcdef" not in terminal.getvalue()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("GET /api/kernels/x/channels?token=secret&session_id=1", "GET /api/kernels/x/channels?token=…&session_id=1"),
        ("/a?x=1&TOKEN=sec%20ret b", "/a?x=1&TOKEN=… b"),
        ("next=%2Fapi%3Ftoken%3Dse%2Bcret%26x%3D1", "next=%2Fapi%3Ftoken%3D…%26x%3D1"),
        ("Authorization: token octavo_0123456789abcdef0123", "Authorization: token …"),
        ("octavo_home and a tokenizer", "octavo_home and a tokenizer"),
    ],
)
def test_secrets_are_blanked(text, clean):
    assert blanked(text) == clean


def test_files_rotate_and_the_oldest_goes(tmp_path):
    with logging_to(tmp_path, Log(files=2, file_size=4096), None):
        for number in range(100):
            log.info("line %d %s", number, "x" * 100)
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE, FILE + ".1"]
    assert lines(tmp_path)[-1]["message"].startswith("line 99")
    assert all(path.stat().st_size <= 4096 for path in tmp_path.iterdir())


def test_a_log_that_cannot_be_written_takes_nothing_down(tmp_path):
    (tmp_path / FILE).mkdir()
    terminal = io.StringIO()
    with logging_to(tmp_path, Log(), terminal):
        log.error("still here")
    assert "still here" in terminal.getvalue()


def test_afterwards_logging_is_as_it_was(tmp_path):
    before = list(logging.getLogger().handlers)
    with logging_to(tmp_path, Log(level="debug"), None):
        assert len(logging.getLogger().handlers) == len(before) + 1
    assert logging.getLogger().handlers == before
