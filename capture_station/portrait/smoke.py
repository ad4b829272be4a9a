"""Half transparent regions that are neither hair nor an edge: each becomes person or background."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Image
from capture_station.portrait.palette import Mask

HALF = 0.1, 0.9
"""Alpha between these is half transparent."""
RADIUS = 0.006
"""An edge is narrower than a disc of this radius, as a share of the longest side (measured)."""
DETAIL_PX = 5
"""Side of the square whose mean a pixel's detail stands off from."""
PER_FLIP_DIFFERENCE, PER_ALPHA_DETAIL, PER_LUMA_DETAIL, PER_START, OFFSET = 10.7, -53.9, 28.9, -7.3, 3.9
"""Log odds that a region near hair is smoke: a logistic regression on regions whose true alpha is known (measured)."""
SMOOTH = 0.004
"""Half the side of the square over which evidence is averaged, as a share of the longest side (measured)."""
SEAM_PX = 0.6
"""Softness of the edge of what was decided."""


def find_smoke(image_rgb: Image, alpha: Alpha, start: Alpha, hair: Mask, flip_difference: Alpha) -> Mask:
    """Half transparent regions that are wider than an edge and are not hair.

    Left as they are, a veil of the room stays in the portrait, or a person is partly transparent. Outside hair every
    such region counts. Hair is half transparent too, but there alpha goes up and down from strand to strand, and is the
    same in the mirror image.

    Args:
        image_rgb: (h, w, 3) uint8.
        alpha: (h, w), solved.
        start: (h, w), the segmenter's.
        hair: (h, w), where hair may be.
        flip_difference: (h, w) in [0, 1]: how far the alphas of the picture and of its mirror image differ.
    """
    half = np.asarray(cv2.inRange(alpha, *HALF), np.uint8)
    radius = max(1, round(RADIUS * max(alpha.shape)))
    core = cv2.erode(half, disc(radius), borderValue=0)
    wide = np.asarray(cv2.bitwise_and(cv2.dilate(core, disc(2 * radius)), half))
    count, labels = cv2.connectedComponents(wide, connectivity=8)
    places = np.flatnonzero(wide)
    owners = labels.reshape(-1)[places]
    sizes = np.bincount(owners, minlength=count)

    def mean(plane: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.bincount(owners, plane.reshape(-1)[places], count) / np.maximum(sizes, 1)

    luma = np.asarray(cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
    odds = (
        OFFSET
        + PER_FLIP_DIFFERENCE * mean(flip_difference)
        + PER_ALPHA_DETAIL * mean(detail(alpha))
        + PER_LUMA_DETAIL * mean(detail(luma))
        + PER_START * mean(start)
    )
    return np.asarray((wide > 0) & (~hair | (odds > 0)[labels]), np.bool_)


def decide(alpha: Alpha, start: Alpha, smoke: Mask) -> tuple[Alpha, Mask]:
    """Make person or background of smoke.

    The evidence is the segmenter's (``start``) and that of the colours (``alpha``, solved from them), each by half,
    averaged close by, so that no speckles are left. A piece of person that would consist of smoke alone and hang on
    nothing is background.

    Returns:
        Alpha (h, w), and where it was decided: smoke, and what such pieces had besides.
    """
    side = 2 * max(1, round(SMOOTH * max(alpha.shape))) + 1
    evident = np.asarray(cv2.blur((alpha + start) / 2, (side, side))) > 0.5
    person = np.where(smoke, evident, alpha > 0.5)
    count, labels = cv2.connectedComponents(person.astype(np.uint8), connectivity=8)
    sizes, of_smoke = (np.bincount(pieces.reshape(-1), minlength=count) for pieces in (labels, labels[smoke]))
    loose = (2 * of_smoke > sizes) & (np.arange(count) > 0)
    dropped = loose[labels]
    kept = person & ~dropped
    around = cv2.dilate(dropped.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    changed = smoke | (around & ~kept)
    return np.where(changed, np.asarray(cv2.GaussianBlur(kept.astype(np.float32), (0, 0), SEAM_PX)), alpha), changed


def detail(plane: Alpha) -> Alpha:
    """How far each pixel of a plane (h, w) is from the mean around it."""
    return np.asarray(cv2.absdiff(plane, cv2.blur(plane, (DETAIL_PX, DETAIL_PX))), np.float32)


def disc(radius: int) -> Image:
    """A structuring element of that radius."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2), np.uint8)
