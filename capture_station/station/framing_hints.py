"""The one thing that keeps the live picture from being a good portrait, from the same framing as the saved one."""

from __future__ import annotations

import math

import cv2
import numpy as np

from capture_station.config import PortraitSettings
from capture_station.frames import Head, Image, Landmark, Matte
from capture_station.portrait.framing import Framing
from capture_station.portrait.measure import (
    EXPOSURE_RANGE,
    LEAST_CONFIDENCE,
    LEAST_SHARPNESS,
    MOST_CLIPPED,
    MOST_ROLL_DEG,
    clipped,
    face,
    matte_confidence,
)
from capture_station.portrait.people import choose
from capture_station.presets import CROWN_TO_EYES
from capture_station.station.status import Hint

LEAST_HEAD = 0.125
"""Crown to chin, relative to the root of the picture's area. The networks see smaller heads less reliably."""
BAND_PX = 7
"""Width of the matte's edge, which is uncertain by nature."""
CONFIDENCE_MARGIN = 0.02
SHARPNESS_MARGIN = 1.3
"""By so much more certain and sharper must a live picture be than a saved one."""
SMALL_EYES_PX = 60
"""A blurred face with a smaller distance between the eyes is too far away rather than moving."""
EXPOSURE_MARGIN = 5.0
"""Levels of 255 by which a live face must be better exposed than a saved one."""
CLIPPED_SLACK = 0.8
"""Of the share that a saved portrait may have overexposed or black."""
BRIGHT_ROOM_FROM = 150.0
"""Mean luma of the background. A dark face before a brighter one is lit from behind."""
EYES_APART = (0.045, 0.16)
"""Without a preset: distance between the eyes as a share of the picture's height; too far away, too close."""
OFF_CENTRE = 0.12
"""Without a preset: share of the picture's width."""
TURNED = 0.28
"""Distance of the nose from the middle of the eyes, in eye distances."""
SETTLED_ROLL_DEG = 1.0
"""A live head must be this much closer to level than a saved one."""


def blocking_hint(
    image_rgb: Image,
    matte: Matte,
    alpha: Image,
    framing: Framing,
    settings: PortraitSettings,
    reduced: float = 1.0,
) -> Hint | None:
    """The most urgent hint, or None. Left and right are the person's own.

    Args:
        image_rgb: (H, W, 3) at any size.
        matte: The matte of that picture.
        alpha: The same (H, W) uint8 at the picture's size.
        framing: The crop of that picture.
        settings: Section ``portrait`` of the config.
        reduced: Pixels of the saved frame per pixel of the picture.
    """
    persons = choose(matte.alpha, matte.head, everyone=False).persons
    several = persons > 1
    if not persons:
        return Hint.NOBODY
    if several and settings.people == "one":
        return Hint.TWO_PEOPLE
    if matte.head is None:
        # Without a preset a face is welcome but not needed.
        return None if settings.geometry is None else Hint.NO_FACE
    return (
        _face(image_rgb, alpha, matte.head, reduced)
        or _outline(matte)
        or _position(framing, matte.head, (image_rgb.shape[1], image_rgb.shape[0]), several, settings)
        or _pose(framing, matte.head, (image_rgb.shape[1], image_rgb.shape[0]), several, settings)
    )


def _face(image_rgb: Image, alpha: Image, head: Head, reduced: float) -> Hint | None:
    """Light and sharpness of the face."""
    seen = face(image_rgb, alpha, head)
    exposure = seen.exposure
    if exposure > EXPOSURE_RANGE[1] - EXPOSURE_MARGIN:
        return Hint.TOO_BRIGHT
    if clipped(image_rgb[::8, ::8], alpha[::8, ::8]) > CLIPPED_SLACK * MOST_CLIPPED:
        return Hint.TOO_BRIGHT if exposure > 100 else Hint.TOO_DARK
    if exposure > EXPOSURE_RANGE[0] + EXPOSURE_MARGIN:
        right, left = head.points_px((image_rgb.shape[1], image_rgb.shape[0]))[:2]
        small = bool(np.hypot(*(left - right)) < SMALL_EYES_PX)
        # A small face in a reduced picture looks blurred, whatever the saved one will be.
        if seen.sharpness > SHARPNESS_MARGIN * LEAST_SHARPNESS or (small and reduced > 1):
            return None
        return Hint.STEP_CLOSER if small else Hint.HOLD_STILL
    behind = image_rgb[::16, ::16][alpha[::16, ::16] == 0]
    return Hint.BACKLIT if behind.size and behind.mean() > BRIGHT_ROOM_FROM else Hint.TOO_DARK


