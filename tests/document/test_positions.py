from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.document.positions import DIGITS, LONG, Minter, between, count, is_position, neighbours, rebalance

keys = st.text(DIGITS, max_size=6).map(lambda text: text + "V")


def numbers(seed: int) -> Callable[[], float]:
    """The same numbers as in peer.ts."""

    def number() -> float:
        nonlocal seed
        seed = seed * 48271 % 2147483647
        return seed / 2147483647

    return number


def insert(minter: Minter, made: list[str], gap: int, n: int = 1) -> None:
    made[gap:gap] = minter.keys(*neighbours(made, gap), n)


@given(keys, keys)
def test_a_key_lies_between_any_two(one: str, other: str) -> None:
    low, high = sorted((one, other))
    if low < high:
        key = between(low, high)
        assert low < key < high
        assert key + "zzzz" < high


@given(st.lists(st.integers(-(10**9), 10**9)))
def test_counts_sort_as_their_numbers_do(values: list[int]) -> None:
    assert sorted(values, key=count) == sorted(values)


def test_no_room_is_said() -> None:
    with pytest.raises(ValueError, match="no key lies"):
        between("V", "V")


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 4)), max_size=60), st.integers(1, 10**6))
def test_inserted_keys_stand_where_they_were_inserted(gaps: list[tuple[int, int]], seed: int) -> None:
    minter, made = Minter(numbers(seed)), list[str]()
    for gap, n in gaps:
        insert(minter, made, gap % (len(made) + 1), n)
    assert made == sorted(set(made))
    assert all(is_position(key) for key in made)


@pytest.mark.parametrize("seed", range(1, 20))
def test_python_and_typescript_make_the_same_keys(node: Any, seed: int) -> None:
    random = Random(seed)
    gaps = [random.choice([0, random.randrange(10**6), 7]) for _ in range(200)]
    minter, made = Minter(numbers(seed)), list[str]()
    for gap in gaps:
        insert(minter, made, gap % (len(made) + 1), 1 + gap % 3)
    assert node.call("", "keys", seed, gaps) == made


def test_python_and_typescript_agree_on_what_is_a_position(node: Any) -> None:
    tried = ["V", "", "0", "V0", "V\n", "é", "a b", "z" * 512, "z" * 513, None, 7, ["V"], "V\u2028"]
    wanted = [True, False, False, False, False, False, False, True, False, False, False, False, False]
    assert [is_position(key) for key in tried] == wanted
    assert node.call("", "isPosition", tried) == wanted


def test_two_authors_who_write_at_one_spot_get_two_blocks() -> None:
    start = ["A", "V"]
    blocks = []
    for seed in (3, 4):
        minter, made = Minter(numbers(seed)), list(start)
        for i in range(10):
            insert(minter, made, 1 + i)
        for _ in range(10):
            insert(minter, made, 1)
        blocks.append([(key, seed) for key in made if key not in start])
    authors = [author for _, author in sorted(blocks[0] + blocks[1])]
    assert sum(one != other for one, other in pairwise(authors)) == 1


def test_long_keys_are_made_anew_inside_their_short_neighbours() -> None:
    minters, made = (Minter(numbers(1)), Minter(numbers(2))), ["A", "V"]
    for i in range(300):  # always between the last two, by two authors in turn: the worst there is
        insert(minters[i % 2], made, 1 + i % 2)
        made = made if len(made) < 20 else [made[0], *made[5:15], made[-1]]
    made[1:1] = [made[0] + "1" * (LONG + 1)]
    fresh = rebalance(made)
    anew = [fresh.get(i, key) for i, key in enumerate(made)]
    assert fresh
    assert anew == sorted(set(anew))
    assert max(map(len, anew)) <= LONG
    assert anew[0] == "A"
    assert anew[-1] == "V"


def test_a_minter_forgets_old_runs_and_goes_on() -> None:
    minter = Minter(numbers(9))
    made = list[str]()
    for i in range(500):
        insert(minter, made, i * 7919 % (len(made) + 1))
    assert made == sorted(set(made))
