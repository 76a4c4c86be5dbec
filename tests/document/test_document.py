from base64 import b64decode, b64encode
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text

from octavo.document.document import Applied, Document, Gap, contains
from octavo.document.schema import MAX_UPDATE, Mark
from octavo.errors import Conflict, Invalid, NotFound, TooLarge
from octavo.ids import CellId
from octavo.notebook.model import Cell, Notebook

NewPage = Callable[..., Any]
pieces = st.sampled_from(["👩‍👩‍👧", "𝒳", "中文", "\n", "\r\n", "a", "b"]) | st.characters(exclude_categories=["Cs"])
texts = st.lists(pieces, max_size=30).map("".join)


def cell(name: str, source: str = "", **more: Any) -> Cell:
    return Cell(**({"id": name, "type": "code", "source": source} | more))


def document(**sources: str) -> Document:
    """These cells in this order; its changes have been looked at."""
    made = Document.new([cell(name, source) for name, source in sources.items()], {})
    made.changed()
    return made


def update_of(edited: Document, change: Callable[[Any], object]) -> bytes:
    with edited.edit() as editor:
        change(editor)
    assert editor.update is not None
    return editor.update


def accept(target: Document, update: bytes) -> Applied | Gap:
    return target.apply(update, client=1, clock=0)


def is_new(answer: Applied | Gap) -> bool:
    return isinstance(answer, Applied) and answer.update is not None


# Making, loading ------------------------------------------------------------------------------------------------------


def test_a_notebook_comes_back_as_it_went_in() -> None:
    cells = [
        cell("a", "print('中文 👩‍👩‍👧')\n", metadata={"tags": ["x"], "n": 1.0, "deep.er": {"k": None}}),
        cell("b", "# 𝒳", type="markdown", attachments={"p.png": {"image/png": "aGk="}}),
        cell("c", "", type="oddity"),
    ]
    metadata = {"kernelspec": {"name": "python3"}, "big": 10**30, "": False}
    made = Document.new(cells, metadata)
    assert made.notebook() == Notebook(cells=cells, metadata=metadata)
    again = Document.load([made.snapshot()])
    assert again.notebook() == made.notebook()
    assert again.order() == ["a", "b", "c"]
    assert not again.changed()


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    made = document(a="x\ud83dy")
    assert made.source(CellId("a")) == "x\ufffdy"


@pytest.mark.parametrize("cells", [[cell("a"), cell("a")], [cell("")], [cell("a b")], [cell("x" * 65)]])
def test_a_cell_needs_an_id_of_its_own(cells: list[Cell]) -> None:
    with pytest.raises(Invalid):
        Document.new(cells, {})


def test_every_start_is_another_author() -> None:
    made = document(a="one")
    state = made.snapshot()
    updates = [update_of(Document.load([state]), lambda editor: editor.set_source("a", "one!")) for _ in range(2)]
    assert updates[0] != updates[1]


def test_a_newer_schema_is_refused() -> None:
    newer: Doc[Any] = Doc()
    newer.get("octavo", type=Map)["schema"] = 2.0
    with pytest.raises(Conflict, match="newer release"):
        Document.load([newer.get_update()])


def test_damaged_bytes_are_refused() -> None:
    with pytest.raises(Invalid, match="damaged"):
        Document.load([b"\x07\x07\x07"])


def test_readers_have_a_default_for_every_key() -> None:
    bare: Doc[Any] = Doc()
    bare.get("cells", type=Map)["x"] = Map(
        {"source": Text("hi"), "position": "not one!", "deleted": "7", "metadata.a": "{"}
    )
    loaded = Document.load([bare.get_update()])
    assert loaded.order() == ["x"]
    found = loaded.cell(CellId("x"))
    assert (found.type, found.deleted, found.metadata, found.split) == ("code", None, {}, None)


# The server's own edits -----------------------------------------------------------------------------------------------