def _outline(matte: Matte) -> Hint | None:
    person = (matte.alpha > 0.5).astype(np.uint8)
    band = cv2.morphologyEx(person, cv2.MORPH_GRADIENT, np.ones((BAND_PX, BAND_PX), np.uint8))
    unclear = matte_confidence(matte.alpha, band > 0) < LEAST_CONFIDENCE + CONFIDENCE_MARGIN
    return Hint.UNCLEAR if unclear else None


def _position(
    framing: Framing, head: Head, size_wh: tuple[int, int], several: bool, settings: PortraitSettings
) -> Hint | None:
    """How far the head is from where the preset can crop it."""
    if settings.geometry is None:
        return None if several else _position_without_preset(head, size_wh)
    placed, code = framing.placement, framing.flaw.code if framing.flaw is not None else ""
    if placed is not None and placed.head_px < LEAST_HEAD * math.sqrt(size_wh[0] * size_wh[1]):
        return Hint.STEP_CLOSER
    if not code or placed is None:
        return None
    if code == "uncropped-small":
        return Hint.STEP_CLOSER
    if code == "uncropped-cut-left":
        return Hint.MOVE_LEFT  # The picture's left is the person's right.
    if code == "uncropped-cut-right":
        return Hint.MOVE_RIGHT
    if code == "face-sideways":
        return Hint.LEVEL_HEAD
    # Cut off above or below. Could the same head be cropped if it were lower or higher?
    preset, height = settings.geometry, size_wh[1]
    below_px = placed.head_px * (1 - preset.eye_lines[1]) / preset.head_heights[1]
    above_px = placed.head_px * CROWN_TO_EYES
    if above_px + below_px > 0.97 * height:
        return Hint.STEP_BACK
    return Hint.MOVE_DOWN if code == "uncropped-cut-top" else Hint.MOVE_UP


def _position_without_preset(head: Head, size_wh: tuple[int, int]) -> Hint | None:
    width, height = size_wh
    points = head.points_px(size_wh)
    right, left = points[Landmark.RIGHT_EYE], points[Landmark.LEFT_EYE]
    apart_px = float(np.hypot(*(left - right)))
    if apart_px < EYES_APART[0] * height:
        return Hint.STEP_CLOSER
    if apart_px > EYES_APART[1] * height:
        return Hint.STEP_BACK
    x = (left[0] + right[0]) / 2
    if abs(x / width - 0.5) > OFF_CENTRE:
        return Hint.MOVE_LEFT if x < width / 2 else Hint.MOVE_RIGHT
    return None


def _pose(
    framing: Framing, head: Head, size_wh: tuple[int, int], several: bool, settings: PortraitSettings
) -> Hint | None:
    limit_deg = MOST_ROLL_DEG - SETTLED_ROLL_DEG + (settings.roll_limit_deg if settings.geometry is not None else 0)
    if framing.placement is not None and abs(framing.placement.roll_deg) > limit_deg:
        return Hint.LEVEL_HEAD
    points = head.points_px(size_wh)
    right, left, nose = points[Landmark.RIGHT_EYE], points[Landmark.LEFT_EYE], points[Landmark.NOSE]
    across = left - right
    turned = abs(float(np.dot(nose - (left + right) / 2, across))) > TURNED * float(across @ across)
    return Hint.LOOK_STRAIGHT if turned and not several else None
