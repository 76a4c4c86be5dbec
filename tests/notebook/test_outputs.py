import base64
import json
from typing import Any

import msgspec
import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.ids import BlobHash
from octavo.notebook import codec, large
from octavo.notebook.outputs import Displays, Omitted, Output, OutputOp, Outputs, Stored


def stream(text: str, name: str = "stdout") -> tuple[str, dict[str, Any]]:
    return "stream", {"name": name, "text": text}


def display(text: str, kind: str = "display_data", key: str = "", **rest: Any) -> tuple[str, dict[str, Any]]:
    transient = {"transient": {"display_id": key}} if key else {}
    return kind, {"data": {"text/plain": text}, "metadata": {}, **transient, **rest}


CLEAR, CLEAR_LATER = ("clear_output", {"wait": False}), ("clear_output", {"wait": True})


def run(*messages: tuple[str, dict[str, Any]], displays: Displays | None = None, **limits: int) -> Outputs:
    outputs = Outputs(own=True, **limits)
    for kind, content in messages:
        outputs.apply(kind, content, {}, displays=displays or Displays())
    return outputs


def seen(outputs: Outputs) -> list[tuple[str, str]]:
    return [(one.output_type, one.text or one.data.get("text/plain", "") or one.evalue) for one in outputs.outputs]


def test_neighbouring_text_of_one_stream_is_one_output() -> None:
    outputs = run(stream("a\n"), stream("b\n"), stream("!", "stderr"), stream("c"))
    assert [(one.name, one.text) for one in outputs.outputs] == [("stdout", "a\nb\n"), ("stderr", "!"), ("stdout", "c")]


def test_clear_output_empties_at_once_or_with_the_next_output() -> None:
    assert seen(run(stream("a"), CLEAR)) == []
    assert seen(run(stream("a"), CLEAR_LATER)) == [("stream", "a")]
    assert seen(run(stream("a"), CLEAR_LATER, stream("b"))) == [("stream", "b")]
    assert seen(run(stream("a"), CLEAR_LATER, CLEAR, stream("b"), stream("c"))) == [("stream", "bc")]
    outputs = run(stream("a"), display("x"), CLEAR_LATER)
    folded = outputs.apply(*display("y"), displays=Displays())
    assert (folded.truncated, folded.changed) == (0, (0,))


def test_an_update_reaches_every_output_with_that_display_id_also_of_earlier_runs() -> None:
    displays = Displays()
    first = run(display("a", key="bar"), stream("x"), display("b", key="bar"), displays=displays)
    second = run(display("c", "execute_result", key="bar", execution_count=3), displays=displays)
    folded = second.apply(*display("new", "update_display_data", key="bar"), displays=displays)
    assert (folded.changed, folded.elsewhere) == ((0,), ((first, 0), (first, 2)))
    assert seen(first) == [("display_data", "new"), ("stream", "x"), ("display_data", "new")]
    assert second.outputs[0].count == 3


def test_an_update_passes_by_what_was_cleared_and_what_nobody_holds() -> None:
    displays = Displays()
    first = run(display("a", key="bar"), CLEAR, stream("x"), displays=displays)
    run(display("b", key="bar"), displays=displays)
    folded = first.apply(*display("new", "update_display_data", key="bar"), displays=displays)
    assert (folded.changed, folded.elsewhere) == ((), ())
    assert seen(first) == [("stream", "x")]
    assert run(display("new", "update_display_data", key="bar"), displays=displays).outputs == []


def test_displays_that_nobody_holds_are_forgotten() -> None:
    displays = Displays()
    held = run(display("a", key="held"), displays=displays)
    for n in range(5000):
        run(display("a", key=f"gone-{n}"), displays=displays)
    assert displays.known < 1000
    assert displays.places("held")[0][0] is held


def test_results_errors_and_gaps_have_their_fields() -> None:
    outputs = run(
        display("42", "execute_result", execution_count=7),
        ("error", {"ename": "E", "evalue": "bad", "traceback": ["one", "two"]}),
    )
    outputs.gap(3, 500)
    outputs.gap(2, 100)
    assert outputs.outputs == [
        Output(output_type="execute_result", data={"text/plain": "42"}, count=7, own=True),
        Output(output_type="error", ename="E", evalue="bad", traceback=["one", "two"], own=True),
        Output(output_type="gap", messages=5, bytes=600, own=True),
    ]


