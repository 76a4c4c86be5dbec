"""Uploads in chunks through the contents API, as Jupyter's file browser sends them: `chunk` is 1, 2, … and -1 for the last.

Nothing is seen at the path until the last chunk is there. An upload lives in this process alone: after a restart its
client is told to begin again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from octavo.errors import Conflict, TooLarge, Unavailable
from octavo.files.store import Saved, Writing
from octavo.web.jupyter.filing import Filing
from octavo.web.jupyter.models import BadRequest

LAST = -1
IDLE = 900.0
"""Seconds without a chunk after which an upload is given up."""
AT_ONCE = 16


@dataclass
class Upload:
    writing: Writing
    expected: int
    used: float
    busy: bool = False


class Uploads:
    def __init__(self, filing: Filing, clock: Callable[[], float] = time.monotonic) -> None:
        self._filing, self._clock = filing, clock
        self._open: dict[str, Upload] = {}

    async def take(self, path: str, chunk: int, data: bytes, who: str) -> Saved | int:
        """Add a chunk. Returns what was saved after the last, else the bytes that are there so far."""
        await self._give_up_idle()
        if chunk == 1:
            await self._begin(path)
        upload = self._open.get(path)
        if upload is None:
            raise BadRequest(f"No upload of {path} is under way; begin again with chunk 1.")
        if upload.busy or chunk not in (upload.expected, LAST):
            raise Conflict(
                f"Chunk {upload.expected} of {path} was expected, not {chunk}.", hint="Begin the upload again."
            )
        upload.busy, upload.used = True, self._clock()
        try:
            await upload.writing.write(data)
            if chunk == LAST:
                del self._open[path]
                return await finish(self._filing, path, upload.writing, who)
        except BaseException:
            if self._open.pop(path, None) is not None:
                await upload.writing.abandon()
            raise
        upload.busy, upload.expected = False, chunk + 1
        return upload.writing.written

    async def _begin(self, path: str) -> None:
        old = self._open.get(path)
        if old is not None and old.busy:
            raise Conflict(f"Another upload of {path} is under way.", hint="Try again when it has ended.")
        if old is not None:
            del self._open[path]
            await old.writing.abandon()
        if len(self._open) >= AT_ONCE:
            raise Unavailable("Too many uploads are under way.", hint="Try again when one of them has ended.")
        writing = await self._filing.store.begin(path, limit=self._filing.settings.files.max_upload)
        if path in self._open:  # by somebody else, meanwhile
            await writing.abandon()
            raise Conflict(f"Another upload of {path} is under way.", hint="Try again when it has ended.")
        self._open[path] = Upload(writing, 1, self._clock())

    async def _give_up_idle(self) -> None:
        now = self._clock()
        idle = [path for path, upload in self._open.items() if not upload.busy and now - upload.used > IDLE]
        for upload in [self._open.pop(path) for path in idle]:
            await upload.writing.abandon()


async def finish(filing: Filing, path: str, writing: Writing, who: str) -> Saved:
    """Put what was uploaded in its place; on an open document it goes the way of an outside change."""
    limit = filing.settings.documents.max_notebook
    try:
        if await filing.documents.is_open(path):
            if writing.written > limit:
                raise TooLarge(f"{path} is open, and a notebook may have at most {limit} bytes.")
            if await filing.documents.absorb(path, await writing.content(), who):
                await writing.abandon()
                return Saved(await filing.store.stat(path), False)
    except BaseException:
        await writing.abandon()
        raise
    return await writing.commit()
