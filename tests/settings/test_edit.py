"""Setting a key changes that key and not a byte more."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import Invalid
from octavo.settings.edit import rendered, set_key
from octavo.settings.keys import find

FILE = """\
# mine
[server]   # of the house
port = 80 # the "port" = #1
hosts = [ # who
  "a.example", # ] not the end
]  # that was it

# about logs
[log]
level = 'info'
"""


@pytest.mark.parametrize(
    ("text", "key", "value", "changed"),
    [
        ("", "server.port", 1, "[server]\nport = 1\n"),
        ("# mine", "server.port", 1, "# mine\n\n[server]\nport = 1\n"),
        (FILE, "server.port", 81, FILE.replace("port = 80 ", "port = 81 ")),
        (FILE, "log.level", "debug", FILE.replace("'info'", '"debug"')),
        (FILE, "log.files", 3, FILE + "files = 3\n"),
        (FILE, "server.ip", "::1", FILE.replace("that was it\n", 'that was it\nip = "::1"\n')),
        (
            FILE,
            "server.hosts",
            [],
            FILE.replace('[ # who\n  "a.example", # ] not the end\n]  # that', "[]  # that"),
        ),
        ("[log]\n[server]\n[files]\n", "server.port", 1, "[log]\n[server]\nport = 1\n[files]\n"),
        ("server.ip = '::1'\nlog.files = 2\n", "server.port", 1, "server.ip = '::1'\nserver.port = 1\nlog.files = 2\n"),
        ("server.port = 2", "server.port", 1, "server.port = 1"),
        ('[ "server" ]\n"port"=2#x', "server.port", 1, '[ "server" ]\n"port"=1#x'),
        ("[server]\r\nport = 2\r\n", "server.ip", "::1", '[server]\r\nport = 2\r\nip = "::1"\r\n'),
    ],
)
def test_one_key_changes_and_the_rest_stays_as_it_was_written(text, key, value, changed):
    assert set_key(text, find(key), value) == changed


def test_what_looks_like_a_table_inside_a_text_is_none():
    text = '[files]\nroot = """\n[server]\nport = 1\n"""\n'
    assert set_key(text, find("server.port"), 2) == text + "\n[server]\nport = 2\n"


def test_a_spelling_that_cannot_be_edited_is_left_alone():
    with pytest.raises(Invalid, match="cannot edit"):
        set_key("server = { port = 1 }\n", find("server.port"), 2)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_being_written(text):
    assert tomllib.loads(f"x = {rendered(text)}") == {"x": text}
    assert tomllib.loads(set_key(FILE, find("files.root"), text))["files"]["root"] == text
