"""Collects the full-resolution frames of a burst and chooses the best one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Future

import cv2
import numpy as np

from capture_station.frames import Eyes, Frame, Head, Image
from capture_station.portrait.measure import MOST_ASIDE
from capture_station.segmentation.eyes import EyeReader
from capture_station.station.consensus import confirmed, thumbnail
from capture_station.station.likeness import changed_share, face_difference

LARGEST_BYTES = 128 * 1024**2
"""Memory limit for a burst of several frames: three frames of 12 megapixels, for a computer with 2 GiB."""
REPEATS = 3
"""How often a burst without any confirmed frame is repeated."""
ALIKE = 6.0
"""Levels. A frame whose face differs by so much more from the one that was approved must be 2.7 times as sharp."""
MOVED_WEIGHT = 5
"""A frame in which 5 percent of the picture have moved must be 1.3 times as sharp."""
WELL_OPEN = 0.17
"""Eyes that are less open may be about to close (measured)."""
LUMA_HEIGHT_PX = 480
"""Sharpness and exposure are compared at this height; finer detail is mostly noise."""


class Burst:
    """A request for at most ``count`` frames within ``within_s``, none exposed before the request.

    The burst ends when the next frame would exceed the count, the time or the memory limit. A slow camera still
    delivers two frames. If the camera is lost, the burst ends with the frames that it has.

    ``frames`` has only those frames that the others and the frames just before the burst confirm. Without any, the
    burst is repeated a few times: a single frame may be a damaged one.

    The camera thread calls ``offer`` and ``end_early``. ``frames`` resolves in whichever thread waits.
    """

    def __init__(self, requested_at_s: float, count: int, within_s: float) -> None:
        self.frames: Future[list[Frame]] = Future()
        self._requested_at_s = requested_at_s
        self._count = count
        self._within_s = within_s
        self._taken: list[Frame] = []
        self._thumbnails: list[Image] = []
        """Of frames before the burst, of dropped ones, and of ``_taken``, in this order."""
        self._repeats_left = REPEATS

    def offer(self, frame: Frame, recent: Sequence[Image] = ()) -> None:
        """Add a frame if it belongs to the burst.

        Args:
            frame: The newest frame.
            recent: Thumbnails of the newest frames, that of ``frame`` last; needed at the burst's first frame.
        """
        if not frame.full_resolution or frame.captured_at_s < self._requested_at_s or self.frames.done():
            return
        recent = recent or (thumbnail(frame.small.image_rgb),)
        self._thumbnails += recent[-1:] if self._thumbnails else recent
        self._taken.append(frame)
        if not self._over():
            return
        kept = self._confirmed()
        if not kept and self._repeats_left:
            self._repeats_left -= 1
            self._taken.clear()
        else:
            self.frames.set_result(kept or self._taken)

    def end_early(self) -> bool:
        """End the burst with the frames that it has; False if it has none and waits for the next camera."""
        if not self._taken:
            # The next camera may give pictures of another size, and of another scene.
            self._thumbnails.clear()
        elif not self.frames.done():
            self.frames.set_result(self._confirmed() or self._taken)
        return self.frames.done()

    def _confirmed(self) -> list[Frame]:
        verdicts = confirmed(self._thumbnails)[-len(self._taken) :]
        return [frame for frame, is_confirmed in zip(self._taken, verdicts, strict=True) if is_confirmed]

    def _over(self) -> bool:
        count = len(self._taken)
        if count == self._count or (count + 1) * self._taken[0].image_rgb.nbytes > LARGEST_BYTES:
            return True
        lasted_s = self._taken[-1].captured_at_s - self._taken[0].captured_at_s
        return count > 1 and lasted_s * count / (count - 1) > self._within_s


def best_frame(
    frames: Sequence[Frame],
    head: Head | None,
    eyes: EyeReader | None = None,
    approved: tuple[Image, Head] | None = None,
) -> Frame:
    """The sharpest and best-exposed frame, judged on the face, or on the centre if no face is known.

    Quality is the variance of the Laplacian (Pech-Pacheco et al. 2000) times the share of pixels that are not clipped.
    Any frame whose eyes are open and look straight ahead is better than one without, and one is worse the more it
    differs from the live picture that was judged good: a hand before the face would count as sharp.

    Args:
        frames: To choose from.
        head: The face in all of them, as far as known.
        eyes: Sees whether eyes are open, and where they look; None: eyes do not count.
        approved: The live picture (H, W, 3) that was judged good last, and its face; None where none was.
    """

    def rank(frame: Frame) -> tuple[bool, float]:
        quality = _quality(frame, head)
        if head is None:
            return True, quality
        seen = eyes is None or _look_ahead(eyes.read(frame.image_rgb, head))
        if approved is None:
            return seen, quality
        image_rgb, _ = approved
        alike = math.exp(-face_difference(approved, (frame.image_rgb, head)) / ALIKE)
        moved = changed_share(image_rgb, frame.image_rgb)
        return seen, quality * alike * (1 - moved) ** MOVED_WEIGHT

    return max(frames, key=rank)


def _look_ahead(eyes: Eyes) -> bool:
    return eyes.open >= WELL_OPEN and abs(eyes.aside) <= MOST_ASIDE


def _quality(frame: Frame, head: Head | None) -> float:
    width, height = frame.size_wh
    left, top, right, bottom = 0.25, 0.1, 0.75, 0.7
    if head is not None:
        low, high = head.points.min(axis=0), head.points.max(axis=0)
        margin = (high - low) / 2
        left, top = np.clip(low - margin, 0, 0.95)
        right, bottom = np.clip(high + margin, (left + 0.05, top + 0.05), 1)
    part = frame.image_rgb[int(top * height) : int(bottom * height) + 1, int(left * width) : int(right * width) + 1]
    luma = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    if height > LUMA_HEIGHT_PX:
        scale = LUMA_HEIGHT_PX / height
        luma = cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    clipped = np.mean((luma < 4) | (luma > 251))
    return float(cv2.Laplacian(luma, cv2.CV_32F).var() * (1 - clipped))
