"""Builds a capture's folder in a hidden place and publishes it atomically.

The protocol, and the reason for each step:

1. ``mkdir`` a folder with a new id in ``.unfinished/``. It is on the same file system, because rename(2) needs that.
   Lock it with flock(2). The lock ends with the process, however the process ends, so a locked folder is under
   construction and an unlocked one is the leftover of a crash. This trusts no process id and no age, and several
   processes can save at once.
2. Create each file with O_EXCL, write it and fsync(2) it, so that its bytes are durable before any published name
   leads to them. A failed fsync is never repeated: the kernel may have dropped the pages that it could not write.
3. fsync the folder. The fsync of a file does not make the file's name durable (fsync(2)).
4. rename(2) the folder into the folder of its day. Readers see this atomically. On ext4 it is one journal
   transaction, so after a power cut the folder is there with all its files or not at all.
5. fsync the day's folder. Only now is the new name durable, and only now is the capture acknowledged.

If step 5 fails, the folder is renamed back, so that a capture reported as not saved is not there.

Removal runs the other way round: lock the folder, rename it out of its day, fsync the day's folder, and only then
remove the files. A crash in between leaves an unlocked folder in ``.unfinished/``, which the next sweep removes.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

from capture_station.archive import names
from capture_station.archive.disk import Disk, sync_folder, write_new


class UnfinishedFolder:
    """One folder under construction. ``put`` is thread-safe; the other methods belong to one thread at a time.

    All methods except ``discard`` raise OSError.
    """

    def __init__(self, disk: Disk, folder: Path, descriptor: int) -> None:
        self._disk = disk
        self._descriptor = descriptor
        self.folder = folder

    @classmethod
    def reserve(cls, disk: Disk, archive: Path, new_id: Callable[[], str]) -> UnfinishedFolder:
        """Create and lock a folder under the first new id that no capture has, finished or not, in any process."""
        while True:
            capture_id = new_id()
            folder = archive / names.UNFINISHED / capture_id
            try:
                disk.make_folder(folder)
            except FileExistsError:
                continue
            try:
                unfinished = _locked(disk, folder)
            except OSError:
                with contextlib.suppress(OSError):
                    disk.remove_folder(folder)
                raise
            if unfinished is None:
                continue
            # Another process with the same id still has its unfinished folder, which makes ours fail, or it has
            # published its folder before ours was created, which this test finds.
            if not names.folder_of(archive, capture_id).exists():
                return unfinished
            unfinished.discard()

    @classmethod
    def withdraw(cls, disk: Disk, archive: Path, capture_id: str) -> UnfinishedFolder | None:
        """Move a finished capture out of its day, atomically and durably; None if it is no longer there."""
        finished = names.folder_of(archive, capture_id)
        unfinished = _locked(disk, finished)
        if unfinished is None:
            return None
        try:
            unfinished.folder = _move_aside(disk, finished, archive / names.UNFINISHED / capture_id)
            try:
                sync_folder(disk, finished.parent)
            except OSError:
                with contextlib.suppress(OSError):
                    disk.rename(unfinished.folder, finished)
                raise
        except OSError:
            unfinished._release()
            raise
        return unfinished

    @property
    def id(self) -> str:
        return names.unfinished_id(self.folder.name) or self.folder.name

    def put(self, name: str, data: bytes) -> None:
        """Write a new file and make its bytes durable."""
        write_new(self._disk, self.folder / name, data)

    def publish(self, target: Path) -> None:
        """Rename the folder to ``target``, durably."""
        self._disk.sync(self._descriptor)
        self._disk.rename(self.folder, target)
        try:
            sync_folder(self._disk, target.parent)
        except OSError:
            with contextlib.suppress(OSError):
                self._disk.rename(target, self.folder)
            raise
        self._release()

    def replace(self, name: str, target: Path) -> None:
        """Move one file of the folder to ``target``, durably, replacing the file there."""
        self._disk.rename(self.folder / name, target)
        sync_folder(self._disk, target.parent)

    def discard(self) -> None:
        """Remove the folder. What the disk refuses to remove is left to the next sweep."""
        with contextlib.suppress(OSError):
            _remove(self._disk, self.folder, self.id)
        self._release()

    def _release(self) -> None:
        with contextlib.suppress(OSError):
            self._disk.close(self._descriptor)


class DayFolders:
    """The folders of an archive's days, into which finished captures are published. Thread-safe."""

    def __init__(self, disk: Disk, archive: Path) -> None:
        self._disk = disk
        self._archive = archive
        self._made: set[Path] = set()

    def publish(self, unfinished: UnfinishedFolder) -> None:
        """Rename the folder into that of its day, durably. Raises OSError as the system does."""
        target = names.folder_of(self._archive, unfinished.id)
        self._make(target.parent)
        try:
            unfinished.publish(target)
        except FileNotFoundError:
            # Another thread or process has just removed the day's last capture, and with it the day's folder.
            self._make(target.parent)
            unfinished.publish(target)

    def _make(self, day: Path) -> None:
        """Create the day's folder durably. Another process may have created it without syncing it yet."""
        if day not in self._made or not day.is_dir():
            with contextlib.suppress(FileExistsError):
                self._disk.make_folder(day)
            sync_folder(self._disk, self._archive)
            self._made.add(day)


def sweep(disk: Disk, archive: Path) -> int:
    """Remove the leftovers of crashed processes and return the number of folders removed.

    Only unlocked folders in ``.unfinished`` whose name tells an id are touched, and in them only files with names that
    saving gives. Symlinks are not followed.
    """
    removed = 0
    with os.scandir(archive / names.UNFINISHED) as entries:
        found = [Path(entry.path) for entry in entries if names.unfinished_id(entry.name)]
    for folder in found:
        with contextlib.suppress(OSError):
            left = _locked(disk, folder)
            if left is not None:
                left.discard()
                removed += not folder.exists()
    return removed


def _locked(disk: Disk, folder: Path) -> UnfinishedFolder | None:
    """The folder, locked by this process; None if another process has locked it or has just removed it."""
    try:
        descriptor = disk.open_folder(folder)
    except FileNotFoundError:
        return None
    held = False
    try:
        disk.lock(descriptor)
        held = os.path.samestat(os.fstat(descriptor), os.stat(folder))
    except (BlockingIOError, FileNotFoundError):
        return None
    finally:
        if not held:
            disk.close(descriptor)
    return UnfinishedFolder(disk, folder, descriptor) if held else None


def _move_aside(disk: Disk, folder: Path, wanted: Path) -> Path:
    """Rename a folder to this path, or to one with a number if foreign files of an earlier removal are there."""
    place, numbers = wanted, count(1)
    while True:
        try:
            disk.rename(folder, place)
            return place
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        place = wanted.with_name(f"{wanted.name}.{next(numbers)}")


def _remove(disk: Disk, folder: Path, capture_id: str) -> None:
    with os.scandir(folder) as entries:
        own = [Path(entry.path) for entry in entries if names.is_capture_file(capture_id, entry.name)]
    for path in own:
        disk.remove_file(path)
    disk.remove_folder(folder)
