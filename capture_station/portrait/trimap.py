"""From a coarse matte to a trimap: one person, no holes that the picture denies, a band where the edge must be."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Head, Image, Landmark, Matte

Mask = NDArray[np.bool_]

BAND = 0.01
"""Half the band's width, as a share of the grid: what networks that decide at stride 2 are off by (measured)."""
WIDEST = 0.04
"""A matte that is undecided further than this from its outline is not believed to be hair."""
SURE = 0.95
LINKED = 0.3
"""A raised hand hangs on a wrist that the matte is not sure of; what is less sure than this hangs on nothing."""
SMALLEST_PERSON = 0.005
"""Share of the picture."""
SECOND_PERSON = 0.08
"""Share of the main person's area."""
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


def main_person(alpha: Alpha, head: Head | None) -> tuple[Alpha, int]:
    """The matte without what is not attached to the main person, and how many people there were.

    The main person is the one with the face, or the largest. People who touch are told apart by their heads.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > LINKED).astype(np.uint8), connectivity=8)
    areas = np.bincount(labels[alpha > 0.5], minlength=count)
    areas[0] = 0
    main = int(areas.argmax())
    if head is not None:
        x, y = head.points_px((alpha.shape[1], alpha.shape[0]))[Landmark.NOSE].astype(int)
        faced = int(labels[np.clip(y, 0, alpha.shape[0] - 1), np.clip(x, 0, alpha.shape[1] - 1)])
        main = faced if areas[faced] >= SECOND_PERSON * areas[main] else main
    if areas[main] < SMALLEST_PERSON * alpha.size:
        return np.zeros_like(alpha), 0
    smallest = max(SMALLEST_PERSON * alpha.size, SECOND_PERSON * areas[main])
    others = int(np.count_nonzero(np.delete(areas, main) >= smallest))
    alpha = np.where((labels == main) | (labels == 0), alpha, np.float32(0))
    return alpha, others + (heads(labels == main, head) if head is not None else 1)


def heads(person: Mask, head: Head) -> int:
    """How many heads stand out of one silhouette (h, w), given the size of one of them; at least 1.

    A head is a peak of the skyline, after removal of all that is narrower than a head, that rises by more than
    one and a half eye distances on both sides. (Breadth of a head: 2.4 eye distances; of a hand: 1.4.)
    """
    scale = 128 / max(person.shape)
    small = cv2.resize(person.astype(np.uint8), None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    eyes = head.points_px((small.shape[1], small.shape[0]))[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE]]
    distance = max(2.0, float(np.hypot(*(eyes[1] - eyes[0]))))
    side = 2 * round(0.9 * distance) + 1
    small = cv2.copyMakeBorder(small, 0, side, side, side, cv2.BORDER_REPLICATE)
    small = cv2.morphologyEx(small, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    heights = np.where(small.any(axis=0), small.shape[0] - small.argmax(axis=0), 0)
    peaks, high, low, rising = 0, 0, 0, True
    for height in [*heights.tolist(), 0]:
        high, low = max(high, height), min(low, height)
        if rising and height < high - 1.5 * distance:
            peaks, low, rising = peaks + 1, height, False
        elif not rising and height > low + 1.5 * distance:
            high, rising = height, True
    return max(1, peaks)


def close_holes(alpha: Alpha, image_rgb: Image) -> Alpha:
    """Alpha (h, w) with the holes filled that look like the person around them rather than like the background.

    A hole is background that touches neither the upper edge nor the sides. Its colours are compared in CIELAB with
    the nearest ones of the person beside it and of the open background.
    """
    gaps = (alpha <= 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(gaps, connectivity=4)
    height, width = alpha.shape
    left, top, right = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_WIDTH]
    enclosed = (left > 0) & (top > 0) & (left + right < width)
    enclosed[0] = False
    if not enclosed.any():
        return alpha
    colours = cv2.cvtColor(image_rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2Lab)
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
