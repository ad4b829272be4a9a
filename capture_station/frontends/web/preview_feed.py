"""The live preview for any number of viewers: every frame is encoded once, and only while somebody watches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Literal

import cv2

from capture_station.frames import Image
from capture_station.station.contract import PublicStation

View = Literal["white", "raw"]

PICTURES_PER_S = 250
"""To all viewers together; many viewers get fewer each, so that the station's own preview keeps its rate."""
WAIT_S = 0.5


def jpeg(image_rgb: Image, quality: int) -> bytes:
    """A JPEG of an (H, W, 3) picture, for viewers only."""
    bgr = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"OpenCV does not encode a picture of {image_rgb.shape}")
    return data.tobytes()


class Feed:
    """One view of the preview. Belongs to the event loop; the station is asked, and pictures encoded, in a thread."""

    def __init__(self, station: PublicStation, view: View, quality: int, closing: asyncio.Event) -> None:
        self._station = station
        self._view = view
        self._quality = quality
        self._closing = closing
        self._viewers = 0
        self._encoding: asyncio.Task[None] | None = None
        self._picture = b""
        self._count = 0
        self._newer = asyncio.Event()

    async def pictures(self) -> AsyncIterator[bytes]:
        """JPEGs, always the newest: a viewer that takes its time misses those in between. Ends when closing."""
        self._viewers += 1
        if self._encoding is None:
            self._count = 0
            self._encoding = asyncio.create_task(self._encode())
        encoding = self._encoding
        seen = 0
        try:
            while not encoding.done():
                newer = self._newer
                if self._count == seen:
                    await newer.wait()
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
                    await asyncio.sleep(self._viewers / PICTURES_PER_S - (time.monotonic() - started_s))
        finally:
            self._wake()

    def _wake(self) -> None:
        self._newer.set()
        self._newer = asyncio.Event()

    def _next(self, after: int) -> tuple[int, bytes]:
        preview = self._station.preview(after, WAIT_S)
        if preview is None:
            return after, b""
        image = preview.white_rgb if self._view == "white" else preview.image_rgb
        return preview.sequence, jpeg(image, self._quality)