@pytest.mark.parametrize(
    "kind",
    ["stream", "display_data", "execute_result", "update_display_data", "error", "clear_output", "status", "", "x"],
)
@given(content=st.dictionaries(
    st.sampled_from(["name", "text", "data", "metadata", "transient", "wait", "ename", "evalue", "traceback", "execution_count", "display_id"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=3) | st.just("display_id"), inner, max_size=3),
        max_leaves=6,
    ),
))  # fmt: skip
@settings(max_examples=60)
def test_wrong_types_from_a_kernel_never_raise(kind: str, content: dict[str, Any]) -> None:
    outputs = run((kind, content), stream("fine"), (kind, content))
    for output in outputs.outputs:
        output.data, output.metadata = {}, {}
        assert msgspec.json.decode(msgspec.json.encode(output), type=Output) == output
    Outputs.from_nbformat([{"output_type": kind, **content}]).to_nbformat()


def test_a_value_that_poses_as_a_blob_is_left_out() -> None:
    pose = {"blob": "0" * 64, "size": 5}
    outputs = run(("display_data", {"data": {"application/json": pose, "text/plain": "x"}, "metadata": {}}))
    assert outputs.outputs[0].data == {"text/plain": "x"}


class Page:
    """What a client does with ops, as the page does."""

    def __init__(self) -> None:
        self.outputs: list[Output] = []
        self.known: dict[int, tuple[int, int]] = {}

    def take(self, op: OutputOp) -> None:
        if op.op == "truncate":
            del self.outputs[op.index :]
        elif op.op == "set":
            assert op.output is not None
            self.outputs[op.index : op.index + 1] = [op.output]
        else:
            old = self.outputs[op.index]
            name = "text" if old.omitted is None else "tail"
            lines = getattr(old, name)
            lines = lines[: lines.rfind("\n") + 1] + op.text
            for _ in range(op.dropped):
                lines = lines[lines.index("\n") + 1 :]
            self.outputs[op.index] = msgspec.structs.replace(old, **{name: lines}, omitted=op.omitted or old.omitted)

    def catch_up(self, outputs: Outputs) -> int:
        """Take what is new; returns how many outputs had to be set whole."""
        whole = 0
        if len(outputs) < len(self.outputs):
            self.take(OutputOp(op="truncate", index=len(outputs)))
        for index in range(len(outputs)):
            version, finished = self.known.get(index, (-1, 0))
            if index < len(self.outputs) and version == outputs.version(index):
                continue
            op = outputs.since(index, version, finished) if index < len(self.outputs) else None
            whole += op is None
            self.take(op or OutputOp(op="set", index=index, output=outputs.output(index)))
            self.known[index] = (outputs.version(index), outputs.finished(index))
        return whole


words = st.sampled_from(
    ["a\n", "line\n", "é🎉\n", "no end", "\r", "\b", "x", "10%\r20%", "one\ntwo\nthree", "\n\n", "y" * 70 + "\n"]
)
happenings = st.lists(
    st.tuples(st.just("stream"), words)
    | st.tuples(st.just("stderr"), words)
    | st.tuples(st.sampled_from(["display", "clear", "later", "look"]), st.just("")),
    max_size=60,
)


@given(happenings, st.integers(8, 60), st.integers(20, 120))
def test_a_page_that_takes_ops_at_any_pace_shows_what_the_server_has(
    events: list[tuple[str, str]], head: int, tail: int
) -> None:
    page, outputs, displays = Page(), Outputs(own=True, head=head, tail=tail), Displays()
    for kind, text in events:
        match kind:
            case "stream" | "stderr":
                outputs.apply(*stream(text, "stdout" if kind == "stream" else "stderr"), displays=displays)
            case "display":
                outputs.apply(*display("x"), displays=displays)
            case "clear" | "later":
                outputs.apply(*(CLEAR if kind == "clear" else CLEAR_LATER), displays=displays)
            case _:
                page.catch_up(outputs)
                assert page.outputs == outputs.outputs
    page.catch_up(outputs)
    assert page.outputs == outputs.outputs


def test_a_page_that_keeps_up_is_sent_only_what_is_new() -> None:
    page, outputs = Page(), run(stream("begin\n"), head=1000, tail=4000)
    whole = page.catch_up(outputs)
    for n in range(5000):
        outputs.apply(*stream(f"line {n}\n"), displays=Displays())
        if n % 7 == 0:
            whole += page.catch_up(outputs)
    assert whole == 2  # when it began, and when its middle was first left out
    version, finished = outputs.version(0), outputs.finished(0)
    outputs.apply(*stream("one more\nand"), displays=Displays())
    op = outputs.since(0, version, finished)
    assert op is not None
    assert op.text == "one more\nand"


