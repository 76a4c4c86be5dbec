"""What a path in a store may look like: pure, and the same for every store.

A path is relative to the store's root, its components joined by `/`; the root is the empty path. Doors take leading and
trailing slashes off before they come here. Links are not known here (`beneath`).
"""

from octavo.errors import Denied, Invalid

NAME_BYTES = 255
PATH_BYTES = 4095
DEPTH = 128
OWN = ".octavo-"
"""Names that begin so are Octavo's own (half-written files, the bin) and never served, whatever the settings say."""


def split(path: str, *, hidden: bool) -> tuple[str, ...]:
    """The components of `path`. Raises `Invalid` for what can name no file here, `Denied` for what is hidden."""
    if not path:
        return ()
    parts = components(path)
    for name in parts:
        admit(name, path, hidden=hidden)
    return parts


def components(path: str) -> tuple[str, ...]:
    """The components of a well-formed path, hidden or not."""
    if "\0" in path:
        raise Invalid("A path must not contain the NUL character.")
    if path.startswith("/"):
        raise Invalid(f"{path} is absolute; paths are relative to the notebook folder.")
    try:
        length = len(path.encode())
    except UnicodeEncodeError as error:
        raise Invalid("A path must be valid Unicode.") from error
    parts = tuple(path.split("/"))
    if length > PATH_BYTES or len(parts) > DEPTH:
        raise Invalid(f"This path is too long: at most {PATH_BYTES} bytes and {DEPTH} folders deep.")
    for name in parts:
        if name in ("", ".", ".."):
            raise Invalid(f"{path} has a part that is empty, '.' or '..'; write the path without it.")
        if len(name.encode()) > NAME_BYTES:
            raise Invalid(
                f"A name of more than {NAME_BYTES} bytes is too long: {name[:40]}…", hint="Choose a shorter name."
            )
    return parts


def is_hidden(name: str) -> bool:
    return name.startswith(".")


def admit(name: str, path: str, *, hidden: bool) -> None:
    """Refuse a component that may not be served."""
    if name.startswith(OWN):
        raise Denied(f"{path} is Octavo's own and not served.")
    if not hidden and is_hidden(name):
        raise Denied(f"{path} is hidden.", hint="Set files.hidden to serve files whose name begins with a dot.")


def join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    return path.rpartition("/")[2]
