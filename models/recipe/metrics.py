"""How good a matte is: IoU, boundary F, absolute errors, and the portrait made of it; each for one picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Image
from capture_station.portrait.colour import ciede2000, lab

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

BAND = 0.02
"""Reach of the edge band to both sides of the true outline, of the diagonal."""


def iou(matte: Floats, truth: Floats) -> float:
    """Intersection over union of the persons at 0.5; mattes (H, W) in [0, 1]. Nobody in both is 1."""
    ours, theirs = matte > 0.5, truth > 0.5
    union = np.count_nonzero(ours | theirs)
    return np.count_nonzero(ours & theirs) / union if union else 1.0


def boundary_f(matte: Floats, truth: Floats) -> float:
    """F measure of the outlines at 0.5 within max(2 px, 0.4 % of the diagonal) (Perazzi et al. 2016, section 4).

    Mattes (H, W) in [0, 1]. The outline is the person's pixels that touch the background; the picture's border is none.
    The tolerance is a disc of whole pixels, as in the paper's own code, but rounded, not rounded up.
    """
    tolerance_px = round(max(2.0, 0.004 * np.hypot(*truth.shape)))
    ours, theirs = outline(matte > 0.5), outline(truth > 0.5)
    if not ours.any() or not theirs.any():
        return float(ours.any() == theirs.any())
    precision = np.mean(distance_px(theirs)[ours] <= tolerance_px)
    recall = np.mean(distance_px(ours)[theirs] <= tolerance_px)
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def mae(matte: Floats, truth: Floats) -> float:
    """Mean absolute error of alpha over the picture."""
    return float(np.mean(np.abs(matte - truth)))


def mae_in_band(matte: Floats, truth: Floats, width: float = BAND) -> float:
    """Mean absolute error of alpha within ``width`` of the diagonal from the true outline; 0 where there is none."""
    band = edge_band(truth, width)
    return float(np.mean(np.abs(matte - truth)[band])) if band.any() else 0.0


def sad(matte: Floats, truth: Floats) -> float:
    """Sum of absolute errors of alpha, in thousands of pixels (Rhemann et al. 2009)."""
    return float(np.sum(np.abs(matte - truth)) / 1000)


def white_error(portrait: Image, true_portrait: Image, truth: Floats, width: float = BAND) -> float:
    """Mean CIEDE2000 between two portraits on white (H, W, 3) uint8 in the edge band of the true alpha (H, W)."""
    band = edge_band(truth, width)
    return float(np.mean(ciede2000(lab(portrait[band]), lab(true_portrait[band])))) if band.any() else 0.0


def edge_band(truth: Floats, width: float) -> Mask:
    """Pixels (H, W) within ``width`` of the diagonal from the outline of a true alpha; none where there is none."""
    edge = outline(truth > 0.5)
    if not edge.any():
        return edge
    return np.asarray(distance_px(edge) <= width * np.hypot(*truth.shape))


def outline(mask: Mask) -> Mask:
    """Pixels of the mask (H, W) with one of their eight neighbours outside it."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    inner = cv2.erode(padded, np.ones((3, 3), np.uint8))[1:-1, 1:-1]
    return mask & (inner == 0)


def distance_px(mask: Mask) -> Floats:
    """Distance (H, W) of every pixel from the nearest one of a mask that is not empty."""
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
