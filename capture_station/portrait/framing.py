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
from capture_station.portrait.frame_edges import cut_points
from capture_station.portrait.head_placement import Placement, place, reaches, turned_deg
from capture_station.portrait.people import cells_at
from capture_station.presets import Preset

SIDEWAYS_DEG = 45.0
"""A head rolled further than this lies on its side."""
GRID = 7
"""Head heights and eye lines tried between the least and the most that a preset allows, each."""
CUT_LEVEL = 127
"""Alpha above which the person is cut off by the frame's edge; half of it where a crop needs a margin."""
SAME_SHARE = 0.001
"""Of a portrait's height or width, which nobody sees."""
WAY_STEPS = 64
"""Crops tried between the preset's own and the nearest of the grid that is allowed."""
MOST_ASIDE = 0.05
"""Of the portrait's width, by which a face may be beside the preset's centre: ISO/IEC 19794-5 allows 0.45 to 0.55."""
MOST_ROWS = 0.95
"""Of a head, by which its width is measured: a single lock may reach further."""
SIDE_ROOM = 0.01
"""Of the portrait's width, between its edge and a head that it would have cut off."""
BESIDE = {
    "uncropped-cut-left": "uncropped-edge-left",
    "uncropped-cut-right": "uncropped-edge-right",
}
"""What is said instead where the head is no larger than the preset allows, but too near the frame's edge."""
CENTRES = 4
"""Centres tried on either side of the preset's own, where that one cuts somebody off."""
UNSEEN_ROLL_DEG = 4.0
"""A head that is tilted by less may stay so where levelling would take the crop beyond the frame."""
HEAD_SPACE = 0.6
"""Heads that the crop of several people shows on either side of each nose. A head with its hair is about 0.8 wide."""


class Framing(NamedTuple):
    """How a frame becomes a portrait."""

    matrix: NDArray[np.float64] | None
    """(2, 3) from frame to portrait, in pixels from the outer edge of the upper left one. None: no crop."""
    size_wh: tuple[int, int]
    """The portrait's size, which is smaller than the preset's where the frame has too few pixels."""
    flaw: Flaw | None
    """Why the preset could not be kept, or what else the frame's edge cuts off inside the crop; None if all is well."""
    placement: Placement | None = None
    """The head in the frame; None without one."""


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
    frame's edge inside every crop that the preset allows, or if several are wanted and not every face was found. The
    face stands up to ``MOST_ASIDE`` beside the preset's centre, and a small roll stays, where that spares somebody.

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
    limit_deg = settings.roll_limit_deg
    framing = _crop(head, placed, alpha, settings, limit_deg, reduced, crop_margin, head_motion, persons)
    roll_deg = abs(turned_deg(placed.roll_deg, limit_deg))
    if framing.flaw is not None and framing.flaw.code in {*BESIDE, *BESIDE.values()} and 0 < roll_deg < UNSEEN_ROLL_DEG:
        for limit_deg in (roll_deg / 2, 0):
            placed = place(head, alpha, limit_deg)
            less = _crop(head, placed, alpha, settings, limit_deg, reduced, crop_margin, head_motion, persons)
            if less.matrix is not None:
                return less
    return framing


