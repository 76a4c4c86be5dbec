import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.notebook import jsontext
from octavo.notebook.jsontext import Lines, Style, Words

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
styles = st.sampled_from(
    [
        Style(),
        Style(indent="\t", newline="\r\n", comma=", ", ordered=False),
        Style(indent=None, colon=":"),
        Style(indent=None, comma=", ", ascii=True),
        Style(slash=True, colon=" : "),
    ]
)


@given(values, styles)
def test_what_is_encoded_says_the_value(value: Any, style: Style) -> None:
    assert json.loads(jsontext.encode(value, style)) == value


@given(values)
def test_the_default_style_is_jupyters(value: Any) -> None:
    assert jsontext.encode(value, Style()) == json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)


@given(values, values, styles, st.sampled_from([None, 0, 2, "\t"]))
def test_a_revised_text_says_the_new_value(old: Any, new: Any, style: Style, indent: int | str | None) -> None:
    revised = jsontext.revise(json.dumps(old, indent=indent), new, style, 0)
    assert jsontext.same(json.loads(revised), new)


@given(values, styles)
def test_revising_to_the_same_changes_nothing(value: Any, style: Style) -> None:
    raw = json.dumps(value, indent=3, separators=(" , ", " : "))
    assert jsontext.revise(raw, value, style, 0) == raw


lines = st.lists(st.sampled_from(["a\n", "b\n", "\n", "a", "é\r\n", "x\x0cy\n"]), max_size=8)


@given(lines, lines, styles)
def test_revised_lines_join_to_the_new_text(old: list[str], new: list[str], style: Style) -> None:
    revised = json.loads(jsontext.revise(json.dumps(old), Lines("".join(new)), style, 0))
    assert "".join(revised) == "".join(new)
    assert isinstance(revised, list)


@pytest.mark.parametrize(
    ("raw", "new", "wanted"),
    [
        ('{"a": 1, "c": 2}', {"a": 1, "b": 0, "c": 2}, '{"a": 1, "b": 0, "c": 2}'),
        ('{"c": 1, "a": 2}', {"a": 2, "b": 0, "c": 1}, '{"c": 1, "a": 2, "b": 0}'),
        ('{\n "a" : 1e0,\n\n "b" : 2\n}', {"a": 1, "b": 3}, '{\n "a" : 1e0,\n\n "b" : 3\n}'),
        ('{\n "a" : 1,\n\n "b" : 2\n}', {"b": 2}, '{\n "b" : 2\n}'),
        ("{\n}", {"b": 2}, '{\n "b": 2\n}'),
        ('{"a": 1, "a": 2}', {"a": 3}, '{"a": 1, "a": 3}'),
        ("[1, 2,3]", [1, 3], "[1,3]"),
        ("[1, 2, 3]", [1, 2, 2.5, 3], "[1, 2, 2.5, 3]"),
        ("[\n 1\n]", [1, 2], "[\n 1,\n 2\n]"),
        ("[1]", [1, 2], "[1,2]"),
        ('["a\\n", "b"]', Lines("a\nc\nb"), '["a\\n", "c\\n", "b"]'),
        ('["a", "b"]', Lines("ab!"), '["a", "b!"]'),
        ('"a"', Lines("b\nc"), '"b\\nc"'),
        ("[]", Lines("b"), '[\n "b"\n]'),
        ("null", Lines("b"), '[\n "b"\n]'),
        ("null", Words("b\nc"), '"b\\nc"'),
        ('["b\\n"]', Words("b\nc"), '["b\\n","c"]'),
        ("[]", Words("b"), '[\n "b"\n]'),
        ("1.50", 1.5, "1.50"),
        ("true", 1, "1"),
        ("NaN", None, "NaN"),
        ("1", float("nan"), "null"),
    ],
)
def test_only_what_differs_is_written_anew(raw: str, new: Any, wanted: str) -> None:
    assert jsontext.revise(raw, new, Style(), 0) == wanted


def test_numbers_beyond_64_bits_are_read_as_floats() -> None:
    found = jsontext.decode("[9223372036854775808, 18446744073709551616, -9223372036854775809, 1" + "0" * 5000 + "]")
    assert found == [2**63, 2.0**64, -(2.0**63), float("inf")]


def test_lone_surrogates_are_read_as_replacement_characters_and_written_as_escapes() -> None:
    assert jsontext.decode('{"\\ud800": ["\\udfff\\ud83d\\ude00"]}') == {"\ufffd": ["\ufffd😀"]}
    assert jsontext.encode("\ud800é", Style()) == '"\\ud800é"'


def test_what_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(TypeError, match="JSON has no bytes"):
        jsontext.encode(b"", Style())
