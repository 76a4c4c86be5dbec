"""Names of sources, lines of one text in another, and what is wrong with a breakpoint. Pure."""

import pytest
from ipykernel.compiler import murmur2_x86

from octavo.debug import breakpoints, shapes, sources
from octavo.debug.kernel import attach
from octavo.errors import Invalid


@pytest.mark.parametrize("text", ["", "a", "ab", "abc", "abcd", "é€😀 x", "x = 1\n" * 100])
def test_cells_are_named_as_ipykernel_and_the_helper_name_them(text):
    assert sources.murmur2(text.encode()) == murmur2_x86(text, sources.SEED)
    assert sources.cell_name("f0", text) == attach.name_of("f0", text)
    assert sources.named(sources.cell_name("f0", text)) == ("f0", sources.version(text))
    assert sources.named("<ipython-input-3>") is None


@pytest.mark.parametrize(
    ("line", "text", "other", "found"),
    [
        (2, "a\nb\nc", "a\nb\nc", 2),
        (3, "a\nb\nc\nd", "new\na\nb\nc\nd", 4),
        (3, "a\nb\nc\nd", "c\nd", 1),
        (2, "a\nb\nc", "a\nX\nc", 0),
        (3, "a\nb\nc\nd\ne", "a\nX\nc\nY\ne", 3),
        (9, "a\nb", "a\nb", 0),
    ],
)
def test_a_line_is_found_in_another_version(line, text, other, found):
    assert sources.line_in(line, text, other) == found


def test_the_first_line_of_code_is_no_comment():
    assert sources.first_line("\n# x\n\n  y = 1\n") == 4
    assert sources.first_line("") == 1


def asked(**fields):
    return shapes.Breakpoint(id="b", at=shapes.Place(line=1, cell="a"), **fields)


def test_a_condition_that_cannot_be_read_is_a_problem():
    assert breakpoints.problem_of(asked(condition="i ==")) != ""
    assert breakpoints.problem_of(asked(condition=" i == 3 ")) == ""
    assert breakpoints.problem_of(asked(hit="often")) != ""
    assert breakpoints.problem_of(asked(hit="% 5", log="{{i}} is {i + 1}")) == ""
    assert breakpoints.problem_of(asked(log="{i +}")) != ""


@pytest.mark.parametrize(
    "wrong",
    [
        shapes.Breakpoint(id="no spaces", at=shapes.Place(line=1, cell="a")),
        shapes.Breakpoint(id="b", at=shapes.Place(line=0, cell="a")),
        shapes.Breakpoint(id="b", at=shapes.Place(line=1)),
        shapes.Breakpoint(id="b", at=shapes.Place(line=1, cell="a", path="b.py")),
        shapes.Breakpoint(id="b", at=shapes.Place(line=1, cell="a"), condition="x" * 5000),
    ],
)
def test_what_is_no_breakpoint_is_refused(wrong):
    with pytest.raises(Invalid):
        breakpoints.check(wrong)
