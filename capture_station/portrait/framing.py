"""Where the head goes: presets, geometry from landmarks and matte, and the one resampling that puts it there."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.config import FramingSettings, PortraitSettings
from capture_station.frames import Flaw, Head, Image, Landmark

PRESETS = {
    # Crown to chin 32 to 36 mm of 45, printed at 300 dpi.
    "passport-35x45": FramingSettings(size_px=(413, 531), head_height=0.75, eye_line=0.47, centre=0.5),
    # Crown to chin 25 to 35 mm of 51, eyes 28 to 35 mm above the lower edge.
    "us-2x2": FramingSettings(size_px=(602, 602), head_height=0.6, eye_line=0.4, centre=0.5),
    "square": FramingSettings(size_px=(1200, 1200), head_height=0.5, eye_line=0.42, centre=0.5),
}
LEVEL_DEG = 0.2
"""A head within this of level is not turned."""
STRAND_COLUMNS = 7
"""Of the 64 that are looked through for the crown, 2.2 eye distances: what is narrower moves no head."""
HIGHEST_CROWN = 2.0
"""Eyes to crown in units of eyes to chin; 99 of 100 heads with hair and hat have less than 1.75 (measured)."""


class Placement(NamedTuple):
    """A head in a picture, in its pixels."""

    eyes_px: tuple[float, float]
    """Their midpoint x, y."""
    eye_distance_px: float
    roll_deg: float
    """Of the line through the eyes, clockwise positive."""
    crown_px: float
    chin_px: float
    """Rows where they would be after a turn about the eyes that was asked for."""


class Framing(NamedTuple):
    """How a frame becomes a portrait."""

    matrix: NDArray[np.float64] | None
    """(2, 3) from frame to portrait, pixels from the upper left corner's edge; None: the frame stays as it is."""
    size_wh: tuple[int, int]
    flaw: Flaw | None
    """Why the preset could not be kept; None if it could."""


