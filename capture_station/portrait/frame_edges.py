"""Where the frame's edges cut the person off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Image
from capture_station.portrait.head_placement import Placement

SCRAP = 0.5
"""Eye distances. What is narrower where it touches the frame's upper edge is no head that the edge cuts off."""
EDGE_SAMPLES = 320
"""Points at which each edge of the frame is tested for the person."""


def cut_points(
    alpha: Image, placed: Placement, level: NDArray[np.float64], person_above: int, edge_px: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.str_], NDArray[np.bool_]]:
    """Where the frame's edges cut the person off: points (m, 2) from the eyes after levelling, and their sides (m,).

    The last (m,) says which of them are too narrow at the upper edge for a head whose crown is below it: a scrap of the
    room, or a strand.

    Alpha above ``person_above`` is person. The outermost ``edge_px`` of the frame do not count as part of it.
    """
    first, (height, width) = edge_px, alpha.shape
    right, low = width - 1 - edge_px, height - 1 - edge_px
    across = np.linspace(first, right, min(width, EDGE_SAMPLES)).astype(int)
    down = np.linspace(first, low, min(height, EDGE_SAMPLES)).astype(int)
    found, sides = [], []
    for side, x, y in (
        ("top", across, np.full_like(across, first)),
        ("bottom", across, np.full_like(across, low)),
        ("left", np.full_like(down, first), down),
        ("right", np.full_like(down, right), down),
    ):
        person = alpha[y, x] > person_above
        if side == "top" and placed.crown_px < first:
            narrow = np.zeros(np.count_nonzero(person), np.bool_)
        elif side == "top":
            narrow = narrow_runs(person, SCRAP * placed.eye_distance_px / max(1, right - first) * (len(x) - 1))[person]
        found.append(np.stack([x[person], y[person]], axis=1))
        sides += [side] * int(np.count_nonzero(person))
    scrap = np.zeros(len(sides), np.bool_)
    scrap[: len(narrow)] = narrow
    return (np.concatenate(found) - placed.eyes_px) @ level.T, np.array(sides, np.str_), scrap


def narrow_runs(person: NDArray[np.bool_], width: float) -> NDArray[np.bool_]:
    """Which of a row's points (n,) belong to a run of fewer than so many."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], person, [False]])))
    narrow = np.zeros_like(person)
    for start, stop in zip(ends[::2], ends[1::2], strict=True):
        narrow[start:stop] = stop - start < width
    return narrow
