"""Where a head is in a picture, how far it reaches to either side, and which side an edge cuts off."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Flaw, Head, Image, Landmark

LEVEL_DEG = 0.2
"""A head closer to level than this is not turned."""
STRAND_COLUMNS = 7
"""A strand of hair is narrower than this many of the 64 columns (2.2 eye distances) searched for the crown."""
HIGHEST_CROWN = 2.0
"""Eyes to crown, in units of eyes to chin. 99 of 100 heads with hair and hat stay below 1.75 (measured)."""
COLUMNS, ROWS = 192, 36
"""Points at which a head is sampled."""
TO_CHIN = 0.75
"""Share of the head that counts, from the crown. Below it there are hands and shoulders."""
MOST_ROWS_CUT = 0.3
"""Of a head above the eyes. A lock or an ear at the edge is no cut-off head."""
REACH = 1.2
"""Heads, crown to chin, that are sampled on either side of the eyes."""
PERSON = 127
"""Alpha above which a point is person."""


class Placement(NamedTuple):
    """A head in a picture, in its pixels."""

    eyes_px: tuple[float, float]
    """Midpoint of the eyes, x and y."""
    eye_distance_px: float
    roll_deg: float
    """Angle of the line through the eyes, clockwise positive."""
    crown_px: float
    """Row of the top of the hair once the head is turned about the eyes as far as was asked; likewise the chin."""
    chin_px: float

    @property
    def head_px(self) -> float:
        """Crown to chin."""
        return self.chin_px - self.crown_px


def place(head: Head, alpha: Image, turn_limit_deg: float = 0) -> Placement:
    """Measure a head in its picture after turning it level by at most ``turn_limit_deg``.

    The crown is the topmost row of alpha above one half that is connected to the eyes' line by more than a strand,
    within 1.1 eye distances of the face's centre.

    Args:
        head: The landmarks.
        alpha: (H, W) uint8, 255 is person.
        turn_limit_deg: How far the head will be turned.
    """
    points = head.points_px((alpha.shape[1], alpha.shape[0])).astype(np.float64)
    right, left, chin = points[Landmark.RIGHT_EYE], points[Landmark.LEFT_EYE], points[Landmark.CHIN]
    x, y = (right + left) / 2
    distance = max(1.0, float(np.hypot(*(left - right))))
    roll_deg = float(np.degrees(np.arctan2(left[1] - right[1], left[0] - right[0])))
    turn = np.radians(turned_deg(roll_deg, turn_limit_deg))
    across, down = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    to_chin = max(0.5 * distance, float((chin - (x, y)) @ down))
    # An upright patch above the eyes' line: 64 columns, each row one percent of eyes-to-chin.
    step_x, step_y, rows = 2.2 * distance / 63, to_chin / 100, round(100 * HIGHEST_CROWN)
    origin = np.array([x, y]) - 31.5 * step_x * across - rows * step_y * down
    patch = cv2.warpAffine(
        alpha,
        np.column_stack([step_x * across, step_y * down, origin - 0.5]),
        (64, rows),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    # The crown lies between two rows, where the count passes a strand's width. Whole rows would be off by a percent.
    counts = np.clip(patch / 64 - 1.5, 0, 1).sum(axis=1)
    missing = np.flatnonzero(counts < STRAND_COLUMNS)
    above = missing[-1] if missing.size else -1
    if 0 <= above < rows - 1:
        above += (STRAND_COLUMNS - counts[above]) / (counts[above + 1] - counts[above])
    to_crown = (rows - 1 - above) * step_y
    return Placement((float(x), float(y)), distance, roll_deg, float(y - to_crown), float(y + to_chin))


def turned_deg(roll_deg: float, limit_deg: float) -> float:
    """The angle by which a head is turned level."""
    return 0.0 if abs(roll_deg) < LEVEL_DEG else float(np.clip(roll_deg, -limit_deg, limit_deg))


def reaches(
    alpha: Image, eyes_px: tuple[float, float], level: NDArray[np.float64], crown_px: float, chin_px: float
) -> NDArray[np.float64]:
    """How far a head reaches from its eyes' middle to the left and to the right, in pixels: (2, ``ROWS``) from above.

    A row counts as far as it is joined to the middle, so that a raised hand beside the head is not part of it.

    Args:
        alpha: (H, W) uint8, 255 is person.
        eyes_px: Their midpoint.
        level: (2, 2), turns the head level about the eyes.
        crown_px: Its row after that; likewise the chin's.
        chin_px: See there.

    Returns:
        At most ``REACH`` heads, and rather a little more than too little.
    """
    head_px = max(1.0, chin_px - crown_px)
    step_x, step_y = 2 * REACH * head_px / COLUMNS, TO_CHIN * head_px / ROWS
    across, down = level
    origin = eyes_px - (COLUMNS - 1) / 2 * step_x * across + (crown_px - eyes_px[1] + step_y / 2) * down
    matrix = np.column_stack([step_x * across, step_y * down, origin - 0.5])
    patch = cv2.warpAffine(alpha, matrix, (COLUMNS, ROWS), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    person = patch > PERSON
    half = COLUMNS // 2
    joined = np.logical_and.accumulate([person[:, half - 1 :: -1], person[:, half:]], axis=2)
    return np.asarray((joined.sum(axis=2) + 0.5) * step_x)


def side_flaw(alpha: Image, placed: Placement) -> Flaw | None:
    """The flaw of a portrait with alpha (H, W) uint8 that cuts a level head off at one side only; None without it.

    Hair that hangs may be cut off, so only what is above the eyes is judged.
    """
    height, width = alpha.shape
    to_edges = np.array([[placed.eyes_px[0]], [width - placed.eyes_px[0]]])
    reach_px = reaches(alpha, placed.eyes_px, np.eye(2), placed.crown_px, placed.chin_px)
    above_eyes = round(ROWS * min(1.0, (placed.eyes_px[1] - placed.crown_px) / (TO_CHIN * placed.head_px)))
    left, right = (reach_px >= to_edges - 1)[:, : max(1, above_eyes)].mean(axis=1)
    if min(left, right) > 0 or max(left, right) <= MOST_ROWS_CUT:
        return None
    low, high = max(0, round(placed.crown_px)), min(height, round(placed.chin_px))
    wide = max(1, round(0.05 * width))
    where: dict[str, int | str] = {
        "left_px": 0 if left else width - wide,
        "top_px": low,
        "width_px": wide,
        "height_px": max(1, high - low),
    }
    return Flaw("head-cut-left", where) if left else Flaw("head-cut-right", where)
