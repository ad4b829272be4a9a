"""The few system calls that saving is made of, one method each, so that each of them can be made to fail; and how a
file becomes durable by them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

T = TypeVar("T")

_WRITE_BYTES = 4096


class Disk:
    """The real file system. Thread-safe. Every method raises OSError as the system does.

    What it makes is private to the user, unless ``create`` is told otherwise: files 0600, folders 0700.
    """

    def make_folder(self, path: Path) -> None:
        os.mkdir(path, 0o700)

    def create(self, path: Path, mode: int = 0o600) -> int:
        """Open a file for writing that must not exist yet; from its permissions the user's umask is taken."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)

    def open_folder(self, path: Path) -> int:
        """A descriptor of a folder that is not a link, for ``sync`` and ``lock``."""
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def lock(self, descriptor: int) -> None:
        """Take the exclusive lock, which ends with the descriptor or the process; BlockingIOError if it is taken."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write a part of the bytes, perhaps all; how many were written."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Return once a file's bytes, or a folder's names, would survive a power cut."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        os.rename(old, new)

    def remove_file(self, path: Path) -> None:
        os.unlink(path)

    def remove_folder(self, path: Path) -> None:
        os.rmdir(path)

    def free_bytes(self, path: Path) -> int:
        """Bytes that this user may still write."""
        system = os.statvfs(path)
        return system.f_bavail * system.f_frsize


class FaultyDisk(Disk):
    """A real file system that fails at one call, or from one call on.

    Args:
        fail_at: Which call, counted from 1; 0 for none.
        number: The ``errno`` it fails with.
        lasting: ``once``; ``full``, from there on nothing new can be written, but files can be read and removed;
            ``dead``, from there on no call succeeds.
        free_bytes: What the disk claims to have free; None for the truth.
    """

    def __init__(
        self,
        fail_at: int = 0,
        number: int = errno.ENOSPC,
        lasting: Literal["once", "full", "dead"] = "once",
        free_bytes: int | None = None,
    ) -> None:
        self.calls: list[str] = []
        self._fail_at = fail_at
        self._number = number
        self._lasting = lasting
        self._free_bytes = free_bytes
        self._guard = threading.Lock()

    def _call(self, name: str, call: Callable[[], T], needs_space: bool) -> T:
        with self._guard:
            self.calls.append(name)
            count = len(self.calls)
        begun = 0 < self._fail_at <= count
        fails = {"once": count == self._fail_at, "full": begun and needs_space, "dead": begun}[self._lasting]
        if fails:
            raise OSError(self._number, os.strerror(self._number))
        return call()

    def make_folder(self, path: Path) -> None:
        self._call("make_folder", lambda: super(FaultyDisk, self).make_folder(path), True)

    def create(self, path: Path, mode: int = 0o600) -> int:
        return self._call("create", lambda: super(FaultyDisk, self).create(path, mode), True)

    def open_folder(self, path: Path) -> int:
        return self._call("open_folder", lambda: super(FaultyDisk, self).open_folder(path), False)

    def lock(self, descriptor: int) -> None:
        self._call("lock", lambda: super(FaultyDisk, self).lock(descriptor), False)

    def write(self, descriptor: int, data: memoryview) -> int:
        """As a real disk may, it takes only a part of what it is given."""
        part = data[:_WRITE_BYTES]
        return self._call("write", lambda: super(FaultyDisk, self).write(descriptor, part), True)

    def sync(self, descriptor: int) -> None:
        self._call("sync", lambda: super(FaultyDisk, self).sync(descriptor), True)

    def close(self, descriptor: int) -> None:
        """Closes also where it fails, as Linux does."""
        super().close(descriptor)
        self._call("close", lambda: None, False)

    def rename(self, old: Path, new: Path) -> None:
        self._call("rename", lambda: super(FaultyDisk, self).rename(old, new), False)

    def remove_file(self, path: Path) -> None:
        self._call("remove_file", lambda: super(FaultyDisk, self).remove_file(path), False)

    def remove_folder(self, path: Path) -> None:
        self._call("remove_folder", lambda: super(FaultyDisk, self).remove_folder(path), False)

    def free_bytes(self, path: Path) -> int:
        return super().free_bytes(path) if self._free_bytes is None else self._free_bytes


def write_new(disk: Disk, path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file that must not exist yet and make its bytes durable, but not its name.

    Raises:
        OSError: As the system does; a part of the file may be there.
    """
    descriptor = disk.create(path, mode)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[disk.write(descriptor, rest) :]
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


def place(disk: Disk, path: Path, data: bytes, mode: int = 0o600) -> None:
    """Make a file appear under its name whole and durably; the one that is there under this name stays until then.

    What a crash left of an earlier try is replaced. Two who place the same file at once are not kept apart.

    Args:
        mode: Its permissions, from which the user's umask is taken.

    Raises:
        OSError: As the system does; the old file is still there, or the new one is without being durable.
    """
    partial = path.with_name(f".{path.name}.partial")
    with suppress(FileNotFoundError):
        disk.remove_file(partial)
    try:
        write_new(disk, partial, data, mode)
        disk.rename(partial, path)
    except OSError:
        with suppress(OSError):
            disk.remove_file(partial)
        raise
    # A link to a folder cannot be synced.
    sync_folder(disk, path.parent.resolve())


def sync_folder(disk: Disk, folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = disk.open_folder(folder)
    try:
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
