"""The contract for storing photos and portraits, and its implementation for local files."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path
from typing import BinaryIO, Protocol

from capture_station.archive.disk import explain_full
from capture_station.errors import ArchiveError, PhotoError
from capture_station.photos.locations import is_url

_BAD_NAME_ERRORS = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})
"""Errors for a file name that the file system cannot hold, such as a name with a colon on FAT."""


class Store(Protocol):
    """Files, addressed by path or URL. Thread-safe."""

    def exists(self, location: str) -> bool:
        """Whether the file exists.

        Raises:
            ArchiveError: The store does not answer.
        """

    def open(self, location: str) -> BinaryIO:
        """Open a file for reading and seeking.

        Raises:
            PhotoError: The file does not exist or cannot be read.
        """

    def write(self, location: str, data: bytes) -> None:
        """Write a file that exists whole or not at all, even after a power cut. An existing file stays unchanged.

        Raises:
            PhotoError: This file cannot be written.
            DiskFull, ArchiveError: No file can be written.
        """


def store_of(location: str) -> Store:
    """The store that a path or URL belongs to.

    Raises:
        ConfigError: fsspec, or its library for this kind of URL, is not installed.
    """
    if is_url(location):
        from capture_station.photos.remote import RemoteFiles

        return RemoteFiles(location)
    return LocalFiles()


class LocalFiles:
    """Files on this machine or on a mounted file system."""

    def exists(self, location: str) -> bool:
        return os.path.lexists(location)

    def open(self, location: str) -> BinaryIO:
        try:
            return open(location, "rb")
        except OSError as error:
            raise PhotoError(f"cannot be read: {error.strerror}") from error

    def write(self, location: str, data: bytes) -> None:
        """Make the bytes durable under a temporary name, then rename. The rest of a killed process is overwritten.

        If several processes write one file, the first one wins. The lock ends with its process.
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
            if error.errno in _BAD_NAME_ERRORS:
                raise PhotoError(f"{path}: the disk cannot hold this name: {error.strerror}") from error
            if full := explain_full(error, path.parent, afterwards=" and run the same command again"):
                raise full from error
            raise ArchiveError(f"{path}: cannot be written: {error.strerror}") from error
