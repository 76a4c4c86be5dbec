"""The notebook's file: a projection of document and results, and what happens when somebody else writes it (DESIGN §3).

    change ─► pace ─► look at the file ─► unchanged: write ─► the new base
                                      └─► changed: merge into the live notebook, then write

The base (the file as it was last read or written) is the journal's; nothing of it stays in memory but its hash and its cells' ids. Not
here: how files are written (`files/`), what follows from which difference (`notebook/merge`).

A prompt has no file until it is kept as a notebook: the journal has it, and that is all there is to save.
"""

import logging
import time
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

import anyio
import anyio.to_thread
import msgspec

from octavo.errors import (
    Conflict,
    Denied,
    Invalid,
    InvalidNotebook,
    NotFound,
    OctavoError,
    StorageUnavailable,
    Unavailable,
)
from octavo.files.store import Content, Stat, Store, Version, content_hash
from octavo.ids import CellId, RunId
from octavo.journal import bases, blobs, documents, keeping, outputs
from octavo.notebook import codec, merge
from octavo.notebook.large import internalise, is_reference, references
from octavo.notebook.model import Notebook
from octavo.session import importing, messages, projecting
from octavo.session.board import Shown
from octavo.session.pace import Pace
from octavo.session.session import Place, Session
from octavo.session.waiting import woken

log = logging.getLogger("octavo.session.saving")

LOOK = 1.0
"""Seconds between looks at an open file."""
SETTLE = 2.0
"""An unreadable file is read again until it was quiet for so long."""
STORE = "local"


