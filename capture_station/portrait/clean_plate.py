"""A clean plate, which is a picture of the empty booth, becomes what is behind the person in a frame of this moment."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from capture_station.frames import Alpha, Box, Image
from capture_station.portrait.colour import Floats
from capture_station.portrait.foreground import pull_push
from capture_station.portrait.palette import Mask

TRACE = 0.03
"""Alpha below which there is no trace of a person."""
FAR = 0.02
"""What is further from any trace, as a share of the longest side, is surely background."""
LEAST_SEEN = 0.02
"""Share of the picture that must be surely background, so that the plate can be compared with it."""
LIGHT_PX = 128
"""Longest side on which light is compared: it falls smoothly."""
LIGHT_REACHES = 0.1, 0.03
"""The light of the room, and then the person's shadow, are averaged over so much of the longest side."""
DARK = 8
"""Levels added before ratios are taken: those of near black are noise."""
MOST_STRAYING = 12.0
"""Levels. Where half of the sure background strays further from the plate, it shows another scene."""
NOISE = 1.5
"""Levels by which two pictures of one thing differ at least."""
SHIFT_PX = 0.5
"""Cells by which the camera may have moved at least."""
STRONG_EDGE = 10.0
"""Levels of a step at which a shift can be measured."""
ALIGN_PX, ALIGN_STEPS, SMOOTHED_PX = 192, 50, 3
"""Longest side on which plate and frame are aligned, in at most so many steps, both smoothed over this width."""
MOVED = 6.0
"""Levels beyond all this by which something that was moved, or a hard shadow, strays; half of what is close by is
then believed."""


class KnownBackground(NamedTuple):
    """What is behind the person, on a grid (h, w)."""

    colours: Image
    """(h, w, 3)."""
    deviation: Floats
    """(h, w): by how many levels a pixel that shows it strays from ``colours``."""
    reliability: Alpha
    """(h, w) in [0, 1]: 1 where the plate explains all that is seen close by."""

    def resized(self, size_wh: tuple[int, int]) -> KnownBackground:
        """The same on another grid."""
        planes = (cv2.resize(plane, size_wh, interpolation=cv2.INTER_AREA) for plane in self)
        colours, *smooth = planes
        return KnownBackground(np.asarray(colours, np.uint8), *(np.asarray(plane, np.float32) for plane in smooth))


def known_background(
    plate_rgb: Image, box_px: Box, frame_wh: tuple[int, int], image_rgb: Image, alpha: Alpha
) -> KnownBackground | None:
    """What the plate says is behind the person.

    The plate may be older than the light: exposure, white balance and the person's own shadow are compared where nobody
    is. If the camera was nudged since, the plate is moved and turned as the camera was. Where that is not exact, edges
    count for less; what was moved in the room is not believed.

    Args:
        plate_rgb: The clean plate, (H, W, 3), of all that the camera sees, at any resolution.
        box_px: The part of the frame that is looked at.
        frame_wh: Width and height of the frame.
        image_rgb: (h, w, 3), that part, averaged.
        alpha: The segmenter's, on any grid.

    Returns:
        None where too little of the background is seen, or where the plate shows another scene.
    """
    size_wh = (image_rgb.shape[1], image_rgb.shape[0])
    traces = np.asarray(cv2.resize(alpha, size_wh, interpolation=cv2.INTER_LINEAR)) > TRACE
    side = 2 * max(1, round(FAR * max(size_wh))) + 1
    background = cv2.dilate(traces.astype(np.uint8), np.ones((side, side), np.uint8)) == 0
    if np.count_nonzero(background) < LEAST_SEEN * background.size:
        return None
    plate = part_of(plate_rgb, box_px, frame_wh, size_wh)
    seen = compared(plate, image_rgb, background)
    if seen.shift_px > SHIFT_PX or seen.typical > MOST_STRAYING:
        motion = camera_motion(plate, image_rgb, background)
        if motion is not None:
            again = compared(part_of(plate_rgb, box_px, frame_wh, size_wh, motion), image_rgb, background)
            if again.typical <= seen.typical and again.shift_px <= seen.shift_px:
                seen = again
    if seen.typical > MOST_STRAYING:
        return None
    colours, strays, steps, typical, shift_px = seen
    deviation = np.sqrt(NOISE**2 + (1.2 * typical) ** 2 + (shift_px * steps) ** 2)
    excess = np.where(background, np.maximum(strays - 2 * deviation, 0) ** 2, 0)
    moved = continued(excess[..., None], background, FAR)[..., 0]
    reliability = 1 / (1 + cv2.resize(moved, size_wh) / MOVED**2)
    return KnownBackground(colours, np.asarray(deviation, np.float32), np.asarray(reliability, np.float32))


class Comparison(NamedTuple):
    """How far a picture (h, w, 3) strays from a plate."""

    colours: Image
    """(h, w, 3): the plate in the picture's light."""
    strays: Floats
    """(h, w), in levels."""
    steps: Floats
    """(h, w): the plate's edges, in levels from one pixel to the next."""
    typical: float
    """Half of the sure background strays less, in levels."""
    shift_px: float
    """Half of the strong edges stray as if they were less far aside."""


