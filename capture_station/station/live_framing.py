"""Frames every live picture as the saved portrait would be, and decides whether a portrait taken now would be good."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from capture_station.config import PortraitSettings
from capture_station.frames import Flaw, Head, Image, Matte
from capture_station.images import fit_within_wh
from capture_station.portrait.colour import Correction
from capture_station.portrait.framing import Framing, frame_head
from capture_station.portrait.head_placement import Placement
from capture_station.presets import Preset
from capture_station.station.framing_hints import DOUBTED, PLACES, blocking_hint, hint_for
from capture_station.station.status import FramingStatus, Guide, Hint
from capture_station.station.steadiness import Crop, HeadSpeed, SteadyCrop, SteadyHint

CROP_MARGIN = -0.02
"""The live matte is coarse: a head that is outside the limits by less than this share may be good."""
NEARLY = -0.1
"""A head that is outside by less than this may be good as well, if the capture's own network says so."""
FASTEST = 0.8
"""Heads a second. A portrait of a head that moves faster is blurred: a thousandth of the head takes 1/800 s."""
HOLDS_S = 0.4
"""The crop is shown for this long after the preset can no longer be kept, so that it does not flicker."""
LEVEL_ENOUGH_DEG = 3.0
"""Viewers do not see a smaller roll, and turning a picture costs more than all the rest of a preview."""
SETTLED_DEG = 0.2
GUIDE_CROP = 0.9
"""Height of the crop that the guide suggests, as a share of the picture's."""


class LiveFraming:
    """The framing of the live picture over time. Used by one thread.

    Args:
        correction: The colour correction of the captures.
    """

    def __init__(self, correction: Correction | None = None) -> None:
        self._correction = correction
        self._hint = SteadyHint()
        self._steady = SteadyCrop()
        self._motion = HeadSpeed()
        self._crop: Crop | None = None
        self._seen_s = -math.inf
        self._guide = Guide()
        self._settings: PortraitSettings | None = None

    def look(
        self,
        image_rgb: Image,
        matte: Matte,
        alpha: Image,
        settings: PortraitSettings,
        reduced: float,
        at_s: float,
        flaws_of: Callable[[Head], tuple[Flaw, ...] | None] | None = None,
    ) -> tuple[FramingStatus, NDArray[np.float64] | None, tuple[int, int]]:
        """Judge one picture.

        Args:
            image_rgb: (H, W, 3), the preview.
            matte: Its matte.
            alpha: The same (H, W) uint8.
            settings: Section ``portrait`` of the config; it may change from picture to picture.
            reduced: Pixels of the saved frame per pixel of the preview.
            at_s: Monotonic time of the exposure.
            flaws_of: The flaws of a portrait of this person, by the saved portrait's own steps; None: not known yet.
                It is asked only where nothing is clearly in the way. Without it the live picture alone decides.

        Returns:
            What to tell the person, the (2, 3) matrix from the preview to its crop (None: show the whole picture), and
            the size of what is shown.
        """
        if settings is not self._settings:
            self._settings, self._crop, self._steady = settings, None, SteadyCrop()
        size_wh = image_rgb.shape[1], image_rgb.shape[0]
        framing, raw = judge(image_rgb, matte, alpha, settings, reduced, self._correction)
        nobody = raw is Hint.NOBODY
        complete = matte.head is not None
        if (
            flaws_of is not None
            and matte.head is not None
            and (raw is None or raw in DOUBTED or _nearly(raw, matte.head, alpha, settings, reduced))
        ):
            flaws = flaws_of(matte.head)
            complete = flaws is not None
            if flaws is not None:
                raw = hint_for(flaws, framing, settings, size_wh)
        if self._motion.follow(framing.placement, at_s) > FASTEST and raw is None:
            raw = Hint.HOLD_STILL
        self._hint.update(raw, complete, at_s)
        preset = settings.geometry
        if preset is None:
            return FramingStatus(self._hint.ready, self._hint.shown, nobody), None, size_wh
        if framing.matrix is not None:
            crop = crop_of(framing)
            if abs(crop.roll_deg) < LEVEL_ENOUGH_DEG:
                crop = crop._replace(roll_deg=0.0)
            self._crop, self._seen_s = self._steady.follow(crop, at_s), at_s
        elif at_s - self._seen_s > HOLDS_S:
            self._crop = None
        matrix, shown_wh = None, size_wh
        corners: tuple[tuple[float, float], ...] = ()
        guide = frame_guide(preset, size_wh)
        if self._crop is not None:
            shown_wh = fit_within_wh((round(preset.aspect * 10_000), 10_000), size_wh)
            matrix = matrix_of(self._crop, shown_wh)
            corners = corners_of(matrix, shown_wh, size_wh)
            if framing.placement is not None:
                self._guide = placed_guide(framing.placement, self._crop, preset)
            guide = self._guide
        neutral = preset.expression == "neutral"
        status = FramingStatus(self._hint.ready, self._hint.shown, nobody, corners, guide, preset.aspect, neutral)
        return status, matrix, shown_wh


