"""What the papers say about themselves: the two READMEs in step, links that lead somewhere, sizes kept. Run by `scripts/check` too."""

import importlib
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from octavo.cli.main import COMMANDS
from octavo.settings.load import load

ROOT = Path(__file__).resolve().parents[2]
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def papers() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines()]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def without_code(text: str) -> str:
    return FENCE.sub("", text)


def test_the_two_readmes_have_the_same_headings_in_the_same_order() -> None:
    levels = [[len(marks) for marks, _ in HEADING.findall(without_code(text_of(name)))] for name in BOTH]
    assert levels[0] == levels[1]
    assert len(levels[0]) > 4


def test_the_two_readmes_give_the_same_commands() -> None:
    english, chinese = ([code for _, code in FENCE.findall(text_of(name))] for name in BOTH)
    assert [commands(code) for code in english] == [commands(code) for code in chinese]


def test_the_two_readmes_link_to_the_same_places() -> None:
    english, chinese = (sorted(LINK.findall(text_of(name))) for name in BOTH)
    assert [link for link in english if link not in BOTH] == [link for link in chinese if link not in BOTH]


BOTH = ("README.md", "README.zh-CN.md")


def commands(code: str) -> list[str]:
    """What is typed; the remarks behind it may be in another language."""
    return [line.split("  #")[0].strip() for line in code.splitlines() if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("paper", papers(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_between_files_leads_to_one(paper: Path) -> None:
    links = [link for link in LINK.findall(without_code(paper.read_text(encoding="utf-8"))) if ":" not in link]
    assert [link for link in links if not (paper.parent / link).exists()] == []


def test_the_map_and_the_decisions_are_short() -> None:
    assert len(text_of("docs/map.md").splitlines()) <= 100
    long = [path.name for path in (ROOT / "docs/decisions").glob("*.md") if len(path.read_text().splitlines()) > 40]
    assert long == []


def test_every_file_that_the_map_names_is_there() -> None:
    named = re.findall(r"`((?:src|frontend|scripts|tests|benchmarks|docs|samples)/[^`*{<]*)`", text_of("docs/map.md"))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_room_stands_on_the_map() -> None:
    rooms = [path.parent.name for path in (ROOT / "src/octavo").glob("*/__init__.py")]
    assert [room for room in rooms if f"`{room}/`" not in text_of("docs/map.md")] == []


def examples(language: str) -> list[tuple[str, str]]:
    """Every code block of that language in the papers, with the name of its paper."""
    return [
        (paper.name, code)
        for paper in papers()
        for kind, code in FENCE.findall(paper.read_text(encoding="utf-8"))
        if kind == language
    ]


def test_every_command_of_an_example_is_there() -> None:
    typed = [(paper, shlex.split(line, comments=True)) for paper, code in examples("sh") for line in code.splitlines()]
    assert len(typed) > 10
    for paper, words in typed:
        if not words:
            continue
        if words[0] == "octavo":
            assert words[1] in COMMANDS, (paper, words)
            command = importlib.import_module(COMMANDS[words[1]].module).command
            known = {name for parameter in command.params for name in [*parameter.opts, *parameter.secondary_opts]}
            flags = [word.split("=")[0] for word in words[2:] if word.startswith("--")]
            assert set(flags) <= known | {"--help"}, (paper, words)
        elif "/" in words[0]:
            assert os.access(ROOT / words[0], os.X_OK), (paper, words)


def test_every_settings_file_of_an_example_is_one(tmp_path: Path) -> None:
    blocks = examples("toml")
    assert blocks
    for _, code in blocks:
        (tmp_path / "settings.toml").write_text(code)
        load(file=tmp_path / "settings.toml", environment={}, flags={})


PROOF = re.compile(r"`(?:tests/)?([^`]*test_\w+\.py)`(?:: ([^;|`(]+))?")


def test_every_proof_that_is_promised_is_there() -> None:
    text = text_of("docs/promises.md").replace("\\|", "")
    paths = re.findall(r"`((?:tests|frontend|scripts|benchmarks|src|docs|requirements|\.ci)/[^` ]*)`", text)
    assert len(paths) > 40
    assert [path for path in paths if not (ROOT / path).exists()] == []
    missing = []
    for path, names in PROOF.findall(text):
        code = (ROOT / "tests" / path).read_text() if "/" in path else ""
        for name in filter(None, (name.strip(" .") for name in names.split(","))):
            function = "def test_" + re.sub(r"[^a-z0-9]+", "_", name.lower())
            if code and function not in code:
                missing.append(f"{path}: {name}")
    assert missing == []
