"""Makes thumbnails of portraits and verifies the checksums of all pictures on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np

from capture_station.archive.record import Damaged
from capture_station.archive.verification import DamagedPicture, problem, read_verified
from capture_station.frames import Image
from capture_station.images import decode_reduced, resized
from capture_station.reports.session import Capture

WIDTH_PX = 320
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


def thumbnails(captures: Sequence[Capture], pool: Executor, ahead: int) -> Iterator[Thumbnail]:
    """A thumbnail for each capture, in order. The pool makes them, at most ``ahead`` captures before the caller."""
    rest = iter(captures)
    begun = deque(pool.submit(thumbnail, capture) for capture in islice(rest, ahead))
    while begun:
        done = begun.popleft()
        begun.extend(pool.submit(thumbnail, capture) for capture in islice(rest, 1))
        yield done.result()


def thumbnail(capture: Capture) -> Thumbnail:
    """Verify a capture's files and make its portrait small. Never raises because of files on disk.

    The JPEG is at most 320 px wide and 480 px high.
    """
    record = capture.record
    if isinstance(record, Damaged):
        return Thumbnail(b"", (record.reason.removeprefix(f"{capture.folder}/"),))
    portrait = next((file for file in record.files if file.name == capture.portrait_name), None)
    if portrait is None:
        return Thumbnail(b"", (f"the record no longer names {capture.portrait_name}",))
    found = [problem(capture.folder, file) for file in record.files if file is not portrait]
    jpeg = b""
    try:
        jpeg = _small_jpeg(read_verified(capture.folder, portrait))
        if not jpeg:
            found.insert(0, f"{portrait.name} is not a picture")
    except DamagedPicture as error:
        found.insert(0, str(error))
    except OSError as error:
        found.insert(0, f"{portrait.name} cannot be read: {error.strerror}")
    return Thumbnail(jpeg, tuple(filter(None, found)))


def _small_jpeg(data: bytes) -> bytes:
    picture = decode_reduced(data, _LEAST_WIDTH_PX)
    if picture is None:
        return b""
    height, width = picture.shape[:2]
    scale = min(1.0, WIDTH_PX / width, MAX_ASPECT * WIDTH_PX / height)
    small = resized(picture, (max(1, round(width * scale)), max(1, round(height * scale))))
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    return encoded.tobytes()


def decode_thumbnail(thumb: bytes) -> Image:
    """(h, w, 3) uint8 RGB."""
    return np.asarray(cv2.imdecode(np.frombuffer(thumb, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)
