"""The archive saves captures atomically, finds them again and removes them."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from capture_station.archive import names
from capture_station.archive.amendments import Amendments
from capture_station.archive.atomic_folder import DayFolders, UnfinishedFolder, sweep
from capture_station.archive.capture_ids import Listing, capture_ids, is_real_folder
from capture_station.archive.disk import Disk, DiskSpace, append_to, explain_full, explained, make_folders, sync_folder
from capture_station.archive.disk_watch import DiskWatch, call_within, require_space
from capture_station.archive.index import CaptureIndex
from capture_station.archive.mount_points import missing_mount
from capture_station.archive.pending_capture import PendingCapture
from capture_station.archive.record import (
    Circumstances,
    ConsentRecord,
    Damaged,
    Record,
    Role,
    SubjectRecord,
    as_bytes,
    assigned,
    forgotten,
    read_record,
)
from capture_station.archive.shared_disk import open_disk
from capture_station.archive.summary import CaptureSummary
from capture_station.config import ArchiveSettings
from capture_station.errors import ArchiveError, DiskFull
from capture_station.frames import Image, Portrait

OPEN_WITHIN_S = 30.0
"""Disks that spin up and network disks may take several seconds; systemd waits for the start for a minute."""
CLOSED_WITHIN_S = 3.0
T = TypeVar("T")


class Archive:
    """Captures in ``<folder>/YYYY-MM-DD/<id>/``. Thread-safe; created by ``open``.

    Only ``open`` creates the folder and its subfolder ``.unfinished``. If they are missing later, the disk is not
    mounted. Every write then fails until the disk is back, so that an empty mount point is never filled.
    """

    def __init__(self, settings: ArchiveSettings, disk: Disk) -> None:
        self.settings = settings
        self.folder = settings.folder
        self._unfinished = self.folder / names.UNFINISHED
        self.amendments = Amendments()
        self._disk = disk
        self._watch = DiskWatch(disk, self._unfinished)
        self._index = CaptureIndex(self.folder)
        self._listing: Listing = {}
        self._days = DayFolders(disk, self.folder)
        self._amending = threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="archive")

    @classmethod
    def open(cls, settings: ArchiveSettings, disk: Disk | None = None) -> Archive:
        """Create the folder if it is missing, remove leftovers of crashed processes, and test that writing works.

        A full disk is not an error here: its captures can still be viewed, and removing some of them frees space.

        Raises:
            ArchiveError: The folder is not writable, its disk is not mounted, or the disk hangs.
            DiskFull: The disk has no space even for the folder.
            ConfigError: The group of ``archive.group`` cannot be used.
        """
        archive = cls(settings, disk or open_disk(settings.group))
        try:
            call_within(OPEN_WITHIN_S, archive._prepare)
        except OSError as error:
            full = explain_full(error, archive.folder) is not None
            if not full or not archive._unfinished.is_dir():
                archive.close()
                raise (DiskFull if full else ArchiveError)(
                    f"{archive.folder}: portraits cannot be saved here: {error.strerror}; "
                    "make it writable or choose another archive.folder"
                ) from error
        return archive

    def _prepare(self) -> None:
        if mount_point := missing_mount(self.folder):
            raise FileNotFoundError(errno.ENOENT, f"/etc/fstab mounts a disk at {mount_point}, which is not mounted")
        make_folders(self._disk, self._unfinished)
        sweep(self._disk, self.folder)
        trial = UnfinishedFolder.reserve(self._disk, self.folder, partial(names.new_id, datetime.now().astimezone()))
        try:
            trial.put(names.RECORD, b"{}")
        finally:
            trial.discard()
        self._watch.space(renewed=True)

    def close(self) -> None:
        """Wait until the files under way are written. May be called twice."""
        self._pool.shutdown()
        # A disk may have begun to hang a moment ago, and the index is not worth waiting for.
        with suppress(ArchiveError, OSError):
            self._check_answers()
            call_within(CLOSED_WITHIN_S, self._index.close)

    def free_bytes(self) -> int:
        """Free space on the disk, at most half a second old. Never waits for a disk that hangs.

        Raises:
            ArchiveError: The disk is not there, hangs, or can only be read.
        """
        return self._space().free_bytes

    def needed_bytes(self, size_wh: tuple[int, int]) -> int:
        """The space that a capture of this frame size needs.

        It is the size of the uncompressed pictures, the portrait as large as the frame, plus
        ``archive.keep_free_bytes``. The latter is also for portraits that a preset makes larger than the frame.
        """
        pictures = 1 + len(self.settings.portrait_formats)
        return size_wh[0] * size_wh[1] * (3 * pictures + 1) + self.settings.keep_free_bytes

    def check_space(self, size_wh: tuple[int, int], renewed: bool = True) -> None:
        """Refuse a capture before its countdown if it could not be saved.

        Waits at most three seconds for a disk that begins to hang, and not at all for one that is known to hang.

        Args:
            size_wh: Size of the camera's frames, in pixels.
            renewed: Ask the disk now. Otherwise its answer may be half a second old, and the wait is at most 50 ms.

        Raises:
            DiskFull: There is no space for another capture.
            ArchiveError: The disk is not there, hangs, or can only be read.
        """
        require_space(self._space(renewed), self.needed_bytes(size_wh), self.folder)

    def begin(self, original_rgb: Image, taken_at: datetime) -> PendingCapture:
        """Start saving a capture: the original is encoded and written while the portrait is still being computed.

        Args:
            original_rgb: (H, W, 3) uint8; must not change until the capture is finished or discarded.
            taken_at: An aware datetime. Its local date names the day's folder.

        Raises:
            DiskFull, ArchiveError: The disk cannot be written.
            ValueError: ``taken_at`` has no time zone.
        """
        if taken_at.utcoffset() is None:
            raise ValueError("taken_at needs a time zone")
        self._check_answers()
        with explained(self.folder):
            unfinished = UnfinishedFolder.reserve(self._disk, self.folder, partial(names.new_id, taken_at))
        return PendingCapture(unfinished, original_rgb, taken_at, self.settings, self._pool, self._days.publish)

    def save(self, original_rgb: Image, portrait: Portrait, taken_at: datetime, circumstances: Circumstances) -> Record:
        """``begin`` and ``PendingCapture.finish`` in one call."""
        with self.begin(original_rgb, taken_at) as pending:
            return pending.finish(portrait, circumstances)

    def set_kept(self, capture_id: str, kept: bool) -> Record:
        """Record whether a capture is kept, and despite which flaws. After a crash it is the old record or the new one.

        One that is kept again is due for an upload again: it may have been taken back from the target. Raises as
        ``assign`` does.
        """

        def change(record: Record) -> dict[str, object]:
            despite = tuple(flaw.code for flaw in record.measures.flaws)
            return {"kept": kept, "retaken": not kept, "kept_despite": despite if kept and not record.kept else ()}

        return self._amend(capture_id, change)

    def assign(
        self, capture_id: str, subject: SubjectRecord | None, by: str, consent: ConsentRecord | None = None
    ) -> Record:
        """Record whose portrait a capture is, and who it was before. After a crash it is the old record or the new one.

        It is then due for an upload again, under the right name.

        Args:
            subject: None: nobody's.
            by: Where it was asked for: ``window``, ``web`` or ``command``.
            consent: What this person has agreed to; None: only what the record knows, if it was theirs before.

        Raises:
            DiskFull, ArchiveError: There is no such capture, or its record cannot be read or written.
        """
        return self._amend(capture_id, lambda record: assigned(record, subject, by, consent))

    def mark_uploaded(self, record: Record) -> bool:
        """Mark a capture as uploaded, durably, unless it was given to somebody else since this record was read.

        Returns whether it is marked. Raises as ``add_marker`` does.
        """
        with self._amending:
            found = self.find(record.id)
            if not isinstance(found, Record) or found.subject != record.subject:
                return False
            self.add_marker(record.id, names.UPLOADED)
            return True

    def forget(self, capture_id: str, subject: str) -> None:
        """Take out that a capture was this person's before. Raises as ``assign`` does."""
        self._amend(capture_id, lambda record: forgotten(record, subject))

    def _amend(self, capture_id: str, change: Callable[[Record], dict[str, object]]) -> Record:
        with self._amending:
            found = self.find(capture_id)
            if not isinstance(found, Record):
                raise ArchiveError(found.reason if found else f"{self.folder}: there is no capture {capture_id!r}")
            # A record that is written has all of today's fields, so it says today's version.
            version = Record.model_fields["schema_version"].default
            changes = change(found)
            record = found.model_copy(update={**changes, "schema_version": version})
            if "subject" in changes or (record.kept and not found.kept):
                # Before the record: an interruption in between costs a second upload, and never the right one.
                self.remove_marker(capture_id, names.UPLOADED)
            self._replace(self.folder_of(capture_id) / names.RECORD, as_bytes(record))
            self.amendments.add(capture_id)
            return record

    def write_file(self, name: str, data: bytes) -> None:
        """Write a file into the archive's own folder. After a crash it is either the old one or the new one.

        Raises:
            DiskFull, ArchiveError: The file cannot be written.
        """
        self._replace(self.folder / name, data)

    def append_to_file(self, name: str, data: bytes) -> None:
        """Add to what ``write_file`` has written, durably. After a crash or an error a part of it may be there.

        Raises as ``write_file`` does.
        """
        with explained(self.folder):
            append_to(self._disk, self.folder / name, data)

    def add_marker(self, capture_id: str, name: str) -> None:
        """Create an empty file in a capture's folder, durably.

        Raises:
            DiskFull, ArchiveError: There is no such capture, or the file cannot be written.
        """
        self._replace(self.folder_of(capture_id) / name, b"")

    def remove_marker(self, capture_id: str, name: str) -> None:
        """Remove what ``add_marker`` has created, if it is there, durably.

        Raises:
            DiskFull, ArchiveError: The file cannot be removed, or may be back after a power cut.
        """
        folder = self.folder_of(capture_id)
        try:
            with explained(self.folder):
                with suppress(FileNotFoundError):
                    self._disk.remove_file(folder / name)
                # Also where it is gone already: an earlier attempt may have failed here.
                sync_folder(self._disk, folder)
        finally:
            self._index.changed(capture_id)

    def remove(self, capture_id: str) -> bool:
        """Remove a capture permanently and atomically: readers, and a crash, see it complete or not at all.

        Only files that this product wrote are removed. Other files in the capture's folder stay, in ``.unfinished``.

        Args:
            capture_id: May be untrusted text.

        Returns:
            False if there is no such capture.

        Raises:
            ArchiveError: The capture could not be removed and is still there.
        """
        self._check_answers()
        if not names.is_id(capture_id) or not self.folder_of(capture_id).is_dir():
            return False
        try:
            unfinished = UnfinishedFolder.withdraw(self._disk, self.folder, capture_id)
        except OSError as error:
            raise ArchiveError(
                f"{self.folder}: capture {capture_id} could not be removed: {error.strerror}; check the disk"
            ) from error
        if unfinished is None:
            return False
        unfinished.discard()
        self._index.changed(capture_id)
        self.amendments.add(capture_id)
        # This fails unless the day is empty, that is, unless this was its last capture.
        with suppress(OSError):
            self._disk.remove_folder(self.folder_of(capture_id).parent)
        return True

    def ids(self, before: str | None = None) -> Iterator[str]:
        """Ids of all captures, or of those with an id less than ``before``, newest first.

        Folders of days are read one at a time, when the iterator reaches them.

        Raises:
            ArchiveError: The archive is not there or cannot be read.
        """
        self._check_answers()
        return capture_ids(self.folder, before=before, must_be_open=True, listing=self._listing)

    def summaries(self, ids: Sequence[str]) -> list[CaptureSummary]:
        """Summaries of captures, in this order; captures that are gone are left out. Raises as ``query`` does."""
        return self.query(lambda index: index.summaries(ids))

    def not_uploaded(self, demo_too: bool) -> list[str]:
        """Ids of captures that may have to be uploaded, newest first. Raises as ``query`` does.

        They are those without a marker that are kept, or whose record has not been read yet.

        Args:
            demo_too: Whether captures of the demo camera are uploaded.
        """
        return self.query(lambda index: index.not_uploaded(demo_too))

    def records(self) -> Iterator[Record | Damaged]:
        """All captures, newest first."""
        return (read_record(self.folder_of(capture_id)) for capture_id in self.ids())

    def find(self, capture_id: str) -> Record | Damaged | None:
        """The capture with this id, which may be untrusted text; None if there is none.

        Raises:
            ArchiveError: The disk is known to hang.
        """
        self._check_answers()
        if not names.is_id(capture_id) or not is_real_folder(self.folder_of(capture_id)):
            return None
        return read_record(self.folder_of(capture_id))

    def folder_of(self, capture_id: str) -> Path:
        """The folder of a capture, which need not exist.

        Raises:
            ValueError: ``capture_id`` does not have the form of an id.
        """
        return names.folder_of(self.folder, capture_id)

    def path(self, record: Record, role: Role) -> Path:
        """The file of one of a capture's pictures."""
        return self.folder_of(record.id) / record.file(role).name

    def query(self, operation: Callable[[CaptureIndex], T]) -> T:
        """Ask the index, such as ``archive.query(CaptureIndex.newest_kept)``.

        Raises:
            ArchiveError: The archive is not there or cannot be read.
        """
        self._check_answers()
        try:
            return operation(self._index)
        except OSError as error:
            raise ArchiveError(
                f"{self.folder}: portraits cannot be read here: {error.strerror}; check the disk"
            ) from error

    def _check_answers(self) -> None:
        with explained(self.folder):
            self._watch.check()

    def _space(self, renewed: bool = False) -> DiskSpace:
        with explained(self.folder):
            space = self._watch.space(renewed)
        if space.read_only:
            raise ArchiveError(
                f"{self.folder}: the disk is mounted read-only, which Linux does after an error of the disk; check it"
            )
        return space

    def _replace(self, path: Path, data: bytes) -> None:
        new_id = partial(names.new_id, datetime.now().astimezone())
        try:
            with explained(self.folder):
                unfinished = UnfinishedFolder.reserve(self._disk, self.folder, new_id)
                try:
                    unfinished.put(names.RECORD, data)
                    unfinished.replace(names.RECORD, path)
                finally:
                    unfinished.discard()
        finally:
            if names.is_id(path.parent.name):
                self._index.changed(path.parent.name)