def test_chunks_that_are_kept_restore_the_same_outputs_and_folding_goes_on() -> None:
    displays = Displays()
    limits = {"head": 40, "tail": 100}
    outputs = Outputs(own=True, **limits)
    kept: dict[int, list[str]] = {}
    last: dict[int, str] = {}
    messages = [display("d", key="bar"), *[stream(f"line {n}\n50%\r{n}") for n in range(200)], stream("\r")]
    for kind, content in messages:
        for index, finished, line in outputs.apply(kind, content, displays=displays).grew:
            kept.setdefault(index, []).append(finished)
            last[index] = line
    rows = [
        Stored(outputs.output(n), text="".join(kept.get(n, [])) + last.get(n, ""), display=outputs.display(n))
        for n in range(len(outputs))
    ]
    fresh = Displays()
    again = Outputs.restore(rows, own=True, displays=fresh, **limits)
    for one, where in ((outputs, displays), (again, fresh)):
        one.apply(*stream("end"), displays=where)
        one.apply(*display("new", "update_display_data", key="bar"), displays=where)
    assert again.outputs == outputs.outputs
    assert again.outputs[0].data == {"text/plain": "new"}


def test_a_text_over_its_limit_is_not_given_to_keep_but_counted() -> None:
    outputs = run(limit_text=1000, head=200, tail=200)
    kept = "".join(
        done
        for n in range(100)
        for _, done, _ in outputs.apply(*stream(f"this is line {n}\n"), displays=Displays()).grew
    )
    lost = outputs.lost(0)
    assert 1000 <= len(kept) < 1050
    assert lost is not None
    assert lost.bytes == outputs.finished(0) - len(kept)
    assert lost.lines == 100 - kept.count("\n")
    again = Outputs.restore(
        [Stored(outputs.output(0), kept, lost, "tail")], own=True, displays=Displays(), head=200, tail=200
    )
    again.apply(*stream(" goes on"), displays=Displays())
    shown = again.outputs[0]
    assert shown.tail.endswith("tail goes on")
    assert shown.omitted is not None
    assert shown.omitted.lines + shown.text.count("\n") + shown.tail.count("\n") == 100


def test_a_restored_text_has_its_gap_right_behind_the_head() -> None:
    stored = Stored(
        Output(output_type="stream", name="stdout"), "head\n" * 30, Omitted(lines=10, bytes=100), "tail\nend"
    )
    output = Outputs.restore([stored], own=True, displays=Displays(), head=50, tail=100).outputs[0]
    assert output.text == "head\n" * 10
    assert output.tail == "tail\nend"
    assert output.omitted == Omitted(lines=30, bytes=200)


def test_restoring_remembers_that_the_next_output_clears() -> None:
    outputs = run(stream("a"), CLEAR_LATER)
    again = Outputs.restore([Stored(outputs.output(0), "a")], own=True, displays=Displays(), waiting=outputs.waiting)
    again.apply(*stream("b"), displays=Displays())
    assert seen(again) == [("stream", "b")]


def test_a_long_text_goes_into_the_file_as_head_and_tail_with_a_line_between() -> None:
    outputs = run(*[stream(f"line {n}\n") for n in range(10_000)], head=5000, tail=5000)
    text = outputs.to_nbformat(text_limit=2000)[0]["text"]
    lines = text.split("\n")
    said = next(n for n, line in enumerate(lines) if line.startswith("[…"))
    assert lines[said] == f"[… {10_000 - len(lines) + 2:,} lines (97 kB) are left out of this file …]"
    assert lines[0] == "line 0"
    assert lines[-2] == "line 9999"
    assert len(text.encode()) < 2100


def test_a_text_that_fits_the_file_is_asked_for_whole() -> None:
    outputs = run(*[stream(f"line {n}\n") for n in range(1000)], head=500, tail=500)
    whole = "".join(f"line {n}\n" for n in range(1000))
    assert (
        outputs.to_nbformat(text_limit=100_000, whole=lambda index: whole if index == 0 else None)[0]["text"] == whole
    )
    assert "left out" in outputs.to_nbformat(text_limit=100_000)[0]["text"]
    assert "left out" not in run(stream("a\n" * 50)).to_nbformat(text_limit=100)[0]["text"]


@given(st.text(st.sampled_from("ab\né"), min_size=1, max_size=200), st.integers(16, 64))
def test_a_shortened_text_is_made_of_the_text(text: str, limit: int) -> None:
    written = run(stream(text)).to_nbformat(text_limit=limit)[0]["text"]
    first, said, last = written.partition("[…")
    if not said:
        assert written == text
    else:
        assert text.startswith(first.removesuffix("\n"))
        assert text.endswith(last.partition("\n")[2])