def place(head: Head, alpha: Image, turn_limit_deg: float = 0) -> Placement:
    """Measure a head in its picture, whose alpha is (H, W) uint8, turned level by at most ``turn_limit_deg``.

    The crown is the uppermost row of alpha above one half that hangs together with the eyes' line by more than a
    strand, within 1.1 eye distances of the face's centre.
    """
    points = head.points_px((alpha.shape[1], alpha.shape[0])).astype(np.float64)
    right, left, chin = points[Landmark.RIGHT_EYE], points[Landmark.LEFT_EYE], points[Landmark.CHIN]
    x, y = (right + left) / 2
    distance = max(1.0, float(np.hypot(*(left - right))))
    roll_deg = float(np.degrees(np.arctan2(left[1] - right[1], left[0] - right[0])))
    turn = np.radians(turned_deg(roll_deg, turn_limit_deg))
    across, down = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    to_chin = max(0.5 * distance, float((chin - (x, y)) @ down))
    # A patch that stands upright on the eyes' line: 64 columns, one percent of eyes-to-chin a row.
    step_x, step_y, rows = 2.2 * distance / 63, to_chin / 100, round(100 * HIGHEST_CROWN)
    origin = np.array([x, y]) - 31.5 * step_x * across - rows * step_y * down
    patch = cv2.warpAffine(
        alpha,
        np.column_stack([step_x * across, step_y * down, origin - 0.5]),
        (64, rows),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    # Between two rows it lies where the count passes a strand's: whole rows would make equal heads differ by a percent.
    counts = np.clip(patch / 64 - 1.5, 0, 1).sum(axis=1)
    missing = np.flatnonzero(counts < STRAND_COLUMNS)
    above = missing[-1] if missing.size else -1
    if 0 <= above < rows - 1:
        above += (STRAND_COLUMNS - counts[above]) / (counts[above + 1] - counts[above])
    to_crown = (rows - 1 - above) * step_y
    return Placement((float(x), float(y)), distance, roll_deg, float(y - to_crown), float(y + to_chin))


def turned_deg(roll_deg: float, limit_deg: float) -> float:
    """By how much a head is turned back."""
    return 0.0 if abs(roll_deg) < LEVEL_DEG else float(np.clip(roll_deg, -limit_deg, limit_deg))


def frame_head(head: Head | None, alpha: Image, settings: PortraitSettings) -> Framing:
    """Place the head of a frame, whose alpha is (H, W) uint8, as the settings' preset asks.

    Uncropped where there is no head, the picture would be enlarged too much, or it ends where the portrait goes on.
    """
    height, width = alpha.shape
    uncropped = Framing(None, (width, height), None)
    if settings.preset == "free":
        return uncropped
    if head is None:
        return uncropped._replace(flaw=Flaw("uncropped-no-face"))
    target = settings.own if settings.preset == "own" else PRESETS[settings.preset]
    out_width, out_height = target.size_px
    placed = place(head, alpha, settings.roll_limit_deg)
    x, y = placed.eyes_px
    scale = target.head_height * out_height / (placed.chin_px - placed.crown_px)
    if placed.crown_px < y:
        scale = min(scale, max(0.05, target.eye_line - target.room_above) * out_height / (y - placed.crown_px))
    if scale > settings.upscale_limit:
        return uncropped._replace(flaw=Flaw("uncropped-small", {"preset": settings.preset}))
    turn = np.radians(turned_deg(placed.roll_deg, settings.roll_limit_deg))
    rotation = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    goal = np.array([target.centre * out_width, target.eye_line * out_height])
    matrix = np.column_stack([rotation, goal - rotation @ (x, y)])
    side = cut_side(alpha, matrix, target.size_px)
    if side:
        return uncropped._replace(flaw=Flaw(f"uncropped-cut-{side}", {"preset": settings.preset}))
    return Framing(matrix, target.size_px, None)


def cut_side(alpha: Image, matrix: NDArray[np.float64], size_wh: tuple[int, int]) -> str:
    """Where the frame's edge cuts through the person inside the portrait: top, bottom, left, right, or empty."""
    height, width = alpha.shape
    edges = {
        "top": (np.arange(width), np.zeros(width)),
        "bottom": (np.arange(width), np.full(width, height - 1)),
        "left": (np.zeros(height), np.arange(height)),
        "right": (np.full(height, width - 1), np.arange(height)),
    }
    for side, (x, y) in edges.items():
        points = np.stack([x, y])[:, alpha[y.astype(int), x.astype(int)] > 127]
        seen_x, seen_y = matrix[:, :2] @ points + matrix[:, 2:]
        if np.any((seen_x > 1) & (seen_x < size_wh[0] - 2) & (seen_y > 1) & (seen_y < size_wh[1] - 2)):
            return side
    return ""


def moved(head: Head, framing: Framing, size_wh: tuple[int, int]) -> Head:
    """The head as it stands in the portrait made from a frame of this size."""
    if framing.matrix is None:
        return head
    points = head.points_px(size_wh) @ framing.matrix[:, :2].T + framing.matrix[:, 2]
    return Head((points / np.array(framing.size_wh)).astype(np.float32), head.score)


def resample(picture: Image, framing: Framing, border: tuple[int, ...]) -> Image:
    """A plane or picture (H, W[, 3]) uint8 as framed; what lies beyond the frame gets the border's value.

    Reduction averages areas, so that nothing aliases; a turn or an enlargement interpolates with Lanczos.
    """
    if framing.matrix is None:
        return picture
    matrix = framing.matrix.copy()
    # From here on coordinates are of pixels' centres, as OpenCV has them.
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    width, height = framing.size_wh
    scale = float(np.hypot(*matrix[0, :2]))
    level = abs(matrix[0, 1]) < 1e-9
    if scale < 1:
        # Only the part of the frame that is seen is reduced, with room for the interpolation.
        corners = np.array([[0, width, 0, width], [0, 0, height, height]]) - matrix[:, 2:]
        seen = np.linalg.solve(matrix[:, :2], corners)
        room = 8 / scale
        limits = np.array([[picture.shape[1]], [picture.shape[0]]])
        low = np.clip(np.floor(seen.min(axis=1, keepdims=True) - room), 0, limits - 1).astype(int)[:, 0]
        high = np.clip(np.ceil(seen.max(axis=1, keepdims=True) + room), 1, limits).astype(int)[:, 0]
        part = picture[low[1] : high[1], low[0] : high[0]]
        small_wh = np.maximum(1, np.round((high - low) * scale)).astype(int)
        picture = np.asarray(cv2.resize(part, tuple(small_wh.tolist()), interpolation=cv2.INTER_AREA), np.uint8)
        ratio = small_wh / (high - low)
        # p in the frame is at (p - low + 0.5) * ratio - 0.5 in the reduced part.
        matrix[:, 2] += matrix[:, :2] @ (low - 0.5 + 0.5 / ratio)
        matrix[:, :2] /= ratio
        if level:
            matrix = np.array([[1, 0, round(matrix[0, 2])], [0, 1, round(matrix[1, 2])]], np.float64)
    interpolation = cv2.INTER_NEAREST if scale < 1 and level else cv2.INTER_LANCZOS4
    return np.asarray(
        cv2.warpAffine(picture, matrix, (width, height), flags=interpolation, borderValue=border), np.uint8
    )
