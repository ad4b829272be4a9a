"""One photo becomes its portrait or its matte on disk: what any scheduler runs, here or elsewhere."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from capture_station.archive.encode import encode_jpeg, encode_png
from capture_station.config import ArchiveSettings, PortraitSettings, SegmentationSettings
from capture_station.errors import ArchiveError, ConfigError, ModelError
from capture_station.frames import Frame, Portrait
from capture_station.photos.discovery import RESULT_SUFFIXES, Photo
from capture_station.photos.reading import read_photo
from capture_station.photos.store import store_of
from capture_station.portrait.colour import Correction
from capture_station.portrait.pipeline import make_portrait
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.factory import open_segmenter

Verdict = Literal["ok", "review", "skipped", "failed"]

_thread = threading.local()


@dataclass(frozen=True, slots=True)
class Order:
    """What is done to every photo of a batch. Picklable."""

    segmentation: SegmentationSettings
    portrait: PortraitSettings
    archive: ArchiveSettings
    """Of it, only how files are encoded."""
    correction: Correction | None = None
    """Locked for the batch."""
    alpha_only: bool = False
    """Write the matte, at the photo's size, instead of the portrait."""

    @property
    def formats(self) -> tuple[str, ...]:
        return ("png",) if self.alpha_only else self.archive.portrait_formats


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a photo."""

    source: str
    """The photo's path or URL."""
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
    results = store_of(photo.target)
    missing = [kind for kind in order.formats if not results.exists(photo.result(RESULT_SUFFIXES[kind]))]
    if not missing:
        return Outcome(photo.source, "skipped")
    try:
        with store_of(photo.source).open(photo.source) as file:
            image_rgb = read_photo(file)
        matte = _segmenter(order.segmentation).segment(Frame(image_rgb, 0, 0.0))
        portrait = make_portrait(image_rgb, matte, order.portrait, order.correction)
        for kind in missing:
            results.write(photo.result(RESULT_SUFFIXES[kind]), _encoded(portrait, kind, order))
    except (ModelError, ConfigError, ArchiveError):
        raise
    except Exception as error:  # Among a million photos one is worse than we thought; it must not end the others.
        return Outcome(photo.source, "failed", (str(error) or repr(error),))
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
