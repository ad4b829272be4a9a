"""Reads regular files only, since a pipe would make the reader wait; and replaces small files as a whole."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class NotRegular(OSError):
    """It is a device, a pipe or a folder."""


def read_regular_file(path: Path, follow: bool = False, most_bytes: int = -1) -> bytes:
    """Read a file that is neither a device nor a pipe nor a folder.

    Args:
        path: The file.
        follow: Whether it may be a symlink, as the files are that a configuration names.
        most_bytes: Read no more than this; negative: all.

    Raises:
        NotRegular: The file is of another kind.
        OSError: The file cannot be read.
    """
    descriptor = open_regular_file(path, follow)
    with open(descriptor, "rb") as file:
        return file.read(most_bytes)


def open_regular_file(path: Path, follow: bool = False) -> int:
    """A descriptor for reading. Raises the same errors as ``read_regular_file``."""
    # Without O_NONBLOCK, opening a pipe would wait for somebody who writes into it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegular(errno.EINVAL, "not a regular file", str(path))
    return descriptor


def replace_file(path: Path, data: bytes) -> None:
    """Write a small file that only this user can read; after a crash it is the old one or the new one.

    Its folder is created if it is missing. Two writers at once are not kept apart.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
