"""Alpha in the unknown band from the picture itself: closed-form matting, solved on that band only.

Levin, Lischinski, Weiss: A Closed-Form Solution to Natural Image Matting, PAMI 30 (2008).
"""

from __future__ import annotations

from itertools import combinations_with_replacement, product
from typing import NamedTuple

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from capture_station.frames import Alpha, Image
from capture_station.portrait.band_pixels import REACH, Cells, cells_of
from capture_station.portrait.colour import Floats
from capture_station.portrait.palette import Mask

WINDOW = REACH + 1
"""Rows and columns of the windows in which alpha is linear in colour: the Laplacian links pixels of one window."""
AREA = WINDOW * WINDOW
SIDE = 2 * REACH + 1
EPSILON = 3e-6
"""Regularisation of a window's colour covariance, colours in [0, 1]; grows with noise."""
MODEL_EPSILON = 1e-4
"""The same for the linear model, which is carried to pixels that were not averaged."""
TRUST, CERTAINTY = 0.5, 6
"""Weight of the start where it is 0 or 1, and how fast it falls towards one half: its power (measured)."""
CERTAIN_TRUST = 3.0
"""Weight of a start that is certain (measured)."""
ITERATIONS = 24
"""Stopped early, the solution keeps what the start knew where colours are of two minds (measured)."""


class Solution(NamedTuple):
    """What the picture says of the band."""

    alpha: Alpha
    """(H, W), as given outside the band."""
    model: Floats
    """(H, W, 4): alpha is locally the first three . colour in [0, 255], plus the last; in and beside the band."""


class Windows(NamedTuple):
    """Colours in [0, 1] of the 3x3 windows around M cells."""

    means: Floats
    """(3, M)."""
    differences: Floats
    """(3, 9, M): from the mean."""
    covariances: NDArray[np.float64]
    """(3, 3, M): colours of a window lie almost on a line, and in float32 the cofactors would cancel."""


def solve(image_rgb: Image, start: Alpha, unknown: Mask, certainty: Alpha | None = None) -> Solution:
    """Alpha that is locally linear in colour, given outside the band. Time grows with the band, not with the picture.

    Args:
        image_rgb: (H, W, 3) uint8.
        start: (H, W) float32 in [0, 1]: the given values, and in the band where to begin.
        unknown: (H, W) bool: the band.
        certainty: (H, W) float32 in [0, 1]: how sure the start is of itself in the band, where that is known.
    """
    alpha = start.copy()
    padded = np.asarray(cv2.copyMakeBorder(start, *(REACH,) * 4, cv2.BORDER_REPLICATE), np.float32)
    model = np.zeros((*padded.shape, 4), np.float32)
    model[..., 3] = padded
    if unknown.any():
        cells = cells_of(unknown)
        windows = windows_at(image_rgb, cells)
        first = padded.reshape(-1).take(cells.places)
        trust = np.asarray(TRUST * np.abs(2 * first - 1) ** CERTAINTY, np.float32)
        if certainty is not None:
            around = np.asarray(cv2.copyMakeBorder(certainty, *(REACH,) * 4, cv2.BORDER_REPLICATE), np.float32)
            share = around.reshape(-1).take(cells.places)
            trust += share * np.float32(CERTAIN_TRUST) - share * trust
        trust *= cells.unknown
        values = minimised(laplacian(windows, cells), first, trust, cells)
        alpha[unknown] = values[cells.unknown]
        model.reshape(-1, 4)[cells.places[cells.near]] = linear_model(windows, values, cells)[cells.near]
    inside = (slice(REACH, -REACH),) * 2
    return Solution(alpha, np.asarray(cv2.blur(model[inside], (WINDOW, WINDOW)), np.float32))


def windows_at(image_rgb: Image, cells: Cells) -> Windows:
    """The windows of a picture (H, W, 3) uint8."""
    padded = cv2.copyMakeBorder(image_rgb, *(REACH,) * 4, cv2.BORDER_REPLICATE)
    colours = padded.reshape(-1, 3).take(cells.places, axis=0).astype(np.float32).T / np.float32(255)
    around = sliding_window_view(colours.take(cells.rows[1:-1, 1:-1], axis=-1), cells.places.size, axis=-1)
    means = around.mean(axis=(1, 2))
    differences = (around - means[:, None, None]).reshape(3, AREA, -1)
    return Windows(means, differences, np.einsum("ipk,jpk->ijk", differences, differences).astype(np.float64) / AREA)


