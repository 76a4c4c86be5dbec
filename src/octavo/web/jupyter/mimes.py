"""Which type a file is said to have, and which files a browser may show by itself."""

import mimetypes
from functools import cache

_MORE = (
    ("application/x-ipynb+json", ".ipynb"),
    ("text/javascript", ".js"),
    ("text/javascript", ".mjs"),
    ("text/xml", ".xml"),
    ("application/xhtml+xml", ".xhtml"),
    ("text/markdown", ".md"),
    ("text/markdown", ".qmd"),
    ("text/markdown", ".rmd"),
    ("text/x-yaml", ".yml"),
    ("text/x-yaml", ".yaml"),
    ("application/toml", ".toml"),
    ("image/webp", ".webp"),
    ("image/avif", ".avif"),
    ("audio/flac", ".flac"),
    ("video/webm", ".webm"),
)
"""Where releases of Python differ, or know none."""


@cache
def _types() -> mimetypes.MimeTypes:
    """Python's own table, not this machine's. Made when a file is first asked for: half a megabyte until then."""
    types = mimetypes.MimeTypes()
    for kind, suffix in _MORE:
        types.add_type(kind, suffix)
    return types


_MEDIA = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"}
    | {"audio/mpeg", "audio/ogg", "audio/x-wav", "audio/wav", "audio/flac", "audio/mp4"}
    | {"video/mp4", "video/webm", "video/ogg", "video/quicktime"}
)
"""Types in which nothing can act."""

_AS_TEXT = frozenset({"application/json", "application/toml", "application/x-sh", "application/x-tex"})
_ACTIVE_TEXT = frozenset({"text/html", "text/xml", "text/xsl", "text/cache-manifest"})


def guess(path: str) -> str | None:
    """The type that the name says; a compressed file is of its compression's type."""
    kind, encoding = _types().guess_type(path.rpartition("/")[2], strict=False)
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else f"application/x-{encoding}"
    return kind


def served(path: str) -> tuple[str, bool]:
    """The type under which a file is served, and whether it may be shown: else it is only ever downloaded.

    Text of any kind is shown as plain text. Anything in which something could act (HTML, SVG, XML, PDF) is downloaded.
    """
    kind = guess(path)
    if kind is None:
        return "application/octet-stream", False
    if kind in _MEDIA:
        return kind, True
    if kind in _AS_TEXT or (kind.startswith("text/") and kind not in _ACTIVE_TEXT):
        return "text/plain; charset=UTF-8", True
    return kind, False
