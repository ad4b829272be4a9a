"""From a coarse matte to a trimap: no holes that the picture denies, and a band where the edge must be."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Head, Image, Landmark, Matte
from capture_station.portrait.palette import Mask, face_mask, palette, unlike
from capture_station.portrait.people import choose

BAND = 0.0125
"""Half the band's width, as a share of the grid: what networks that decide at stride 2 are off by (measured)."""
WIDEST, WIDEST_ELSEWHERE = 0.04, 0.025
"""A matte that is undecided further than this from its outline is not believed: where hair may be, and elsewhere."""
HAIR_ASIDE, HAIR_BELOW = 2.6, 1.5
"""Hair may be this far to the sides of the face and below the chin, in distances from the eyes to the chin."""
SURE = 0.95


class Trimap(NamedTuple):
    """What is known on the matte's grid (h, w)."""

    alpha: Alpha
    """0 or 1 where known; the matte's own guess in the band."""
    unknown: Mask
    persons: int
    """How many people the matte showed. Nobody: alpha is 0."""
    left_out: int
    """How many of them are not in alpha."""
    hair: Mask
    """Where hair may be; everywhere without a head."""
    flip_difference: Alpha
    """In [0, 1]: how far the alphas of the picture and of its mirror image differ; 0 without the latter."""
    segmenter_alpha: Alpha
    """The alpha of the matte, of the people who are kept, holes closed, also where alpha is known."""


def trimap(matte: Matte, image_rgb: Image, everyone: bool = False) -> Trimap:
    """Known person, known background and the band between them.

    Args:
        matte: As the segmenter gave it, corrected by a clean plate where there is one.
        image_rgb: (h, w, 3), the frame reduced to the matte's grid: decides which holes are real.
        everyone: Whether people stay who do not touch the main one.
    """
    alpha, persons, left_out = choose(matte.alpha, matte.head, everyone, image_rgb)
    hair = hair_zone(matte.head, alpha.shape)
    flip_difference = np.zeros_like(alpha) if matte.flip_difference is None else matte.flip_difference
    if not persons:
        return Trimap(alpha, np.zeros(alpha.shape, np.bool_), 0, 0, hair, flip_difference, alpha)
    alpha = close_holes(alpha, image_rgb, matte.head)
    person = alpha > 0.5
    inside, outside = depth_cells(person), depth_cells(~person)
    radius = max(2.0, BAND * max(alpha.shape))
    widest, elsewhere = (max(2 * radius, share * max(alpha.shape)) for share in (WIDEST, WIDEST_ELSEWHERE))
    soft = (alpha > 1 - SURE) & (outside < np.where(hair, np.float32(widest), np.float32(elsewhere)))
    # The middle of what is thinner than the band, finger or gap, is known where the matte is sure of it.
    sure_person = (inside > radius) | (ridge(inside) & (alpha > SURE))
    sure_background = (outside > radius) & ~soft | (ridge(outside) & (alpha < 1 - SURE))
    known = np.where(sure_person, np.float32(1), np.where(sure_background, np.float32(0), alpha))
    return Trimap(known, ~(sure_person | sure_background), persons, left_out, hair, flip_difference, alpha)


def hair_zone(head: Head | None, shape: tuple[int, ...]) -> Mask:
    """Pixels of a plane (h, w) where hair may be: about the head and down to the chest; all of them without a head."""
    if head is None:
        return np.ones(shape, np.bool_)
    points = head.points_px((shape[1], shape[0]))
    eyes = points[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE]].mean(axis=0)
    chin = points[Landmark.CHIN]
    unit = float(np.hypot(*(chin - eyes)))
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    aside = np.abs(columns - (chin[0] + eyes[0]) / 2)
    return np.asarray((rows < chin[1] + HAIR_BELOW * unit) & (aside < HAIR_ASIDE * unit))


def close_holes(alpha: Alpha, image_rgb: Image, head: Head | None) -> Alpha:
    """Alpha (h, w) with the holes filled that look like the person rather than like the background.

    A hole is background that touches neither the upper edge nor the sides. Its colours are compared in CIELAB with
    the nearest ones of the open background, and of the person beside it or in the face: a bare arm has its skin.
    """
    gaps = (alpha <= 0.5).astype(np.uint8)
    count, labels = cv2.connectedComponents(gaps, connectivity=4)
    enclosed = np.ones(count, np.bool_)
    enclosed[[0, *labels[0], *labels[:, 0], *labels[:, -1]]] = False
    if not enclosed.any():
        return alpha
    open_background = palette(image_rgb, (alpha < 1 - SURE) & ~enclosed[labels])
    size_wh = (alpha.shape[1], alpha.shape[0])
    face = np.zeros(alpha.shape, np.bool_) if head is None else face_mask(head.points_px(size_wh), alpha.shape)
    skin = palette(image_rgb, face)
    filled = alpha.copy()
    reach = round(2 * BAND * max(alpha.shape)) + 2
    for label in np.flatnonzero(enclosed):
        x, y, w, h = cv2.boundingRect((labels == label).view(np.uint8))
        around = (slice(max(0, y - reach), y + h + reach), slice(max(0, x - reach), x + w + reach))
        hole = labels[around] == label
        beside = cv2.dilate(hole.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
        patch, there = filled[around], image_rgb[around]
        core = palette(there, hole & (patch <= np.median(patch[hole])))
        person = np.concatenate([palette(there, beside & (patch > SURE)), skin])
        if unlike(core, person) <= unlike(core, open_background):
            patch[hole] = 1
    return filled


def depth_cells(mask: Mask) -> NDArray[np.float32]:
    """Distance (h, w) of the mask's cells from the nearest one outside it; 0 outside."""
    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)


def ridge(depth: NDArray[np.float32]) -> Mask:
    """Cells of the medial axis: as deep as any neighbour, and at least two cells deep."""
    return (depth >= 2) & (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)))
