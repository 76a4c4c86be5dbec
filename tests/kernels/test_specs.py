"""Kernelspecs are found where Jupyter finds them."""

import json
import os
import sys
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.paths import jupyter_path

from octavo.errors import NotFound
from octavo.kernels import specs


def write(folder: Path, name: str, **fields: object) -> None:
    path = folder / "kernels" / name / "kernel.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"argv": ["x"], "display_name": name, "language": "l", **fields}))


def test_folders_are_jupyters_in_jupyters_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "JUPYTER_PATH": f"{tmp_path}/one{os.pathsep}{tmp_path}/two",
        "JUPYTER_DATA_DIR": "",
        "XDG_DATA_HOME": "",
    }.items():
        monkeypatch.setenv(name, value)
    for preference in ("", "1", "0"):
        monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", preference)
        assert [str(folder) for folder in specs.kernel_folders()] == jupyter_path("kernels")


def test_specs_are_those_that_jupyter_finds() -> None:
    found = specs.find_specs()
    theirs = KernelSpecManager().get_all_specs()
    assert set(theirs) <= set(found)
    for name, spec in theirs.items():
        assert found[name].display_name == spec["spec"]["display_name"]
        assert found[name].resource_dir == spec["resource_dir"]


def test_the_first_folder_wins_and_a_broken_spec_hides_no_other(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write(
        first,
        "A-kernel",
        display_name="first",
        interrupt_mode="message",
        env={"X": "1"},
        metadata={"m": [1]},
        unknown=True,
    )
    write(second, "a-kernel", display_name="second")
    write(first, "broken", argv="not a list")
    write(first, "no argv", argv=[])
    (first / "kernels" / "empty").mkdir()
    found = specs.find_specs({"JUPYTER_PATH": f"{first}:{second}", "HOME": str(tmp_path)})
    assert {name for name in found if name in ("a-kernel", "broken", "empty", "no argv")} == {"a-kernel"}
    spec = found["a-kernel"]
    assert (spec.display_name, spec.interrupt_mode, spec.env, spec.metadata) == (
        "first",
        "message",
        {"X": "1"},
        {"m": [1]},
    )
    assert spec.resource_dir == str(first / "kernels" / "A-kernel")


def test_the_environments_own_python_is_there_without_a_spec(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(specs, "kernel_folders", lambda environment=None: [tmp_path])
    spec = specs.find_spec("Python3")
    assert spec.argv[0] == sys.executable
    assert spec.resource_dir is None


def test_an_unknown_kernel_is_named_with_those_that_there_are() -> None:
    with pytest.raises(NotFound, match="no kernel 'julia-9'") as refused:
        specs.find_spec("julia-9")
    assert "python3" in str(refused.value.hint)