def test_an_edit_s_bytes_bring_a_copy_to_the_same_state() -> None:
    made = document(a="one", b="two", c="three")
    copy = Document.load([made.snapshot()])

    def change(editor: Any) -> None:
        editor.insert([cell("n", "new", type="markdown")], "a")
        editor.move("c", None)
        editor.set_source("b", "to\nwo")
        editor.set_type("a", "raw")
        editor.set_metadata("a", {"tags": ["x"]})
        editor.set_meta("kernelspec", {"name": "r"})

    update = update_of(made, change)
    assert made.order() == ["c", "a", "n", "b"]
    assert is_new(accept(copy, update))
    assert copy.notebook() == made.notebook()


def test_an_edit_that_changes_nothing_has_no_bytes() -> None:
    made = Document.new([cell("a", "one", metadata={"k": 1})], {"m": 2})
    with made.edit() as editor:
        assert editor.set_source("a", "one") is False
        editor.set_type("a", "code")
        editor.set_metadata("a", {"k": 1})
        editor.set_attachments("a", {})
        editor.set_meta("m", 2)
        editor.set_all_meta({"m": 2})
        editor.restore("a")
    assert editor.update is None


def test_metadata_that_is_gone_is_taken_out() -> None:
    made = Document.new([cell("a", metadata={"k": 1, "l": 2})], {"m": 1})
    with made.edit() as editor:
        editor.set_metadata("a", {"l": 2})
        editor.set_all_meta({})
    assert made.cell(CellId("a")).metadata == {"l": 2}
    assert made.metadata() == {}


@given(texts, texts)
def test_a_source_becomes_the_text_that_was_set(old: str, new: str) -> None:
    made = document(a=old)
    with made.edit() as editor:
        editor.set_source("a", new)
    assert made.source(CellId("a")) == new
    made.close()


def test_a_later_edit_of_one_transaction_sees_the_earlier_ones() -> None:
    made = document(a="", b="")
    with made.edit() as editor:
        editor.insert([cell("n")], "b")
        editor.move("a", "n")
        editor.delete("b")
        editor.insert([cell("m")], "n")
        assert editor.order() == ["n", "m", "a"]
    assert made.order() == ["n", "m", "a"]


def test_a_deleted_cell_lies_in_the_bin_and_comes_back_to_its_place() -> None:
    made = document(a="1", b="2", c="3", d="")
    with made.edit("甲") as editor:
        editor.delete("b", into="a")
        editor.delete("d")
    assert made.order() == ["a", "c"]
    [binned] = made.bin()  # the empty one is not worth showing
    assert (binned.id, binned.source) == ("b", "2")
    assert binned.deleted
    assert (binned.deleted.by, binned.deleted.into) == ("甲", "a")
    assert "b" in made
    assert not made.is_visible(CellId("b"))
    with made.edit() as editor:
        editor.restore("b")
    assert made.order() == ["a", "b", "c"]


def test_below_a_hidden_cell_is_below_where_it_would_stand() -> None:
    made = document(a="", b="", c="")
    with made.edit() as editor:
        editor.delete("b")
        editor.insert([cell("n")], "b")
    assert made.order() == ["a", "n", "c"]


def test_an_unknown_cell_is_not_found() -> None:
    made = document(a="")
    with pytest.raises(NotFound):
        made.cell(CellId("x"))
    with pytest.raises(NotFound), made.edit() as editor:
        editor.move("x", None)
    assert not made.spoiled


def test_an_edit_that_breaks_off_spoils_the_document() -> None:
    made = document(a="")

    def change(editor: Any) -> None:
        editor.set_source("a", "half")
        editor.delete("x")

    with pytest.raises(NotFound):
        update_of(made, change)
    assert made.spoiled
    with pytest.raises(Invalid):
        accept(made, b"\x00\x00")


def test_crowded_keys_are_made_anew_where_they_were(new_page: NewPage) -> None:
    made, page = document(a="", b="", c=""), new_page(15)
    page.meet(made)
    low = page.do("view")["cells"]["a"][3]
    page.do("hostile", f"doc.getMap('cells').get('b').set('position', '{low}' + 'V'.repeat(300))")
    page.send(made)
    assert made.order() == ["a", "b", "c"]
    assert made.crowded()
    with made.edit() as editor:
        assert editor.rebalance() == 1
    assert made.order() == ["a", "b", "c"]
    assert not made.crowded()


