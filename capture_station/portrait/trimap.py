"""From a coarse matte to a trimap: no holes that the picture denies, and a band where the edge must be."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Image, Matte
from capture_station.portrait.people import main_person

Mask = NDArray[np.bool_]

BAND = 0.01
"""Half the band's width, as a share of the grid: what networks that decide at stride 2 are off by (measured)."""
WIDEST = 0.04
"""A matte that is undecided further than this from its outline is not believed to be hair."""
SURE = 0.95
SAMPLES = 400


class Trimap(NamedTuple):
    """What is known on the matte's grid (h, w)."""

    alpha: Alpha
    """0 or 1 where known; the matte's own guess in the band."""
    unknown: Mask
    persons: int
    """How many people the matte showed; only the main one is left. None left: alpha is 0."""


def trimap(matte: Matte, image_rgb: Image) -> Trimap:
    """Known person, known background and the band between them.

    Args:
        matte: As the segmenter gave it.
        image_rgb: (h, w, 3), the frame reduced to the matte's grid: decides which holes are real.
    """
    alpha, persons = main_person(matte.alpha, matte.head)
    if not persons:
        return Trimap(np.zeros_like(alpha), np.zeros(alpha.shape, np.bool_), 0)
    alpha = close_holes(alpha, image_rgb)
    person = alpha > 0.5
    inside, outside = depth_cells(person), depth_cells(~person)
    radius = max(2.0, BAND * max(alpha.shape))
    widest = max(2 * radius, WIDEST * max(alpha.shape))
    soft = (alpha > 1 - SURE) & (outside < widest)
    # The middle of what is thinner than the band, finger or gap, is known where the matte is sure of it.
    sure_person = (inside > radius) | (ridge(inside) & (alpha > SURE))
    sure_background = (outside > radius) & ~soft | (ridge(outside) & (alpha < 1 - SURE))
    known = np.where(sure_person, np.float32(1), np.where(sure_background, np.float32(0), alpha))
    return Trimap(known, ~(sure_person | sure_background), persons)


def close_holes(alpha: Alpha, image_rgb: Image) -> Alpha:
    """Alpha (h, w) with the holes filled that look like the person around them rather than like the background.

    A hole is background that touches neither the upper edge nor the sides. Its colours are compared in CIELAB with
    the nearest ones of the person beside it and of the open background.
    """
    gaps = (alpha <= 0.5).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(gaps, connectivity=4)
    left, top, across = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_WIDTH]
    enclosed = (left > 0) & (top > 0) & (left + across < alpha.shape[1])
    enclosed[0] = False
    if not enclosed.any():
        return alpha
    colours = np.asarray(cv2.cvtColor(image_rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2Lab), np.float32)
    open_background = spread(colours[(alpha < 1 - SURE) & ~enclosed[labels]])
    filled = alpha.copy()
    reach = round(2 * BAND * max(alpha.shape)) + 2
    for label in np.flatnonzero(enclosed):
        x, y, w, h = stats[label, :4]
        around = (slice(max(0, y - reach), y + h + reach), slice(max(0, x - reach), x + w + reach))
        hole = labels[around] == label
        beside = cv2.dilate(hole.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
        patch, there = filled[around], colours[around]
        core = hole & (patch <= np.median(patch[hole]))
        person = spread(there[beside & (patch > SURE)])
        if unlike(spread(there[core]), person) <= unlike(spread(there[core]), open_background):
            patch[hole] = 1
    return filled


def unlike(colours: NDArray[np.float32], palette: NDArray[np.float32]) -> float:
    """Median distance of colours (n, 3) from their nearest in a palette (m, 3); infinite for an empty one."""
    if not len(palette):
        return float("inf")
    return float(np.median(np.linalg.norm(colours[:, None] - palette, axis=2).min(axis=1)))


def spread(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """At most ``SAMPLES`` of the colours (n, 3), evenly taken."""
    return colours[:: max(1, -(-len(colours) // SAMPLES))]


def depth_cells(mask: Mask) -> NDArray[np.float32]:
    """Distance (h, w) of the mask's cells from the nearest one outside it; 0 outside."""
    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)


def ridge(depth: NDArray[np.float32]) -> Mask:
    """Cells of the medial axis: as deep as any neighbour, and at least two cells deep."""
    return (depth >= 2) & (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)))
