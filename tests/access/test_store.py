import subprocess
import sys

from octavo.access import store

OPEN = """
import sys
from pathlib import Path
from octavo.access import store
sys.stdin.readline()
store.owner(store.connect(Path(sys.argv[1])))
"""


def test_processes_that_open_a_new_profile_at_once_agree(tmp_path):
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN, str(tmp_path)], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert [process.communicate()[1] for process in started] == [b""] * 4
    assert len(store.owner(store.connect(tmp_path)).secret) == 32


def test_a_database_that_another_connection_has_open_is_not_opened_beside_it(tmp_path, monkeypatch):
    """Closing any descriptor of a file drops all locks that this process has on it, SQLite's too."""
    first = store.connect(tmp_path)
    opened: list[object] = []
    real = store.os.open

    def watched(path, flags, *rest):
        descriptor = real(path, flags, *rest)
        opened.append(path)
        return descriptor

    monkeypatch.setattr(store.os, "open", watched)
    store.connect(tmp_path).close()
    first.close()
    assert opened == [tmp_path]
