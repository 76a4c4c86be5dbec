import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.notebook.stream import StreamText, size


def folded(*texts: str, head: int = 1000, tail: int = 1000) -> StreamText:
    stream = StreamText(head=head, tail=tail)
    for text in texts:
        stream.write(text)
    return stream


def shown(*texts: str) -> str:
    stream = folded(*texts)
    return stream.head() + stream.tail() + stream.line


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["a\nb"], "a\nb"),
        (["10%\r", "20%\r", "100%\n", "done"], "100%\ndone"),
        (["windows\r\n", "mac\r", "\nend"], "windows\nmac\nend"),
        (["abcdef\rxy"], "xycdef"),
        (["spin |", "\b/", "\b-"], "spin -"),
        (["12345\b\b\b\b\b\b\babc"], "abc45"),
        (["a\n\b\bb"], "a\nb"),
        (["long line\r\x1b[Kshort"], "short"),
        (["abc\r\x1b[2Kxy"], "xy"),
        (["\x1b[31mred\x1b[0m\rok"], "ok\x1b[31md\x1b[0m"),
        (["\x1b[31mred\x1b[0m\r\x1b[32mgreen\x1b[0m"], "\x1b[32mgreen\x1b[0m"),
        (["a\x1b[1mb\x1b[0m\b\x1b[4mc"], "a\x1b[1m\x1b[4mc\x1b[0m"),
        (["\x1b[31mred\x1b[0m stays \x1b[K"], "\x1b[31mred\x1b[0m stays \x1b[K"),
        (["\r\r\r\b\b"], ""),
        (["进度 10%\r进度 9%"], "进度 9%%"),
    ],
)
def test_text_is_folded_as_a_terminal_would(texts: list[str], wanted: str) -> None:
    assert shown(*texts) == wanted


pieces = st.lists(
    st.sampled_from(["a", "bc", "é", "🎉", "\n", "\r", "\b", "\r\n", "\x1b[31m", "\x1b[0m", "\x1b[K", "xyz"]),
    max_size=40,
)


def terminal(text: str) -> str:
    lines, column = [[]], 0
    for char in text:
        if char == "\n":
            lines.append([])
            column = 0
        elif char == "\r":
            column = 0
        elif char == "\b":
            column = max(0, column - 1)
        else:
            lines[-1][column : column + 1] = [char]
            column += 1
    return "\n".join("".join(line) for line in lines)


@given(pieces)
def test_without_escapes_it_is_exactly_a_terminal(texts: list[str]) -> None:
    plain = [text for text in texts if "\x1b" not in text]
    assert shown(*plain) == terminal("".join(plain))


@given(pieces, st.data())
def test_how_the_text_is_cut_into_messages_makes_no_difference(texts: list[str], data: st.DataObject) -> None:
    joined = []
    for text in texts:
        if joined and data.draw(st.booleans()):
            joined[-1] += text
        else:
            joined.append(text)
    assert shown(*texts) == shown(*joined)


@given(pieces, st.integers(1, 30), st.integers(16, 60))
def test_head_tail_and_what_is_left_out_account_for_every_byte(texts: list[str], head: int, tail: int) -> None:
    stream, all_done = StreamText(head=head, tail=tail), ""
    for text in texts:
        all_done += stream.write(text)
    whole = all_done + stream.line
    assert whole.startswith(stream.head())
    assert whole.endswith(stream.tail() + stream.line)
    assert size(whole) == size(stream.head() + stream.tail() + stream.line) + stream.omitted_bytes
    assert whole.count("\n") == (stream.head() + stream.tail() + stream.line).count("\n") + stream.omitted_lines
    assert stream.head() == "" or stream.head().endswith("\n") or stream.cut
    assert size(stream.head()) <= head
    assert stream.finished == size(all_done)


@given(pieces)
def test_what_is_kept_of_the_last_line_folds_to_the_same(texts: list[str]) -> None:
    plain = [text for text in texts if "\x1b" not in text]
    stream, done = StreamText(head=1000, tail=1000), ""
    for text in plain:
        done += stream.write(text)
    again = folded(done + stream.last_line())
    assert (again.line, again.cursor) == (stream.line, stream.cursor)


def test_a_line_without_end_is_bounded_too() -> None:
    stream = folded(*["x" * 700] * 100, head=1000, tail=2000)
    assert len(stream.line) <= 2000
    assert size(stream.head() + stream.tail() + stream.line) <= 6000
    assert size(stream.head() + stream.tail() + stream.line) + stream.omitted_bytes == 70_000
    assert stream.since(stream.finished) is None


def test_a_flood_stays_within_its_bounds_and_keeps_whole_lines() -> None:
    stream = StreamText(head=4096, tail=4096)
    for n in range(20_000):
        stream.write(f"line {n}\n")
    assert stream.head().startswith("line 0\n")
    assert stream.tail().endswith("line 19999\n")
    assert stream.tail().startswith("line ")
    assert 3000 < size(stream.tail()) <= 4096
    assert stream.omitted_lines == 20_000 - stream.head().count("\n") - stream.tail().count("\n")
