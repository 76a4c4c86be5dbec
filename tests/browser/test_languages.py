"""Notebooks in other languages, with their real kernels: coloured, commented and run as their language has it.

The kernels are installed by `scripts/test` (`scripts/languages.py`), which says which cannot be had on a system; those are left out here.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from browsing import Browsing
from playwright.sync_api import expect
from served import Served
from sheet import Sheet

KERNELS = Path(__file__).parents[2] / ".cache" / "kernels" / "jupyter" / "kernels"
pytestmark = pytest.mark.kernel


class Tongue(NamedTuple):
    """`cells`: code, and what its output has; `keyword`: a word of the first that is coloured; `comment`: what Mod-/ begins a line with."""

    kernel: str
    cells: list[tuple[str, str]]
    keyword: str
    comment: str


TONGUES = [
    Tongue(
        "ir",
        [
            ("twice <- function(x) {\n  x * 2\n}\ncat(twice(21))", "42"),
            ("data.frame(a = 1:2, b = c('x', 'y'))", "A data.frame"),
            ("stop('no more')", "no more"),
        ],
        "function",
        "#",
    ),
    Tongue(
        "bash",
        [
            ('for n in 1 2 3; do\n  echo "line $n"\ndone', "line 3"),
            ("x=6; echo $((x * 7))", "42"),
            ("false_command", "not found"),
        ],
        "for",
        "#",
    ),
    Tongue(
        "octave",
        [
            ("for k = 1:3\n  printf('%d;', k * k);\nend", "1;4;9;"),
            ("A = [1 2; 3 4] * 2", "8"),
            ("error('no more')", "no more"),
        ],
        "for",
        "%",
    ),
    Tongue(
        "deno",
        [
            ("const twice = (x: number): number => x * 2\nconsole.log(twice(21))", "42"),
            ("await Promise.resolve([1, 2])", "[ 1, 2 ]"),
            ("throw new Error('no more')", "no more"),
        ],
        "const",
        "//",
    ),
    Tongue(
        "second-python",
        [
            ("import sys\nprint(sys.prefix.rsplit('/', 1)[1])", "second"),
            ("class A:\n    def _repr_html_(self):\n        return '<b>rich</b>'\nA()", "rich"),
            ("1 / 0", "ZeroDivisionError"),
        ],
        "import",
        "#",
    ),
]


@pytest.fixture(scope="module")
def polyglot() -> Iterator[Served]:
    with Served.start() as server:
        for folder in KERNELS.glob("*"):
            spec = json.loads((folder / "kernel.json").read_text())
            server.kernelspec(folder.name, spec.pop("argv"), **spec)
        yield server


@pytest.mark.parametrize(
    "tongue", [one for one in TONGUES if (KERNELS / one.kernel).is_dir()], ids=lambda tongue: tongue.kernel
)
def test_a_real_notebook_runs_in_its_own_language(browsing: Browsing, polyglot: Served, tongue: Tongue) -> None:
    server, path = polyglot, f"{tongue.kernel}.ipynb"
    spec = json.loads((KERNELS / tongue.kernel / "kernel.json").read_text())
    server.put(path, *(code for code, _ in tongue.cells), kernel=tongue.kernel)
    file = server.root / path
    content = json.loads(file.read_text())
    content["metadata"] = {
        "kernelspec": {"name": tongue.kernel, "display_name": spec["display_name"], "language": spec["language"]}
    }
    file.write_text(json.dumps(content))
    page = browsing.logged_in(server).new_page()
    sheet = Sheet.open(page, server, path)
    if os.environ.get("OCTAVO_SCREENSHOTS"):
        page.set_viewport_size({"width": 1280, "height": 1100})
    expect(sheet.cell(0).locator(".k", has_text=tongue.keyword).first).to_be_visible()
    page.get_by_role("button", name="Run all").click()
    for at, (_, said) in enumerate(tongue.cells):
        expect(sheet.cell(at)).to_contain_text(said, timeout=20_000)
        if at < len(tongue.cells) - 1:
            expect(sheet.cell(at).locator(".folio")).not_to_be_empty()
    sheet.cell(1).locator(".cm-line").first.click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+/")
    assert sheet.source(1).startswith(tongue.comment)
