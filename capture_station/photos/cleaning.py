"""One photo becomes its portrait or its matte on disk: what any scheduler runs, here or elsewhere."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from capture_station.archive.encode import encode_jpeg, encode_png
from capture_station.config import ArchiveSettings, PortraitSettings, SegmentationSettings
from capture_station.errors import ArchiveError, ConfigError, DiskFull, ModelError, PhotoError
from capture_station.frames import Frame, Portrait
from capture_station.photos.listing import RESULT_SUFFIXES, Photo
from capture_station.photos.reading import read_photo
from capture_station.portrait.making import make_portrait
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.opening import open_segmenter

Verdict = Literal["ok", "review", "skipped", "failed"]

_thread = threading.local()


@dataclass(frozen=True, slots=True)
class Order:
    """What is done to every photo of a batch. Picklable."""

    segmentation: SegmentationSettings
    portrait: PortraitSettings
    archive: ArchiveSettings
    """Of it, only how files are encoded."""
    alpha_only: bool = False
    """Write the matte, at the photo's size, instead of the portrait."""

    @property
    def formats(self) -> tuple[str, ...]:
        return ("png",) if self.alpha_only else self.archive.portrait_formats


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a photo."""

    source: Path
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    """Why it should be looked at, or why it failed."""


def clean_photo(photo: Photo, order: Order) -> Outcome:
    """Read, segment, make the portrait, write what is not there yet; a photo whose results are all there is skipped.

    Reentrant; each thread of each process opens a segmenter of its own, once.

    Raises:
        ModelError, ConfigError: There is no segmenter, for this photo or any other.
        DiskFull, ArchiveError: The result cannot be written, nor will the next.
    """
    missing = [kind for kind in order.formats if not os.path.lexists(photo.result(RESULT_SUFFIXES[kind]))]
    if not missing:
        return Outcome(photo.source, "skipped")
    try:
        image_rgb = read_photo(photo.source)
        matte = _segmenter(order.segmentation).segment(Frame(image_rgb, 0, 0.0))
        portrait = make_portrait(image_rgb, matte, order.portrait)
        for kind in missing:
            _write(photo.result(RESULT_SUFFIXES[kind]), _encoded(portrait, kind, order))
    except (ModelError, ConfigError, ArchiveError):
        raise
    except Exception as error:  # Among a million photos one is worse than we thought; it must not end the others.
        return Outcome(photo.source, "failed", (str(error).removeprefix(f"{photo.source}: ") or repr(error),))
    return Outcome(photo.source, portrait.measures.verdict, portrait.measures.reasons)


def _segmenter(settings: SegmentationSettings) -> Segmenter:
    """This thread's own."""
    if getattr(_thread, "settings", None) != settings:
        _thread.segmenter = open_segmenter(settings, "capture")
        _thread.settings = settings
    segmenter: Segmenter = _thread.segmenter
    return segmenter


def _encoded(portrait: Portrait, kind: str, order: Order) -> bytes:
    if order.alpha_only:
        return encode_png(portrait.alpha)
    if kind == "png":
        return encode_png(portrait.image_rgb, order.archive.dpi)
    return encode_jpeg(portrait.image_rgb, order.archive.jpeg_quality, order.archive.dpi)


def _write(path: Path, data: bytes) -> None:
    """There whole or not at all, also after a power cut: the name comes after the bytes are durable.

    One at a time for each path: what a killed process left is overwritten.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        if error.errno == errno.ENAMETOOLONG:
            raise PhotoError(f"{path.name}: this name is too long to save under") from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"{path.parent}: the disk is full; make space and run the same command again") from error
        raise ArchiveError(f"{path}: cannot be written: {error.strerror}") from error
