"""Alpha in the unknown band from the picture itself: closed-form matting, solved on that band only.

Levin, Lischinski, Weiss: A Closed-Form Solution to Natural Image Matting, PAMI 30 (2008).
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Image

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

WINDOW = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
"""Offsets (row, column) of the 3x3 window's pixels from its centre."""
REACH = 2
"""Pixels of one window are at most so far apart; the Laplacian links no others."""
SIDE = 2 * REACH + 1


class Laplacian(NamedTuple):
    """The rows of the matting Laplacian that belong to N unknown pixels, in the order of ``flatnonzero``."""

    coefficients: Floats
    """(25, N): of the 5x5 neighbours."""
    neighbours: NDArray[np.intp]
    """(25, N): where those stand, in the flattened picture after padding by ``REACH``."""


def solve(image_rgb: Image, start: Alpha, unknown: Mask, epsilon: float = 1e-5, iterations: int = 16) -> Alpha:
    """Alpha (H, W) float32 that is locally linear in colour, given outside ``unknown``.

    Conjugate gradients with Jacobi preconditioning. Each pixel of the band has a row of 25 coefficients, so that
    an iteration costs one gather: time grows with the band, not with the picture.

    Args:
        image_rgb: (H, W, 3) uint8.
        start: (H, W) float32 in [0, 1]: the given values, and in the band where to begin.
        unknown: (H, W) bool: the band.
        epsilon: Regularisation of a window's colour covariance, colours in [0, 1]; grows with noise.
        iterations: Stopped early, the solution keeps what the start knew where colours are of two minds (measured: 40
            take longer, and whites and outlines are worse).
    """
    alpha = start.copy()
    count = np.count_nonzero(unknown)
    if not count:
        return alpha
    coefficients, neighbours = laplacian(image_rgb, unknown, epsilon)
    padded = cv2.copyMakeBorder(start, *(REACH,) * 4, cv2.BORDER_CONSTANT).reshape(-1)
    residual = -np.einsum("kn,kn->n", coefficients, padded.take(neighbours))
    # From here on only the unknowns matter: they are numbered, and all else is the zero behind the last of them.
    number = np.full(padded.size, count, np.intp)
    number[neighbours[len(coefficients) // 2]] = np.arange(count)
    neighbours = number.take(neighbours)
    scale = 1 / np.maximum(coefficients[len(coefficients) // 2], 1e-6)
    values = start[unknown]
    preconditioned = residual * scale
    direction = np.append(preconditioned, np.float32(0))
    energy = float(residual @ preconditioned)
    for _ in range(iterations):
        if energy < 1e-9 * count:
            break
        product = np.einsum("kn,kn->n", coefficients, direction.take(neighbours))
        step = energy / float(direction[:-1] @ product)
        values += step * direction[:-1]
        residual -= step * product
        preconditioned = residual * scale
        energy, previous = float(residual @ preconditioned), energy
        direction *= energy / previous
        direction[:-1] += preconditioned
    alpha[unknown] = np.clip(values, 0, 1)
    return alpha


def laplacian(image_rgb: Image, unknown: Mask, epsilon: float) -> Laplacian:
    """Rows of the matting Laplacian for the unknown pixels of a picture (H, W, 3) uint8, equation 12 of the paper."""
    padded = cv2.copyMakeBorder(image_rgb, *(REACH,) * 4, cv2.BORDER_REPLICATE)
    band = cv2.copyMakeBorder(unknown.astype(np.uint8), *(REACH,) * 4, cv2.BORDER_CONSTANT)
    width = band.shape[1]
    steps = [y * width + x for y, x in WINDOW]
    # Windows stay inside the picture: at its edge a pixel is in fewer of them.
    centres_mask = cv2.dilate(band, np.ones((3, 3), np.uint8))
    inner = np.zeros_like(centres_mask)
    inside = (slice(REACH + 1, -REACH - 1),) * 2
    inner[inside] = centres_mask[inside]
    centres, pixels = np.flatnonzero(inner), np.flatnonzero(band)
    window_of = np.full(band.size, centres.size, np.intp)
    window_of[centres] = np.arange(centres.size)
    windows = [window_of.take(pixels - step) for step in steps]

    colours = padded.reshape(-1, 3).astype(np.float32).T / np.float32(255)
    differences = np.stack([[channel.take(centres + step) for step in steps] for channel in colours])
    differences -= differences.mean(axis=1, keepdims=True)
    weighted = np.einsum("ijk,jpk->ipk", inverse_covariance(differences, epsilon), differences)

    coefficients = np.zeros((SIDE * SIDE, pixels.size), np.float32)
    affinity = np.zeros(centres.size + 1, np.float32)
    for p, q in combinations_with_replacement(range(len(WINDOW)), 2):
        np.einsum("ck,ck->k", differences[:, p], weighted[:, q], out=affinity[:-1])
        affinity[:-1] += 1
        affinity[:-1] *= -1 / len(WINDOW)
        if p == q:
            affinity[:-1] += 1
        offset = (WINDOW[q][0] - WINDOW[p][0]) * SIDE + WINDOW[q][1] - WINDOW[p][1]
        middle = SIDE * SIDE // 2
        coefficients[middle + offset] += affinity.take(windows[p])
        if p != q:
            coefficients[middle - offset] += affinity.take(windows[q])
    reach = np.arange(-REACH, REACH + 1)
    return Laplacian(coefficients, pixels + (reach[:, None] * width + reach).reshape(-1, 1))


def inverse_covariance(differences: Floats, epsilon: float) -> Floats:
    """(3, 3, K) from the differences (3, 9, K) of K windows' colours from their means.

    Computed in float64: colours of a window lie almost on a line, and the cofactors cancel.
    """
    count = differences.shape[1]
    c = np.einsum("ipk,jpk->ijk", differences, differences).astype(np.float64) / count
    for channel in range(3):
        c[channel, channel] += epsilon / count
    inverse = np.empty_like(c)
    for i, j in combinations_with_replacement(range(3), 2):
        (a, b), (d, e) = [[k for k in range(3) if k != skip] for skip in (i, j)]
        inverse[i, j] = inverse[j, i] = (c[a, d] * c[b, e] - c[a, e] * c[b, d]) * (-1) ** (i + j)
    inverse /= np.einsum("jk,jk->k", c[0], inverse[0])
    return np.asarray(inverse, np.float32)
