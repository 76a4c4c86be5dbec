"""The live notebooks: opened when somebody comes, closed when nobody needs them, found again after a crash.

One task a notebook behind one wall: a session that crashes is logged and closed, the others live on, and what it had is in the journal.
Also the `OpenDocuments` of `files/ports.py`: what is renamed, deleted or saved by an API while it is open.
"""

import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath

import anyio
import anyio.abc
import anyio.to_thread
import msgspec

from octavo.document.document import Document
from octavo.errors import Conflict, Invalid, KernelUnavailable, NotFound, OctavoError, StorageUnavailable
from octavo.files.store import Content, Stat, Store
from octavo.ids import DocumentId, ProcessId, new_epoch, new_incarnation, new_process
from octavo.journal import bases, documents, keeping, runs
from octavo.journal.documents import DocumentRow
from octavo.notebook import codec
from octavo.notebook.model import Notebook
from octavo.session import adopting, culling, importing, overview, prompting, recovery
from octavo.session.kernel import Label, LiveKernel
from octavo.session.kernels import Kernels
from octavo.session.saving import STORE, Saving
from octavo.session.session import Place, Session, Shared

log = logging.getLogger("octavo.session")

LINGER = 300.0
"""Seconds that a session without page and kernel stays in memory."""
TIDY = 3 * 3600.0
"""Seconds between clearings of what has reached its age."""
FOLD = 16 * 1024
"""Bytes of updates after which a session looks whether its history is due to be folded."""
ENDING = ".ipynb"


class Live(msgspec.Struct):
    session: Session
    saving: Saving
    scope: anyio.CancelScope
    closed: anyio.Event


