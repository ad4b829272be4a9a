"""Live preview for many viewers: each frame is encoded once, and only while there are viewers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Literal

import cv2

from capture_station.frames import Image
from capture_station.station.contract import PublicStation

View = Literal["white", "raw"]

MAX_PICTURES_PER_S = 250
"""For all viewers together. With many viewers each gets fewer, so that the station's own preview keeps its rate."""
FRAME_TIMEOUT_S = 0.5


def jpeg(image_rgb: Image, quality: int) -> bytes:
    """Encode an RGB image of shape (H, W, 3) and dtype uint8 as JPEG, for display only.

    Raises:
        ValueError: OpenCV cannot encode it.
    """
    bgr = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"OpenCV cannot encode an image of shape {image_rgb.shape}")
    return data.tobytes()


class PreviewFeed:
    """One view of the preview. Used by the event loop only; frames are fetched and encoded in a thread."""

    def __init__(self, station: PublicStation, view: View, quality: int, closing: asyncio.Event) -> None:
        self._station = station
        self._view = view
        self._quality = quality
        self._closing = closing
        self._viewers = 0
        self._encoding: asyncio.Task[None] | None = None
        self._picture = b""
        self._count = 0
        self._changed = asyncio.Event()

    async def pictures(self) -> AsyncIterator[bytes]:
        """Yield JPEGs, always the newest one: a slow viewer misses those in between. Ends when the station closes."""
        self._viewers += 1
        if self._encoding is None:
            self._count = 0
            self._encoding = asyncio.create_task(self._encode())
        encoding = self._encoding
        seen = 0
        try:
            while not encoding.done():
                changed = self._changed
                if self._count == seen:
                    await changed.wait()
                    continue
                seen = self._count
                yield self._picture
            encoding.result()
        finally:
            self._viewers -= 1
            if self._viewers == 0:
                encoding.cancel()
                self._encoding = None

    async def _encode(self) -> None:
        sequence = -1
        try:
            while not self._closing.is_set():
                started_s = time.monotonic()
                sequence, picture = await asyncio.to_thread(self._next, sequence)
                if picture:
                    self._picture = picture
                    self._count += 1
                    self._wake()
                    await asyncio.sleep(self._viewers / MAX_PICTURES_PER_S - (time.monotonic() - started_s))
        finally:
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _next(self, after: int) -> tuple[int, bytes]:
        preview = self._station.preview(after, FRAME_TIMEOUT_S)
        if preview is None:
            return after, b""
        image = preview.white_rgb if self._view == "white" else preview.image_rgb
        return preview.sequence, jpeg(image, self._quality)
