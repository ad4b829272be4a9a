"""The system calls that saving needs, behind one class that tests can replace, and durable writing by means of them."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from capture_station.errors import ArchiveError, DiskFull

_FULL = (errno.ENOSPC, errno.EDQUOT)
NEEDED_FILES = 16
"""More files and folders than one capture creates."""


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """What a file system says about itself (statvfs(3))."""

    free_bytes: int
    """Bytes that this user can still write."""
    free_files: int | None = None
    """Files that this user can still create (inodes); None if the file system has no limit."""
    read_only: bool = False
    """Linux mounts a failing disk read-only."""

    @property
    def lacks_files(self) -> bool:
        """Whether another capture may need more files than can be created."""
        return self.free_files is not None and self.free_files < NEEDED_FILES


class Disk:
    """The real file system. Thread-safe. Every method raises OSError as the system does.

    New files and folders are private to the user (0600 and 0700) unless ``create`` gets another mode.
    """

    def make_folder(self, path: Path) -> None:
        os.mkdir(path, 0o700)

    def create(self, path: Path, mode: int = 0o600) -> int:
        """Create a file that must not exist yet and open it for writing. The umask applies to ``mode``."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)

    def open_to_append(self, path: Path) -> int:
        """Open a file that exists; what is written goes to its end. Fails for a symlink."""
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)

    def open_folder(self, path: Path) -> int:
        """A descriptor of a folder, for ``sync`` and ``lock``. Fails for a symlink."""
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def lock(self, descriptor: int) -> None:
        """Take the exclusive lock, which ends with the descriptor or the process. BlockingIOError if it is held."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write some or all of the bytes and return how many."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Return when a file's bytes, or a folder's names, would survive a power cut."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        os.rename(old, new)

    def remove_file(self, path: Path) -> None:
        os.unlink(path)

    def remove_folder(self, path: Path) -> None:
        os.rmdir(path)

    def space(self, path: Path) -> DiskSpace:
        """The space left on the path's file system."""
        system = os.statvfs(path)
        return DiskSpace(
            free_bytes=system.f_bavail * system.f_frsize,
            # File systems without a table of inodes, such as Btrfs and FAT, report 0 of 0.
            free_files=system.f_favail if system.f_files else None,
            read_only=bool(system.f_flag & os.ST_RDONLY),
        )


def write_new(disk: Disk, path: Path, data: bytes, mode: int = 0o600, at_least: int = 0) -> None:
    """Write a file that must not exist yet and make its bytes durable, but not its name. Modes as ``write_atomically``.

    Raises:
        OSError: As the system does. A part of the file may then exist.
    """
    descriptor = disk.create(path, mode)
    if at_least:
        permit(descriptor, at_least)
    _write(disk, descriptor, data)


def permit(file: int | Path, mode: int) -> None:
    """Add permissions to a file or folder despite the umask, where the file system has any."""
    with suppress(OSError):
        now = stat.S_IMODE(os.stat(file).st_mode)
        if now | mode != now:
            os.chmod(file, now | mode)


def append_to(disk: Disk, path: Path, data: bytes) -> None:
    """Add bytes to the end of a file that exists, durably.

    Raises:
        OSError: As the system does. A part of the bytes may then be there, as after a crash.
    """
    _write(disk, disk.open_to_append(path), data)


def _write(disk: Disk, descriptor: int, data: bytes) -> None:
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[disk.write(descriptor, rest) :]
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


def write_atomically(disk: Disk, path: Path, data: bytes, mode: int = 0o600, at_least: int = 0) -> None:
    """Write a file atomically and durably, replacing the one that may be there.

    The leftover of a crashed attempt is replaced. Two concurrent writers of the same file are not kept apart.

    Args:
        mode: Permissions, to which the umask applies.
        at_least: Permissions that the file gets despite the umask, where its file system has any.

    Raises:
        OSError: As the system does. Either the old file is still there, or the new one is there but not durable.
    """
    partial = partial_path(path)
    with suppress(FileNotFoundError):
        disk.remove_file(partial)
    try:
        write_new(disk, partial, data, mode, at_least)
        disk.rename(partial, path)
    except BaseException:  # Also Ctrl-C: nobody would look for the part.
        with suppress(OSError):
            disk.remove_file(partial)
        raise
    # ``open_folder`` refuses a symlink.
    sync_folder(disk, path.parent.resolve())


def partial_path(path: Path) -> Path:
    """Where ``write_atomically`` writes a file before it has its name, and where a power cut may leave it."""
    return path.with_name(f".{path.name}.partial")


def make_folders(disk: Disk, folder: Path) -> None:
    """Create a folder and those above it, durably, where they are missing. Raises OSError as the system does."""
    if folder.is_dir():
        return
    make_folders(disk, folder.parent)
    with suppress(FileExistsError):
        disk.make_folder(folder)
    sync_folder(disk, folder.parent)


def sync_folder(disk: Disk, folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = disk.open_folder(folder)
    try:
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


def explain_write_error(error: OSError, folder: Path) -> ArchiveError:
    """What a person is told of a failed write into the archive."""
    if full := explain_full(error, folder, ", so nothing was saved or changed"):
        return full
    return ArchiveError(f"{folder}: could not be written: {error.strerror}; check the disk and archive.folder")


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Raises what ``explain_write_error`` makes of an OSError."""
    try:
        yield
    except OSError as error:
        raise explain_write_error(error, folder) from error


def explain_full(error: OSError, folder: Path, outcome: str = "", afterwards: str = "") -> DiskFull | None:
    """What a person is told of a disk that is full, or that cannot hold more files; None for other errors.

    Args:
        outcome: What became of the data; follows what is wrong.
        afterwards: What else to do; follows the advice.
    """
    if error.errno not in _FULL:
        return None
    with suppress(OSError):
        # The error is the same for both, and the advice is not.
        if Disk().space(folder).lacks_files:
            wrong = f"the disk cannot hold more files (no free inodes){outcome}"
            return DiskFull(f"{folder}: {wrong}; remove some files{afterwards}", lacks_files=True)
    return DiskFull(f"{folder}: the disk is full{outcome}; make space{afterwards}")
