"""Cleans one photo: reads it, makes its portrait or matte, and writes the result."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from capture_station.archive.encode import encode_jpeg, encode_png
from capture_station.config import ArchiveSettings, PortraitSettings, SegmentationSettings
from capture_station.errors import ArchiveError, ConfigError, ModelError
from capture_station.frames import Frame, Portrait
from capture_station.photos.discovery import RESULT_SUFFIXES, Photo
from capture_station.photos.formats.inspection import RAW_PHOTO
from capture_station.photos.reading import read_photo
from capture_station.photos.store import store_of
from capture_station.portrait.colour import Correction
from capture_station.portrait.pipeline import make_portrait
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.factory import open_segmenter

Verdict = Literal["ok", "review", "refused", "skipped", "failed"]

WORKER_DIED = "the worker process died: it was killed, ran out of memory, or the decoder crashed"

_thread = threading.local()


@dataclass(frozen=True, slots=True)
class CleaningOptions:
    """What is done to every photo of a batch. Picklable."""

    segmentation: SegmentationSettings
    portrait: PortraitSettings
    archive: ArchiveSettings
    """Only its file formats and their quality are used."""
    correction: Correction | None = None
    """Exposure and white balance correction, the same for the whole batch."""
    alpha_only: bool = False
    """Write the matte at the photo's size instead of the portrait."""

    @property
    def formats(self) -> tuple[str, ...]:
        return ("png",) if self.alpha_only else self.archive.portrait_formats


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of cleaning one photo."""

    source: str
    """The photo's path or URL."""
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    """Why it needs a review, or why it failed."""


def clean_photo(photo: Photo, options: CleaningOptions) -> Outcome:
    """Read a photo, segment it, make the portrait, and write the missing results.

    A photo whose results all exist is skipped. Reentrant; each thread opens its own segmenter once.

    Raises:
        ModelError, ConfigError: No segmenter can be opened, so no photo can be cleaned.
        DiskFull, ArchiveError: The result cannot be written, and neither could the next one.
    """
    if photo.is_raw:
        return Outcome(photo.source, "failed", (RAW_PHOTO,))
    results = store_of(photo.target)
    missing = [kind for kind in options.formats if not results.exists(photo.result(RESULT_SUFFIXES[kind]))]
    if not missing:
        return Outcome(photo.source, "skipped")
    doubts: list[str] = []
    try:
        with store_of(photo.source).open(photo.source) as file:
            image_rgb = read_photo(file, doubts.append)
        matte = _segmenter(options.segmentation).segment(Frame(image_rgb, 0, 0.0))
        portrait = make_portrait(image_rgb, matte, options.portrait, options.correction)
        for kind in missing:
            results.write(photo.result(RESULT_SUFFIXES[kind]), _encoded(portrait, kind, options))
    except (ModelError, ConfigError, ArchiveError):
        raise
    except Exception as error:  # One unexpectedly bad photo among a million must not stop the others.
        return Outcome(photo.source, "failed", (str(error) or repr(error),))
    verdict: Verdict = "review" if doubts else portrait.measures.verdict
    return Outcome(photo.source, verdict, (*doubts, *portrait.measures.reasons))


def _segmenter(settings: SegmentationSettings) -> Segmenter:
    """Return the segmenter of this thread."""
    if getattr(_thread, "settings", None) != settings:
        _thread.segmenter = open_segmenter(settings, "capture")
        _thread.settings = settings
    segmenter: Segmenter = _thread.segmenter
    return segmenter


def _encoded(portrait: Portrait, kind: str, options: CleaningOptions) -> bytes:
    if options.alpha_only:
        return encode_png(portrait.alpha)
    if kind == "png":
        return encode_png(portrait.image_rgb, options.archive.dpi)
    return encode_jpeg(portrait.image_rgb, options.archive.jpeg_quality, options.archive.dpi)