class Sessions:
    """Open with `Sessions.open_all`; `open` gives the live notebook of a path."""

    def __init__(self, shared: Shared, store: Store, root: Path, tasks: anyio.abc.TaskGroup) -> None:
        self.shared, self.store, self.root = shared, store, root
        self.live: dict[DocumentId, Live] = {}
        self._tasks = tasks
        self.opening = anyio.Lock()
        self.prompts = prompting.Prompting(self)
        self.culling = culling.Culling(self, shared.settings.kernels, shared.now)

    @classmethod
    @asynccontextmanager
    async def open_all(cls, shared: Shared, store: Store, root: Path) -> AsyncIterator["Sessions"]:
        async with anyio.create_task_group() as tasks:
            sessions = cls(shared, store, root, tasks)
            await keeping.tidy(shared.journal, shared.now(), starting=True)
            shared.kernels.on_standing = sessions._show_host
            tasks.start_soon(sessions._recover)
            tasks.start_soon(sessions._close_idle)
            tasks.start_soon(sessions._tidy)
            tasks.start_soon(sessions.culling.run)
            try:
                yield sessions
            finally:
                with anyio.CancelScope(shield=True):
                    await sessions.close_all()
                tasks.cancel_scope.cancel()

    def _show_host(self) -> None:
        for live in self.live.values():
            live.session.show_kernel()
            live.session.clients.wake()

    def standings(self) -> Sequence[tuple[LiveKernel, culling.Standing]]:
        """Of every kernel that lives, whether it may be stopped."""
        alive = [kernel for kernel in self.kernels.live.values() if kernel.execution_state != "dead"]
        return [(kernel, overview.standing(overview.session_of(self, kernel), kernel)) for kernel in alive]

    @property
    def kernels(self) -> Kernels:
        return self.shared.kernels

    # Opening ----------------------------------------------------------------------------------------------------------

    async def open(self, path: str) -> Session:
        """The live notebook at a store path. Raises `NotFound`, `InvalidNotebook` and what the store raises."""
        path = "/".join(part for part in path.split("/") if part)
        if not path.endswith(ENDING):
            raise Invalid(f"{PurePosixPath(path).name} is not a notebook.", hint="Notebooks end in .ipynb.")
        async with self.opening:
            found = self._at(path)
            if found is not None:
                return found.session
            try:
                content = await self.store.read(path, limit=self.shared.settings.documents.max_notebook)
            except NotFound:
                detached = await self._detached(path)
                if detached is None:
                    raise
                return detached
            return await self._open(path, content)

    def _at(self, path: str) -> Live | None:
        """The live notebook of the file at this path; one whose file went away is not it."""
        return next(
            (live for live in self.live.values() if path and live.session.path == path and not live.saving.detached),
            None,
        )

    async def _detached(self, path: str) -> Session | None:
        """The notebook whose file was at this path until it went away: it can be put back."""
        for live in self.live.values():
            if live.session.path == path:
                return live.session
        row = await self.shared.journal.read(lambda db: documents.find_detached(db, STORE, str(self.root / path)))
        if row is None:
            return None
        history = await self.shared.journal.read(lambda db: documents.load(db, row.id))
        return await self.start(row, Document.load(history.updates), Place(path, Path(row.path)), None)

    async def _open(self, path: str, content: Content) -> Session:
        stat = content.stat
        for one in list(self.live.values()):  # another name of a file that is open joins it
            if not one.saving.detached and one.saving.identity == stat.identity and await self._is_there(one, stat):
                return one.session
        place = Place(path, Path(stat.real))
        row = await self.shared.journal.read(lambda db: documents.find(db, STORE, stat.real))
        live = self.live.get(row.id) if row is not None else None
        if live is not None and not live.saving.detached:  # its file was replaced a moment ago
            return live.session
        if row is None or live is not None:  # one that is live is detached, and the journal not yet told
            row, document = await self._make(content, place)
            return await self.start(row, document, place, content)
        document = await self._load(row, content)
        session = await self.start(row, document, place, content)
        return session

    async def _is_there(self, live: Live, stat: Stat) -> bool:
        """Is the live notebook's file this very one? Its number may be a new file's, when the old one was removed a moment ago."""
        try:
            return (await self.store.stat(live.session.path)).identity == stat.identity is not None
        except NotFound:
            return False

    async def _make(self, content: Content, place: Place) -> tuple[DocumentRow, Document]:
        """A document from a file that nobody has opened here before."""
        journal = self.shared.journal
        loaded = await anyio.to_thread.run_sync(codec.read, content.data)
        document = Document.new(loaded.notebook.cells, loaded.notebook.metadata)
        row = DocumentRow(
            id=DocumentId(journal.number()),
            store=STORE,
            path=str(place.real),
            epoch=new_epoch(),
            kernel=kernel_of(loaded.notebook),
            made=self.shared.now(),
            used=self.shared.now(),
        )
        first = documents.update(row.id, journal.number(), document.snapshot())
        results = await importing.all_rows(journal, row.id, loaded.notebook.cells)
        await journal.put([*documents.create(row), first, *results]).kept()
        ids = [cell.id for cell in loaded.notebook.cells]
        await bases.keep(journal, row.id, content.data, ids, version=str(content.version))
        document.changed()
        return msgspec.structs.replace(row, base_hash=bases.digest(content.data), base_ids=ids), document

    async def _load(self, row: DocumentRow, content: Content) -> Document:
        """A document that the journal has. Where its history is gone it begins a new epoch, from the file."""
        history = await self.shared.journal.read(lambda db: documents.load(db, row.id))
        if history.updates:
            return Document.load(history.updates)
        loaded = await anyio.to_thread.run_sync(codec.read, content.data)
        document = Document.new(loaded.notebook.cells, loaded.notebook.metadata)
        first = documents.update(row.id, self.shared.journal.number(), document.snapshot())
        await self.shared.journal.put([*documents.begin_epoch(row.id, new_epoch()), first]).kept()
        return document

    async def start(self, row: DocumentRow, document: Document, place: Place, content: Content | None) -> Session:
        session = Session(self.shared, row, document, place)
        known = content.stat if content is not None else None
        saving = Saving(session, self.store, known=known, ids=row.base_ids)
        session.filing = saving
        await recovery.recover(session)
        scope, closed = anyio.CancelScope(), anyio.Event()
        self.live[row.id] = Live(session, saving, scope, closed)
        await self._tasks.start(self._keep, self.live[row.id])
        self.shared.journal.put([documents.use(row.id, self.shared.now())])
        if not place.path:
            return session  # a prompt: the journal has all there is
        if content is not None and row.base_hash != bases.digest(content.data):
            saving.seen = None  # it was changed while nobody looked: the first look takes it
            await saving.look_now()
        elif content is None:
            saving.detach()
        saving.check()
        return session

    async def _keep(self, live: Live, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        """The wall round one notebook."""
        try:
            with live.scope:
                async with anyio.create_task_group() as tasks:
                    await tasks.start(live.session.running.run)
                    tasks.start_soon(self._keep_file, live)
                    task_status.started()
        except Exception:  # the tenant wall: the one broad except round a session
            log.exception("the session of %s crashed", live.session.path)
            for client in live.session.clients.all:
                client.leave("crashed", "This notebook was closed after an internal error; it opens again as it was.")
        finally:
            live.session.leave()
            self.live.pop(live.session.row.id, None)
            live.closed.set()

    async def _keep_file(self, live: Live) -> None:
        """Until the notebook is discarded."""
        await live.saving.run()
        await live.session.running.stop_kernel()
        await self.shared.journal.put([documents.forget(live.session.row.id)]).kept()
        live.scope.cancel()

    async def close(self, live: Live, code: str = "") -> None:
        """Write what waits, fold the history, and forget it in memory."""
        for client in list(live.session.clients.all):
            client.leave(code or "restarting")
        await live.saving.close()
        try:
            await live.session.edits.fold_history(force=True)
        except OctavoError as error:
            log.warning("%s: %s", live.session.path, error.message)
        live.scope.cancel()
        await live.closed.wait()

    async def close_all(self) -> None:
        for live in list(self.live.values()):
            await self.close(live)

    async def _close_idle(self) -> None:
        while True:
            await anyio.sleep(20)
            for live in list(self.live.values()):
                session = live.session
                idle = time.monotonic() - session.clients.last_used
                if not session.clients.all and not session.running.busy() and idle > LINGER:
                    async with self.opening:
                        if not session.clients.all:
                            await self.close(live)
                elif session.edits.unfolded > FOLD:
                    await session.edits.fold_history()

    async def _tidy(self) -> None:
        while True:
            await anyio.sleep(TIDY)
            await keeping.tidy(self.shared.journal, self.shared.now())
            await self.prompts.tidy()

    async def _recover(self) -> None:
        """Open the sessions of every process that the host names, and of every run that waits."""
        journal = self.shared.journal
        wanted = set(await journal.read(runs.waiting_documents))
        try:
            listed = await self.kernels.listed()
        except OctavoError:
            listed = {}
        for row in await journal.read(runs.processes):
            if row.document is not None and (row.incarnation in listed or row.document in wanted):
                wanted.add(row.document)
        for document in sorted(wanted):
            try:
                await self.open_document(document)
            except OctavoError as error:
                log.warning("document %s does not open: %s", document, error.message)
        await adopting.adopt(self)
        await self.kernels.adopt()

    async def open_document(self, document: DocumentId) -> Session:
        """By its row, also where its file is gone."""
        async with self.opening:
            if document in self.live:
                return self.live[document].session
            row = await self.shared.journal.read(lambda db: documents.get(db, document))
            if row is None:
                raise NotFound("There is no such document.")
            if row.store == prompting.STORE:
                return await self.prompts.start(row)
            path = self.path_of(row)
            place = Place(path, Path(row.path))
            try:
                content = await self.store.read(path, limit=self.shared.settings.documents.max_notebook)
            except NotFound:
                history = await self.shared.journal.read(lambda db: documents.load(db, row.id))
                return await self.start(row, Document.load(history.updates), place, None)
            return await self.start(row, await self._load(row, content), place, content)

    def path_of(self, row: DocumentRow) -> str:
        try:
            return Path(row.path).relative_to(self.root).as_posix()
        except ValueError as error:
            raise NotFound(f"{row.path} is not in this server's folder.") from error

    # Kernels, for Jupyter's API ---------------------------------------------------------------------------------------

    def with_kernels(self) -> Iterable[tuple[Place, ProcessId]]:
        for live in self.live.values():
            kernel = live.session.running.kernel
            if kernel is not None and kernel.execution_state != "dead":
                yield live.session.place, kernel.process

    async def start_kernel(self, name: str, *, path: str | None, process: ProcessId | None) -> LiveKernel:
        """A kernel without a notebook, as Jupyter's clients start them. `path` gives the folder that it works in."""
        cwd = self.folder_of(path or "")
        spec = await self.kernels.startable(name, cwd)
        incarnation = new_incarnation()
        live = await self.kernels.start(
            process or new_process(),
            incarnation,
            spec,
            cwd=cwd,
            path=None,
            label=Label(spec=spec.name, path=path or ""),
        )
        self.kernels.follow(live, incarnation, 0)
        return live

    def folder_of(self, path: str) -> Path:
        """The nearest existing folder at or above a store path; never outside the root."""
        parts = [part for part in PurePosixPath(path).parts if part not in ("/", "..", ".")]
        folder = self.root.joinpath(*parts)
        while folder != self.root and not folder.is_dir():
            folder = folder.parent
        return folder if folder.resolve().is_relative_to(self.root.resolve()) else self.root

    async def start_notebook_kernel(self, path: str, name: str | None, process: ProcessId | None) -> LiveKernel:
        session = await self.open(path)
        if name:
            await session.running.choose_kernel(name, start=True)
        else:
            await session.running.start_kernel(process)
        if session.running.kernel is None:
            raise KernelUnavailable("The kernel did not start.")
        return session.running.kernel

    async def change_kernel(self, old: LiveKernel, name: str) -> LiveKernel:
        """Another kernelspec for the notebook or prompt whose kernel this is."""
        session = next(live.session for live in self.live.values() if live.session.running.kernel is old)
        await session.running.choose_kernel(name, start=True)
        if session.running.kernel is None:
            raise KernelUnavailable("The kernel did not start.")
        return session.running.kernel

    async def stop_kernel(self, live: LiveKernel) -> None:
        """Stop it and wait until it has ended."""
        await live.stop()
        with anyio.move_on_after(10):
            await live.gone.wait()

    async def restart_kernel(self, live: LiveKernel) -> None:
        """Restart it, and return when the new one has answered."""
        if live.owner is not None:
            await live.owner.restart()
        else:
            await self.kernels.restart_unowned(live, self.folder_of(live.label.path))
        with anyio.move_on_after(60):
            await live.answered()

    # OpenDocuments ----------------------------------------------------------------------------------------------------

    def _found(self, path: str) -> Live | None:
        return self._at("/".join(part for part in path.split("/") if part))

    async def is_open(self, path: str) -> bool:
        return self._found(path) is not None

    async def read_through(self, path: str, who: str = "") -> bytes | None:
        """Write what waits; where the file cannot be written, what it would hold."""
        live = self._found(path)
        if live is None:
            return None
        try:
            await live.saving.write(force=True)
            data = (await self.store.read(path)).data
        except (NotFound, Conflict, StorageUnavailable):
            data = await live.saving.bytes_now()
        live.saving.serve(who, data)
        return data

    async def absorb(self, path: str, data: bytes, who: str) -> bool:
        live = self._found(path)
        if live is None:
            return False
        await live.saving.take_save(data, who)
        await live.saving.write(force=True)
        return True

    @asynccontextmanager
    async def moving(self, old: str, new: str) -> AsyncIterator[None]:
        below = self._below(old)
        async with self.opening:
            renamed = documents.rename(STORE, str(self.root / old), str(self.root / new))
            await self.shared.journal.put(renamed).kept()
            try:
                async with locked([live.saving for live in below]):
                    yield
                    for live in below:
                        path = new + live.session.path[len(old) :]
                        await live.saving.moved(Place(path, self.root / path))
            except BaseException:
                back = documents.rename(STORE, str(self.root / new), str(self.root / old))
                with anyio.CancelScope(shield=True):
                    await self.shared.journal.put(back).kept()
                raise

    @asynccontextmanager
    async def deleting(self, path: str, bin_id: str, *, force: bool) -> AsyncIterator[None]:
        below = self._below(path)
        running = [live for live in below if live.session.running.busy()]
        if running and not force:
            names = ", ".join(PurePosixPath(live.session.path).name for live in running)
            raise Conflict(f"A kernel is running: {names}.", hint="Stop it first, or delete anyway.")
        async with self.opening:
            for live in below:
                if live.session.running.kernel is not None:
                    await self.stop_kernel(live.session.running.kernel)
                await self.close(live, "deleted")
            real = str(self.root / path)
            yield
            await self.shared.journal.put([documents.put_in_bin(STORE, real, bin_id)]).kept()

    async def restored(self, bin_id: str, path: str) -> None:
        rows = await self.shared.journal.read(documents.listing)
        old = next((row.path for row in rows if row.bin == bin_id), None)
        if old is not None:
            new = str(self.root / path)
            await self.shared.journal.put(documents.take_from_bin(bin_id, STORE, old, new)).kept()

    async def purged(self, bin_id: str) -> None:
        rows = await self.shared.journal.read(documents.listing)
        gone = [documents.forget(row.id) for row in rows if row.bin == bin_id]
        if gone:
            await self.shared.journal.put(gone).kept()

    def _below(self, path: str) -> Sequence[Live]:
        attached = (live for live in self.live.values() if live.session.path and not live.saving.detached)
        return [live for live in attached if f"{live.session.path}/".startswith(f"{path}/")]


@asynccontextmanager
async def locked(files: Sequence[Saving]) -> AsyncIterator[None]:
    """Hold the files of several notebooks still, while they are moved."""
    held: list[Saving] = []
    try:
        for one in files:
            await one.hold()
            held.append(one)
        yield
    finally:
        for one in held:
            one.release()


def kernel_of(notebook: Notebook) -> str:
    """The kernelspec that the notebook names; empty: the default's."""
    spec = notebook.metadata.get("kernelspec")
    name = spec.get("name") if isinstance(spec, dict) else None
    return name if isinstance(name, str) else ""
