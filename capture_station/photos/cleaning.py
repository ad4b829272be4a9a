"""Cleans one photo: reads it, makes its portrait or matte, and writes the result."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal, NamedTuple

from capture_station.archive.encode import encode_jpeg, encode_png
from capture_station.config import ArchiveSettings, PortraitSettings, SegmentationSettings
from capture_station.errors import ArchiveError, ConfigError, ModelError, PhotoError
from capture_station.frames import Frame, Image, Portrait
from capture_station.images import jpeg_size_wh
from capture_station.photos.causes import NOT_UPRIGHT, judged, refusal, without_lying_face
from capture_station.photos.discovery import RESULT_SUFFIXES, Photo
from capture_station.photos.formats.inspection import RAW_PHOTO
from capture_station.photos.locations import is_url
from capture_station.photos.memory import room_for
from capture_station.photos.reading import read_photo
from capture_station.photos.store import store_of
from capture_station.photos.upright_face import turn_upright
from capture_station.portrait.coarse_to_fine import add_fine, segment_coarse_to_fine
from capture_station.portrait.colour import Correction
from capture_station.portrait.measure import with_eyes
from capture_station.portrait.pipeline import make_portrait
from capture_station.presets import same_shape
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.eyes import EyeReader, open_eye_reader
from capture_station.segmentation.factory import open_segmenter

Verdict = Literal["ok", "review", "refused", "skipped", "failed", "unmatched"]

Shape = Literal["", "preset", "smaller", "other", "free"]
"""Of a portrait: as the preset has it, the same with fewer pixels, not cropped to it, or without any; empty: there is
no new portrait."""

HEADER_BYTES = 65_536
"""The size of a portrait's JPEG stands in front of its pixels, behind the colour profile."""

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
    """What was done to it, and why it needs a review, is refused, or failed."""
    shape: Shape = ""
    """Of the portrait that was written, or of the one that was there; empty where it is not known."""
    reviewed_before: bool = False
    """It was skipped, and the portrait that an earlier run has made lies with those that need a review."""


def clean_photo(photo: Photo, options: CleaningOptions) -> Outcome:
    """Read a photo, turn it upright, segment it, make the portrait, and write the missing results.

    A photo whose results all exist is skipped. A refused portrait is not written.
    Reentrant; each thread opens its own segmenter once.

    Raises:
        ModelError, ConfigError: No segmenter can be opened, so no photo can be cleaned.
        DiskFull, ArchiveError: The result cannot be written, and neither could the next one.
    """
    if photo.is_raw:
        return Outcome(photo.source, "failed", (RAW_PHOTO,))
    missing = [kind for kind in options.formats if not _exists(photo, RESULT_SUFFIXES[kind])]
    if not missing:
        reviewed_before = _lies_in_review(photo, options.formats[0])
        return Outcome(photo.source, "skipped", (), _shape_there(photo, options, reviewed_before), reviewed_before)
    try:
        with contextlib.ExitStack() as until_written:
            with store_of(photo.source).open(photo.source) as file:
                made = cleaned(file, options, until_written)
            target = (photo.review_target or photo.target) if made.verdict == "review" else photo.target
            for kind in missing if made.verdict != "refused" else ():
                store_of(target).write(target + RESULT_SUFFIXES[kind], _encoded(made.portrait, kind, options))
    except (ModelError, ConfigError, ArchiveError):
        raise
    except Exception as error:  # One unexpectedly bad photo among a million must not stop the others.
        return Outcome(photo.source, "failed", (str(error) or repr(error),))
    return Outcome(photo.source, made.verdict, made.reasons, made.shape)


class Cleaned(NamedTuple):
    """A photo and its portrait."""

    upright_rgb: Image
    """(H, W, 3) uint8, as large as the portrait's alpha."""
    portrait: Portrait
    verdict: Verdict
    doubts: tuple[str, ...]
    """Why it needs a review for what the file looks like."""
    reasons: tuple[str, ...]
    """As in ``Outcome``."""
    shape: Shape
    """Empty where it is refused."""