# What changed ---------------------------------------------------------------------------------------------------------


def test_changes_name_what_a_session_must_look_at() -> None:
    made = document(a="", b="", c="", d="")
    with made.edit() as editor:
        editor.set_source("a", "x")
        editor.set_type("b", "markdown")
        editor.delete("c")
    changes = made.changed()
    assert changes.cells == {"a", "b", "c"}
    assert changes.retyped == {"b"}
    assert changes.hidden == {"c"}
    assert changes.order
    assert not changes.meta
    assert not made.changed()


def test_typing_leaves_the_order_alone() -> None:
    made = document(a="", b="")
    order = made.order()
    with made.edit() as editor:
        editor.set_source("a", "x")
    assert not made.changed().order
    assert made.order() is order


def test_metadata_of_the_notebook_is_a_change() -> None:
    made = document(a="")
    with made.edit() as editor:
        editor.set_meta("k", 1)
    changes = made.changed()
    assert changes.meta
    assert not changes.cells


# What clients send ----------------------------------------------------------------------------------------------------


def test_an_update_that_was_had_before_is_no_change() -> None:
    made = document(a="one")
    copy = Document.load([made.snapshot()])
    update = update_of(copy, lambda editor: editor.set_source("a", "one two"))
    assert is_new(accept(made, update))
    assert accept(made, update) == Applied(None)
    assert accept(made, copy.snapshot()) == Applied(None)


def test_an_update_whose_predecessor_is_missing_is_a_gap_until_it_comes(new_page: NewPage) -> None:
    made, page = document(a="one"), new_page(11)
    page.meet(made)
    page.do("type", "a", 3, " 二")
    page.do("type", "a", 5, " 三")
    (first, _), (second, clock) = page.out
    assert made.apply(second, client=11, clock=clock) == Gap(client=11, have=0, clock=clock)
    assert made.source(CellId("a")) == "one"
    assert is_new(accept(Document.load([made.snapshot()]), first))
    assert is_new(page.send(made))
    assert made.source(CellId("a")) == "one 二 三"
    assert made.clock(11) == clock


def test_a_gap_leaves_nothing_behind(new_page: NewPage) -> None:
    made, page = document(a="one"), new_page(16)
    stored = [made.snapshot()]
    page.meet(made)
    page.do("type", "a", 3, " 二")
    page.do("type", "a", 5, " 三")
    (first, _), (second, clock) = page.out
    assert isinstance(made.apply(second, client=16, clock=clock), Gap)
    assert not made.spoiled
    assert is_new(accept(made, first))  # from another, who had it
    stored.append(first)
    assert made.source(CellId("a")) == Document.load(stored).source(CellId("a")) == "one 二"
    assert is_new(page.send(made))
    assert made.source(CellId("a")) == "one 二 三"


def test_a_hole_inside_an_update_spoils_the_document(new_page: NewPage) -> None:
    made, page = document(a="one"), new_page(17)
    page.meet(made)
    for i, word in enumerate("一二三"):
        page.do("type", "a", 3 + i, word)
    joined = b64decode(page.node.call("", "merged", [b64encode(page.out[i][0]).decode() for i in (0, 2)]))
    assert isinstance(made.apply(joined, client=17, clock=page.out[2][1]), Gap)
    assert made.spoiled


def test_a_deletion_after_something_lost_is_a_gap(new_page: NewPage) -> None:
    made, page = document(a="one"), new_page(18)
    page.meet(made)
    page.do("type", "a", 3, "!")
    page.do("erase", "a", 0, 1)
    update, clock = page.out[1]
    assert made.apply(update, client=18, clock=clock) == Gap(18, 0, clock)
    assert not made.spoiled
    assert made.source(CellId("a")) == "one"


