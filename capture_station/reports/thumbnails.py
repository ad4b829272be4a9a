"""Makes thumbnails of portraits and verifies each portrait's checksum on the way."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import cv2
import numpy as np

from capture_station.archive.record import Damaged
from capture_station.frames import Image
from capture_station.images import decode_reduced, resized
from capture_station.reports.session import Capture

WIDTH_PX = 320
MAX_ASPECT = 1.5
"""Largest height of a thumbnail, in widths."""
_QUALITY = 80


def thumbnails(captures: Sequence[Capture]) -> Iterator[bytes | Damaged]:
    """A JPEG for each capture, in order. All processors work on them, a few captures ahead of the caller."""
    workers = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(workers) as pool:
        rest = iter(captures)
        ahead = [pool.submit(thumbnail, capture) for capture in islice(rest, 4 * workers)]
        while ahead:
            done = ahead.pop(0)
            ahead += [pool.submit(thumbnail, capture) for capture in islice(rest, 1)]
            yield done.result()


def thumbnail(capture: Capture) -> bytes | Damaged:
    """A JPEG of a capture's portrait, at most 320 px wide and 480 px high. Never raises because of files on disk."""
    file = capture.record.file("portrait")
    try:
        data = capture.portrait.read_bytes()
    except OSError as error:
        return Damaged(capture.record.id, f"{capture.portrait}: cannot be read: {error.strerror}")
    if hashlib.sha256(data).hexdigest() != file.sha256:
        return Damaged(capture.record.id, f"{capture.portrait}: no longer what was saved")
    picture = decode_reduced(data, WIDTH_PX)
    if picture is None:
        return Damaged(capture.record.id, f"{capture.portrait}: not a picture")
    height, width = picture.shape[:2]
    scale = min(1.0, WIDTH_PX / width, MAX_ASPECT * WIDTH_PX / height)
    small = resized(picture, (max(1, round(width * scale)), max(1, round(height * scale))))
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    return encoded.tobytes()


def decode_thumbnail(thumb: bytes) -> Image:
    """(h, w, 3) uint8 RGB."""
    return np.asarray(cv2.imdecode(np.frombuffer(thumb, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)
