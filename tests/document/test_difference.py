from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from octavo.document.difference import edits

lines = st.lists(st.sampled_from(["import os\n", "中文\n", "x = 1\n", "\n", "👩‍👩‍👧\r\n", "end"]), max_size=12).map(
    "".join
)


def apply(old: str, new: str) -> str:
    text = old
    for edit in edits(old, new):
        text = text[: edit.start] + edit.text + text[edit.stop :]
    return text


@given(lines | st.text(), lines | st.text())
def test_edits_lead_from_the_old_text_to_the_new(old: str, new: str) -> None:
    assert apply(old, new) == new


@given(lines, lines)
def test_edits_come_last_one_first_and_do_not_overlap(old: str, new: str) -> None:
    found = edits(old, new)
    assert all(later.start >= earlier.stop for later, earlier in pairwise(found))
    assert all(edit.text or edit.stop > edit.start for edit in found)


def test_an_equal_text_is_no_edit() -> None:
    assert edits("a\nb", "a\nb") == []


def test_a_letter_is_one_letter() -> None:
    assert edits("one\ntwo\nthree", "one\ntwxo\nthree") == [(6, 6, "x")]


def test_two_changed_lines_are_two_small_edits() -> None:
    old = "".join(f"line {i}\n" for i in range(100))
    new = old.replace("line 20\n", "line twenty\n").replace("line 70\n", "line 7\n")
    seven, two = old.index("line 70") + 6, old.index("line 20") + 5
    assert edits(old, new) == [(seven, seven + 1, ""), (two, two + 2, "twenty")]


def test_many_equal_lines_take_no_time() -> None:
    old = "x\n" * 20_000
    assert (
        apply(old, "y\n" + old[: len(old) // 2] + "z\n" + old[len(old) // 2 :] + "w")
        == "y\n" + "x\n" * 10_000 + "z\n" + "x\n" * 10_000 + "w"
    )
