"""The sample notebooks: as Jupyter would have written them, and what they show."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest

from octavo.notebook import codec

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "samples").glob("*.ipynb"))
every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)


@every_sample
def test_a_sample_is_a_valid_notebook_with_ids(sample: Path) -> None:
    notebook = json.loads(sample.read_text(encoding="utf-8"))
    nbformat.validate(notebook)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])


@every_sample
def test_a_sample_is_laid_out_as_jupyter_does_and_written_back_byte_for_byte(sample: Path) -> None:
    data = sample.read_bytes()
    assert nbformat.writes(nbformat.reads(data.decode(), as_version=4)) + "\n" == data.decode()
    loaded = codec.read(data)
    assert codec.write(loaded.notebook, loaded.frame) == data


@every_sample
def test_a_sample_names_no_place_of_the_machine_it_was_made_on(sample: Path) -> None:
    assert re.findall(r"/(?:home|root|tmp|Users)/", sample.read_text(encoding="utf-8")) == []


def outputs() -> list[dict[str, Any]]:
    notebooks = [json.loads(sample.read_text(encoding="utf-8")) for sample in SAMPLES]
    return [output for notebook in notebooks for cell in notebook["cells"] for output in cell.get("outputs", [])]


def test_together_they_show_plots_tables_formulas_an_error_a_question_and_chinese() -> None:
    types = {mime for output in outputs() for mime in output.get("data", {})}
    assert {"image/png", "text/html", "text/latex", "text/markdown"} <= types
    assert any("<table" in "".join(output.get("data", {}).get("text/html", "")) for output in outputs())
    assert any(output["output_type"] == "error" for output in outputs())
    texts = [sample.read_text(encoding="utf-8") for sample in SAMPLES]
    assert any("input(" in text for text in texts)
    assert any("$$" in text for text in texts)
    assert any("笔记本" in text for text in texts)


def test_they_are_small() -> None:
    assert sum(sample.stat().st_size for sample in SAMPLES) < 300_000


def test_what_is_served_of_them_is_not_in_the_repository() -> None:
    ignored = ["git", "check-ignore", "--quiet", "notebooks/Welcome.ipynb"]
    assert subprocess.run(ignored, cwd=ROOT).returncode == 0
