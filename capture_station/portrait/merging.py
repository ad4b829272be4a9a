"""A burst becomes one picture with less noise: averaged where its frames show the same, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from capture_station.frames import Image
from capture_station.portrait.colour import Floats

CELL_PX = 4
"""Frames are compared in cells of so many pixels a side."""
HALVED_FROM_PX = 2400
"""From this width on, frames are compared at half their size. Such sensors do not resolve single pixels."""
LEAST_TOLERANCE = 1.6
"""How many times the mean noise a difference may be, in mean square over 3x3 cells. Three frames that all differ by so
much have the error of a single frame: (2/3)^2 of 0.6 x 2 variances of a change, and 1/3 of the noise."""
SINGLE_CELL = 1.6
"""One of the 3x3 cells may exceed this tolerance by so many times."""
LEAST_SHARE = 0.4
"""A frame that agrees in less than this was shaken, so its noise was not measured: it is left out."""
BLOCK_PX = 8
"""Noise is measured in blocks of so many pixels a side: JPEG's, in which it keeps or drops noise as a whole."""
SAMPLED_BLOCK_ROWS = 24
LEVELS = 32
"""Noise is measured for classes of brightness of this width."""
FEWEST_BLOCKS = 64
NOISIEST = 1.6
"""No class is taken to be noisier than this many times the whole."""
LOW, LOWEST = 0.1, 0.02
"""Quantiles of the blocks' noise from which the rest is told: the blocks in which nothing moves."""
CLIPPED, MOST_DROPPED = 4, 0.3
"""Where JPEG dropped all noise of a block that is neither black nor white, the remaining blocks' quantiles are raised
by the share of such blocks, at most by this: those that are left nearly without noise say little about the others."""
SPREAD = (1.09, 1.17, 1.31, 1.41, 1.59, 1.81, 2.14, 2.48, 3.17)
MEAN = (1.14, 1.29, 1.53, 1.72, 2.06, 2.47, 3.10, 3.76, 5.14)
HIGHEST = (1.17, 1.32, 1.52, 1.64, 1.83, 2.01, 2.22, 2.37, 2.61)
"""Of gamma distributions: ratio of the two quantiles, mean over the first one, 95 % quantile over the mean.

Blocks of raw pictures have nearly equal noise. Those of JPEGs differ, as coarse quantization drops all the noise of
some. Their mean squares are close to gamma distributed."""
STRIP_PX = 64
"""Rows that are processed at a time, so that they stay in the cache. A multiple of the cell."""


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

    JPEG quantizes part of the noise away, and its own error is the same in all frames. Measured with six frames of a
    still scene with noise of 3 levels: the error falls from 3.0 to 1.4 without JPEG, from 1.9 to 1.1 at quality 90,
    from 1.9 to 1.4 at 80 and from 2.0 to 1.6 at 70.

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
    noise, tolerance = noise_by_level(reference, other)
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
        cv2.bitwise_and(cv2.inRange(around, 0, tolerance), cv2.inRange(inside, 0, SINGLE_CELL * tolerance)), np.uint8
    )


def halved(image: Image) -> Image:
    return np.asarray(
        cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA), np.uint8
    )


def noise_by_level(reference: Image, other: Image) -> tuple[Floats, float]:
    """Noise in the difference of two frames (H, W, 3): its mean square by brightness, and how much it varies.

    Blocks with the least difference decide, as edges that moved are in the others. A change of light is no noise, so
    the mean of neighbouring blocks is taken off. Blocks without any difference tell nothing, as JPEG makes them.

    Returns:
        Mean square for each mean level, (256,), above 0; and how many times that a difference may be, at least 1.6.
    """
    strip = BLOCK_PX * -(-reference.shape[0] // (BLOCK_PX * SAMPLED_BLOCK_ROWS))
    tops = range((strip - BLOCK_PX) // 2, reference.shape[0] - BLOCK_PX + 1, strip)
    own, moved = (
        np.concatenate([frame[top : top + BLOCK_PX] for top in tops]) if tops else frame for frame in (reference, other)
    )
    own = own.astype(np.float32)
    difference = moved - own
    size_wh = (max(1, own.shape[1] // BLOCK_PX), max(1, own.shape[0] // BLOCK_PX))
    level, mean, square = (
        np.asarray(cv2.resize(values, size_wh, interpolation=cv2.INTER_AREA), np.float32)
        for values in (own, difference, np.square(difference))
    )
    around = cv2.blur(mean, (5, 1))
    noise = (square - 2 * around * mean + np.square(around)).mean(axis=2)
    told = noise > 0.01
    if not told.any():
        return np.ones(256, np.float32), LEAST_TOLERANCE
    unclipped = told | ((level > CLIPPED) & (level < 255 - CLIPPED)).all(axis=2)
    dropped = min(MOST_DROPPED, 1 - float(np.mean(told[unclipped])))
    low, lowest = LOW + dropped, LOWEST + dropped
    whole = np.quantile(noise[told], low)
    classes = (level.mean(axis=2) / LEVELS).astype(np.uint8)
    lows = []
    for number in range(256 // LEVELS):
        of_class = noise[told & (classes == number)]
        enough = of_class.size >= FEWEST_BLOCKS
        lows.append(min(np.quantile(of_class, low), NOISIEST * whole) if enough else whole)
    middles = LEVELS * (np.arange(256 // LEVELS) + 0.5)
    low_of = np.interp(np.arange(256), middles, lows)
    equalized = noise[told] / low_of[level.mean(axis=2).astype(np.uint8)[told]]
    spread = np.quantile(equalized, low) / max(1e-6, float(np.quantile(equalized, lowest)))
    tolerance = max(LEAST_TOLERANCE, float(np.interp(spread, SPREAD, HIGHEST)))
    return np.asarray(np.interp(spread, SPREAD, MEAN) * low_of, np.float32), tolerance
