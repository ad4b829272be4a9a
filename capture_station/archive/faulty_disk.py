"""A disk that fails on demand, for tests of everything that saves."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

from capture_station.archive.disk import Disk, DiskSpace

T = TypeVar("T")

_WRITE_BYTES = 4096


class FaultyDisk(Disk):
    """A real file system that fails at one call, or from one call on.

    Args:
        fail_at: Number of the call that fails, counted from 1; 0 for none.
        number: The ``errno`` of the failure.
        lasting: ``once``: only this call fails. ``full``: from this call on nothing new can be written, but files can
            be read and removed. ``dead``: from this call on every call fails.
        space: The space that the disk reports; None for the real one.
    """

    def __init__(
        self,
        fail_at: int = 0,
        number: int = errno.ENOSPC,
        lasting: Literal["once", "full", "dead"] = "once",
        space: DiskSpace | None = None,
    ) -> None:
        self.calls: list[str] = []
        self._fail_at = fail_at
        self._number = number
        self._lasting = lasting
        self._space = space
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

    def open_to_append(self, path: Path) -> int:
        return self._call("open_to_append", lambda: super(FaultyDisk, self).open_to_append(path), False)

    def open_folder(self, path: Path) -> int:
        return self._call("open_folder", lambda: super(FaultyDisk, self).open_folder(path), False)

    def lock(self, descriptor: int) -> None:
        self._call("lock", lambda: super(FaultyDisk, self).lock(descriptor), False)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write only a part of the bytes, as a real disk may."""
        part = data[:_WRITE_BYTES]
        return self._call("write", lambda: super(FaultyDisk, self).write(descriptor, part), True)

    def sync(self, descriptor: int) -> None:
        self._call("sync", lambda: super(FaultyDisk, self).sync(descriptor), True)

    def close(self, descriptor: int) -> None:
        """Close the file even if the call fails, as Linux does."""
        super().close(descriptor)
        self._call("close", lambda: None, False)

    def rename(self, old: Path, new: Path) -> None:
        self._call("rename", lambda: super(FaultyDisk, self).rename(old, new), False)

    def remove_file(self, path: Path) -> None:
        self._call("remove_file", lambda: super(FaultyDisk, self).remove_file(path), False)

    def remove_folder(self, path: Path) -> None:
        self._call("remove_folder", lambda: super(FaultyDisk, self).remove_folder(path), False)

    def space(self, path: Path) -> DiskSpace:
        return super().space(path) if self._space is None else self._space
