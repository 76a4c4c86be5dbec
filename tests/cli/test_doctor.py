"""`octavo doctor kernels`: plain words, JSON, and an exit code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from octavo.cli.main import octavo
from octavo.kernels import protections
from octavo.kernels.host.groups import Plan
from octavo.settings import schema


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OCTAVO_HOME", str(tmp_path))
    return tmp_path


def test_every_protection_is_told_in_a_sentence_and_as_json(home: Path) -> None:
    told = CliRunner().invoke(octavo, ["doctor", "kernels"])
    assert "separate user" in told.output
    found = json.loads(CliRunner().invoke(octavo, ["doctor", "kernels", "--json"]).output)
    assert found["good"] is (told.exit_code == 0)
    names = [one["name"] for one in found["protections"]]
    assert len(names) == len(set(names)) >= 9
    assert all(one["sentence"].endswith(".") for one in found["protections"])


def test_a_limit_that_nothing_holds_is_an_error_where_it_is_set() -> None:
    none = Plan("none", "no-bus")
    missing = protections.limits(schema.Kernels(cpu_limit="1"), none)[2]
    assert (missing.state, missing.matters) == ("missing", True)
    assert not protections.limits(schema.Kernels(), none)[2].matters
    held = protections.limits(schema.Kernels(cpu_limit="1"), Plan("delegated", ""))
    assert [one.state for one in held] == ["holds", "holds", "holds"]
