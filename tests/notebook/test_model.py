import pytest

from octavo.notebook.model import clean, is_json_mime, source_hash


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("", "811c9dc5"),
        ("a", "e40c292c"),
        ("foobar", "bf9cf968"),
        ("print('数据 🎉')\n", "5fc8e9ff"),
        ("\ud800", source_hash("\ufffd")),
    ],
)
def test_the_hash_is_fnv_1a_over_utf_8(source: str, wanted: str) -> None:
    assert source_hash(source) == wanted


def test_cleaning_replaces_lone_surrogates_everywhere() -> None:
    assert clean({"\udc00": ["ok", "\ud83d!", 1, None, {"a": "é"}]}) == {
        "\ufffd": ["ok", "\ufffd!", 1, None, {"a": "é"}]
    }


def test_which_types_stand_in_a_notebook_as_json() -> None:
    assert is_json_mime("application/json")
    assert is_json_mime("application/vnd.plotly.v1+json")
    assert not is_json_mime("text/plain")
    assert not is_json_mime("image/svg+xml")
