"""Live preview for many viewers: each frame is encoded once, and only while there are viewers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Literal

import cv2
import numpy as np

from capture_station.frames import Image
from capture_station.station.contract import PublicStation
from capture_station.station.status import Preview

View = Literal["white", "raw", "framed"]
"""``framed`` is the raw picture with the portrait's frame drawn in it."""
FRAME_RGB, RIM_RGB = (255, 255, 255), (19, 22, 27)
FRAME_SHARE = 1 / 240
"""Width of the frame's line, of the picture's height; its dark rim is three times as wide."""

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
        return preview.sequence, jpeg(shown(preview, self._view), self._quality)


def shown(preview: Preview, view: View) -> Image:
    """The picture (h, w, 3) that a view shows."""
    if view == "white":
        return preview.white_rgb
    if view == "raw" or not preview.framing.crop:
        return preview.image_rgb
    image = preview.image_rgb.copy()
    corners = np.rint(np.array(preview.framing.crop) * (image.shape[1], image.shape[0])).astype(np.int32)
    line_px = max(1, round(FRAME_SHARE * image.shape[0]))
    cv2.polylines(image, [corners], True, RIM_RGB, 3 * line_px, cv2.LINE_AA)
    cv2.polylines(image, [corners], True, FRAME_RGB, line_px, cv2.LINE_AA)
    return image
