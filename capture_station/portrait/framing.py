"""Where the head goes: head measured in the frame, the crop that the preset allows, and the resampling to it."""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import product
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.config import PortraitSettings
from capture_station.frames import Flaw, Head, Image, Landmark
from capture_station.portrait.people import cells_at
from capture_station.presets import Preset

LEVEL_DEG = 0.2
"""A head closer to level than this is not turned."""
SIDEWAYS_DEG = 45.0
"""A head rolled further than this lies on its side."""
STRAND_COLUMNS = 7
"""A strand of hair is narrower than this many of the 64 columns (2.2 eye distances) searched for the crown."""
HIGHEST_CROWN = 2.0
"""Eyes to crown, in units of eyes to chin. 99 of 100 heads with hair and hat stay below 1.75 (measured)."""
GRID = 7
"""Head heights and eye lines tried between the least and the most that a preset allows, each."""
CUT_LEVEL = 127
"""Alpha above which the person is cut off by the frame's edge; half of it where a crop needs a margin."""
SAME_SHARE = 0.001
"""Of a portrait's height or width, which nobody sees."""
WAY_STEPS = 64
"""Crops tried between the preset's own and the nearest of the grid that is allowed."""
HEAD_SPACE = 0.6
"""Heads that the crop of several people shows on either side of each nose. A head with its hair is about 0.8 wide."""
EDGE_SAMPLES = 320
"""Points at which each edge of the frame is tested for the person."""


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


class Framing(NamedTuple):
    """How a frame becomes a portrait."""

    matrix: NDArray[np.float64] | None
    """(2, 3) from frame to portrait, in pixels from the outer edge of the upper left one. None: no crop."""
    size_wh: tuple[int, int]
    """The portrait's size, which is smaller than the preset's where the frame has too few pixels."""
    flaw: Flaw | None
    """Why the preset could not be kept; None if it could."""
    placement: Placement | None = None
    """The head in the frame; None without one."""


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


