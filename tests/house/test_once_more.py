"""`scripts/test` runs a few failed tests once more, and says so."""

import importlib.util
import json
import os
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    loader = SourceFileLoader("scripts_test", str(SCRIPTS / "test"))
    spec = importlib.util.spec_from_loader("scripts_test", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    monkeypatch.setattr(module.setup, "ROOT", tmp_path)
    monkeypatch.setattr(module.setup, "PYTHON", sys.executable)
    monkeypatch.setattr(module, "LAST_FAILED", tmp_path / "lastfailed")
    (tmp_path / "test_some.py").write_text(
        "def test_now_well():\n    pass\n\n\ndef test_never_well():\n    assert False\n"
    )
    return module


def failed(script: ModuleType, *names: str) -> int:
    script.LAST_FAILED.write_text(json.dumps({f"test_some.py::{name}": True for name in names}))
    return script.once_more(dict(os.environ))


def test_a_test_that_passes_by_itself_is_named(script: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    assert failed(script, "test_now_well") == 0
    assert "to be mended):\n  test_some.py::test_now_well" in capfd.readouterr().out


def test_one_that_fails_again_fails_the_run(script: ModuleType) -> None:
    assert failed(script, "test_now_well", "test_never_well") == 1


def test_many_failures_are_not_tried_again(script: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    assert failed(script, *(f"test_{n}" for n in range(6))) == 1
    assert "Once more" not in capfd.readouterr().out