def test_what_goes_into_the_file_is_valid() -> None:
    outputs = run(
        stream("a"), display("b"), display("c", "execute_result", execution_count=1), ("error", {"ename": "E"})
    )
    outputs.gap(1, 20_000)
    notebook, frame, _ = codec.empty()
    notebook.cells = [codec.Cell(codec.CellId("one"), "code", "", outputs=outputs.to_nbformat())]
    written = nbformat.reads(codec.write(notebook, frame).decode(), as_version=4)
    nbformat.validate(written)
    assert "1 messages (20 kB) of output are missing here" in written.cells[0].outputs[-1].text


def test_outputs_of_a_file_come_back_as_they_were() -> None:
    raw = [
        {"output_type": "stream", "name": "stdout", "text": "10%\r20%", "unknown": [1]},
        {"output_type": "hologram", "depth": 3},
        {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}, "transient": {}},
        {"output_type": "error", "ename": "E", "evalue": "", "traceback": "one string"},
    ]
    outputs = Outputs.from_nbformat(raw)
    assert outputs.to_nbformat() == raw
    assert [one.output_type for one in outputs.outputs] == ["stream", "display_data", "display_data", "error"]
    assert outputs.outputs[0].text == "20%"
    assert not any(one.own for one in outputs.outputs)
    displays = Displays()
    outputs.apply(*stream("more", "stderr"), displays=displays)
    assert outputs.to_nbformat()[:4] == raw


def test_large_values_become_blobs_and_come_back() -> None:
    blobs: dict[str, bytes] = {}

    def put(mime: str, body: bytes) -> codec.Any:
        key = f"{len(blobs):064x}"
        blobs[key] = body
        return key

    png = bytes(range(256)) * 200
    data = {
        "image/png": base64.b64encode(png).decode(),
        "image/jpeg": base64.encodebytes(png).decode(),
        "image/gif": base64.b64encode(png).decode() + "\n",
        "image/webp": "no base64, é" * 5000,
        "text/html": "<b>é</b>" * 5000,
        "application/json": {"a": ["é"] * 10_000},
        "text/plain": "small",
    }
    output = Output(output_type="display_data", data=data)
    outside = large.externalise(output, put)
    assert output.data is data
    assert outside.data["text/plain"] == "small"
    assert outside.data["image/png"] == {"blob": "0" * 64, "size": len(png), "form": "base64"}
    assert blobs["0" * 64] == png
    assert large.references([outside]).keys() == blobs.keys()
    assert large.externalise(outside, put) is outside
    assert len(json.dumps(msgspec.to_builtins(outside))) < 1500
    outputs = Outputs.restore([Stored(outside)], own=True, displays=Displays())
    written = outputs.to_nbformat(blob=lambda reference: large.internalise(reference, blobs.__getitem__))
    assert written[0]["data"] == data


def test_a_replaced_output_is_no_change_for_those_who_have_it() -> None:
    outputs = run(display("x"))
    version = outputs.version(0)
    outputs.replace(0, Output(output_type="display_data", data={"text/plain": "y"}, own=True))
    assert outputs.version(0) == version
    assert outputs.outputs[0].data == {"text/plain": "y"}


def test_omitted_is_told_with_the_line_that_dropped_it() -> None:
    outputs = run(*[stream(f"line {n}\n") for n in range(100)], head=50, tail=160)
    version, finished = outputs.version(0), outputs.finished(0)
    before = outputs.outputs[0].omitted
    for n in range(5):
        outputs.apply(*stream(f"line {n}\n"), displays=Displays())
    op = outputs.since(0, version, finished)
    assert op is not None
    assert before is not None
    assert op.omitted == Omitted(lines=before.lines + op.dropped, bytes=outputs.outputs[0].omitted.bytes)


@pytest.mark.parametrize("picture", ["iVBORw0KGgo=" * 4000, ("QUJD" * 10 + "\n") * 600, "no base64 at all " * 2000])
def test_a_picture_that_is_spelt_in_its_own_way_comes_back_as_it_was(picture: str) -> None:
    held: dict[BlobHash, bytes] = {}

    def put(mime: str, body: bytes) -> BlobHash:
        held[BlobHash("a" * 64)] = body
        return BlobHash("a" * 64)

    output = Output(output_type="display_data", data={"image/png": picture})
    reference = large.externalise(output, put).data["image/png"]
    assert large.internalise(reference, held.__getitem__) == picture
