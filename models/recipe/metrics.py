"""How good a matte is, and the portrait made of it: outline, alpha, what is lost or left undecided, for one picture."""

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
HAZE_BEYOND = 0.015
"""Further than this from the true outline, of the diagonal, nothing should be half transparent."""
GRADIENT_SIGMA_PX = 1.4
CONNECTED_STEP, CONNECTED_SLACK = 0.1, 0.15


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


def gradient_error(matte: Floats, truth: Floats) -> float:
    """Sum of squared differences between the alphas' gradient magnitudes, in thousands (Rhemann et al. 2009)."""
    difference = gradient_magnitude(matte) - gradient_magnitude(truth)
    return float(np.sum(difference**2) / 1000)


def gradient_magnitude(alpha: Floats) -> Floats:
    """Of an alpha (H, W), by first derivatives of a Gaussian of unit length."""
    radius = int(np.ceil(3 * GRADIENT_SIGMA_PX))
    x = np.arange(-radius, radius + 1, dtype=np.float64)
    bell = np.exp(-(x**2) / (2 * GRADIENT_SIGMA_PX**2))
    slope = -x * bell
    length = np.sqrt(np.sum(np.outer(bell, slope) ** 2))
    across, down = (
        cv2.sepFilter2D(alpha, cv2.CV_32F, *kernels, borderType=cv2.BORDER_REPLICATE)
        for kernels in ((slope / length, bell), (bell, slope / length))
    )
    return np.asarray(np.hypot(across, down), np.float32)


def connectivity_error(matte: Floats, truth: Floats) -> float:
    """How differently pixels hang together with the person, in thousands of pixels (Rhemann et al. 2009).

    A pixel is connected up to the highest level at which it still belongs to the largest part that both alphas share.
    """
    connected = np.zeros(truth.shape, np.float32)
    inside = np.ones(truth.shape, bool)
    for level in np.arange(CONNECTED_STEP, 1 + CONNECTED_STEP / 2, CONNECTED_STEP):
        both = ((matte >= level) & (truth >= level)).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(both, connectivity=4)
        if count == 1:
            break
        inside &= labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        connected[inside] = level

    def degree(alpha: Floats) -> Floats:
        above = alpha - connected
        return np.asarray(1 - np.where(above >= CONNECTED_SLACK, above, 0), np.float32)

    return float(np.sum(np.abs(degree(matte) - degree(truth))) / 1000)


def haze(matte: Floats, truth: Floats) -> float:
    """Half transparent area (.1 < alpha < .9) away from the true outline, as a share of the person; mattes (H, W)."""
    person = np.count_nonzero(truth > 0.5)
    undecided = (matte > 0.1) & (matte < 0.9) & ~edge_band(truth, HAZE_BEYOND)
    return float(np.count_nonzero(undecided) / max(1, person))


def lost(matte: Floats, truth: Floats) -> float:
    """Share of the person's pixels that a matte (H, W) leaves out, both at 0.5."""
    person = truth > 0.5
    return float(np.count_nonzero(person & (matte <= 0.5)) / max(1, np.count_nonzero(person)))


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