def test_bytes_that_reach_no_claim_are_a_gap() -> None:
    made = document(a="")
    assert made.apply(b"\x00\x00", client=5, clock=3) == Gap(5, 0, 3)


def test_a_page_s_cell_has_all_that_it_was_made_with(new_page: NewPage) -> None:
    made, page = document(a="one two"), new_page(12)
    page.meet(made)
    page.do("set", "a", "tags", ["x"])
    page.do("split", "a", 3, "tail")
    for update, clock in page.out:
        assert is_new(made.apply(update, client=12, clock=clock))
    tail = made.cell(CellId("tail"))
    assert (tail.source, tail.split, tail.metadata, tail.deleted) == (" two", "a", {"tags": ["x"]}, None)
    assert made.order() == ["a", "tail"]


def test_a_cell_left_hidden_by_a_maker_who_went_away_is_shown(new_page: NewPage) -> None:
    made, page = document(a=""), new_page(13)
    page.meet(made)
    page.do("insert", ["n"], "a", ["new"])
    hidden, clock = page.out[0]
    made.apply(hidden, client=13, clock=clock)
    assert made.order() == ["a"]
    assert made.cell(CellId("n")).deleted == Mark(by="new", client=13)
    assert made.bin() == []
    assert made.unfinished({13}) == []
    with made.edit() as editor:
        editor.show(made.unfinished(set()))
    assert made.order() == ["a", "n"]


def test_an_undone_insertion_is_not_unfinished(new_page: NewPage) -> None:
    made, page = document(a=""), new_page(14)
    page.meet(made)
    page.do("insert", ["n"], "a", ["new"])
    page.do("back", "undo")
    page.send(made)
    assert made.order() == ["a"]
    assert made.unfinished(set()) == []
    assert [text.id for text in made.bin()] == ["n"]


HOSTILE = {
    "another root": "doc.getMap('other').set('k', 'v')",
    "another root, a list": "doc.getArray('list').push([1])",
    "the schema's number": "doc.getMap('octavo').set('schema', 7)",
    "the text of text documents": "doc.getText('text').insert(0, 'x')",
    "the cells as a list": "doc.share.get('cells'); Y.Array.prototype.push.call(Object.assign(doc.getMap('cells')), [1])",
    "a cell that is no map": "doc.getMap('cells').set('x', 'y')",
    "a cell that is a text": "doc.getMap('cells').set('x', new Y.Text('y'))",
    "a cell without a source": "doc.getMap('cells').set('x', new Y.Map([['type', 'code']]))",
    "a cell whose source is a string": "doc.getMap('cells').set('x', new Y.Map([['source', 'y']]))",
    "a cell with an odd id": "doc.getMap('cells').set('x y', new Y.Map([['source', new Y.Text('')]]))",
    "a cell with a rich source": "const t = new Y.Text(); t.insert(0, 'b', {bold: true}); doc.getMap('cells').set('x', new Y.Map([['source', t]]))",
    "a cell taken out": "doc.getMap('cells').delete('a')",
    "a cell replaced": "doc.getMap('cells').set('a', new Y.Map([['source', new Y.Text('mine')]]))",
    "a source replaced": "doc.getMap('cells').get('a').set('source', new Y.Text('mine'))",
    "a source taken out": "doc.getMap('cells').get('a').delete('source')",
    "a source with bold in it": "doc.getMap('cells').get('a').get('source').format(0, 2, {bold: true})",
    "a source with an embed": "doc.getMap('cells').get('a').get('source').insertEmbed(0, {image: 'x'})",
    "a source with a type in it": "doc.getMap('cells').get('a').get('source').insertEmbed(0, new Y.Map())",
    "an unknown key": "doc.getMap('cells').get('a').set('outputs', '[]')",
    "a type that is a number": "doc.getMap('cells').get('a').set('type', 7)",
    "an endless type": "doc.getMap('cells').get('a').set('type', 'x'.repeat(65))",
    "a position that is a number": "doc.getMap('cells').get('a').set('position', 7)",
    "an endless position": "doc.getMap('cells').get('a').set('position', 'x'.repeat(2000))",
    "a mark that is no object": "doc.getMap('cells').get('a').set('deleted', '[1]')",
    "an endless mark": "doc.getMap('cells').get('a').set('deleted', JSON.stringify({by: 'x'.repeat(5000)}))",
    "a split that is no JSON": "doc.getMap('cells').get('a').set('split', '{')",
    "metadata that is no JSON": "doc.getMap('cells').get('a').set('metadata.k', 'x')",
    "metadata that is a map": "doc.getMap('cells').get('a').set('metadata.k', new Y.Map())",
    "metadata that is bytes": "doc.getMap('cells').get('a').set('metadata.k', new Uint8Array(3))",
    "metadata that is a document": "doc.getMap('cells').get('a').set('metadata.k', new Y.Doc())",
    "metadata that is XML": "doc.getMap('cells').get('a').set('metadata.k', new Y.XmlElement('p'))",
    "metadata that is an object": "doc.getMap('cells').get('a').set('metadata.k', {a: 1})",
    "metadata that nests without end": "doc.getMap('cells').get('a').set('metadata.k', '['.repeat(200000))",
    "a number without end": "doc.getMap('cells').get('a').set('metadata.k', '9'.repeat(100000))",
    "metadata with an endless key": "doc.getMap('cells').get('a').set('metadata.' + 'k'.repeat(2000), '1')",
    "an attachment that is no string": "doc.getMap('cells').get('a').set('attachments.k', null)",
    "notebook metadata that is no JSON": "doc.getMap('meta').set('k', 'x')",
    "notebook metadata that is a map": "doc.getMap('meta').set('k', new Y.Map())",
    "notebook metadata with an endless key": "doc.getMap('meta').set('k'.repeat(2000), '1')",
}


