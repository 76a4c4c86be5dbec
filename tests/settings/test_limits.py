"""Amounts of memory and processors as people write them."""

import pytest

from octavo.errors import InvalidSetting
from octavo.settings import keys, limits


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("512MB", 512_000_000),
        ("1.5 GB", 1_500_000_000),
        ("2GiB", 2 * 1024**3),
        ("512M", 512 * 1024**2),
        ("100000000", 100_000_000),
        (" 1g ", 1024**3),
        ("", None),
        ("  ", None),
    ],
)
def test_memory_is_read_with_its_unit(text: str, amount: int | None) -> None:
    assert limits.memory(text) == amount


@pytest.mark.parametrize("text", ["5", "10MB", "much", "1.5.5GB", "-1GB", "2 XB", "1e9", "GB"])
def test_what_is_no_memory_for_a_kernel_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        limits.memory(text)


@pytest.mark.parametrize(("text", "amount"), [("1.5", 1.5), ("2", 2.0), (" 0.5 ", 0.5), ("", None)])
def test_processors_are_a_number(text: str, amount: float | None) -> None:
    assert limits.cpu(text) == amount


@pytest.mark.parametrize("text", ["0", "0.01", "nan", "inf", "-1", "two", "1,5", "5000", "50%"])
def test_what_is_no_number_of_processors_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        limits.cpu(text)


def test_a_wrong_setting_says_what_is_wanted() -> None:
    key = keys.find("kernels.memory_limit")
    assert key.from_text(" 512MB ", "flag") == "512MB"
    with pytest.raises(InvalidSetting) as wrong:
        key.from_text("512 apples", "flag")
    assert "512MB, 1.5GB or 2GiB" in str(wrong.value.hint)
    with pytest.raises(InvalidSetting):
        keys.find("kernels.cpu_limit").from_text("half", "flag")
