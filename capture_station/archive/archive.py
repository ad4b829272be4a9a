"""The archive: saves captures whole or not at all, and finds them again."""

from __future__ import annotations

import errno
import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal

from capture_station import __version__
from capture_station.archive import names
from capture_station.archive.atomic_folder import UnfinishedFolder, sweep
from capture_station.archive.capture_ids import capture_ids
from capture_station.archive.disk import Disk, sync_folder
from capture_station.archive.encode import encode_jpeg, encode_png
from capture_station.archive.record import Circumstances, Damaged, FileRecord, Record, Role, read_record
from capture_station.config import ArchiveSettings
from capture_station.errors import ArchiveError, DiskFull
from capture_station.frames import Image, Portrait

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Room:
    """Free space, and what the next capture may need of it."""

    free_bytes: int
    needed_bytes: int
    """An upper bound: the pictures uncompressed, and what the configuration keeps free."""

    @property
    def low(self) -> bool:
        return self.free_bytes < self.needed_bytes


class Archive:
    """Captures in ``<folder>/YYYY-MM-DD/<id>/``. Thread-safe; made by ``open``.

    Only ``open`` makes the folder and ``.unfinished`` in it. Where they are gone later, the disk is: an empty mount
    point is not filled, and all that writes fails until the disk is back.
    """

    def __init__(self, settings: ArchiveSettings, disk: Disk) -> None:
        self.settings = settings
        self.folder = settings.folder
        self._unfinished = self.folder / names.UNFINISHED
        self.swept = 0
        """How many leftovers of crashes were removed at the start."""
        self._disk = disk
        self._days: set[Path] = set()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="archive")

    @classmethod
    def open(cls, settings: ArchiveSettings, disk: Disk | None = None) -> Archive:
        """Make the folder where it is missing, remove what crashes left, and try to write.

        A full disk is no error here: there may be captures to look at, and space may be made.

        Raises:
            ArchiveError: Nothing can be written there.
            DiskFull: Not even the folder can be made.
        """
        archive = cls(settings, disk or Disk())
        try:
            archive._make_folders(archive._unfinished)
            archive.swept = sweep(archive._disk, archive.folder)
            trial = UnfinishedFolder.reserve(
                archive._disk, archive.folder, partial(names.new_id, datetime.now().astimezone())
            )
            try:
                trial.put(names.RECORD, b"{}")
            finally:
                trial.discard()
        except OSError as error:
            full = error.errno in _FULL
            if not full or not archive._unfinished.is_dir():
                archive.close()
                raise (DiskFull if full else ArchiveError)(
                    f"{archive.folder}: portraits cannot be saved here: {error.strerror}; "
                    "make it writable or choose another archive.folder"
                ) from error
        return archive

    def close(self) -> None:
        """Wait for files that are being written; may be called twice."""
        self._pool.shutdown()

    def room_for(self, size_wh: tuple[int, int]) -> Room:
        """Whether another capture with frames of this size has its room.

        Raises:
            ArchiveError: The disk does not answer.
        """
        pictures = 1 + len(self.settings.portrait_formats)
        needed = size_wh[0] * size_wh[1] * (3 * pictures + 1) + self.settings.keep_free_bytes
        try:
            return Room(self._disk.free_bytes(self._unfinished), needed)
        except OSError as error:
            raise _explained(error, self.folder) from error

    def check_room(self, size_wh: tuple[int, int]) -> None:
        """To be asked before a countdown.

        Raises:
            DiskFull: There is no room for another capture.
            ArchiveError: The disk does not answer.
        """
        room = self.room_for(size_wh)
        if room.low:
            raise DiskFull(
                f"{self.folder}: {room.free_bytes / 1e6:.0f} MB are free and a capture needs "
                f"{room.needed_bytes / 1e6:.0f} MB; make space or lower archive.keep_free_bytes"
            )

    def begin(self, original_rgb: Image, taken_at: datetime) -> Pending:
        """Start saving a capture: its original is encoded and written while its portrait is still being made.

        Args:
            original_rgb: (H, W, 3) uint8; nobody writes into it until the capture is finished or discarded.
            taken_at: An aware datetime; its own date names the day's folder.

        Raises:
            DiskFull, ArchiveError: Nothing can be written.
            ValueError: ``taken_at`` has no time zone.
        """
        if taken_at.utcoffset() is None:
            raise ValueError("taken_at needs a time zone")
        try:
            unfinished = UnfinishedFolder.reserve(self._disk, self.folder, partial(names.new_id, taken_at))
        except OSError as error:
            raise _explained(error, self.folder) from error
        return Pending(self, unfinished, original_rgb, taken_at)

    def save(self, original_rgb: Image, portrait: Portrait, taken_at: datetime, circumstances: Circumstances) -> Record:
        """``begin`` and ``Pending.finish`` in one."""
        with self.begin(original_rgb, taken_at) as pending:
            return pending.finish(portrait, circumstances)

    def mark(self, capture_id: str, kept: bool) -> Record:
        """Write down whether a capture is kept; after a crash the record is the old or the new one.

        Raises:
            DiskFull, ArchiveError: There is no such capture, or its record cannot be read or written.
        """
        found = self.find(capture_id)
        if found is None:
            raise ArchiveError(f"{self.folder}: there is no capture {capture_id!r}")
        if isinstance(found, Damaged):
            raise ArchiveError(found.reason)
        record = found.model_copy(update={"kept": kept})
        self._replace(self.folder_of(capture_id) / names.RECORD, _as_bytes(record))
        return record

    def write(self, name: str, data: bytes) -> None:
        """Write a file about all captures into the archive's folder; after a crash it is the old or the new one.

        Raises:
            DiskFull, ArchiveError: It cannot be written.
        """
        self._replace(self.folder / name, data)

    def note(self, capture_id: str, name: str) -> None:
        """Put an empty file into a capture's folder, durably.

        Raises:
            DiskFull, ArchiveError: There is no such capture, or it cannot be written.
        """
        self._replace(self.folder_of(capture_id) / name, b"")

    def remove(self, capture_id: str) -> bool:
        """Remove a capture for good; after a crash it is there whole or gone, and so it is for whoever reads it.

        Only files that saving made are removed: what somebody else put beside them stays below ``.unfinished``.

        Args:
            capture_id: May come from outside.

        Returns:
            False where there is no such capture.

        Raises:
            ArchiveError: It could not be removed and is still there.
        """
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
        # The day's folder goes with its last capture, and is not empty otherwise.
        with suppress(OSError):
            self._disk.remove_folder(self.folder_of(capture_id).parent)
        return True

    def ids(self, before: str | None = None) -> Iterator[str]:
        """Ids of all captures, newest first, one day's folder read at a time; only such below ``before``.

        Raises:
            ArchiveError: The archive is away or cannot be read.
        """
        return capture_ids(self.folder, before=before, opened=True)

    def records(self) -> Iterator[Record | Damaged]:
        """All captures, newest first; one with a damaged record is told as such."""
        return (read_record(self.folder_of(capture_id)) for capture_id in self.ids())

    def find(self, capture_id: str) -> Record | Damaged | None:
        """The capture of an id, which may come from outside; None where there is none."""
        if not names.is_id(capture_id) or not self.folder_of(capture_id).is_dir():
            return None
        return read_record(self.folder_of(capture_id))

    def folder_of(self, capture_id: str) -> Path:
        """Where a capture lies, or would.

        Raises:
            ValueError: It is not an id.
        """
        return names.folder_of(self.folder, capture_id)

    def path(self, record: Record, role: Role) -> Path:
        """A capture's picture."""
        return self.folder_of(record.id) / record.file(role).name

    def harmed(self, record: Record) -> tuple[str, ...]:
        """Names of a capture's files that are missing or no longer what was written."""
        return tuple(file.name for file in record.files if not _is_whole(self.folder_of(record.id), file))

    def _make_folders(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folders(folder.parent)
        with suppress(FileExistsError):
            self._disk.make_folder(folder)
        sync_folder(self._disk, folder.parent)

    def _replace(self, path: Path, data: bytes) -> None:
        try:
            unfinished = UnfinishedFolder.reserve(
                self._disk, self.folder, partial(names.new_id, datetime.now().astimezone())
            )
            try:
                unfinished.put(names.RECORD, data)
                unfinished.replace(names.RECORD, path)
            finally:
                unfinished.discard()
        except OSError as error:
            raise _explained(error, self.folder) from error

    def _publish(self, unfinished: UnfinishedFolder) -> None:
        target = self.folder_of(unfinished.id)
        self._make_day(target.parent)
        try:
            unfinished.publish(target)
        except FileNotFoundError:
            # Its last capture, and the day's folder with it, was removed in this very moment.
            self._make_day(target.parent)
            unfinished.publish(target)

    def _make_day(self, day: Path) -> None:
        """A folder that another process has just made may not be durable yet; once a day this process makes sure."""
        if day not in self._days or not day.is_dir():
            with suppress(FileExistsError):
                self._disk.make_folder(day)
            sync_folder(self._disk, self.folder)
            self._days.add(day)


class Pending:
    """A capture whose original is being saved. ``finish`` it, or leave the ``with`` block and nothing stays of it.

    Used by one thread at a time.
    """

    def __init__(self, archive: Archive, unfinished: UnfinishedFolder, original_rgb: Image, taken_at: datetime) -> None:
        self._archive = archive
        self._unfinished = unfinished
        self._taken_at = taken_at
        self._shape_hw = original_rgb.shape[:2]
        self._open = True
        self._files: list[Future[FileRecord]] = []
        self._start("original", original_rgb, archive.settings.original_format)

    @property
    def id(self) -> str:
        return self._unfinished.id

    def finish(self, portrait: Portrait, circumstances: Circumstances) -> Record:
        """Save the portrait, its matte and the record; returns when everything is durable.

        Raises:
            DiskFull, ArchiveError: It could not be saved; nothing stays of it, and nothing else is touched.
            ValueError: The matte does not have the original's size.
        """
        if portrait.alpha.shape != self._shape_hw:
            raise ValueError(f"the matte is {portrait.alpha.shape}, the original {self._shape_hw}")
        started_s = time.monotonic()
        try:
            for kind in dict.fromkeys(self._archive.settings.portrait_formats):
                self._start("portrait", portrait.image_rgb, kind)
            self._start("matte", portrait.alpha, "png")
            files = tuple(file.result() for file in self._files)
            save_ms = (time.monotonic() - started_s) * 1000
            record = Record(
                **{**dict(circumstances), "timings_ms": {**circumstances.timings_ms, "save": round(save_ms, 1)}},
                id=self.id,
                taken_at=self._taken_at,
                size_wh=self._shape_hw[::-1],
                measures=portrait.measures,
                software=__version__,
                files=files,
            )
            self._unfinished.put(names.RECORD, _as_bytes(record))
            self._archive._publish(self._unfinished)
            self._open = False
        except OSError as error:
            raise _explained(error, self._archive.folder) from error
        finally:
            self.discard()
        return record

    def discard(self) -> None:
        """Remove what was written so far, unless it is finished; may be called twice."""
        if self._open:
            self._open = False
            wait(self._files)
            self._unfinished.discard()

    def __enter__(self) -> Pending:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()

    def _start(self, role: Role, image: Image, kind: Literal["jpeg", "png"]) -> None:
        self._files.append(self._archive._pool.submit(self._write, role, image, kind))

    def _write(self, role: Role, image: Image, kind: Literal["jpeg", "png"]) -> FileRecord:
        settings = self._archive.settings
        if kind == "jpeg":
            data = encode_jpeg(image, settings.jpeg_quality, settings.dpi)
        else:
            data = encode_png(image, None if role == "matte" else settings.dpi)
        name = names.picture_name(self.id, role, "jpg" if kind == "jpeg" else "png")
        self._unfinished.put(name, data)
        return FileRecord(role=role, name=name, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def _as_bytes(record: Record) -> bytes:
    return record.model_dump_json(indent=2).encode() + b"\n"


def _explained(error: OSError, folder: Path) -> ArchiveError:
    if error.errno in _FULL:
        return DiskFull(f"{folder}: the disk is full and this was not saved; make space, nothing else was touched")
    return ArchiveError(f"{folder}: this could not be saved: {error.strerror}; check the disk and archive.folder")


def _is_whole(folder: Path, file: FileRecord) -> bool:
    try:
        return hashlib.sha256((folder / file.name).read_bytes()).hexdigest() == file.sha256
    except OSError:
        return False
