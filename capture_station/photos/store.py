"""Where photos come from and portraits go: one small contract, and the files of this machine behind it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote

from capture_station.errors import ArchiveError, DiskFull, PhotoError

_BAD_NAME = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})
"""What file systems answer to a name that they cannot hold, as FAT to one with a colon."""


class Store(Protocol):
    """Files by location, which is a path or a URL. Thread-safe."""

    def exists(self, location: str) -> bool:
        """Whether there is anything.

        Raises:
            ArchiveError: The store does not answer.
        """

    def open(self, location: str) -> BinaryIO:
        """A file to read and to seek in.

        Raises:
            PhotoError: It is not there or cannot be read.
        """

    def write(self, location: str, data: bytes) -> None:
        """Make a file that is there whole or not at all, also after a power cut; one that is there stays.

        Raises:
            PhotoError: This one cannot be written.
            DiskFull, ArchiveError: Nor will the next.
        """


def is_url(location: str) -> bool:
    """Whether fsspec is to reach it."""
    return "://" in location


def plain(location: str) -> str:
    """A ``file://`` URL as the path that it is, %20 and the like decoded; anything else as it stands."""
    if not location.startswith("file://"):
        return location
    return unquote(location.removeprefix("file://"), errors="surrogateescape")


def store_of(location: str) -> Store:
    """Who reads and writes there.

    Raises:
        ConfigError: fsspec, or what it needs for this kind of URL, is not installed.
    """
    if is_url(location):
        from capture_station.photos.remote import RemoteFiles

        return RemoteFiles(location)
    return LocalFiles()


class LocalFiles:
    """Files on this machine, or on a file system that is mounted here."""

    def exists(self, location: str) -> bool:
        return os.path.lexists(location)

    def open(self, location: str) -> BinaryIO:
        try:
            return open(location, "rb")
        except OSError as error:
            raise PhotoError(f"cannot be read: {error.strerror}") from error

    def write(self, location: str, data: bytes) -> None:
        """The name comes after the bytes are durable. What a killed process left is overwritten.

        Of several writers of one file the first places it; the lock ends with its process.
        """
        path = Path(location)
        partial = path.with_name(f".{path.name}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("ab") as file:
                with contextlib.suppress(OSError):  # Some network file systems have no locks.
                    fcntl.flock(file, fcntl.LOCK_EX)
                if os.path.lexists(path):
                    partial.unlink(missing_ok=True)
                    return
                file.truncate(0)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                partial.rename(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink()
            if error.errno in _BAD_NAME:
                raise PhotoError(f"{path}: the disk cannot hold this name: {error.strerror}") from error
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(f"{path.parent}: the disk is full; make space and run the same command again") from error
            raise ArchiveError(f"{path}: cannot be written: {error.strerror}") from error
