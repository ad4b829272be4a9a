"""Turns the newest frame into the preview: segmentation and composition, each in its own thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.config import Rgb, StationSettings
from capture_station.frames import Flaw, Frame, Head, Image, Matte
from capture_station.images import fit_within_wh, resized, solid_image
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.live_segmenter import FORGET_AFTER_S, LiveSegmenter
from capture_station.station.counters import SECONDS, Distribution
from capture_station.station.live_framing import LiveFraming
from capture_station.station.live_verdict import Candidate, LiveVerdict
from capture_station.station.newest_slot import NewestSlot
from capture_station.station.status import Preview

FPS_OVER = 60
"""Number of frames over which the rate is averaged."""
TRACE = 10
"""Levels of alpha, of 255. So little is only haze on the wall, and so little short of 255 is still the person."""
STEEPENED = np.clip((np.arange(256) - TRACE) * (255 / (255 - 2 * TRACE)) + 0.5, 0, 255).astype(np.uint8)
"""The level at which each level of alpha is shown."""


class SegmentationStage:
    """Segments the newest frame, as often as the segmenter can. ``run`` belongs to one thread."""

    def __init__(
        self,
        segmenter: Segmenter,
        smoothing: float,
        frames: NewestSlot[Frame],
        on_matte: Callable[[Frame, Matte], None] = lambda *_: None,
    ) -> None:
        """``on_matte`` is called on the stage's thread with each frame and its matte."""
        self._live = LiveSegmenter(segmenter, smoothing)
        self._on_matte = on_matte
        self._frames = frames
        self.mattes: NewestSlot[Matte] = NewestSlot()
        self.count = 0
        """Frames segmented so far."""
        self.inference_s = Distribution(SECONDS)

    def smooth(self, smoothing: float) -> None:
        """Change how much the matte is smoothed over time, in [0, 1]. Thread-safe."""
        self._live.smooth(smoothing)

    def run(self) -> None:
        """Until the frames end. A segmenter's failure ends it."""
        read = 0
        try:
            while True:
                frame, read = self._frames.get(read, timeout_s=None)
                if frame is None:
                    return
                started_s = time.monotonic()
                matte = self._live.segment(frame)
                self.inference_s.add(time.monotonic() - started_s)
                self.mattes.put(matte)
                self.count += 1
                self._on_matte(frame, matte)
        finally:
            self.mattes.close()


class PreviewStage:
    """Composes every frame with the newest matte, at the camera's rate. ``run`` belongs to one thread."""

    def __init__(
        self,
        settings: StationSettings,
        frames: NewestSlot[Frame],
        mattes: NewestSlot[Matte],
        captured_wh: Callable[[], tuple[int, int]],
        verdict: LiveVerdict,
    ) -> None:
        self._verdict = verdict
        self._size_wh = settings.camera.preview_size_px
        self._captured_wh = captured_wh
        self._framing = LiveFraming(verdict.correction)
        self.portrait = settings.portrait
        """How portraits are framed; another thread may replace it."""
        # A frame waits this long for its own matte, then takes the latest.
        self._patience_s = 0.5 / settings.camera.fps
        self._frames = frames
        self._mattes = mattes
        self._times_s: deque[float] = deque(maxlen=FPS_OVER)
        self.previews: NewestSlot[Preview] = NewestSlot()
        self.count = 0
        """Previews composed so far."""

    @property
    def fps(self) -> float:
        """Previews a second, lately. Thread-safe."""
        times_s = list(self._times_s)
        if len(times_s) < 2 or time.monotonic() - times_s[-1] > FORGET_AFTER_S:
            return 0.0
        return (len(times_s) - 1) / max(1e-6, times_s[-1] - times_s[0])

    def newest(self, after: int, timeout_s: float) -> Preview | None:
        """The newest preview of a frame above ``after``, waiting for it at most so long. Thread-safe."""
        deadline_s = time.monotonic() + timeout_s
        read = 0
        while True:
            preview, read = self.previews.get(read, max(0.0, deadline_s - time.monotonic()))
            if preview is None or preview.sequence > after:
                return preview

    def run(self) -> None:
        """Until the frames end."""
        read = mattes_read = 0
        matte: Matte | None = None
        try:
            while True:
                frame, read = self._frames.get(read, timeout_s=None)
                if frame is None:
                    return
                deadline_s = time.monotonic() + self._patience_s
                while matte is None or matte.sequence < frame.sequence:
                    left_s = deadline_s - time.monotonic() if matte is not None else None
                    newer, mattes_read = self._mattes.get(mattes_read, left_s)
                    if newer is None:
                        break
                    matte = newer
                if matte is None:
                    return
                self.previews.put(self._compose(frame, matte))
                self._times_s.append(time.monotonic())
                self.count += 1
        finally:
            self._verdict.close()
            self.previews.close()

    def _compose(self, frame: Frame, matte: Matte) -> Preview:
        image = fitted(frame.image_rgb, self._size_wh)
        width = image.shape[1]
        alpha = shown_alpha(matte, (width, image.shape[0]))
        settings = self.portrait
        reduced = max(1.0, self._captured_wh()[0] / width)

        def flaws_of(head: Head) -> tuple[Flaw, ...] | None:
            return self._verdict.ask(Candidate(frame, head, settings, reduced * width / frame.size_wh[0]))

        framing, matrix, size_wh = self._framing.look(
            image, matte, alpha, settings, reduced, frame.captured_at_s, flaws_of
        )
        person = image
        if matrix is not None:
            person, alpha = cropped(image, matrix, size_wh), cropped(alpha, matrix, size_wh)
        return Preview(
            image_rgb=image,
            white_rgb=on_background(person, alpha, settings.background),
            head=matte.head,
            framing=framing,
            sequence=frame.sequence,
            captured_at_s=frame.captured_at_s,
        )


