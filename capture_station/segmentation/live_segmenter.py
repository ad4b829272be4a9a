"""The live matte: the network looks where the head is, now and then at the whole frame, and the result is steadied."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Box, Frame, Head, Landmark, Matte
from capture_station.images import fit_within_wh, resized
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.temporal_smoothing import TemporalSmoother

FORGET_AFTER_S = 1.0
"""After a pause of this length the matte's past is forgotten."""
WHOLE_EVERY_S = 1.0
"""How often the network looks at the whole frame as well: somebody else may have come."""
ASIDE, ABOVE, BELOW = 2.8, 2.6, 4.6
"""What is looked at beside, above and below the eyes, in distances from the eyes to the chin."""
NEEDED = 0.8
"""Share of that which must stay in view; when more of it is out of view, the view moves."""
MOST, LEAST_PX = 0.7, 32
"""A view that is a larger share of the frame would show the network nothing new, nor would a narrower one."""
GRID_PX = 512
"""Longest side of the frame's alpha when a part of it was looked at."""


class LiveSegmenter:
    """Segments the frames of a camera one after another.

    A network sees every picture reduced to its own grid, so that a person in a wide frame is coarse. Once a face is
    found, the network looks at the part about it only, unless there is another face elsewhere. Beyond that part, alpha
    is that of the last look at the whole frame, up to ``WHOLE_EVERY_S`` old. Thread-bound.
    """

    def __init__(self, segmenter: Segmenter, smoothing: float) -> None:
        self._segmenter = segmenter
        self._smoother = TemporalSmoother(smoothing)
        self._view: Box | None = None
        self._size_wh = (0, 0)
        self._rest = Matte(np.zeros((1, 1), np.float32), None, 0)
        """The last look at the whole frame, its alpha on the frame's grid."""
        self._newest = self._rest
        self._seen_at_s = self._rest_at_s = 0.0

    def smooth(self, smoothing: float) -> None:
        """Change how much the matte is smoothed over time, in [0, 1]. Thread-safe."""
        self._smoother.strength = smoothing

    def segment(self, frame: Frame) -> Matte:
        """The matte of the next frame, of the whole of it, smoothed over time.

        Raises:
            SegmentationError: The interpreter failed.
        """
        if frame.size_wh != self._size_wh or frame.captured_at_s - self._seen_at_s > FORGET_AFTER_S:
            self._smoother.reset()
            self._view, self._size_wh = None, frame.size_wh
        self._seen_at_s = frame.captured_at_s
        if self._view is not None and frame.captured_at_s - self._rest_at_s >= WHOLE_EVERY_S:
            self._segment_whole(frame)
        self._newest = self._look(frame, self._view)
        self._follow(self._newest.head)
        return self._newest

    def _look(self, frame: Frame, view: Box | None) -> Matte:
        """Look at a part of a frame or at the whole."""
        shown = frame if view is None else frame.cut(view)
        # Reduced once for both the network and the smoother.
        reduced = resized(shown.image_rgb, self._segmenter.info.input_wh)
        seen = self._segmenter.segment(replace(shown, image_rgb=reduced))
        if view is not None and seen.head is not None:
            seen = replace(seen, head=self._in_frame(seen.head, view))
        seen = self._smoother.smooth(seen, reduced, frame.captured_at_s)
        if view is None:
            self._remember(seen, frame.captured_at_s)
            return seen
        alpha = self._rest.alpha.copy()
        left, top, right, bottom = self._cells(view, alpha)
        alpha[top:bottom, left:right] = cv2.resize(seen.alpha, (right - left, bottom - top))
        return replace(seen, alpha=alpha)

    def _segment_whole(self, frame: Frame) -> None:
        """Look at the whole frame. If its largest face is another one, the next look begins anew."""
        reduced = resized(frame.image_rgb, self._segmenter.info.input_wh)
        whole = self._segmenter.segment(replace(frame, image_rgb=reduced))
        self._remember(whole, frame.captured_at_s)
        if self._view is not None and whole.head is not None and not self._shows(middle(whole.head), self._view):
            self._move(None)

    def _remember(self, whole: Matte, at_s: float) -> None:
        grid_wh = fit_within_wh(self._size_wh, (GRID_PX, GRID_PX))
        self._rest = replace(whole, alpha=np.asarray(cv2.resize(whole.alpha, grid_wh), np.float32))
        self._rest_at_s = at_s

    def _in_frame(self, head: Head, view: Box) -> Head:
        """A head that was found in a part of the frame, with the other faces of the whole."""
        origin = np.array(view[:2], np.float32) / self._size_wh
        span = np.array(view[2:], np.float32) / self._size_wh - origin
        elsewhere = [] if self._rest.head is None else [middle(self._rest.head), *self._rest.head.others]
        outside = [point for point in elsewhere if not self._shows(point, view)]
        others = np.array([*(head.others * span + origin), *outside], np.float32).reshape(-1, 2)
        return Head((head.points * span + origin).astype(np.float32), head.score, others)

    def _follow(self, head: Head | None) -> None:
        """Choose what the next look will see. The view moves rarely, because the matte is smoothed less then."""
        if head is None:
            self._move(None)
            return
        wanted = self._about(head)
        others = any(not self._shows(point, wanted) for point in head.others)
        left, top, right, bottom = wanted
        tiny = min(right - left, bottom - top) < LEAST_PX
        if others or tiny or area(wanted) > MOST * self._size_wh[0] * self._size_wh[1]:
            self._move(None)
        elif self._view is None or overlap(wanted, self._view) < NEEDED * max(area(wanted), area(self._view)):
            self._move(wanted)

    def _move(self, view: Box | None) -> None:
        if view == self._view:
            return
        self._view = view
        self._rest_at_s = -math.inf  # Where the person was before, there is nobody now.
        alpha = self._newest.alpha
        left, top, right, bottom = self._cells(view or (0, 0, *self._size_wh), alpha)
        so_far = cv2.resize(alpha[top:bottom, left:right], self._segmenter.info.input_wh)
        self._smoother.move(np.asarray(so_far, np.float32))

    def _about(self, head: Head) -> Box:
        """The part of the frame about a head."""
        points = head.points_px(self._size_wh)
        x, y = points[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE]].mean(axis=0)
        unit = float(np.hypot(*(points[Landmark.CHIN] - (x, y))))
        low = np.maximum((x - ASIDE * unit, y - ABOVE * unit), 0)
        high = np.minimum((x + ASIDE * unit, y + BELOW * unit), self._size_wh)
        left, top = np.floor(low).astype(int).tolist()
        right, bottom = np.ceil(high).astype(int).tolist()
        return left, top, right, bottom

    def _cells(self, view: Box, alpha: Alpha) -> Box:
        """A part of the frame in cells of a plane (h, w) that shows all of it."""
        across, down = alpha.shape[1] / self._size_wh[0], alpha.shape[0] / self._size_wh[1]
        return round(view[0] * across), round(view[1] * down), round(view[2] * across), round(view[3] * down)

    def _shows(self, point: NDArray[np.float32], view: Box) -> bool:
        """Whether a point (2,), as shares of the frame, is in a part of it."""
        x, y = point * self._size_wh
        return bool(view[0] <= x < view[2] and view[1] <= y < view[3])


def middle(head: Head) -> NDArray[np.float32]:
    """The nose (2,), as shares of the picture."""
    return np.asarray(head.points[Landmark.NOSE], np.float32)


def area(box: Box) -> int:
    """Pixels of a part."""
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


def overlap(one: Box, other: Box) -> int:
    """Pixels that two parts share."""
    return area((max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])))
