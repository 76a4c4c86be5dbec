"""Logs: JSON lines in the profile's log directory, rotated by size, and readable lines on the terminal.

Headers and bodies are never logged by anyone. What could still carry a secret is blanked here, in both forms: `token=` in an address,
and anything that looks like one of our API tokens.
"""

import json
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from octavo.settings import schema

FILE = "octavo.log"
SECRETS = re.compile(
    r"""(?ix) (token=) [^&\s"'#<>\\]+ | (token%3d) (?: (?!%26) [^&\s"'#<>\\] )+ | \boctavo_[0-9a-f]{16,}"""
)
OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def blanked(text: str) -> str:
    return SECRETS.sub(lambda match: f"{match[1] or match[2] or ''}…", text)


class JsonLines(logging.Formatter):
    """One object a line: time, level, name, message, whatever `extra` gave, and a traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "name": record.name,
            "message": record.getMessage(),
        }
        entry.update((name, value) for name, value in vars(record).items() if name not in OWN_FIELDS)
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return blanked(json.dumps(entry, ensure_ascii=False, default=str))


class Readable(logging.Formatter):
    """`12:34:56 warning access: …`; the traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        level = "" if record.levelno == logging.INFO else record.levelname.lower() + " "
        name = record.name.removeprefix("octavo.")
        text = f"{time.strftime('%H:%M:%S', time.localtime(record.created))} {level}{name}: {record.getMessage()}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return blanked(text)


class LogFile(RotatingFileHandler):
    """Private to its owner. A disk that is full must not take the server down with its log: the terminal has the line still."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return open(descriptor, "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:
        return


@contextmanager
def logging_to(directory: Path, settings: schema.Log, terminal: TextIO | None) -> Iterator[None]:
    """Everything that is logged inside goes to the profile's file and, where there is one, the terminal."""
    directory.mkdir(mode=0o700, exist_ok=True)
    file = LogFile(
        directory / FILE, maxBytes=settings.file_size, backupCount=settings.files - 1, encoding="utf-8", delay=True
    )
    file.setFormatter(JsonLines())
    handlers: list[logging.Handler] = [file]
    if terminal is not None:
        lines = logging.StreamHandler(terminal)
        lines.setFormatter(Readable())
        handlers.append(lines)
    root = logging.getLogger()
    before = root.level
    root.setLevel(settings.level.upper())
    for handler in handlers:
        root.addHandler(handler)
    try:
        yield
    finally:
        root.setLevel(before)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
