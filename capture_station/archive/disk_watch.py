"""Asks a disk for its free space in threads of their own, so that nobody waits for a disk that hangs.

statvfs(2) on a dead NFS server or a failing USB stick may not return for minutes, and cannot be interrupted.
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future
from pathlib import Path

from capture_station.archive.disk import Disk, DiskSpace
from capture_station.errors import DiskFull

MAX_AGE_S = 0.5
"""An older answer is renewed when somebody asks."""
SHORT_WAIT_S = 0.05
"""A disk that works answers within this time."""
HANGS = "the disk does not answer"
HANGS_AFTER_S = 3.0
"""A disk that has not answered for this time hangs. Network disks and disks that spin up may take a second."""


def call_within(limit_s: float, call: Callable[[], None]) -> None:
    """Call a function that may hang, in a thread of its own that is left behind if it does.

    Raises:
        TimeoutError: The call did not return in time.
        Exception: Whatever the call raises.
    """
    done = Future[None]()

    def run() -> None:
        try:
            call()
        except Exception as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=run, name="disk", daemon=True).start()
    try:
        done.result(limit_s)
    except futures.TimeoutError:
        if done.done():
            raise
        raise TimeoutError(errno.ETIMEDOUT, HANGS) from None


def require_space(space: DiskSpace, needed_bytes: int, folder: Path) -> None:
    """Raise DiskFull if a capture does not fit onto the disk of an archive's folder."""
    if space.free_bytes < needed_bytes:
        raise DiskFull(
            f"{folder}: {space.free_bytes / 1e6:.0f} MB are free and a capture needs "
            f"{needed_bytes / 1e6:.0f} MB; make space or lower archive.keep_free_bytes"
        )
    if space.lacks_files:
        reason = f"{folder}: the disk cannot hold more files (no free inodes); remove some files"
        raise DiskFull(reason, lacks_files=True)


class DiskWatch:
    """The newest answer of a folder's disk. Thread-safe.

    Args:
        disk: The disk to ask.
        folder: A folder on it that disappears with the disk.
    """

    def __init__(self, disk: Disk, folder: Path) -> None:
        self._disk = disk
        self._folder = folder
        self._changed = threading.Condition()
        self._asked_s: float | None = None
        """When the question under way was asked; None if there is none."""
        self._answer: DiskSpace | OSError = TimeoutError(errno.ETIMEDOUT, HANGS)
        self._answered_s = float("-inf")

    def space(self, renewed: bool = False) -> DiskSpace:
        """The newest answer. Waits at most 50 ms, or 3 s for a renewed one, and not at all for a disk known to hang.

        Args:
            renewed: Ask the disk now, instead of using one that is up to half a second old.

        Raises:
            OSError: The disk's own error, or a TimeoutError if it hangs.
        """
        with self._changed:
            now_s = time.monotonic()
            if self._asked_s is None and (renewed or now_s > self._answered_s + MAX_AGE_S):
                self._asked_s = now_s
                threading.Thread(target=self._ask, name="disk", daemon=True).start()
            if self._asked_s is not None:
                end_s = self._asked_s + (HANGS_AFTER_S if renewed else SHORT_WAIT_S)
                self._changed.wait_for(lambda: self._asked_s is None, max(0.0, end_s - now_s))
            self._raise_if_hanging()
            if isinstance(self._answer, OSError):
                raise self._answer
            return self._answer

    def check(self) -> None:
        """Raise TimeoutError at once if the disk is known to hang."""
        with self._changed:
            self._raise_if_hanging()

    def _raise_if_hanging(self) -> None:
        if self._asked_s is not None and time.monotonic() >= self._asked_s + HANGS_AFTER_S:
            raise TimeoutError(errno.ETIMEDOUT, HANGS)

    def _ask(self) -> None:
        answer: DiskSpace | OSError
        try:
            answer = self._disk.space(self._folder)
        except OSError as error:
            answer = error
        with self._changed:
            self._answer, self._answered_s, self._asked_s = answer, time.monotonic(), None
            self._changed.notify_all()
