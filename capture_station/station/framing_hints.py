"""The one thing that keeps the live picture from being a good portrait, from the same framing as the saved one."""

from __future__ import annotations

import math

import cv2
import numpy as np

from capture_station.config import PortraitSettings
from capture_station.frames import Flaw, Head, Image, Matte
from capture_station.portrait.colour import Correction
from capture_station.portrait.framing import Framing
from capture_station.portrait.head_placement import Placement
from capture_station.portrait.measure import (
    EXPOSURE_RANGE,
    LEAST_CONFIDENCE,
    LEAST_SHARPNESS,
    MOST_CLIPPED,
    MOST_ROLL_DEG,
    clipped,
    face,
    matte_confidence,
    pose_flaw,
)
from capture_station.portrait.people import choose
from capture_station.presets import CROWN_TO_EYES, Preset
from capture_station.station.status import Hint

LEAST_EYES_APART = 0.024
"""Distance between the eyes, relative to the root of the picture's area. The networks see smaller heads badly."""
BAND_PX = 7
"""Width of the matte's edge, which is uncertain by nature."""
SHARPNESS_LEEWAY = 0.75
"""Of the least sharpness of a saved portrait. What is less sharp in the live picture is blurred for certain."""
EXPOSURE_LEEWAY = 10.0
"""Levels of 255 by which a live face must be worse exposed than a saved one may be, to be told so at once."""
CLIPPED_LEEWAY = 1.2
"""Times the share that a saved portrait may have overexposed."""
BRIGHT_ROOM_FROM = 150.0
"""Mean luma of the background. A dark face before a brighter one is lit from behind."""
ROLL_LEEWAY_DEG = 1.0

POSES = frozenset({Hint.LEVEL_HEAD, Hint.LOOK_STRAIGHT, Hint.LIFT_CHIN, Hint.LOWER_CHIN})
DOUBTED = frozenset({Hint.TWO_PEOPLE, Hint.UNCLEAR, Hint.HOLD_STILL}) | POSES
"""What the preview's coarse network may get wrong; the capture's own network is asked before it counts."""
PLACES = frozenset({Hint.STEP_CLOSER, Hint.STEP_BACK, Hint.MOVE_UP, Hint.MOVE_DOWN, Hint.MOVE_LEFT, Hint.MOVE_RIGHT})
"""What the head's place asks for."""
OF_FLAW = {
    "nobody": Hint.NOBODY,
    "several-people": Hint.TWO_PEOPLE,
    "people-touch": Hint.TWO_PEOPLE,
    "no-face": Hint.NO_FACE,
    "uncropped-no-face": Hint.NO_FACE,
    "uncropped-group": Hint.STEP_BACK,
    "face-hidden": Hint.NO_FACE,
    "face-blurred": Hint.HOLD_STILL,
    "face-dark": Hint.TOO_DARK,
    "face-bright": Hint.TOO_BRIGHT,
    "clipped": Hint.TOO_BRIGHT,
    "head-tilted": Hint.LEVEL_HEAD,
    "face-sideways": Hint.LEVEL_HEAD,
    "head-turned": Hint.LOOK_STRAIGHT,
    "eyes-hidden": Hint.NO_GLASSES,
    "chin-up": Hint.LOWER_CHIN,
    "chin-down": Hint.LIFT_CHIN,
    "head-cut": Hint.MOVE_DOWN,
    "head-cut-left": Hint.LOOK_STRAIGHT,  # It is beside its eyes.
    "head-cut-right": Hint.LOOK_STRAIGHT,
}
"""What the person can do about a flaw of the portrait; of every other one only ``UNCLEAR`` can be said."""
LASTING = frozenset({"head-small"})
"""Flaws that nobody can do anything about, such as tall hair's: the portrait is taken, and needs a review."""
URGENCY = list(Hint)


def blocking_hint(
    image_rgb: Image,
    matte: Matte,
    alpha: Image,
    framing: Framing,
    settings: PortraitSettings,
    correction: Correction | None = None,
) -> Hint | None:
    """The most urgent hint, or None. Left and right are the person's own.

    Args:
        image_rgb: (H, W, 3) at any size.
        matte: The matte of that picture.
        alpha: The same (H, W) uint8 at the picture's size.
        framing: The crop of that picture.
        settings: Section ``portrait`` of the config.
        correction: The colour correction of the captures.
    """
    size_wh = image_rgb.shape[1], image_rgb.shape[0]
    persons = choose(matte.alpha, matte.head, False, image_rgb).persons
    several = persons > 1
    if not persons:
        return Hint.NOBODY
    if several and settings.people == "one":
        return Hint.TWO_PEOPLE
    if matte.head is None:
        # Without a preset a face is welcome but not needed.
        return None if settings.geometry is None else Hint.NO_FACE
    return (
        _face(image_rgb, alpha, matte.head, correction)
        or _outline(matte)
        or _position(framing, matte.head, size_wh, settings)
        or _pose(framing, matte.head, size_wh, settings, several)
    )


