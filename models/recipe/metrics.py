"""Quality metrics of one picture's matte, and of the portrait that is made with it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Image
from capture_station.portrait.colour import ciede2000, lab

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

BAND = 0.02
"""Width of the edge band on each side of the true outline, as a share of the diagonal."""
HAZE_BEYOND = 0.015
"""Distance from the true outline beyond which nothing should be half transparent, as a share of the diagonal."""
GRADIENT_SIGMA_PX = 1.4
CONNECTED_STEP, CONNECTED_SLACK = 0.1, 0.15


def iou(matte: Floats, truth: Floats) -> float:
    """Intersection over union of mattes (H, W) in [0, 1], thresholded at 0.5. It is 1 if both are empty."""
    ours, theirs = matte > 0.5, truth > 0.5
    union = np.count_nonzero(ours | theirs)
    return np.count_nonzero(ours & theirs) / union if union else 1.0


def boundary_f(matte: Floats, truth: Floats) -> float:
    """F measure of the outlines at 0.5 within max(2 px, 0.4 % of the diagonal) (Perazzi et al. 2016, section 4).

    Mattes are (H, W) in [0, 1]. The outline consists of the person's pixels that touch the background; the picture's
    border does not count as background. The tolerance is a disc with a radius of whole pixels, as in the paper's code,
    but the radius is rounded to the nearest integer, not up.
    """
    tolerance_px = round(max(2.0, 0.004 * np.hypot(*truth.shape)))
    ours, theirs = outline(matte > 0.5), outline(truth > 0.5)
    if not ours.any() or not theirs.any():
        return float(ours.any() == theirs.any())
    precision = np.mean(distance_px(theirs)[ours] <= tolerance_px)
    recall = np.mean(distance_px(ours)[theirs] <= tolerance_px)
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def mae(matte: Floats, truth: Floats) -> float:
    """Mean absolute error of alpha over the whole picture."""
    return float(np.mean(np.abs(matte - truth)))


def mae_in_band(matte: Floats, truth: Floats) -> float:
    """Mean absolute error of alpha near the true outline; 0 if there is no outline."""
    band = edge_band(truth, BAND)
    return float(np.mean(np.abs(matte - truth)[band])) if band.any() else 0.0


def sad(matte: Floats, truth: Floats) -> float:
    """Sum of absolute errors of alpha, in thousands of pixels (Rhemann et al. 2009)."""
    return float(np.sum(np.abs(matte - truth)) / 1000)


def gradient_error(matte: Floats, truth: Floats) -> float:
    """Sum of squared differences between the alphas' gradient magnitudes, in thousands (Rhemann et al. 2009)."""
    difference = gradient_magnitude(matte) - gradient_magnitude(truth)
    return float(np.sum(difference**2) / 1000)


def gradient_magnitude(alpha: Floats) -> Floats:
    """Gradient magnitude of an alpha (H, W), by first derivatives of a Gaussian with unit L2 norm."""
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
    """Connectivity error, in thousands of pixels (Rhemann et al. 2009).

    A pixel is connected up to the highest alpha level at which it still belongs to the largest connected component
    that both alphas share. The error sums the differences between the two alphas' degrees of connectedness.
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
    """Half transparent area (0.1 < alpha < 0.9) away from the true outline, relative to the person's area.

    Mattes are (H, W).
    """
    person = np.count_nonzero(truth > 0.5)
    undecided = (matte > 0.1) & (matte < 0.9) & ~edge_band(truth, HAZE_BEYOND)
    return float(np.count_nonzero(undecided) / max(1, person))


def lost(matte: Floats, truth: Floats) -> float:
    """Share of the person's pixels that a matte (H, W) misses, with both thresholded at 0.5."""
    person = truth > 0.5
    return float(np.count_nonzero(person & (matte <= 0.5)) / max(1, np.count_nonzero(person)))


def white_error(portrait: Image, true_portrait: Image, truth: Floats, width: float = BAND) -> float:
    """Mean CIEDE2000 difference of two portraits on white (H, W, 3) uint8, in the edge band of the true alpha (H, W).

    It is 0 if there is no edge band.
    """
    band = edge_band(truth, width)
    return float(np.mean(ciede2000(lab(portrait[band]), lab(true_portrait[band])))) if band.any() else 0.0


def edge_band(truth: Floats, width: float) -> Mask:
    """Pixels (H, W) near the outline of a true alpha; none if there is no outline.

    ``width`` is the maximum distance from the outline, as a share of the diagonal.
    """
    edge = outline(truth > 0.5)
    if not edge.any():
        return edge
    return np.asarray(distance_px(edge) <= width * np.hypot(*truth.shape))


def outline(mask: Mask) -> Mask:
    """Pixels of the mask (H, W) that have at least one of their eight neighbours outside the mask."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    inner = cv2.erode(padded, np.ones((3, 3), np.uint8))[1:-1, 1:-1]
    return mask & (inner == 0)


def distance_px(mask: Mask) -> Floats:
    """Distance (H, W) of every pixel to the nearest pixel of the mask, which must not be empty."""
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
