"""Makes thumbnails of portraits and verifies the checksums of all pictures on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2

from capture_station.archive.record import Damaged
from capture_station.archive.verification import DamagedPicture, problem, read_verified
from capture_station.frames import Image
from capture_station.images import decode_picture, decode_reduced, resized
from capture_station.reports.session import Capture

WIDTH_PX = 320
SHEET_WIDTH_PX = 216
"""Width of a portrait on a contact sheet."""
_LEAST_WIDTH_PX = 288
"""A portrait of twice this width or more is decoded at half its size, and its thumbnail may be this narrow."""
MAX_ASPECT = 1.5
"""Largest height of a thumbnail, in widths."""
_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A portrait, small, and what is wrong with the capture's files."""

    jpeg: bytes
    """Empty if the portrait cannot be shown."""
    problems: tuple[str, ...] = ()
    on_sheet: Image | None = None
    """(h, w, 3) uint8 RGB, as it stands on a contact sheet; None if the portrait cannot be shown."""


def thumbnail(capture: Capture) -> Thumbnail:
    """Verify a capture's files and make its portrait small. Never raises because of files on disk.

    The JPEG is at most 320 px wide and 480 px high, and the picture for a sheet fills 216 x 324 px.
    """
    record = capture.record
    if isinstance(record, Damaged):
        return Thumbnail(b"", (record.reason.removeprefix(f"{capture.folder}/"),))
    portrait = next((file for file in record.files if file.name == capture.portrait_name), None)
    if portrait is None:
        return Thumbnail(b"", (f"the record no longer names {capture.portrait_name}",))
    found = [problem(capture.folder, file) for file in record.files if file is not portrait]
    picture = None
    try:
        picture = decode_reduced(read_verified(capture.folder, portrait), _LEAST_WIDTH_PX)
        if picture is None:
            found.insert(0, f"{portrait.name} is not a picture")
    except DamagedPicture as error:
        found.insert(0, str(error))
    except OSError as error:
        found.insert(0, f"{portrait.name} cannot be read: {error.strerror}")
    problems = tuple(filter(None, found))
    if picture is None:
        return Thumbnail(b"", problems)
    small = _fitted(picture, WIDTH_PX, largest_scale=1.0)
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    return Thumbnail(encoded.tobytes(), problems, _fitted(small, SHEET_WIDTH_PX))


def on_sheet(jpeg: bytes) -> Image | None:
    """``Thumbnail.on_sheet`` again, from the JPEG, which is a tenth as large."""
    if not jpeg:
        return None
    return _fitted(decode_picture(jpeg), SHEET_WIDTH_PX)


def _fitted(picture: Image, width_px: int, largest_scale: float = math.inf) -> Image:
    height, width = picture.shape[:2]
    scale = min(largest_scale, width_px / width, MAX_ASPECT * width_px / height)
    return resized(picture, (max(1, round(width * scale)), max(1, round(height * scale))))