def cleaned(file: BinaryIO, options: CleaningOptions, until_written: contextlib.ExitStack) -> Cleaned:
    """Read a photo, turn it upright, segment it, and make the portrait.

    Where ``portrait.gate`` is not strict, what would be refused needs a review, as in the station.

    Args:
        file: Opened for reading.
        options: As for ``clean_photo``.
        until_written: Holds the memory that was reserved for the photo.

    Raises:
        PhotoError: The file cannot be read.
        StationError: There is no portrait.
    """
    doubts: list[str] = []
    image_rgb = read_photo(file, doubts.append, lambda pixels: until_written.enter_context(room_for(pixels)))
    upright_rgb, portrait, notes, certain = _portrait(image_rgb, options)
    # A matte is never refused for what a portrait lacks.
    if portrait.measures.verdict == "refused" and not options.alpha_only:
        told = refusal(upright_rgb, portrait, options.portrait, certain)
    else:
        doubts += [] if certain else [NOT_UPRIGHT]
        told = portrait.measures.reasons
    verdict = _verdict(portrait, doubts, options)
    return Cleaned(
        upright_rgb,
        portrait,
        verdict,
        tuple(doubts),
        (*notes, *doubts, *told),
        "" if verdict == "refused" else _shape(portrait.image_rgb.shape[1::-1], options.portrait),
    )


def _exists(photo: Photo, suffix: str) -> bool:
    targets = [target for target in (photo.target, photo.review_target) if target is not None]
    return any(store_of(target).exists(target + suffix) for target in targets)


def _shape_there(photo: Photo, options: CleaningOptions, in_review: bool) -> Shape:
    """The shape of a JPEG that an earlier run has made. Behind a URL, each would cost a request more."""
    target = (photo.review_target or photo.target) if in_review else photo.target
    if options.alpha_only or options.formats[0] != "jpeg" or is_url(target):
        return ""
    with contextlib.suppress(PhotoError, OSError), store_of(target).open(target + RESULT_SUFFIXES["jpeg"]) as file:
        if (size_wh := jpeg_size_wh(file.read(HEADER_BYTES))) is not None:
            return _shape(size_wh, options.portrait)
    return ""


def _lies_in_review(photo: Photo, kind: str) -> bool:
    target = photo.review_target
    return target is not None and store_of(target).exists(target + RESULT_SUFFIXES[kind])


def _portrait(image_rgb: Image, options: CleaningOptions) -> tuple[Image, Portrait, tuple[str, ...], bool]:
    """The upright photo, its portrait, what was done to the photo before, and whether it is upright for certain."""
    segmenter, eye_reader = networks_of_thread(options.segmentation)
    if options.alpha_only:  # A matte must fit the photo as it is.
        matte = segment_coarse_to_fine(Frame(image_rgb, 0, 0.0), segmenter, options.portrait)
        return image_rgb, make_portrait(image_rgb, matte, options.portrait, options.correction), (), True
    upright = turn_upright(image_rgb, segmenter)
    height, width = upright.image_rgb.shape[:2]
    matte = add_fine(upright.image_rgb, upright.matte, segmenter.segment, options.portrait)
    matte = without_lying_face(matte, (width, height))
    portrait = make_portrait(upright.image_rgb, matte, options.portrait, options.correction)
    if options.portrait.eyes != "off" and matte.head is not None:
        eyes = eye_reader.read(upright.image_rgb, matte.head)
        portrait = with_eyes(portrait, eyes, options.portrait.eyes_preset)
    notes = (f"turned clockwise by {upright.turned_deg} degrees, so that the face is upright",)
    return upright.image_rgb, judged(portrait), notes if upright.turned_deg else (), upright.certain


def _shape(size_wh: tuple[int, ...], settings: PortraitSettings) -> Shape:
    if settings.geometry is None:
        return "free"
    width, height = size_wh
    wanted_wh = settings.geometry.pixels_wh
    if not same_shape((width, height), wanted_wh):
        return "other"
    return "smaller" if height < wanted_wh[1] else "preset"


def _verdict(portrait: Portrait, doubts: Sequence[str], options: CleaningOptions) -> Verdict:
    """A photo whose file raises doubts needs a review, and so does what the gate does not refuse."""
    verdict = portrait.measures.verdict
    if verdict == "refused":
        return "refused" if options.portrait.gate == "strict" and not options.alpha_only else "review"
    return "review" if doubts else verdict


def networks_of_thread(settings: SegmentationSettings) -> tuple[Segmenter, EyeReader]:
    """The segmenter and the eye reader of this thread, opened once."""
    if getattr(_thread, "settings", None) != settings:
        _thread.networks = open_segmenter(settings, "capture"), open_eye_reader(settings)
        _thread.settings = settings
    networks: tuple[Segmenter, EyeReader] = _thread.networks
    return networks


def _encoded(portrait: Portrait, kind: str, options: CleaningOptions) -> bytes:
    if options.alpha_only:
        return encode_png(portrait.alpha)
    if kind == "png":
        return encode_png(portrait.image_rgb, options.archive.dpi)
    return encode_jpeg(portrait.image_rgb, options.archive.jpeg_quality, options.archive.dpi)
