"""A burst becomes one picture with less noise: averaged where its frames show the same, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from capture_station.frames import Image
from capture_station.portrait.colour import Floats

CELL_PX = 4
"""Frames are compared in cells of so many pixels a side …"""
HALVED_FROM_PX = 2400
"""… and from this width on at half their size: sensors so large do not resolve single pixels, and it is faster."""
ALIKE_AROUND = 1.6
"""How many times its noise a difference may be, in mean square over 3x3 cells. Three frames that all differ by so much
err by as much as one does: (2/3)^2 of 0.6 x 2 variances of a change, and 1/3 of noise."""
ALIKE_INSIDE = 2.5
"""The same for each of these cells."""
LEAST_SHARE = 0.4
"""A frame that is alike in less than this was shaken, and what was taken for its noise was change: it is left out."""
SAMPLED_ROWS, WINDOW_PX = 48, 16
"""Noise is measured on so many rows, in windows of so many pixels."""
LEVELS = 32
"""Width of the classes of brightness in which it is measured."""
FEWEST_WINDOWS = 64
QUARTILE = 1.25
"""Mean of a window's variance over its lower quartile, in three channels of Gaussian noise."""
NOISIEST = 1.6
"""No class is believed to be noisier than this many times the whole."""
STRIP_PX = 64
"""Rows at a time, which stay in the cache; a multiple of the cell."""


class Merged(NamedTuple):
    """One picture of a burst."""

    image: Image
    """(H, W, 3) uint8; the reference itself where nothing went in."""
    share: float
    """Of the other frames' pixels that went in, in [0, 1]."""


def merge(reference: Image, others: Sequence[Image]) -> Merged:
    """Average a burst where its frames show the same; elsewhere the reference stays as it is.

    The noise of n frames falls by the root of n where the scene is still. This is the robust merging of HDR+
    (Hasinoff et al.: Burst photography for high dynamic range and low-light imaging, SIGGRAPH Asia 2016) without its
    alignment, which finds little more on people who move (measured), and with a decision for each cell in place of
    its Wiener filter: where somebody moves or the light changes, frames differ by more than noise.

    Reentrant: uses OpenCV's threads, keeps nothing.

    Args:
        reference: (H, W, 3) uint8; not written into.
        others: Frames of the same camera; not written into. One of another size is left out.
    """
    large = reference.shape[1] >= HALVED_FROM_PX
    cell_px = 2 * CELL_PX if large else CELL_PX
    height, width = (side // cell_px * cell_px for side in reference.shape[:2])
    if not height or not width:
        return Merged(reference, 0.0)
    inner = reference[:height, :width]
    seen = halved(inner) if large else inner
    compared = []
    for other in others:
        if other.shape == reference.shape:
            part = other[:height, :width]
            mask = alike(seen, halved(part) if large else part)
            if np.mean(mask) > 255 * LEAST_SHARE:
                compared.append((part, mask))
    if not compared:
        return Merged(reference, 0.0)
    image = np.empty_like(reference)
    image[height:], image[:, width:] = reference[height:], reference[:, width:]
    sums, kept = np.empty((STRIP_PX, width, 3), np.float32), np.empty((STRIP_PX, width, 3), np.uint8)
    for top in range(0, height, STRIP_PX):
        rows = slice(top, min(top + STRIP_PX, height))
        total, chosen = sums[: rows.stop - top], kept[: rows.stop - top]
        total[:] = inner[rows]
        for other, mask in compared:
            chosen[:] = inner[rows]
            cells = mask[top // cell_px : rows.stop // cell_px].repeat(cell_px, axis=1).repeat(cell_px, axis=0)
            cv2.accumulate(cv2.copyTo(other[rows], cells, chosen), total)
        image[rows, :width] = cv2.convertScaleAbs(total, alpha=1 / (1 + len(compared)))
    return Merged(image, float(sum(np.mean(mask) for _, mask in compared)) / 255 / len(others))


def alike(reference: Image, other: Image) -> Image:
    """Cells (H / 4, W / 4) in which two frames (H, W, 3) differ by no more than their noise: 255, else 0."""
    noise = noise_by_level(reference, other)
    # Squares are kept in bytes: the noise is 32 of them, what is 8 times as much saturates.
    scale = 32 / float(noise.max())
    strips = []
    for top in range(0, reference.shape[0], STRIP_PX):
        rows = slice(top, top + STRIP_PX)
        difference = cv2.absdiff(reference[rows], other[rows])
        strips.append(halved(halved(np.asarray(cv2.multiply(difference, difference, scale=scale), np.uint8))))
    of_channels = np.full((1, 3), 1 / 3)
    level = cv2.transform(reference[CELL_PX // 2 :: CELL_PX, CELL_PX // 2 :: CELL_PX].copy(), of_channels)
    squares = cv2.transform(np.concatenate(strips), of_channels)
    ratio = cv2.multiply(squares, cv2.LUT(level, 1 / (scale * noise)), dtype=cv2.CV_32F)
    around, inside = cv2.blur(ratio, (3, 3)), cv2.dilate(ratio, np.ones((3, 3), np.uint8))
    return np.asarray(
        cv2.bitwise_and(cv2.inRange(around, 0, ALIKE_AROUND), cv2.inRange(inside, 0, ALIKE_INSIDE)), np.uint8
    )


def halved(image: Image) -> Image:
    return np.asarray(
        cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA), np.uint8
    )


def noise_by_level(reference: Image, other: Image) -> Floats:
    """Variance of the difference of two frames (H, W, 3) where nothing moves, for each mean level: (256,), above 0.

    It is the lower quartile of what windows have about their own mean: edges that moved are in the upper ones, and a
    change of light is no noise. Windows without any difference tell nothing, as JPEG makes them.
    """
    step = -(-reference.shape[0] // SAMPLED_ROWS)
    rows = slice(step // 2, None, step)
    own = reference[rows].astype(np.float32)
    difference = other[rows] - own
    size_wh = (max(1, own.shape[1] // WINDOW_PX), own.shape[0])
    level, mean, square = (
        np.asarray(cv2.resize(values, size_wh, interpolation=cv2.INTER_AREA), np.float32)
        for values in (own, difference, np.square(difference))
    )
    spread = (square - np.square(mean)).mean(axis=2)
    told = spread > 0.01
    if not told.any():
        return np.ones(256, np.float32)
    whole = np.quantile(spread[told], 0.25)
    classes = (level.mean(axis=2) / LEVELS).astype(np.uint8)
    variances = []
    for number in range(256 // LEVELS):
        own_spread = spread[told & (classes == number)]
        enough = own_spread.size >= FEWEST_WINDOWS
        variances.append(min(np.quantile(own_spread, 0.25), NOISIEST * whole) if enough else whole)
    middles = LEVELS * (np.arange(256 // LEVELS) + 0.5)
    return np.asarray(QUARTILE * np.interp(np.arange(256), middles, variances), np.float32)