def laplacian(windows: Windows, cells: Cells) -> Floats:
    """The matting Laplacian's rows for the unknown pixels, equation 12 of the paper.

    (5, 5, M): the coefficients of each cell's 5x5 neighbours; 0 where the cell is not unknown.
    """
    count = cells.places.size
    # A window's share in the link of its pixels p and q is a product of four: three colours' and a constant.
    first, second = np.empty((2, 4, AREA, count), np.float32)
    first[:3], first[3], second[3] = windows.differences, 1, 1
    inverse = inverse_covariance(windows, EPSILON / AREA)
    np.einsum("ijk,jpk->ipk", inverse, windows.differences, out=second[:3])
    # Windows stay inside the picture: at its edge a pixel is in fewer of them.
    second *= cells.inside / np.float32(-AREA)
    coefficients = np.zeros((SIDE, SIDE, count), np.float32)
    for y in range(WINDOW):
        # Links of the pixels p in the windows' row y, by q's row and the columns between, each shifted to p's column;
        # then all of them from the windows' row to p's.
        sums = np.zeros((WINDOW, SIDE, count + 2), np.float32)
        for x, to_y, to_x, factor in product(range(WINDOW), range(WINDOW), range(WINDOW), range(4)):
            p, q = y * WINDOW + x, to_y * WINDOW + to_x
            shifted = sums[to_y, REACH + to_x - x, x : x + count]
            cv2.accumulateProduct(first[factor, p], second[factor, q], shifted)
        coefficients[REACH - y : REACH - y + WINDOW] += sums.take(cells.rows[REACH + 1 - y, REACH:-REACH] + 1, axis=-1)
    # The rows of the Laplacian add up to 0.
    coefficients[REACH, REACH] -= coefficients.sum(axis=(0, 1))
    coefficients *= cells.unknown
    return coefficients


def inverse_covariance(windows: Windows, epsilon: float) -> Floats:
    """(3, 3, M) of the windows' colours, regularised."""
    c = windows.covariances + epsilon * np.eye(3)[..., None]
    inverse = np.empty_like(c)
    for i, j in combinations_with_replacement(range(3), 2):
        (a, b), (d, e) = [[k for k in range(3) if k != skip] for skip in (i, j)]
        inverse[i, j] = inverse[j, i] = (c[a, d] * c[b, e] - c[a, e] * c[b, d]) * (-1) ** (i + j)
    inverse /= np.einsum("jk,jk->k", c[0], inverse[0])
    return np.asarray(inverse, np.float32)


def minimised(coefficients: Floats, start: Floats, trust: Floats, cells: Cells) -> Floats:
    """Alpha (M,) in [0, 1] of the cells: conjugate gradients with Jacobi preconditioning.

    Besides the Laplacian a data term holds each unknown cell to the start, as far as that is trusted (M,)
    (Wang, Cohen: Optimized Color Sampling for Robust Matting, CVPR 2007): where colours are of two minds, it decides.
    """
    scale = 1 / np.maximum(coefficients[REACH, REACH] + trust, 1e-6)
    values = start.copy()
    residual = -times(coefficients, values, cells)
    direction = preconditioned = residual * scale
    energy = float(residual @ preconditioned)
    for _ in range(ITERATIONS):
        if energy < 1e-9 * values.size:
            break
        change = times(coefficients, direction, cells) + trust * direction
        step = energy / float(direction @ change)
        values += step * direction
        residual -= step * change
        preconditioned = residual * scale
        energy, previous = float(residual @ preconditioned), energy
        direction = preconditioned + energy / previous * direction
    return np.clip(values, 0, 1)


def times(coefficients: Floats, values: Floats, cells: Cells) -> Floats:
    """The Laplacian (5, 5, M) times values (M,)."""
    lines = values.take(cells.rows)
    total = np.zeros_like(values)
    for y, x in product(range(SIDE), repeat=2):
        cv2.accumulateProduct(coefficients[y, x], lines[y, x : x + values.size], total)
    return total


def linear_model(windows: Windows, values: Floats, cells: Cells) -> Floats:
    """Slope and offset (M, 4) of alpha as a linear function of colour in each window.

    He, Sun: Fast Guided Filter (2015), with colours as the guide; good for the same place at any resolution.
    """
    lines = values.take(cells.rows[1:-1, 1:-1])
    level = np.zeros_like(values)
    covariance = np.zeros((3, values.size), np.float32)
    for p, (y, x) in enumerate(product(range(WINDOW), repeat=2)):
        pixels = lines[y, x : x + values.size]
        level += pixels / AREA
        for channel in range(3):
            cv2.accumulateProduct(windows.differences[channel, p], pixels, covariance[channel])
    slopes = np.einsum("ijk,jk->ki", inverse_covariance(windows, MODEL_EPSILON), covariance / AREA)
    offsets = level - np.einsum("ki,ik->k", slopes, windows.means)
    return np.column_stack([slopes / 255, offsets])