def judge(
    image_rgb: Image,
    matte: Matte,
    alpha: Image,
    settings: PortraitSettings,
    reduced: float,
    correction: Correction | None = None,
) -> tuple[Framing, Hint | None]:
    """The crop of one live picture and what is in its way, without its past; arguments as for ``LiveFraming``."""
    framing = frame_head(matte.head, alpha, settings, reduced, CROP_MARGIN)
    return framing, blocking_hint(image_rgb, matte, alpha, framing, settings, correction)


def _nearly(raw: Hint, head: Head, alpha: Image, settings: PortraitSettings, reduced: float) -> bool:
    """Whether only the head's place is in the way, and by little."""
    return raw in PLACES and frame_head(head, alpha, settings, reduced, NEARLY).flaw is None


def crop_of(framing: Framing) -> Crop:
    """The rectangle of the picture that becomes the portrait."""
    assert framing.matrix is not None
    linear, shift = framing.matrix[:, :2], framing.matrix[:, 2]
    width, height = framing.size_wh
    x, y = np.linalg.solve(linear, np.array([width / 2, height / 2]) - shift).tolist()
    scale = float(np.hypot(*linear[0]))
    return Crop(x, y, height / scale, math.degrees(math.atan2(linear[0, 1], linear[0, 0])))


def matrix_of(crop: Crop, size_wh: tuple[int, int]) -> NDArray[np.float64]:
    """(2, 3) from the picture to its crop at a size."""
    roll_deg = 0.0 if abs(crop.roll_deg) < SETTLED_DEG else crop.roll_deg
    scale, turn = size_wh[1] / crop.height, math.radians(roll_deg)
    linear = scale * np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return np.column_stack([linear, np.array(size_wh) / 2 - linear @ (crop.x, crop.y)])


def corners_of(
    matrix: NDArray[np.float64], crop_wh: tuple[int, int], size_wh: tuple[int, int]
) -> tuple[tuple[float, float], ...]:
    """The crop's corners in the picture, clockwise from the upper left, as shares of its width and height."""
    width, height = crop_wh
    corners = np.array([[0, width, width, 0], [0, 0, height, height]]) - matrix[:, 2:]
    x, y = np.linalg.solve(matrix[:, :2], corners)
    return tuple(zip((x / size_wh[0]).tolist(), (y / size_wh[1]).tolist(), strict=True))


def placed_guide(placement: Placement, crop: Crop, preset: Preset) -> Guide:
    """Where the head is in its crop, within what the preset allows."""
    low, high = preset.eye_lines
    eye_line = min(max((placement.eyes_px[1] - crop.y) / crop.height + 0.5, low), high)
    return Guide(eye_line, placement.head_px / crop.height, preset.eye_lines, preset.head_heights)


def frame_guide(preset: Preset, size_wh: tuple[int, int]) -> Guide:
    """Where in the whole picture a head is well placed for a preset."""
    share = min(GUIDE_CROP, GUIDE_CROP * size_wh[0] / (preset.aspect * size_wh[1]))
    above = (1 - share) / 2

    def eyes(line: float) -> float:
        return above + line * share

    low, high = (share * head for head in preset.head_heights)
    lines = eyes(preset.eye_lines[0]), eyes(preset.eye_lines[1])
    return Guide(eyes(preset.eye_line), share * preset.head_height, lines, (low, high))
