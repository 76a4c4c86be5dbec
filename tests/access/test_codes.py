import re

import pytest

from octavo.access import codes


def test_a_code_has_eighty_bits_in_groups_of_four():
    code = codes.new_code()
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){3}", code)
    assert len(codes.ALPHABET) == len(set(codes.ALPHABET)) == 32
    assert codes.new_code() != code


@pytest.mark.parametrize("typed", ["ABCD-EFGH-2345-6789", "abcd efgh 2345 6789", " abcdefgh23456789\n"])
def test_a_code_is_known_however_it_is_typed(typed):
    assert codes.code_letters(typed) == "ABCDEFGH23456789"


def test_a_token_can_be_told_by_its_looks():
    assert re.fullmatch(r"octavo_[0-9a-f]{48}", codes.new_token())


def test_a_device_is_known_by_our_signature_alone():
    cookie = codes.signed_device(b"key", "abc123")
    assert codes.device_of(b"key", cookie) == "abc123"
    for wrong in (
        None,
        "",
        "abc123",
        "abc123.",
        cookie + "0",
        cookie.replace("abc", "abd"),
        "é.x",
        "a b.x",
        cookie + "é",
    ):
        assert codes.device_of(b"key", wrong) is None
    assert codes.device_of(b"other", cookie) is None
