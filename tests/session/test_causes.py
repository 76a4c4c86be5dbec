"""Causes as texts that are kept, and as what a page is told."""

import msgspec
import pytest

from octavo.errors import HostUnavailable, KernelUnavailable, NotFound
from octavo.session import causes


def shown(why: str) -> tuple[str, dict[str, object]]:
    cause = causes.cause(why)
    assert cause is not None
    return cause.code, cause.values


@pytest.mark.parametrize(
    ("said", "word", "values"),
    [
        ({"signal": 9, "oom": "group", "peak": 7, "limit": 5}, "memory", {"evidence": "group", "peak": 7, "limit": 5}),
        ({"signal": 11, "log": "Fatal\n"}, "signal-11", {"signal": 11, "name": "SIGSEGV", "said": "Fatal"}),
        ({"signal": 9, "oom": None, "peak": 7}, "signal-9", {"signal": 9, "name": "SIGKILL"}),
        ({"code": 3, "log": ""}, "exit-3", {"code": 3}),
        ({"code": 3, "ready": False, "log": "no\n"}, "start", {"code": 3, "said": "no"}),
        ({"signal": 9, "by_host": True, "reason": "stopped", "ready": False}, "stopped", {}),
        (
            {"signal": 9, "by_host": True, "reason": "a reason of next year"},
            "other",
            {"message": "a reason of next year"},
        ),
    ],
)
def test_an_end_is_a_word_and_values(said: dict[str, object], word: str, values: dict[str, object]) -> None:
    why = causes.of_exit(said, cell=None, run=None)
    assert causes.word(why) == word
    assert shown(why) == (word.partition("-")[0], values)


def test_what_ran_is_told_with_the_end() -> None:
    why = causes.of_exit({"signal": 9, "oom": "system", "ready": True}, cell="c", run="r")
    assert shown(why)[1] == {"evidence": "system", "cell": "c", "run": "r"}


def test_only_the_end_of_long_last_words_is_told_and_it_begins_with_a_line() -> None:
    log = "".join(f"line {n}\n" for n in range(1000))
    said = str(shown(causes.of_exit({"code": 1, "log": log}, cell=None, run=None))[1]["said"])
    assert said.startswith("line ")
    assert said.endswith("line 999")
    assert len(said) <= causes.SAID


def test_what_could_not_be_started_names_what_is_missing() -> None:
    error = KernelUnavailable("There is no program R.", hint="Install it.", cause="no-program", values={"program": "R"})
    assert shown(causes.of_error(error, "ir")) == (
        "no-program",
        {"program": "R", "message": "There is no program R. Install it."},
    )
    assert shown(causes.of_error(NotFound("There is no kernel."), "ir"))[0] == "no-kernel"
    assert causes.sentence(causes.of_error(HostUnavailable("No host."), "ir")) == "No host."


def test_what_an_older_release_kept_is_still_told() -> None:
    assert shown("memory") == ("memory", {})
    assert shown("signal-9") == ("signal", {})
    assert shown("The folder /a is not there.") == ("unavailable", {"message": "The folder /a is not there."})
    assert causes.cause("") is None
    assert msgspec.json.encode(causes.cause("host")) == b'{"code":"host"}'
