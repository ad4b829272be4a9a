"""How good a matte is: IoU, boundary F, mean absolute errors; each for one picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def iou(matte: Floats, truth: Floats) -> float:
    """Intersection over union of the persons at 0.5; mattes (H, W) in [0, 1]. Nobody in both is 1."""
    ours, theirs = matte > 0.5, truth > 0.5
    union = np.count_nonzero(ours | theirs)
    return np.count_nonzero(ours & theirs) / union if union else 1.0


def boundary_f(matte: Floats, truth: Floats) -> float:
    """F measure of the outlines at 0.5 within max(2 px, 0.4 % of the diagonal) (Perazzi et al. 2016, section 4).

    Mattes (H, W) in [0, 1]. The outline is the person's pixels that touch the background; the picture's border is none.
    """
    tolerance_px = max(2.0, 0.004 * np.hypot(*truth.shape))
    ours, theirs = outline(matte > 0.5), outline(truth > 0.5)
    if not ours.any() or not theirs.any():
        return float(ours.any() == theirs.any())
    precision = np.mean(distance_px(theirs)[ours] <= tolerance_px)
    recall = np.mean(distance_px(ours)[theirs] <= tolerance_px)
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def mae(matte: Floats, truth: Floats) -> float:
    """Mean absolute error of alpha over the picture."""
    return float(np.mean(np.abs(matte - truth)))


def mae_in_band(matte: Floats, truth: Floats, width: float = 0.02) -> float:
    """Mean absolute error of alpha within ``width`` of the diagonal from the true outline; 0 where there is none."""
    edge = outline(truth > 0.5)
    if not edge.any():
        return 0.0
    band = distance_px(edge) <= width * np.hypot(*truth.shape)
    return float(np.mean(np.abs(matte - truth)[band]))


def outline(mask: Mask) -> Mask:
    """Pixels of the mask (H, W) with a 4-neighbour outside it."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    inner = cv2.erode(padded, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))[1:-1, 1:-1]
    return mask & (inner == 0)


def distance_px(mask: Mask) -> Floats:
    """Distance (H, W) of every pixel from the nearest one of a mask that is not empty."""
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