@pytest.mark.parametrize("script", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_does_not_fit_is_refused_and_the_journal_still_has_the_document(new_page: NewPage, script: str) -> None:
    made, page = document(a="one"), new_page(21)
    stored = made.snapshot()
    page.meet(made)
    page.do("hostile", script)
    with pytest.raises(Invalid, match="did not fit"):
        page.send(made)
    assert made.spoiled
    made.close()
    assert Document.load([stored]).source(CellId("a")) == "one"


POSSIBLE = {
    "any string as a position": "doc.getMap('cells').get('a').set('position', 'é!')",
    "a key taken out": "doc.getMap('cells').get('a').delete('type')",
    "an unknown type": "doc.getMap('cells').get('a').set('type', 'sql')",
    "a mark with more in it": "doc.getMap('cells').get('b').set('deleted', '{\"by\":7,\"x\":1}')",
    "big metadata": "doc.getMap('cells').get('a').set('metadata.k', JSON.stringify('x'.repeat(1000000)))",
    "a text of all planes": "doc.getMap('cells').get('a').get('source').insert(1, '中😀\\0\\u2028')",
    "half an emoji": "doc.getMap('cells').get('a').get('source').insert(0, '😀'); doc.getMap('cells').get('a').get('source').insert(1, 'x')",
}


@pytest.mark.parametrize("script", POSSIBLE.values(), ids=POSSIBLE.keys())
def test_what_fits_is_taken_and_read_alike(new_page: NewPage, script: str) -> None:
    made, page = document(a="one", b="two"), new_page(22)
    page.meet(made)
    page.do("hostile", script)
    assert is_new(page.send(made))
    view = page.do("view")
    assert view["order"] == made.order()
    for name, (kind, hidden, text, _, metadata) in view["cells"].items():
        found = made.cell(CellId(name))
        assert (found.type, found.deleted is not None, found.metadata) == (kind, hidden, metadata)
        assert found.source == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert Document.load([made.snapshot()]).notebook() == made.notebook()


@pytest.mark.parametrize("update", [b"", b"\x01", b"\xff" * 40, b"\x00\x01"])
def test_bytes_that_are_no_update_are_refused_and_change_nothing(update: bytes) -> None:
    made = document(a="one")
    with pytest.raises(Invalid):
        accept(made, update)
    assert not made.spoiled
    assert made.source(CellId("a")) == "one"


def broken(update: bytes, random: Random) -> bytes:
    bad = bytearray(update)
    for _ in range(random.choice([1, 1, 2, 4])):
        i = random.randrange(len(bad))
        match random.randrange(5):
            case 0 | 1:
                bad[i] = random.randrange(256)
            case 2:
                bad[i] ^= 1 << random.randrange(8)
            case 3:
                del bad[i : min(i + random.randrange(1, 5), len(bad) - 1)]
            case 4:
                bad[i:i] = b"\xff\xff\xff\xff\x0f"
    return bytes(bad)


def test_broken_updates_are_refused_or_leave_a_document_that_the_journal_can_bring_back() -> None:
    random = Random(7)
    stored = Document.new([cell(f"c{i}", "line 中😀\nx") for i in range(3)], {"k": 1}, client=5).snapshot()
    other = Document.load([stored], client=77)

    def change(editor: Any) -> None:
        editor.set_source("c1", "zl中ine 😀\ny")
        editor.move("c0", "c2")
        editor.set_metadata("c2", {"a": 1})
        editor.insert([cell("n", "q")], "c1")

    update, taken = update_of(other, change), 0
    for _ in range(400):
        made, bad = Document.load([stored], client=6), broken(update, random)
        try:
            answer = accept(made, bad)
        except Invalid:
            continue
        finally:
            made.close()
        if isinstance(answer, Gap):
            continue
        taken += 1
        assert Document.load([stored, bad]).notebook() == made.notebook()
        made.holds(made.snapshot())  # whatever it says, it says it
    assert taken > 5


def test_an_update_over_the_limit_is_refused_unread() -> None:
    made = document(a="one")
    with pytest.raises(TooLarge):
        accept(made, bytes(MAX_UPDATE + 1))
    assert not made.spoiled


def test_a_vector_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Invalid):
        document(a="").diff(b"\xff")