def fitted(image_rgb: Image, size_wh: tuple[int, int]) -> Image:
    """The picture reduced to fit into a size, its aspect kept; itself where it fits."""
    return resized(image_rgb, fit_within_wh((image_rgb.shape[1], image_rgb.shape[0]), size_wh))


def shown_alpha(matte: Matte, size_wh: tuple[int, int]) -> Image:
    """Alpha for viewers, (H, W) uint8: traces of person on the wall and of wall on the person are removed."""
    levels = cv2.LUT(cv2.convertScaleAbs(matte.alpha, alpha=255), STEEPENED)
    return np.asarray(cv2.resize(levels, size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def cropped(plane: Image, matrix: NDArray[np.float64], size_wh: tuple[int, int]) -> Image:
    """The part of a plane or picture that a crop shows, black beyond its edges.

    A level crop is cut out at whole pixels and scaled, which takes a fifth of the time of a turned one.

    Args:
        plane: (H, W[, 3]) uint8.
        matrix: (2, 3) from it to the crop, in pixels from the outer edge of the upper left one.
        size_wh: Of the crop.
    """
    if matrix[0, 1]:
        centres = matrix.copy()
        centres[:, 2] += centres[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV's coordinates refer to pixel centres.
        return np.asarray(cv2.warpAffine(plane, centres, size_wh), np.uint8)
    size, limits = np.array(size_wh), np.array([plane.shape[1], plane.shape[0]])
    low = np.rint(-matrix[:, 2] / matrix[0, 0]).astype(int)
    high = np.maximum(low + 1, np.rint((size - matrix[:, 2]) / matrix[0, 0]).astype(int))
    inner_low, inner_high = np.clip(low, 0, limits), np.clip(high, 0, limits)
    left, top = np.rint((inner_low - low) * size / (high - low)).astype(int).tolist()
    right, bottom = np.rint((inner_high - low) * size / (high - low)).astype(int).tolist()
    picture = np.zeros((size_wh[1], size_wh[0], *plane.shape[2:]), np.uint8)
    part = plane[inner_low[1] : inner_high[1], inner_low[0] : inner_high[0]]
    if part.size and left < right and top < bottom:
        picture[top:bottom, left:right] = cv2.resize(part, (right - left, bottom - top))
    return picture


def on_background(image_rgb: Image, alpha: Image, background_rgb: Rgb) -> Image:
    """The person over one colour, (H, W, 3), with alpha (H, W) uint8: fast and coarse, for viewers only."""
    height, width = alpha.shape
    picture = solid_image((width, height), background_rgb)
    left, top, box_width, box_height = cv2.boundingRect(alpha)
    if not box_width:
        return picture
    box = np.s_[top : top + box_height, left : left + box_width]
    share = cv2.cvtColor(alpha[box], cv2.COLOR_GRAY2RGB)
    person = cv2.multiply(image_rgb[box], share, scale=1 / 255)
    rest = cv2.bitwise_not(share, dst=share)
    if background_rgb != (255, 255, 255):
        rest = cv2.LUT(rest, (np.arange(256)[:, None, None] * background_rgb / 255).astype(np.uint8))
    cv2.add(person, rest, dst=picture[box])
    return picture