def frame_head(
    head: Head | None,
    alpha: Image,
    settings: PortraitSettings,
    reduced: float = 1.0,
    crop_margin: float = 0.0,
    head_motion: float = 0.0,
    persons: int = 1,
) -> Framing:
    """Find the crop nearest to the settings' preset that the frame allows.

    Tall hair needs room, for which the head becomes smaller than the preset allows only if no crop has it large enough.
    Where several people are wanted, the crop holds all heads, which then are smaller than the preset says. The frame
    stays uncropped if there is no head, if the portrait would have too few pixels, if a person is cut off by the
    frame's edge inside every crop that the preset allows, or if several are wanted and not every face was found.

    Args:
        head: The landmarks.
        alpha: (H, W) uint8, of the frame or of a smaller copy.
        settings: Section ``portrait`` of the config.
        reduced: Pixels of the frame per pixel of alpha; above 1 for a smaller copy, such as the preview.
        crop_margin: Share of the portrait by which the head must be inside each limit, so that the crop still fits
            after a small movement; below 0 it may be outside by so much where no crop has it inside.
        head_motion: How far the head may move before the capture, in heads. That near to the frame's edges it counts
            as cut off.
        persons: How many people the frame shows, as far as it is known.
    """
    height, width = alpha.shape
    uncropped = Framing(None, (width, height), None)
    preset = settings.geometry
    if head is None:
        return uncropped if preset is None else uncropped._replace(flaw=Flaw("uncropped-no-face"))
    placed = place(head, alpha, settings.roll_limit_deg)
    uncropped = uncropped._replace(placement=placed)
    if abs(placed.roll_deg) > SIDEWAYS_DEG:
        return uncropped._replace(flaw=Flaw("face-sideways"))
    if preset is None:
        return uncropped
    turn = np.radians(turned_deg(placed.roll_deg, settings.roll_limit_deg))
    level = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    together, across_px = placed, 0.0
    cut_group = Flaw("uncropped-group", {"preset": settings.preset})
    if settings.people == "all":
        if persons > 1 + len(others_in(head, alpha)):
            return uncropped._replace(flaw=cut_group)
        together, across_px = everybody(head, placed, alpha, level)
    head_motion_px = min(int(head_motion * placed.head_px), (min(alpha.shape) - 1) // 2)
    cuts, sides = cut_points(alpha, together, level, CUT_LEVEL if crop_margin <= 0 else CUT_LEVEL // 2, head_motion_px)
    shares = np.array(candidates(preset))
    margins = dict.fromkeys((max(crop_margin, 0.0), crop_margin))
    fit_of = partial(_Fit, preset, together, across_px, cuts, settings.upscale_limit * reduced)
    strict = preset.head_heights[0] - SAME_SHARE
    # Several people are always smaller.
    has_least = preset.head_height_range is not None and not across_px
    least_heads = [strict] if has_least and fit_of(0.0, strict).tall(shares).any() else [strict, 0.0]
    for margin, least_head in product(margins, least_heads):
        fit = fit_of(margin, least_head)
        allowed = np.flatnonzero(fit.allows(shares))
        if allowed.size:
            break
    else:
        if not fit.large_enough(shares).any():
            return uncropped._replace(flaw=Flaw("uncropped-small", {"preset": settings.preset}))
        if across_px:
            return uncropped._replace(flaw=cut_group)
        side = sides[fit.first_cut(shares)]
        return uncropped._replace(flaw=Flaw(f"uncropped-cut-{side}", {"preset": settings.preset}))
    chosen = shares[allowed[0]]
    if allowed[0]:
        steps = np.linspace(0, 1, WAY_STEPS)[:, None]
        way = shares[0] + steps * (chosen - shares[0])
        way[-1] = chosen  # Rounding must not make it one that is not allowed.
        chosen = way[int(np.flatnonzero(fit.allows(way))[0])]
    crop_px = float(fit.crop_px(chosen[None])[0])
    scale = min(preset.pixels_wh[1] / crop_px, settings.upscale_limit * reduced)
    out_height = round(crop_px * scale)
    size_wh = max(1, round(out_height * preset.aspect)), out_height
    # Exactly the size's share, so that rounding moves no eye line.
    rotation = out_height / crop_px * level
    goal = np.array([preset.centre * size_wh[0], chosen[1] * out_height])
    flaw = Flaw("head-small", {"preset": settings.preset}) if has_least and not least_head else None
    return Framing(np.column_stack([rotation, goal - rotation @ together.eyes_px]), size_wh, flaw, placed)


def everybody(head: Head, placed: Placement, alpha: Image, level: NDArray[np.float64]) -> tuple[Placement, float]:
    """All heads that alpha (H, W) shows, each taken to be as large as the largest.

    Returns:
        Their middle between left and right, highest crown and lowest chin; and how wide they are after levelling, in
        pixels of alpha with ``HEAD_SPACE``. The head itself and 0 where it is the only one.
    """
    others = others_in(head, alpha)
    if not len(others):
        return placed, 0.0
    away = (others - head.points[Landmark.NOSE]) * (alpha.shape[1], alpha.shape[0]) @ level.T
    (left, above), (right, below) = np.minimum(0, away.min(axis=0)), np.maximum(0, away.max(axis=0))
    x, y = (placed.eyes_px + np.array([(left + right) / 2, 0]) @ level).tolist()
    moved = y - placed.eyes_px[1]
    together = placed._replace(
        eyes_px=(x, y), crown_px=placed.crown_px + moved + above, chin_px=placed.chin_px + moved + below
    )
    return together, float(right - left) + 2 * HEAD_SPACE * placed.head_px


def others_in(head: Head, alpha: Image) -> NDArray[np.float32]:
    """The other faces' middles (n, 2) that alpha (H, W) shows; others are in the room or on a poster."""
    return head.others[alpha[cells_at(head.others, alpha.shape)] > CUT_LEVEL]


@lru_cache(maxsize=8)
def candidates(preset: Preset) -> tuple[tuple[float, float], ...]:
    """Head heights and eye lines that a preset allows, its own first, then by their distance from it."""
    heads, eyes = (sorted({*np.linspace(*limits, GRID).tolist()}) for limits in (preset.head_heights, preset.eye_lines))
    spans = [max(1e-6, high - low) for low, high in (preset.head_heights, preset.eye_lines)]
    pairs = {(preset.head_height, preset.eye_line), *((head, eye) for head in heads for eye in eyes)}

    def distance(pair: tuple[float, float]) -> float:
        return ((pair[0] - preset.head_height) / spans[0]) ** 2 + ((pair[1] - preset.eye_line) / spans[1]) ** 2

    return tuple(sorted(pairs, key=distance))


class _Fit:
    """Tests crops of one head, or of several ``across_px`` wide: pairs (n, 2) of head height and eye line."""

    def __init__(
        self,
        preset: Preset,
        placed: Placement,
        across_px: float,
        cuts: NDArray[np.float64],
        upscale: float,
        crop_margin: float,
        least_head: float,
    ) -> None:
        self._preset, self._placed, self._cuts = preset, placed, cuts
        self._least_px = across_px / (2 * min(preset.centre, 1 - preset.centre) * preset.aspect)
        self._upscale, self._crop_margin, self._least_head = upscale, crop_margin, least_head

    def crop_px(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights (n,) of the crops in the frame's pixels."""
        head_px = max(1.0, self._placed.head_px)
        above_px = max(1e-6, self._placed.eyes_px[1] - self._placed.crown_px)
        room = np.maximum(0.05, shares[:, 1] - self._preset.room_above)
        below_px = self._placed.chin_px - self._placed.eyes_px[1]
        least = np.maximum(self._least_px, below_px / (1 - shares[:, 1]))
        return np.maximum(np.maximum(head_px / shares[:, 0], above_px / room), least)

    def tall(self, shares: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether (n,) the head has its least share of the portraits."""
        return np.asarray(self._placed.head_px >= self._least_head * self.crop_px(shares))

    def large_enough(self, shares: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether (n,) the portraits have the preset's least pixels, and the head its least share."""
        height_px = self.crop_px(shares) * self._upscale * (1 - self._crop_margin)
        return np.asarray(self.tall(shares) & (height_px >= self._preset.least_height_px))

    def allows(self, shares: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether (n,) portraits and heads are large enough and nobody is cut off inside them."""
        return np.asarray(self.large_enough(shares) & ~self._inside(shares).any(axis=1))

    def first_cut(self, shares: NDArray[np.float64]) -> int:
        """A point at which the person is cut off inside the least bad of the crops that are large enough."""
        inside = self._inside(shares[self.large_enough(shares)])
        return int(inside[inside.sum(axis=1).argmin()].argmax())

    def _inside(self, shares: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which cut points (n, m) lie inside the crops, whose edges of ``SAME_SHARE`` do not count."""
        edge = SAME_SHARE - self._crop_margin
        high = self.crop_px(shares)[:, None]
        wide = high * self._preset.aspect
        x, y = self._cuts[:, 0] / wide + self._preset.centre, self._cuts[:, 1] / high + shares[:, 1:]
        return np.asarray((x > edge) & (x < 1 - edge) & (y > edge) & (y < 1 - edge))


def cut_points(
    alpha: Image, placed: Placement, level: NDArray[np.float64], person_above: int, edge_px: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Where the frame's edges cut the person off: points (m, 2) from the eyes after levelling, and their sides (m,).

    Alpha above ``person_above`` is person. The outermost ``edge_px`` of the frame do not count as part of it.
    """
    first, (height, width) = edge_px, alpha.shape
    right, low = width - 1 - edge_px, height - 1 - edge_px
    across = np.linspace(first, right, min(width, EDGE_SAMPLES)).astype(int)
    down = np.linspace(first, low, min(height, EDGE_SAMPLES)).astype(int)
    found, sides = [], []
    for side, x, y in (
        ("top", across, np.full_like(across, first)),
        ("bottom", across, np.full_like(across, low)),
        ("left", np.full_like(down, first), down),
        ("right", np.full_like(down, right), down),
    ):
        person = alpha[y, x] > person_above
        found.append(np.stack([x[person], y[person]], axis=1))
        sides += [side] * int(np.count_nonzero(person))
    return (np.concatenate(found) - placed.eyes_px) @ level.T, np.array(sides, np.str_)


def map_head(head: Head, framing: Framing, size_wh: tuple[int, int]) -> Head:
    """The head's landmarks in the portrait made from a frame of this size."""
    if framing.matrix is None:
        return head
    points = head.points_px(size_wh) @ framing.matrix[:, :2].T + framing.matrix[:, 2]
    return Head((points / np.array(framing.size_wh)).astype(np.float32), head.score)


def resample(picture: Image, framing: Framing, border: tuple[int, ...]) -> Image:
    """Crop and scale a plane or picture (H, W[, 3]) uint8. Pixels beyond the frame get the border's value.

    Reductions average areas, so nothing aliases. Turns and enlargements interpolate with Lanczos.
    """
    if framing.matrix is None:
        return picture
    matrix = framing.matrix.copy()
    # From here on coordinates refer to pixel centres, as in OpenCV.
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    width, height = framing.size_wh
    scale = float(np.hypot(*matrix[0, :2]))
    level = abs(matrix[0, 1]) < 1e-9
    if scale < 1:
        # Only the visible part of the frame is reduced, with a margin for the interpolation.
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
