"""A capture on its way into the archive: its pictures are written in the background, then it appears as a whole."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from datetime import datetime
from types import TracebackType
from typing import Literal

from capture_station import __version__
from capture_station.archive import names
from capture_station.archive.atomic_folder import UnfinishedFolder
from capture_station.archive.disk import explain_write_error
from capture_station.archive.encode import encode_jpeg, encode_png
from capture_station.archive.record import Circumstances, FileRecord, Record, Role, as_bytes
from capture_station.config import ArchiveSettings
from capture_station.frames import Image, Portrait


class PendingCapture:
    """A capture whose original is being saved.

    A context manager that discards the capture unless ``finish`` was called.

    Used by one thread at a time.

    Args:
        unfinished: The folder that the capture is built in.
        original_rgb: (H, W, 3) uint8; must not change until the capture is finished or discarded.
        taken_at: An aware datetime.
        settings: Formats, quality and folder.
        pool: Encodes and writes the pictures.
        publish: Makes the finished folder appear in the archive.
    """

    def __init__(
        self,
        unfinished: UnfinishedFolder,
        original_rgb: Image,
        taken_at: datetime,
        settings: ArchiveSettings,
        pool: Executor,
        publish: Callable[[UnfinishedFolder], None],
    ) -> None:
        self._unfinished = unfinished
        self._taken_at = taken_at
        self._settings = settings
        self._pool = pool
        self._publish = publish
        self._shape_hw = original_rgb.shape[:2]
        self._open = True
        self._files: list[Future[FileRecord]] = []
        self._start("original", original_rgb, settings.original_format)

    @property
    def id(self) -> str:
        return self._unfinished.id

    def finish(self, portrait: Portrait, circumstances: Circumstances, kept: bool = True) -> Record:
        """Save the portrait, its matte and the record. Returns when everything is durable.

        Args:
            portrait: The picture, its matte and its measures.
            circumstances: What the station knows about the capture.
            kept: False for a doubtful portrait that nobody has decided to keep yet.

        Raises:
            DiskFull, ArchiveError: The capture could not be saved; its files are removed again.
            ValueError: The matte does not have the original's size.
        """
        if portrait.alpha.shape != self._shape_hw:
            raise ValueError(f"the matte is {portrait.alpha.shape}, the original {self._shape_hw}")
        started_s = time.monotonic()
        try:
            for kind in dict.fromkeys(self._settings.portrait_formats):
                self._start("portrait", portrait.image_rgb, kind)
            self._start("matte", portrait.alpha, "png")
            files = tuple(file.result() for file in self._files)
            save_ms = (time.monotonic() - started_s) * 1000
            record = Record(
                **{**dict(circumstances), "timings_ms": {**circumstances.timings_ms, "save": round(save_ms, 1)}},
                id=self.id,
                taken_at=self._taken_at,
                size_wh=self._shape_hw[::-1],
                portrait_px=(portrait.image_rgb.shape[1], portrait.image_rgb.shape[0]),
                measures=portrait.measures,
                software=__version__,
                files=files,
                kept=kept,
            )
            self._unfinished.put(names.RECORD, as_bytes(record))
            self._publish(self._unfinished)
            self._open = False
        except OSError as error:
            raise explain_write_error(error, self._settings.folder) from error
        finally:
            self.discard()
        return record

    def discard(self) -> None:
        """Remove what was written so far, unless the capture is finished. May be called twice."""
        if self._open:
            self._open = False
            wait(self._files)
            self._unfinished.discard()

    def __enter__(self) -> PendingCapture:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()

    def _start(self, role: Role, image: Image, kind: Literal["jpeg", "png"]) -> None:
        self._files.append(self._pool.submit(self._write, role, image, kind))

    def _write(self, role: Role, image: Image, kind: Literal["jpeg", "png"]) -> FileRecord:
        if kind == "jpeg":
            data = encode_jpeg(image, self._settings.jpeg_quality, self._settings.dpi)
        else:
            data = encode_png(image, None if role == "matte" else self._settings.dpi)
        name = names.picture_name(self.id, role, "jpg" if kind == "jpeg" else "png")
        self._unfinished.put(name, data)
        return FileRecord(role=role, name=name, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
