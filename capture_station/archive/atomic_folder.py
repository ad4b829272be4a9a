"""A folder is built where nobody looks, and appears whole, in one step, or never.

The protocol, and why each step is there:

1. ``mkdir`` a folder of a fresh id in ``.unfinished/``, on the same file system, since rename(2) works only there.
   Lock it with flock(2): the lock ends with the process, however that ends, so that a locked folder is being built
   and an unlocked one was left by a crash. No process id or age has to be trusted, and several processes may save.
2. Create each file with O_EXCL, write it, fsync(2) it: its bytes are durable before any name leads to them. A failed
   fsync is never tried again, because the kernel may have dropped the pages it could not write.
3. fsync the folder: a file's own fsync does not promise that its name is durable (fsync(2)).
4. rename(2) the folder into its day: atomic for everyone who looks, and one journal transaction on ext4, so that
   after a power cut it is either there with all its files or not there.
5. fsync the day's folder: only now is the new name durable, and only now is the capture acknowledged.

Should step 5 fail, the folder is taken back: what was reported as not saved is not there.

A capture is removed the other way round: locked, renamed out of its day, the day's folder synced, and only then are
its files removed. A crash in between leaves an unlocked folder in ``.unfinished/``, which the next sweep removes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from capture_station.archive import names
from capture_station.archive.disk import Disk, sync_folder, write_new


class UnfinishedFolder:
    """One folder under construction. ``put`` is thread-safe; the rest belongs to one thread at a time.

    All methods raise OSError, but for ``discard``.
    """

    def __init__(self, disk: Disk, folder: Path, descriptor: int) -> None:
        self._disk = disk
        self._descriptor = descriptor
        self.folder = folder

    @classmethod
    def reserve(cls, disk: Disk, archive: Path, new_id: Callable[[], str]) -> UnfinishedFolder:
        """Take the first new id that no finished and no unfinished capture has, of this and of every other process."""
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
            # Whoever had this id has either still the unfinished folder, or had its finished one before ours was made.
            if not names.folder_of(archive, capture_id).exists():
                return unfinished
            unfinished.discard()

    @classmethod
    def withdraw(cls, disk: Disk, archive: Path, capture_id: str) -> UnfinishedFolder | None:
        """Take a finished capture out of its day, durably and in one step; None where there is none any more."""
        finished = names.folder_of(archive, capture_id)
        unfinished = _locked(disk, finished)
        if unfinished is None:
            return None
        unfinished.folder = archive / names.UNFINISHED / capture_id
        try:
            disk.rename(finished, unfinished.folder)
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
        return self.folder.name

    def put(self, name: str, data: bytes) -> None:
        """Write a file and make its bytes durable."""
        write_new(self._disk, self.folder / name, data)

    def publish(self, target: Path) -> None:
        """Make the folder appear as ``target``, durably."""
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
        """Make one file of the folder appear as ``target``, in the place of the one that is there, durably."""
        self._disk.rename(self.folder / name, target)
        sync_folder(self._disk, target.parent)

    def discard(self) -> None:
        """Remove the folder as far as the disk lets; the next sweep removes the rest."""
        with contextlib.suppress(OSError):
            _remove(self._disk, self.folder)
        self._release()

    def _release(self) -> None:
        with contextlib.suppress(OSError):
            self._disk.close(self._descriptor)


def sweep(disk: Disk, archive: Path) -> int:
    """Remove what crashed processes left; how many folders that were.

    Touches only folders in ``.unfinished`` with the form of an id that nobody builds in, and in them only files
    with the names that saving gives. Links are not followed.
    """
    removed = 0
    with os.scandir(archive / names.UNFINISHED) as entries:
        found = [Path(entry.path) for entry in entries if names.is_id(entry.name)]
    for folder in found:
        with contextlib.suppress(OSError):
            left = _locked(disk, folder)
            if left is not None:
                left.discard()
                removed += not folder.exists()
    return removed


def _locked(disk: Disk, folder: Path) -> UnfinishedFolder | None:
    """The folder, held by this process; None where another one holds it or has just removed it."""
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


def _remove(disk: Disk, folder: Path) -> None:
    with os.scandir(folder) as entries:
        own = [Path(entry.path) for entry in entries if names.is_own_file(folder.name, entry.name)]
    for path in own:
        disk.remove_file(path)
    disk.remove_folder(folder)
