"""How many people a matte shows, and who of them stays."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Head, Landmark

LINKED = 0.3
"""A raised hand hangs on a wrist that the matte is not sure of; what is less sure than this hangs on nothing."""
SMALLEST_PERSON = 0.005
"""Share of the picture."""
SECOND_PERSON = 0.08
"""Share of the main person's area."""


class People(NamedTuple):
    """Who is in a matte."""

    alpha: Alpha
    """Of those who stay, (h, w)."""
    persons: int
    """How many there are, with those who do not stay."""
    left_out: int
    """How many of them do not stay."""


def choose(alpha: Alpha, head: Head | None, everyone: bool) -> People:
    """The main person and all that is attached, or everyone; the rest of the matte goes.

    The main person is the one with the face, or the largest. People who touch are told apart by their faces.
    """
    count, labels = cv2.connectedComponents((alpha > LINKED).astype(np.uint8), connectivity=8)
    areas = np.bincount(labels[alpha > 0.5], minlength=count)
    areas[0] = 0
    main = int(areas.argmax())
    if head is not None:
        faced = int(labels[cells_at(head.points[[Landmark.NOSE]], labels.shape)][0])
        main = faced if areas[faced] >= SECOND_PERSON * areas[main] else main
    if areas[main] < SMALLEST_PERSON * alpha.size:
        return People(np.zeros_like(alpha), 0, 0)
    smallest = max(SMALLEST_PERSON * alpha.size, SECOND_PERSON * areas[main])
    large = areas >= smallest
    others = int(np.count_nonzero(large)) - 1
    stay = large if everyone else np.zeros_like(large)
    stay[[0, main]] = True
    persons = 1 + max(others, 0 if head is None else faces_in(alpha, head.others))
    kept = alpha if stay.all() else np.where(stay[labels], alpha, np.float32(0))
    return People(kept, persons, 0 if everyone else others)


def faces_in(alpha: Alpha, middles: NDArray[np.float32]) -> int:
    """How many of these middles (n, 2) of faces, x, y as shares, are in the matte (h, w)."""
    return int(np.count_nonzero(alpha[cells_at(middles, alpha.shape)] > 0.5))


def cells_at(points: NDArray[np.float32], shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns (n,) of points (n, 2), x, y as shares of a plane (h, w)."""
    height, width = shape
    columns, rows = np.clip(points * (width, height), 0, (width - 1, height - 1)).astype(np.intp).T
    return rows, columns
