"""Profiles: one directory each under `OCTAVO_HOME`, 0700, with everything that Octavo keeps but the notebooks.

    <home>/<profile>/settings.toml   what makes it a profile
                     web.lock        held by its web process
                     log/  access.db  journal…  bin/  run/  kernel-log/

Not here: what the rooms keep in it. Nothing is shared between two profiles.
"""

import fcntl
import hashlib
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

import msgspec
from platformdirs import user_data_path

from octavo.errors import Conflict, Denied, Invalid, NotFound, StorageUnavailable
from octavo.settings import schema
from octavo.settings.environment import HOME
from octavo.settings.keys import nearest

DEFAULT = "default"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
FIRST_SETTINGS = """\
# Settings of this profile. Every key: octavo config show
# Flags of `octavo serve` and OCTAVO_SECTION__KEY in the environment win over this file.
"""
TEMPORARY = Path("/tmp")
"""Not TMPDIR: every command of a profile has to find the same place."""
LONGEST_RUN_DIRECTORY = 94
"""Bytes: a socket's path has at most 107."""


class Profile(NamedTuple):
    name: str
    directory: Path

    @property
    def settings_file(self) -> Path:
        return self.directory / "settings.toml"

    @property
    def log_directory(self) -> Path:
        return self.directory / "log"

    @property
    def lock_file(self) -> Path:
        return self.directory / "web.lock"


def home(environment: Mapping[str, str]) -> Path:
    named = environment.get(HOME)
    return Path(named).expanduser().absolute() if named else user_data_path("octavo", appauthor=False)


def checked_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise Invalid(
            f"{name!r} cannot be the name of a profile.",
            hint="Use 1 to 40 letters, digits, - and _, a letter or digit first.",
        )
    return name


def at(home: Path, name: str) -> Profile:
    """The profile of that name, whether it exists or not."""
    return Profile(checked_name(name), home / name)


def exists(profile: Profile) -> bool:
    return profile.settings_file.is_file()


def names(home: Path) -> list[str]:
    try:
        found = [entry.name for entry in os.scandir(home) if NAME.fullmatch(entry.name)]
    except FileNotFoundError:
        return []
    return sorted(
        (name for name in found if exists(Profile(name, home / name))), key=lambda name: (name != DEFAULT, name)
    )


def find(home: Path, name: str) -> Profile:
    """The profile, ready for use; the default one is made when it is first needed."""
    profile = at(home, name)
    if not exists(profile):
        if name != DEFAULT:
            near = nearest(name, names(home))
            hint = (
                f"Did you mean {near}? To make it: octavo profile create {name}"
                if near
                else f"Make it: octavo profile create {name}"
            )
            raise NotFound(f"There is no profile {name}.", hint=hint)
        return create(home, DEFAULT)
    make_private(profile.directory)
    return profile


def create(home: Path, name: str) -> Profile:
    """A new profile; its settings begin as a copy of the default profile's. Logins, tokens and documents are never copied."""
    profile = at(home, name)
    if exists(profile):
        raise Conflict(f"There is a profile {name} already.")
    model = Profile(DEFAULT, home / DEFAULT).settings_file
    text = model.read_text(encoding="utf-8") if model.is_file() else FIRST_SETTINGS
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        profile.directory.mkdir(mode=0o700, exist_ok=True)
        make_private(profile.directory)
        write_privately(profile.settings_file, text)
    except OSError as error:
        raise StorageUnavailable(
            f"The profile {name} cannot be made at {profile.directory}: {error.strerror}."
        ) from error
    return profile


def delete(home: Path, name: str, *, run: Path) -> None:
    """Everything of a profile that nothing uses; `run` is its run directory. The notebooks are not in it and stay."""
    profile = find(home, name)
    if lock_is_held(run / "host.lock"):
        raise Conflict(
            f"Kernels of profile {name} are running.", hint="Stop them first: start Octavo, shut them down, and end it."
        )
    with WebLock.take(profile):
        try:
            if run.parent != profile.directory and run.is_dir():
                shutil.rmtree(run)
            shutil.rmtree(profile.directory)
        except OSError as error:
            raise StorageUnavailable(f"{error.filename} cannot be deleted: {error.strerror}.") from error