# Snapshots ------------------------------------------------------------------------------------------------------------


def test_a_snapshot_holds_the_document_and_all_that_was_stored() -> None:
    made = document(a="one", b="two")
    stored = [made.snapshot()]
    stored.append(update_of(made, lambda editor: editor.set_source("a", "eins")))
    stored.append(update_of(made, lambda editor: editor.delete("b")))
    snapshot = made.snapshot()
    assert made.holds(snapshot)
    assert contains(snapshot, stored)


def test_a_snapshot_that_lacks_something_stored_does_not_hold_it() -> None:
    made = document(a="one")
    early = made.snapshot()
    for change in (
        lambda e: e.set_source("a", "one!"),
        lambda e: e.set_source("a", "ne!"),
        lambda e: e.set_meta("k", 1),
    ):
        update = update_of(made, change)
        assert not made.holds(early)
        assert not contains(early, [update])
        early = made.snapshot()
    assert not contains(b"\x09", [])


def test_what_pycrdt_holds_back_is_in_no_snapshot(new_page: NewPage) -> None:
    made, page = document(a="one"), new_page(31)
    page.meet(made)
    page.do("type", "a", 0, "x")
    page.do("type", "a", 0, "y")
    updates = [update for update, _ in page.out]
    holding: Doc[Any] = Doc()
    holding.apply_update(made.snapshot())
    holding.apply_update(updates[1])
    assert not contains(holding.get_update(), updates)


def test_a_closed_document_gives_its_memory_back() -> None:
    made = document(a="x")
    made.close()
    with pytest.raises(Invalid), made.edit():
        pass


def test_pycrdt_refuses_arrays_of_cells_too() -> None:
    odd: Doc[Any] = Doc()
    odd.get("cells", type=Array).append("x")
    made = document(a="one")
    with pytest.raises(Invalid):
        accept(made, odd.get_update())
