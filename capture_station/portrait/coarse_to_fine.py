"""Segments a whole frame coarsely, and then the part that the portrait shows finely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.config import PortraitSettings
from capture_station.frames import Box, CoarsePass, Frame, Head, Image, Landmark, Matte, Part
from capture_station.images import fit_within_wh
from capture_station.portrait.framing import frame_head
from capture_station.portrait.people import choose, shows_anybody

ROOM = 0.15
"""What the part has beside the crop or the person on each side, as a share of their width and height (measured)."""
MOST = 0.7
"""A part that is a larger share of the frame would show the segmenter nothing new (measured)."""
LEAST_PX = 32
"""Nor would a part that is narrower or lower."""
VISIBLE = 0.1
"""Alpha above which the person's box counts a cell."""
NOBODY = np.empty((0, 2), np.float32)
Shares = NDArray[np.floating]
SMALL_PX = 512
"""Longest side of the picture on which the crop is foreseen."""


class Segmenter(Protocol):
    """Sees who is in a frame; the contract is in ``segmentation``."""

    def coarse_pass(self, frame: Frame) -> CoarsePass: ...
    def segment(self, frame: Frame) -> Matte: ...


def segment_coarse_to_fine(frame: Frame, segmenter: Segmenter, settings: PortraitSettings) -> Matte:
    """The coarse matte of a frame, with a fine one of the part that the portrait will show.

    A network sees every picture reduced to its own grid. Most of a frame of 16:9 is wall, so that hair, fingers and
    outlines would be coarser than they need to be. Where a fine pass follows, one inference on the whole frame is
    enough, unless the fine pass sees nobody.

    Raises:
        SegmentationError: The interpreter failed.
    """
    coarse = segmenter.coarse_pass(frame)
    box_px = shown_px(coarse.matte, frame.image_rgb, settings)
    matte = None if box_px is None else with_fine_part(frame.image_rgb, coarse.matte, segmenter.segment, box_px)
    return coarse.complete() if matte is None else matte


def add_fine(image_rgb: Image, matte: Matte, segment: Callable[[Frame], Matte], settings: PortraitSettings) -> Matte:
    """Add the fine matte to a coarse one; see ``segment_coarse_to_fine``.

    Args:
        image_rgb: The frame, (H, W, 3) uint8.
        matte: The segmenter's matte of it.
        segment: The segmenter. It is asked again, unless nobody is there or the person fills the frame.
        settings: Section ``portrait`` of the config.

    Returns:
        The matte, with ``fine`` where the segmenter was asked again and saw somebody.

    Raises:
        SegmentationError: The interpreter failed.
    """
    box_px = shown_px(matte, image_rgb, settings)
    finer = None if box_px is None else with_fine_part(image_rgb, matte, segment, box_px)
    return matte if finer is None else finer


def with_fine_part(image_rgb: Image, matte: Matte, segment: Callable[[Frame], Matte], box_px: Box) -> Matte | None:
    """A coarse matte with a fine one of a part of its frame (H, W, 3); None where the fine one shows nobody.

    The alpha of the whole frame stays as it is. The landmarks are those of the fine one: a face may have been too
    small for the coarse pass.

    Raises:
        SegmentationError: The interpreter failed.
    """
    height, width = image_rgb.shape[:2]
    left, top, right, bottom = box_px
    fine = segment(Frame(image_rgb, matte.sequence, 0.0).cut(box_px))
    size_wh = np.array([width, height], np.float32)
    origin, scale = np.array([left, top]) / size_wh, np.array([right - left, bottom - top]) / size_wh
    head = None if fine.head is None else mapped(fine.head, origin, scale)
    if matte.head is not None and (head is None or not is_of(matte.head, head.points[Landmark.NOSE], (width, height))):
        # The fine pass may take somebody else's face for the main one.
        seen = NOBODY if head is None else np.concatenate([head.points[[Landmark.NOSE]], head.others])
        own = [is_of(matte.head, nose, (width, height)) for nose in seen]
        head = replace(matte.head, others=seen[~np.array(own, np.bool_)])
    if head is not None:
        fine = replace(fine, head=mapped(head, -origin / scale, 1 / scale))
        head = replace(head, others=NOBODY if matte.head is None else matte.head.others)
    if not shows_anybody(fine.alpha, fine.head):
        return None
    return replace(matte, head=head, fine=Part(fine, box_px))


def mapped(head: Head, origin: Shares, scale: Shares) -> Head:
    """A head with each position, a share of a picture, at ``origin + scale * position``."""
    points, others = (np.asarray(origin + scale * plane, np.float32) for plane in (head.points, head.others))
    return Head(points, head.score, others)


def shown_px(matte: Matte, image_rgb: Image, settings: PortraitSettings) -> Box | None:
    """The part of a frame (H, W, 3) that is worth a fine pass.

    It is the crop that the preset will have, or the people's box where there is no crop, each with some room.
    None: nobody is there, or the part is most of the frame.
    """
    people = choose(matte.alpha, matte.head, settings.people == "all", image_rgb)
    if not people.persons:
        return None
    size_wh = image_rgb.shape[1], image_rgb.shape[0]
    small_wh = fit_within_wh(size_wh, (SMALL_PX, SMALL_PX))
    reduced = size_wh[0] / small_wh[0]
    alpha = cv2.resize(cv2.convertScaleAbs(people.alpha, alpha=255), small_wh, interpolation=cv2.INTER_AREA)
    framing = frame_head(matte.head, np.asarray(alpha, np.uint8), settings, reduced, persons=people.persons)
    if framing.matrix is not None:
        width, height = framing.size_wh
        corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
        corners = (corners - framing.matrix[:, 2]) @ np.linalg.inv(framing.matrix[:, :2]).T
    else:
        rows, columns = np.nonzero(alpha > 255 * VISIBLE)
        if not rows.size:
            return None
        corners = np.array([(columns.min(), rows.min()), (columns.max() + 1, rows.max() + 1)], np.float64)
    low, high = corners.min(axis=0) * reduced, corners.max(axis=0) * reduced
    room = ROOM * (high - low)
    left, top = np.maximum(np.floor(low - room), 0).astype(int).tolist()
    right, bottom = np.minimum(np.ceil(high + room), size_wh).astype(int).tolist()
    width, height = right - left, bottom - top
    if min(width, height) < LEAST_PX or width * height > MOST * size_wh[0] * size_wh[1]:
        return None
    return left, top, right, bottom


def is_of(head: Head, nose: Shares, size_wh: tuple[int, int]) -> bool:
    """Whether a nose (2,), x, y as shares of a picture of this size, is this head's: it is close to the head's own."""
    points = head.points_px(size_wh)
    eyes = points[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE]].mean(axis=0)
    away = nose * np.array(size_wh) - points[Landmark.NOSE]
    return bool(np.hypot(*away) < np.hypot(*(points[Landmark.CHIN] - eyes)))