def make_private(directory: Path) -> None:
    """0700, and ours: in another user's directory neither secrets nor locks mean anything."""
    status = directory.stat()
    if status.st_uid != os.geteuid():
        raise Denied(
            f"{directory} belongs to another user.", hint=f"Run as that user, or set {HOME} to a directory of your own."
        )
    if status.st_mode & 0o077:
        directory.chmod(0o700)


def write_privately(path: Path, text: str) -> None:
    """Whole or not at all, and readable by its owner alone."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def run_directory(profile: Profile, setting: str = "", *, temporary: Path = TEMPORARY) -> Path:
    """Where the kernel host's sockets are (DESIGN §2); made, 0700 and ours, unless a setting names one."""
    if setting:
        return Path(setting).expanduser().absolute()
    inside = profile.directory / "run"
    if len(os.fsencode(inside)) <= LONGEST_RUN_DIRECTORY:
        inside.mkdir(mode=0o700, exist_ok=True)
        if can_bind(inside):
            return inside
    base = temporary / f"octavo-{os.geteuid()}"
    outside = base / hashlib.sha256(os.fsencode(profile.directory.resolve())).hexdigest()[:16]
    for directory in (base, outside):
        directory.mkdir(mode=0o700, exist_ok=True)
        if directory.is_symlink() or not directory.is_dir():
            raise Denied(f"{directory} is not a directory.", hint="Remove it, or set kernels.run_directory.")
        make_private(directory)
    return outside


def kernels_of(settings: schema.Settings, profile: Profile) -> schema.Kernels:
    """The kernels' settings of this profile, with the directories that the profile chooses."""
    kernels = settings.kernels
    chosen = kernels.log_directory or str(profile.directory / "kernel-log")
    return msgspec.structs.replace(kernels, log_directory=os.path.abspath(os.path.expanduser(chosen)))


def can_bind(directory: Path) -> bool:
    """Some file systems (of containers and network shares) hold no sockets."""
    path = directory / f".probe-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.bind(os.fspath(path))
        except OSError:
            return False
    path.unlink(missing_ok=True)
    return True


class Holder(msgspec.Struct, frozen=True):
    """What stands in `web.lock`: who holds it, and the address at which it listens (empty until it does)."""

    pid: int
    address: str = ""


class WebLock:
    """A profile's web process: an exclusive `flock` from `take` to `release`, or to the end of the process."""

    def __init__(self, profile: Profile, descriptor: int) -> None:
        self.profile, self.descriptor = profile, descriptor

    @classmethod
    def take(cls, profile: Profile) -> Self:
        """Raises `Conflict`, which says who holds it and where that listens."""
        descriptor = os.open(profile.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = read_holder(descriptor)
            os.close(descriptor)
            who = f"process {holder.pid}" if holder else "another process"
            where = f" and listens at {holder.address}" if holder and holder.address else ""
            raise Conflict(
                f"Profile {profile.name} is in use: {who} holds it{where}.",
                hint="Use that one, stop it, or serve another profile: octavo serve --profile NAME",
            ) from None
        lock = cls(profile, descriptor)
        lock.describe("")
        return lock

    def describe(self, address: str) -> None:
        """Say where this process listens."""
        text = msgspec.json.encode(Holder(os.getpid(), address)) + b"\n"
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, text, 0)

    def release(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.release()


def read_holder(descriptor: int) -> Holder | None:
    try:
        return msgspec.json.decode(os.pread(descriptor, 4096, 0), type=Holder)
    except msgspec.DecodeError:
        return None


def holder(profile: Profile) -> Holder | None:
    """The web process that holds the profile now."""
    try:
        descriptor = os.open(profile.lock_file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return read_holder(descriptor) if is_locked(descriptor) else None
    finally:
        os.close(descriptor)


def lock_is_held(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return is_locked(descriptor)
    finally:
        os.close(descriptor)


def is_locked(descriptor: int) -> bool:
    """Asks with a shared lock of an instant, so that two who ask do not see each other."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
