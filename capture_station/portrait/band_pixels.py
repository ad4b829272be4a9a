"""A band's pixels in raster order, so that steps to their neighbours are slices."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.portrait.palette import Mask

REACH = 2
"""Pixels that matter to an unknown one are at most so far from it, by row and by column."""


class Cells(NamedTuple):
    """The unknown pixels and all within ``REACH`` of them: M in raster order, a row's neighbours side by side.

    Values (M,) of the cells are taken to another row by one gather, and a step along that row is a slice. What a step
    off the cells brings is arbitrary, and unused: no unknown pixel takes one.
    """

    places: NDArray[np.intp]
    """(M,): in the flattened picture, after padding by ``REACH``."""
    rows: NDArray[np.intp]
    """(5, M + 4): the cell two rows above, one above, itself, one and two below; two more at either end to step to."""
    unknown: Mask
    """(M,)."""
    near: Mask
    """(M,): at most one pixel from an unknown one, so that the 3x3 pixels around it are cells."""
    inside: Mask
    """(M,): the 3x3 pixels around it are in the picture."""


def cells_of(unknown: Mask) -> Cells:
    """The cells of a band (H, W)."""
    band = cv2.copyMakeBorder(unknown.astype(np.uint8), *(REACH,) * 4, cv2.BORDER_CONSTANT)
    near = cv2.dilate(band, np.ones((3, 3), np.uint8))
    places = np.flatnonzero(cv2.dilate(near, np.ones((3, 3), np.uint8)))
    number = np.zeros(band.size, np.intp)
    number[places] = np.arange(places.size)
    steps = band.shape[1] * np.arange(-REACH, REACH + 1)
    rows = np.pad(number.take(places + steps[:, None], mode="clip"), [(0, 0), (REACH, REACH)])
    inside = np.zeros_like(band)
    inside[REACH + 1 : -REACH - 1, REACH + 1 : -REACH - 1] = 1
    return Cells(places, rows, *(mask.reshape(-1).take(places) > 0 for mask in (band, near, inside)))
