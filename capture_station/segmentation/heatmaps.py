"""From heatmaps to the landmarks of one face, whoever else is in the picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import MIRRORED_LANDMARKS, Head

Floats = NDArray[np.float32]

PEAK_RADIUS_CELLS = 4
FACE_FROM = 0.3
"""Probability from which on a cell belongs to a face's middle."""
REACH = 5.0
"""Landmarks are at most so many radii of its middle away from it; to the chin it is two and a half."""
FACE = 6
"""The plane of the faces' middles; those before it are the landmarks'."""


def find_head(heatmaps: Floats) -> Head:
    """The largest face in heatmap logits (h, w, 7): six landmarks, then the faces' middles.

    All landmarks are of one face: they are looked for where its middle is nearer than any other's, in radii of each.
    A landmark is the centre of mass of its softmax within a few cells of the peak (a local soft-argmax). The score is
    the sigmoid of the face's peak.
    """
    rows, columns = heatmaps.shape[:2]
    around, peak = largest_face(heatmaps[:, :, FACE])
    points = np.empty((FACE, 2), np.float32)
    for landmark in range(FACE):
        plane = heatmaps[:, :, landmark]
        row, column = divmod(int(np.where(around, plane, -np.inf).argmax()), columns)
        top, left = max(0, row - PEAK_RADIUS_CELLS), max(0, column - PEAK_RADIUS_CELLS)
        window = plane[top : row + PEAK_RADIUS_CELLS + 1, left : column + PEAK_RADIUS_CELLS + 1]
        weight = np.exp(window - window.max())
        total = weight.sum()
        x = left + (weight.sum(axis=0) @ np.arange(window.shape[1])) / total
        y = top + (weight.sum(axis=1) @ np.arange(window.shape[0])) / total
        points[landmark] = (x + 0.5) / columns, (y + 0.5) / rows
    return Head(points, float(1 / (1 + np.exp(-peak))))


def largest_face(middles: Floats) -> tuple[NDArray[np.bool_], float]:
    """Where the largest face's landmarks can be (h, w), and its peak's logit; everywhere if no face is seen."""
    seen = (middles > np.log(FACE_FROM / (1 - FACE_FROM))).astype(np.uint8)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(seen, connectivity=8)
    if count == 1:
        return np.ones(middles.shape, np.bool_), float(middles.max())
    radii = np.sqrt(stats[1:, cv2.CC_STAT_AREA] / np.pi).astype(np.float32)
    largest = int(radii.argmax())
    y, x = np.ogrid[: middles.shape[0], : middles.shape[1]]
    away = [np.hypot(x - cx, y - cy) / radius for (cx, cy), radius in zip(centres[1:], radii, strict=True)]
    nearest = away[largest] <= np.minimum.reduce([REACH * np.ones_like(away[0]), *away])
    return nearest, float(middles[labels == largest + 1].max())


def mirrored(heatmaps: Floats) -> Floats:
    """Heatmaps (h, w, 7) of a mirror image as they would be of the picture."""
    return heatmaps[:, ::-1, [*MIRRORED_LANDMARKS, FACE]]