class Saving:
    """The file of one session; `run` is its task. A `session.Filing`."""

    def __init__(self, session: Session, store: Store, *, known: Stat | None, ids: Sequence[CellId]) -> None:
        self.session, self.store = session, store
        self.pace = Pace()
        self.seen: Version | None = known.version if known else None
        self.identity = known.identity if known else None
        self.base_hash = session.row.base_hash
        self.ids = list(ids)
        self._served: dict[str, str] = {}
        self._lock = anyio.Lock()
        self._wake = anyio.Event()
        self._unread_since: float | None = None
        self._unread: str = ""
        self._missed = False
        self._discarded = False
        self._show(read_only=known is not None and not known.writable)

    # What the session says --------------------------------------------------------------------------------------------

    def changed(self) -> None:
        if self.without:
            return
        self.pace.changed(time.monotonic())
        if self.file.state == "saved":
            self._show("pending")
        self._wake.set()

    def check(self) -> None:
        """What was kept here before a crash may not be in the file yet."""
        if self.without:
            return
        self.pace.changed(time.monotonic())
        self._wake.set()

    def hurry(self) -> None:
        if self.without:
            return
        self.pace.hurry(time.monotonic())
        if self.file.state == "saved":
            self._show("pending")
        self._wake.set()

    async def save(self, *, checkpoint: bool) -> None:
        """Ctrl-S: the file has everything when this returns. Raises what hinders it."""
        if self.without:
            await self.session.journal.saved_all()
            return
        await self.write(force=True)
        if self.file.state in ("failed", "held", "detached"):
            raise Conflict(f"Saved here, not yet in the file. {self.file.why}".strip())
        if checkpoint:
            await self._checkpoint()

    async def _checkpoint(self) -> None:
        """Keep the base, which is what the file has now."""
        async with self._lock:
            held = await bases.held(self.session.journal, self.session.row.id)
            if held is None:
                raise StorageUnavailable("The journal lacks this notebook's base.")
            base = held.base
            kept = base if isinstance(base, bytes) else blobs.Standing(base, held.digest, held.size)
            await self.keep("checkpoint", kept)

    async def resolve(self, action: str, path: str) -> None:
        """A person's word on a file that is detached or held, or on a prompt that is to be kept as a notebook (save-as)."""
        match action:
            case "overwrite" if self.file.state == "held":
                content = await self.store.read(self.session.path)
                await self.keep("overwritten", content.data)
                await self._take_base(content, await self._blank())
                self._unread_since = None
                self._show("pending")
                await self.write(force=True, blind=True)
            case "save-as" if self.without:
                await self._attach(path if path.endswith(".ipynb") else f"{path}.ipynb")
            case "put-back" | "save-as" if self.detached:
                target = path if action == "save-as" else self.session.path
                if not target.endswith(".ipynb"):
                    target += ".ipynb"
                await self._attach(target)
            case "discard" if self.detached:
                for client in self.session.clients.all:
                    client.leave("deleted", "The notebook was discarded.")
                self._discarded = True
                self._wake.set()
            case _:
                raise Invalid(f"There is nothing to {action}: the file is where it belongs.")

    # The task ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Write when it is due, look at the file every second; until the notebook is discarded."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch)
            while True:
                self._wake = anyio.Event()
                if self._discarded:
                    tasks.cancel_scope.cancel()
                    return
                due = self.pace.due()
                wait = None if due is None else due - time.monotonic()
                if wait is not None and wait <= 0:
                    await self._write_quietly()
                    continue
                await woken(self._wake, wait)

    async def _watch(self) -> None:
        while True:
            await anyio.sleep(LOOK)
            if self.detached or self.without:
                continue
            try:
                async with self._lock:
                    await self._look()
            except OctavoError as error:
                log.warning("%s: %s", self.session.path, error.message)

    async def _write_quietly(self) -> None:
        try:
            await self.write()
        except OctavoError as error:
            self._fail(error)

    async def look_now(self) -> None:
        async with self._lock:
            await self._look()

    async def hold(self) -> None:
        """Nothing is written until `release`."""
        await self._lock.acquire()

    def release(self) -> None:
        self._lock.release()

    async def bytes_now(self) -> bytes:
        """What the file would hold."""
        base = await bases.read(self.session.journal, self.session.row.id)
        untouched = self._untouched() if base is not None else set()
        notebook, ids = await self.notebook(without=untouched), list(self.ids)

        def make() -> bytes:
            frame = codec.read(base, ids=ids).frame if base is not None else codec.empty().frame
            return codec.write(notebook, frame, keep=untouched)

        return await anyio.to_thread.run_sync(make)

    async def close(self) -> None:
        """Write what waits, and fold the history."""
        if self.pace.due() is not None and self.file.state not in ("held", "detached"):
            await self._write_quietly()

    # Writing ----------------------------------------------------------------------------------------------------------

    async def write(self, *, force: bool = False, blind: bool = False) -> None:
        """Make the file what the page shows, unless somebody else's change must be taken first. Raises what hinders it."""
        async with self._lock:
            if self.detached or self.without or (self.pace.first is None and not force):
                return
            if not blind and not await self._look():
                return
            if self.file.read_only:
                self.pace.began()
                self._show("held", "read-only")
                return
            began = time.monotonic()
            self.pace.began()
            try:
                await self._project()
            except Conflict:  # written between our look and our write: take that first
                self.pace.changed(time.monotonic())
                return
            now = time.monotonic()
            self.pace.wrote(now, now - began)
            if self.pace.first is None:
                self._show("saved", at=self.session.shared.now())

    async def _project(self) -> None:
        untouched = self._untouched()
        held = await bases.held(self.session.journal, self.session.row.id)
        if held is None:
            raise StorageUnavailable("The journal lacks this notebook's base.")
        if held.size + self._large(untouched) >= projecting.APART:
            await self._project_apart(held, untouched)
            return
        base = await bases.read(self.session.journal, self.session.row.id)
        assert base is not None
        notebook = await self.notebook(without=untouched)
        data, upgraded = await anyio.to_thread.run_sync(projecting.project, base, notebook, list(self.ids), untouched)
        if data == base:
            return
        if upgraded is not None:
            await self.keep("upgraded", upgraded)
        saved = await self.store.write(self.session.path, data, if_version=self.seen or "absent")
        self.seen, self.identity = saved.stat.version, saved.stat.identity
        await self._set_base(data, [cell.id for cell in notebook.cells])

    async def _project_apart(self, held: bases.Held, untouched: set[CellId]) -> None:
        """The same without the file's content ever being in this process."""
        journal, document = self.session.journal, self.session.row.id
        notebook = await self.notebook(without=untouched, whole=False)
        await journal.kept_all()
        name = f"{document}-{journal.number()}"
        job = projecting.Job(
            base=held.base,
            base_hash=held.digest,
            database=journal.path,
            blobs=blobs.directory(journal),
            notebook=notebook,
            ids=list(self.ids),
            untouched=untouched,
            target=bases.directory(journal) / name,
        )
        try:
            made = await projecting.apart(job)
            if made.same:
                return
            if made.upgraded:
                await self.keep("upgraded", await bases.read(journal, document) or b"")
            content = projecting.pieces(job.target)
            saved = await self.store.write(self.session.path, content, if_version=self.seen or "absent")
        except BaseException:
            job.target.unlink(missing_ok=True)
            raise
        self.seen, self.identity = saved.stat.version, saved.stat.identity
        ids = [cell.id for cell in notebook.cells]
        self.base_hash, self.ids = made.digest, ids
        await bases.take(journal, document, name, made.digest, ids, version=str(self.seen or ""))

    def _large(self, untouched: set[CellId]) -> int:
        """Bytes that stand elsewhere than in memory and are to stand in the file."""
        shown = (one for cell, one in self.session.board.cells.items() if cell not in untouched)
        values = (value for one in shown for output in one.outputs.outputs for value in output.data.values())
        return sum(int(value["size"]) for value in values if is_reference(value))

    def _untouched(self) -> set[CellId]:
        """Cells that show what the file itself says of them: their outputs stay as they are spelt there."""
        cells = self.session.board.cells.items()
        return {cell for cell, shown in cells if shown.run is None and not shown.cleared}

    async def notebook(self, *, without: Collection[CellId] = (), whole: bool = True) -> Notebook:
        """Document and results together, as the file is to hold them; `without` the results of these cells. Not `whole`: with references in
        place of large values."""
        session = self.session
        notebook = session.edits.document.notebook()
        found = ((cell.id, session.board.cells.get(cell.id)) for cell in notebook.cells if cell.id not in without)
        shown = {cell: one for cell, one in found if one is not None}
        wanted = references(output for one in shown.values() for output in one.outputs.outputs)
        held = await blobs.read(session.journal, wanted) if whole else {}
        texts = await self._whole_texts(shown)
        limit = session.shared.settings.documents.text_in_file
        for cell in notebook.cells:
            one = shown.get(cell.id)
            if one is None or cell.type != "code":
                continue
            cell.count = one.count
            cell.outputs = one.outputs.to_nbformat(
                text_limit=limit,
                whole=lambda index, cell_id=cell.id: texts.get((cell_id, index)),  # type: ignore[misc]
                blob=(lambda reference: internalise(reference, lambda digest: held.get(digest, b"")))
                if whole
                else None,
            )
        return notebook

    async def _whole_texts(self, shown: dict[CellId, Shown]) -> dict[tuple[CellId, int], str]:
        """Texts that memory has only as head and tail, but that go into the file whole."""
        limit = self.session.shared.settings.documents.text_in_file
        wanted = [
            (cell, RunId(one.outputs.key), index)
            for cell, one in shown.items()
            for index, output in enumerate(one.outputs.outputs)
            if output.omitted is not None and output.omitted.bytes < limit
        ]
        found: dict[tuple[CellId, int], str] = {}
        if wanted:
            await self.session.journal.kept_all()
        for cell, run, index in wanted:
            text = await self.session.journal.read(
                lambda db, run=run, index=index: outputs.whole_text(db, self.session.row.id, run, index)  # type: ignore[misc]
            )
            if text is not None:
                found[cell, index] = text
        return found

    # Looking ----------------------------------------------------------------------------------------------------------

    async def _look(self) -> bool:
        """Has the file what we last knew, or has what is new in it been taken? False: nothing may be written now."""
        try:
            stat = await self.store.stat(self.session.path)
        except NotFound:
            if self.seen is None:
                return True  # it was never there
            if self._missed:  # some programs unlink a file and make it anew: it must be missed twice
                self.detach()
            self._missed = True
            return False
        self._missed = False
        if stat.version == self.seen:
            if self.file.state == "held" and self.file.read_only and stat.writable:
                self._show("pending", read_only=False)
            return self.file.state != "held" or self.file.read_only
        content = await self.store.read(self.session.path, limit=self.session.shared.settings.documents.max_notebook)
        self.seen = content.version
        if content_hash(content.data) == self.base_hash:
            self._unread_since = None
            if self.file.state == "held" and stat.writable:
                self._show("pending", read_only=False)
            return True
        return await self._take(content)

    async def _take(self, content: Content) -> bool:
        """The file was changed outside: merge it in."""
        try:
            await self.absorb(content.data)
        except InvalidNotebook as error:
            now, digest = time.monotonic(), content_hash(content.data)
            if self._unread_since is None or digest != self._unread:
                self._unread_since, self._unread = now, digest
            self.seen = None if now - self._unread_since < SETTLE else content.version
            if self.file.state != "held" and now - self._unread_since >= SETTLE:
                await self.keep("overwritten", content.data)
                self._show("held", error.message)
            return False
        self._unread_since = None
        self._show("pending" if self.pace.first is not None else "saved")
        return True

    def serve(self, who: str, data: bytes) -> None:
        """These bytes went to a client of an API: what it saves next was made from them."""
        if who:
            self._served[who] = bases.digest(data)

    async def take_save(self, data: bytes, who: str) -> None:
        """A client of an API saves. Where it was last served something else than the base, what differs was changed on both sides."""
        async with self._lock:
            await self.absorb(data, stale=self._served.get(who) != self.base_hash)
            self.serve(who, data)

    async def absorb(self, data: bytes, *, stale: bool = False) -> None:
        """Take an outside version of the file into the live notebook, and make it the base. Raises `InvalidNotebook`."""
        base = await self.base()
        untouched = self._untouched()
        mine = await self.notebook(without=untouched)
        bin_ids = {cell.id for cell in self.session.edits.document.bin()}

        def compare() -> tuple[list[merge.Edit], list[CellId]]:
            theirs = codec.read(data)
            edits = merge.merge(base, theirs.notebook, mine, taken=bin_ids, untouched=untouched, stale=stale)
            names = merge.identities(base, theirs.notebook, edits)
            return edits, [names.get(cell.id, cell.id) for cell in theirs.notebook.cells]

        edits, ids = await anyio.to_thread.run_sync(compare)
        await self._apply(edits)
        await self._set_base(data, ids)
        if edits:
            self.session.clients.notice("joined", edits=len(edits))

    async def _apply(self, edits: Sequence[merge.Edit]) -> None:
        with self.session.edits.document.edit(author="file") as editor:
            for edit in edits:
                match edit:
                    case merge.InsertCell(cell, after):
                        marked = dict(cell.metadata)
                        if edit.other is not None:
                            marked["octavo"] = {"other": edit.other}
                        editor.insert([msgspec.structs.replace(cell, metadata=marked)], after)
                    case merge.SetSource(cell_id, source):
                        editor.set_source(cell_id, source)
                    case merge.SetType(cell_id, kind):
                        editor.set_type(cell_id, kind)
                    case merge.SetMetadata(cell_id, metadata):
                        editor.set_metadata(cell_id, metadata)
                    case merge.SetAttachments(cell_id, attachments):
                        editor.set_attachments(cell_id, attachments)
                    case merge.MoveCell(cell_id, after):
                        editor.move(cell_id, after)
                    case merge.DeleteCell(cell_id):
                        editor.delete(cell_id)
                    case merge.SetNotebookMetadata(metadata):
                        editor.set_all_meta(metadata)
                    case merge.KeepText() | merge.TakeOutputs():
                        pass
        self.session.edits.own_edit(editor.update)
        for edit in edits:
            match edit:
                case merge.KeepText(cell_id, text):
                    await self.keep("replaced", text.encode(), cell=cell_id)
                case merge.TakeOutputs(cell_id, found, count):
                    await importing.take(self.session, cell_id, found, count)
                case merge.InsertCell(cell) if cell.outputs or cell.count is not None:
                    await importing.take(self.session, cell.id, cell.outputs, cell.count)
                case _:
                    pass
        self.session.clients.wake()

    async def base(self) -> Notebook:
        data = await bases.read(self.session.journal, self.session.row.id)
        if data is None:
            return Notebook([])
        ids = list(self.ids)
        return (await anyio.to_thread.run_sync(lambda: codec.read(data, ids=ids))).notebook

    async def _blank(self) -> bytes:
        return codec.write(*codec.empty()[:2])

    async def _take_base(self, content: Content, data: bytes) -> None:
        """Write next over what is there now, from this frame."""
        self.seen = content.version
        await self._set_base(data, [])

    async def _set_base(self, data: bytes, ids: Sequence[CellId]) -> None:
        self.base_hash, self.ids = bases.digest(data), list(ids)
        await bases.keep(self.session.journal, self.session.row.id, data, ids, version=str(self.seen or ""))

    async def keep(self, reason: keeping.Reason, data: bytes | blobs.Standing, *, cell: str = "") -> None:
        """Put something into the kept things."""
        journal = self.session.journal
        row = keeping.KeptRow(
            id=journal.number(),
            reason=reason,
            store=STORE,
            path=str(self.session.place.real),
            document=self.session.row.id,
            cell=cell,
            at=self.session.shared.now(),
        )
        await journal.put(await keeping.keep(journal, row, data)).kept()

    # The file's place -------------------------------------------------------------------------------------------------

    async def _attach(self, path: str) -> None:
        try:
            await self.store.stat(path)
        except NotFound:
            pass
        else:
            raise Conflict(f"There is something called {PurePosixPath(path).name} already.")
        data = await self.bytes_now()
        saved = await self.store.write(path, data, if_version="absent")
        self.seen, self.identity = saved.stat.version, saved.stat.identity
        self.session.place = Place(path, self.session.place.real)
        await self.moved(Place(path, type(self.session.place.real)(saved.stat.real)))
        await self._set_base(data, list(self.session.edits.document.order()))
        self._show("saved", at=self.session.shared.now())

    async def moved(self, place: Place) -> None:
        """The notebook is somewhere else from now on."""
        self.session.place = place
        attached = documents.attach(self.session.row.id, STORE, str(place.real))
        await self.session.journal.put(attached).kept()
        self._show(self.file.state)
        for client in self.session.clients.all:
            client.tell(messages.Notice(code="moved", values={"path": place.path}))

    def detach(self) -> None:
        self.session.journal.put([documents.detach(self.session.row.id)])
        self._show("detached", "gone")

    @property
    def detached(self) -> bool:
        return self.file.state == "detached"

    @property
    def without(self) -> bool:
        """There is no file: this is a prompt."""
        return not self.session.path

    # What is shown ----------------------------------------------------------------------------------------------------

    @property
    def file(self) -> messages.FileState:
        return self.session.board.file

    def _show(
        self, what: str = "saved", why: str = "", *, at: float | None = None, read_only: bool | None = None
    ) -> None:
        file = msgspec.convert(
            {
                "state": what,
                "why": why,
                "path": self.session.path,
                "readOnly": self.file.read_only if read_only is None else read_only,
                "at": at or self.file.at,
            },
            messages.FileState,
        )
        if file != self.file:
            self.session.board.file = file
            self.session.board.touch("file")
            self.session.clients.wake()

    def _fail(self, error: OctavoError) -> None:
        self.pace.failed(time.monotonic())
        why = error.message
        if isinstance(error, Denied | StorageUnavailable | Unavailable):
            log.warning("%s: %s", self.session.path, why)
        self._show("failed", why)