def _crop(
    head: Head,
    placed: Placement,
    alpha: Image,
    settings: PortraitSettings,
    roll_limit_deg: float,
    reduced: float,
    crop_margin: float,
    head_motion: float,
    persons: int,
) -> Framing:
    """``frame_head`` of a head that is turned level by at most ``roll_limit_deg``."""
    height, width = alpha.shape
    uncropped, preset = Framing(None, (width, height), None, placed), settings.geometry
    assert preset is not None
    turn = np.radians(turned_deg(placed.roll_deg, roll_limit_deg))
    level = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    together, across_px = placed, 0.0
    cut_group = Flaw("uncropped-group", {"preset": settings.preset})
    if settings.people == "all":
        if persons > 1 + len(others_in(head, alpha)):
            return uncropped._replace(flaw=cut_group)
        together, across_px = everybody(head, placed, alpha, level)
    head_motion_px = min(int(head_motion * placed.head_px), (min(alpha.shape) - 1) // 2)
    cuts, sides, scrap = cut_points(
        alpha, together, level, CUT_LEVEL if crop_margin <= 0 else CUT_LEVEL // 2, head_motion_px
    )
    shares = np.array(candidates(preset))
    margins = dict.fromkeys((max(crop_margin, 0.0), crop_margin))
    fit_of = partial(_Fit, preset, together, across_px, settings.upscale_limit * reduced)
    strict = preset.head_heights[0] - SAME_SHARE
    # Several people are always smaller.
    has_least = preset.head_height_range is not None and not across_px
    least_heads = [strict] if has_least and fit_of(cuts, 0.0, strict).tall(shares).any() else [strict, 0.0]
    # A crop without scraps is better.
    edges = [cuts, cuts[~scrap]] if scrap.any() else [cuts]
    for edge, margin, least_head in product(edges, margins, least_heads):
        fit = fit_of(edge, margin, least_head)
        allowed = shares[fit.allows(shares)]
        if len(allowed):
            break
    else:
        if not fit.large_enough(shares).any():
            return uncropped._replace(flaw=Flaw("uncropped-small", {"preset": settings.preset}))
        if across_px:
            return uncropped._replace(flaw=cut_group)
        side = str(sides[~scrap][fit.first_cut(shares)])
        aside = moved_aside(shares, side)
        allowed = aside[fit.allows(aside)]
        if not len(allowed):
            code = f"uncropped-cut-{side}"
            if fit.narrowest_px(shares) <= width:
                code = BESIDE.get(code, code)
            return uncropped._replace(flaw=Flaw(code, {"preset": settings.preset}))
    chosen = first_allowed(shares[0], allowed[0], fit)
    if not across_px:
        rows = np.sort(reaches(alpha, placed.eyes_px, level, placed.crown_px, placed.chin_px), axis=1)
        reach_px = rows[:, round(MOST_ROWS * (rows.shape[1] - 1))]
        chosen = first_allowed(fit.centred(chosen, reach_px), chosen, fit)
    crop_px = float(fit.crop_px(chosen[None])[0])
    scale = min(preset.pixels_wh[1] / crop_px, settings.upscale_limit * reduced)
    out_height = round(crop_px * scale)
    size_wh = max(1, round(out_height * preset.aspect)), out_height
    # Exactly the size's share, so that rounding moves no eye line.
    rotation = out_height / crop_px * level
    goal = np.array([chosen[2] * size_wh[0], chosen[1] * out_height])
    flaw = Flaw("head-small", {"preset": settings.preset}) if has_least and not least_head else None
    kept = cuts[scrap] * (out_height / crop_px) + goal
    kept = kept[((kept > 0) & (kept < size_wh)).all(axis=1)]
    if len(kept) and edge is not cuts:
        flaw = Flaw("something-kept", place_of(kept, size_wh))
    return Framing(np.column_stack([rotation, goal - rotation @ together.eyes_px]), size_wh, flaw, placed)


def place_of(points: NDArray[np.float64], size_wh: tuple[int, int]) -> dict[str, int | str]:
    """The rectangle of points (n, 2) in a portrait's pixels, as a flaw's values."""
    low = np.floor(points.min(axis=0)).astype(int)
    width, height = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 1, size_wh) - low
    return {"left_px": int(low[0]), "top_px": int(low[1]), "width_px": int(width), "height_px": int(height)}


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
def candidates(preset: Preset) -> tuple[tuple[float, float, float], ...]:
    """Head heights, eye lines and centres: those that a preset allows with its own centre, by their distance from its
    own, which is the first."""
    heads, eyes = (sorted({*np.linspace(*limits, GRID).tolist()}) for limits in (preset.head_heights, preset.eye_lines))
    spans = [max(1e-6, high - low) for low, high in (preset.head_heights, preset.eye_lines)]
    pairs = {(preset.head_height, preset.eye_line), *((head, eye) for head in heads for eye in eyes)}

    def distance(pair: tuple[float, float]) -> float:
        return ((pair[0] - preset.head_height) / spans[0]) ** 2 + ((pair[1] - preset.eye_line) / spans[1]) ** 2

    return tuple((*pair, preset.centre) for pair in sorted(pairs, key=distance))


def moved_aside(shares: NDArray[np.float64], side: str) -> NDArray[np.float64]:
    """The same (n, 3) with the face nearer to that side of the portrait, the nearest centres first; else none."""
    if side not in ("left", "right"):
        return shares[:0]
    most = -MOST_ASIDE if side == "left" else MOST_ASIDE
    return np.concatenate([shares + np.array([0, 0, moved]) for moved in np.linspace(0, most, CENTRES + 1)[1:]])


def first_allowed(start: NDArray[np.float64], end: NDArray[np.float64], fit: _Fit) -> NDArray[np.float64]:
    """The first crop (3,) that is allowed on the way from one to another, which is allowed."""
    if np.array_equal(start, end):
        return end
    way = start + np.linspace(0, 1, WAY_STEPS)[:, None] * (end - start)
    way[-1] = end  # Rounding must not make it one that is not allowed.
    return np.asarray(way[int(np.flatnonzero(fit.allows(way))[0])])


class _Fit:
    """Tests crops of one head, or of several ``across_px`` wide: (n, 3) head height, eye line and centre."""

    def __init__(
        self,
        preset: Preset,
        placed: Placement,
        across_px: float,
        upscale: float,
        cuts: NDArray[np.float64],
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

    def narrowest_px(self, shares: NDArray[np.float64]) -> float:
        """Width of the narrowest crop in which the head has its least share."""
        return float((self.crop_px(shares) * self._preset.aspect).min())

    def centred(self, share: NDArray[np.float64], reach_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """The crop (3,) moved aside, and wider if need be, so that it does not cut off one side of a head only.

        Args:
            share: The crop.
            reach_px: How far the head reaches from its eyes to the left and to the right, as ``reaches`` says.
        """
        wide = float(self.crop_px(share[None])[0]) * self._preset.aspect
        room = np.array([share[2], 1 - share[2]]) - reach_px / wide - SIDE_ROOM
        # Where hair hangs on both sides, there is no room, and the face stays in the middle.
        cut, other = int(room.argmin()), float(max(room.max(), 0.0))
        moved = min(max(-float(room[cut]), 0.0), other, MOST_ASIDE)
        sign = -1 if cut else 1
        centre = float(
            np.clip(share[2] + sign * moved, self._preset.centre - MOST_ASIDE, self._preset.centre + MOST_ASIDE)
        )
        # What is still cut off needs a wider crop, but only by the room that is left on the other side.
        wider = float(reach_px[cut]) / ((1 - centre if cut else centre) - SIDE_ROOM) / wide
        height = share[0] / min(max(wider, 1.0), 1 + 2 * (other - moved))
        return np.array([max(height, min(share[0], self._preset.head_heights[0])), share[1], centre])

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
        x, y = self._cuts[:, 0] / wide + shares[:, 2:], self._cuts[:, 1] / high + shares[:, 1:2]
        return np.asarray((x > edge) & (x < 1 - edge) & (y > edge) & (y < 1 - edge))


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