def hint_for(
    flaws: tuple[Flaw, ...], framing: Framing, settings: PortraitSettings, size_wh: tuple[int, int]
) -> Hint | None:
    """The most urgent hint about the flaws that a portrait would have; None if it has none but ``LASTING`` ones.

    Args:
        flaws: Of the portrait.
        framing: The crop of the live picture.
        settings: Section ``portrait`` of the config.
        size_wh: Of the live picture.
    """
    codes = [flaw.code for flaw in flaws if flaw.code not in LASTING]
    hints = [_hint_for(code, framing.placement, settings.geometry, size_wh) for code in codes]
    return min(hints, key=URGENCY.index, default=None)


def _hint_for(code: str, placed: Placement | None, preset: Preset | None, size_wh: tuple[int, int]) -> Hint:
    if code not in OF_FLAW and code.startswith("uncropped-") and placed is not None and preset is not None:
        return _towards(code, placed, preset, size_wh[1])
    return OF_FLAW.get(code, Hint.UNCLEAR)


def _face(image_rgb: Image, alpha: Image, head: Head, correction: Correction | None) -> Hint | None:
    """Light and sharpness of the face, as the saved portrait will have them."""
    seen = face(image_rgb, alpha, head, correction)
    exposure = seen.exposure
    if exposure > EXPOSURE_RANGE[1] + EXPOSURE_LEEWAY:
        return Hint.TOO_BRIGHT
    # What the camera clipped stays so, whatever the correction makes of it.
    if clipped(image_rgb[::8, ::8], alpha[::8, ::8]) > CLIPPED_LEEWAY * MOST_CLIPPED:
        return Hint.TOO_BRIGHT
    if exposure > EXPOSURE_RANGE[0] - EXPOSURE_LEEWAY:
        return None if seen.sharpness > SHARPNESS_LEEWAY * LEAST_SHARPNESS else Hint.HOLD_STILL
    sample = np.ascontiguousarray(image_rgb[::16, ::16])
    behind = (sample if correction is None else correction.apply(sample))[alpha[::16, ::16] == 0]
    return Hint.BACKLIT if behind.size and behind.mean() > BRIGHT_ROOM_FROM else Hint.TOO_DARK


def _outline(matte: Matte) -> Hint | None:
    person = (matte.alpha > 0.5).astype(np.uint8)
    band = cv2.morphologyEx(person, cv2.MORPH_GRADIENT, np.ones((BAND_PX, BAND_PX), np.uint8))
    return Hint.UNCLEAR if matte_confidence(matte.alpha, band > 0) < LEAST_CONFIDENCE else None


def _position(framing: Framing, head: Head, size_wh: tuple[int, int], settings: PortraitSettings) -> Hint | None:
    """How far the head is from where it can be cropped. Without a preset it may be anywhere in the picture."""
    right, left = head.points_px(size_wh)[:2]
    if np.hypot(*(left - right)) < LEAST_EYES_APART * math.sqrt(size_wh[0] * size_wh[1]):
        return Hint.STEP_CLOSER
    return None if framing.flaw is None else hint_for((framing.flaw,), framing, settings, size_wh)


def _towards(code: str, placed: Placement, preset: Preset, height_px: int) -> Hint:
    """Where the head must go so that the preset can crop it."""
    if code == "uncropped-small":
        return Hint.STEP_CLOSER
    if code in ("uncropped-cut-left", "uncropped-edge-left"):
        return Hint.MOVE_LEFT  # The picture's left is the person's right.
    if code in ("uncropped-cut-right", "uncropped-edge-right"):
        return Hint.MOVE_RIGHT
    # Cut off above or below. Could the same head be cropped if it were lower or higher?
    below_px = placed.head_px * (1 - preset.eye_lines[1]) / preset.head_heights[1]
    above_px = placed.head_px * CROWN_TO_EYES
    if above_px + below_px > 0.97 * height_px:
        return Hint.STEP_BACK
    return Hint.MOVE_DOWN if code == "uncropped-cut-top" else Hint.MOVE_UP


def _pose(
    framing: Framing, head: Head, size_wh: tuple[int, int], settings: PortraitSettings, several: bool
) -> Hint | None:
    limit_deg = MOST_ROLL_DEG + ROLL_LEEWAY_DEG + (settings.roll_limit_deg if settings.geometry is not None else 0)
    if framing.placement is not None and abs(framing.placement.roll_deg) > limit_deg:
        return Hint.LEVEL_HEAD
    if several:
        return None
    flaw = pose_flaw(head, size_wh, settings.geometry)
    return None if flaw is None else OF_FLAW[flaw.code]