def compared(plate: Image, image_rgb: Image, background: Mask) -> Comparison:
    """Compare a plate (h, w, 3) with a picture of the same size, which shows it where ``background`` is."""
    colours = relit(plate, image_rgb, background)
    strays = largest_difference(image_rgb, colours)
    typical = float(np.median(strays[background]))
    luma = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)
    gradient = cv2.morphologyEx(luma, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    steps = np.asarray(gradient, np.float32) / np.float32(2)
    strong = background & (steps > STRONG_EDGE)
    shift_px = SHIFT_PX
    if strong.any():
        shift_px = max(shift_px, float(np.median(np.maximum(strays[strong] - typical, 0) / steps[strong])))
    return Comparison(colours, strays, steps, typical, shift_px)


def camera_motion(plate: Image, image_rgb: Image, background: Mask) -> Floats | None:
    """How the camera was moved and turned since the plate (h, w, 3): a matrix (2, 3) from the picture to the plate.

    It is found by enhanced correlation (Evangelidis & Psarakis 2008) where ``background`` is; None if it is not found.
    """
    scale = min(1.0, ALIGN_PX / max(background.shape))
    size_wh = (max(1, round(background.shape[1] * scale)), max(1, round(background.shape[0] * scale)))
    luma, plate_luma = (
        cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), size_wh, interpolation=cv2.INTER_AREA)
        for picture in (image_rgb, plate)
    )
    shown = cv2.resize(background.astype(np.uint8), size_wh, interpolation=cv2.INTER_NEAREST)
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ALIGN_STEPS, 1e-5)
    matrix = np.eye(2, 3, dtype=np.float32)
    try:
        cv2.findTransformECC(luma, plate_luma, matrix, cv2.MOTION_EUCLIDEAN, until, shown, SMOOTHED_PX)
    except cv2.error:  # The two are not alike, or there is nothing to see.
        return None
    matrix[:, 2] /= scale
    return matrix


def part_of(
    plate_rgb: Image, box_px: Box, frame_wh: tuple[int, int], size_wh: tuple[int, int], motion: Floats | None = None
) -> Image:
    """The part of a plate that is at ``box_px`` in a frame, at ``size_wh`` and as sharp as the frame is there.

    With the camera's ``motion`` since, it is moved and turned alike.
    """
    low, high = np.reshape(box_px, (2, 2)) / frame_wh
    plate_wh = np.array(plate_rgb.shape[1::-1])
    scale = np.maximum((high - low) * plate_wh / size_wh, 1)
    averaged_wh = np.maximum(np.rint(plate_wh / scale), 1).astype(int)
    plate = cv2.resize(plate_rgb, averaged_wh.tolist(), interpolation=cv2.INTER_AREA)
    scale = (high - low) * averaged_wh / size_wh
    # OpenCV's coordinates refer to pixel centres.
    matrix = np.column_stack([np.diag(scale), low * averaged_wh + (scale - 1) / 2])
    if motion is not None:
        matrix = matrix @ np.vstack([motion, [0, 0, 1]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(plate, matrix, size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def relit(plate: Image, image_rgb: Image, background: Mask) -> Image:
    """A plate (h, w, 3) in the light of a picture of the same size, which shows it where ``background`` is."""
    size_wh = light_wh(background.shape)
    small, image = (cv2.resize(p, size_wh, interpolation=cv2.INTER_AREA) for p in (plate, image_rgb))
    shown = cv2.resize(background.astype(np.uint8) * 255, size_wh, interpolation=cv2.INTER_AREA) == 255
    if not shown.any():
        return plate
    ratio = np.log((image.astype(np.float32) + DARK) / (small.astype(np.float32) + DARK))
    change = np.zeros_like(ratio)
    for reach in LIGHT_REACHES:
        rest = ratio - change
        middle = np.median(rest[shown], axis=0)
        spread = 1.5 * np.median(np.abs(rest[shown] - middle), axis=0) + 0.02
        alike = shown & (np.abs(rest - middle) < 4 * spread).all(axis=2)
        change += continued(rest, alike, reach)
    gain = cv2.resize(np.exp(change), plate.shape[1::-1])
    return np.asarray(np.clip(cv2.multiply(plate + np.float32(DARK), gain) - np.float32(DARK - 0.5), 0, 255), np.uint8)


def continued(planes: Floats, known: Mask, reach: float) -> Floats:
    """Planes (h, w, c), averaged over a share of the longest side where they are known, and continued beyond.

    The result has the size of ``light_wh``.
    """
    size_wh = light_wh(known.shape)
    weight = np.asarray(cv2.resize(known.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA))
    sums = cv2.resize(planes * known[..., None], size_wh, interpolation=cv2.INTER_AREA)
    sigma = reach * max(size_wh)
    weight, sums = (np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma)) for plane in (weight, sums))
    means = sums.reshape(*weight.shape, -1) / np.maximum(weight, 1e-6)[..., None]
    return pull_push(np.asarray(means, np.float32), (weight > 0.02).astype(np.float32))


def light_wh(shape: tuple[int, ...]) -> tuple[int, int]:
    """Width and height of the grid on which light is compared."""
    reduced = max(1.0, max(shape[:2]) / LIGHT_PX)
    return max(1, round(shape[1] / reduced)), max(1, round(shape[0] / reduced))


def largest_difference(one: Image, other: Image) -> Floats:
    """(h, w): the largest difference of any channel of two pictures (h, w, 3)."""
    red, green, blue = cv2.split(cv2.absdiff(one, other))
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.float32)
