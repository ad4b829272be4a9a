"""What the person in front of the camera should do, from matte and head alone."""

from __future__ import annotations

import cv2
import numpy as np

from capture_station.frames import Image, Landmark, Matte
from capture_station.portrait.people import faces_in
from capture_station.station.status import Hint

NOBODY_BELOW = 0.01
"""Share of the picture."""
SECOND_PERSON_FROM = 0.25
"""Share of the main person's area."""
DARK_BELOW = 45
"""Mean luma of the person."""
EYES_APART = (0.045, 0.16)
"""Distance between the eyes as a share of the picture's height: further away, too near."""
OFF_CENTRE = 0.12
"""Share of the picture's width."""
TURNED = 0.28
"""Nose beside the middle of the eyes, in eye distances."""


def hint(image_rgb: Image, matte: Matte, several_wanted: bool = False) -> Hint | None:
    """The most urgent hint, or None. Left and right are the person's own.

    Args:
        image_rgb: (H, W, 3), any size; it is looked at coarsely.
        matte: Of that picture.
        several_wanted: Whether two people are as welcome as one; where they stand is then up to them.
    """
    person = matte.alpha > 0.5
    if person.mean() < NOBODY_BELOW:
        return Hint.NOBODY
    several = _second_person(person) or (matte.head is not None and faces_in(matte.alpha, matte.head.others) > 0)
    if several and not several_wanted:
        return Hint.TWO_PEOPLE
    coarse = cv2.resize(image_rgb, (32, 32), interpolation=cv2.INTER_NEAREST)
    weight = cv2.resize(matte.alpha, (32, 32), interpolation=cv2.INTER_AREA)
    luma = cv2.cvtColor(coarse, cv2.COLOR_RGB2GRAY)
    if float((luma * weight).sum() / weight.sum()) < DARK_BELOW:
        return Hint.TOO_DARK
    if matte.head is None or several:
        return None
    height, width = image_rgb.shape[:2]
    points = matte.head.points_px((width, height))
    right, left, nose = points[Landmark.RIGHT_EYE], points[Landmark.LEFT_EYE], points[Landmark.NOSE]
    apart_px = float(np.hypot(*(left - right)))
    if apart_px < EYES_APART[0] * height:
        return Hint.STEP_CLOSER
    if apart_px > EYES_APART[1] * height:
        return Hint.STEP_BACK
    middle = (left + right) / 2
    if abs(middle[0] / width - 0.5) > OFF_CENTRE:
        # The picture's left is the person's right.
        return Hint.MOVE_LEFT if middle[0] < width / 2 else Hint.MOVE_RIGHT
    if abs(np.dot(nose - middle, left - right)) > TURNED * apart_px**2:
        return Hint.LOOK_STRAIGHT
    return None


def _second_person(person: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> bool:
    """Whether a second region is large enough to be somebody."""
    # Every other pixel of every other row is enough to tell people apart.
    count, _, stats, _ = cv2.connectedComponentsWithStats(person[::2, ::2].astype(np.uint8), connectivity=4)
    if count < 3:
        return False
    areas = np.sort(stats[1:, cv2.CC_STAT_AREA])
    return bool(areas[-2] > SECOND_PERSON_FROM * areas[-1])
