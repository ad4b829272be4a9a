"""From heatmaps to the landmarks of one face, whoever else is in the picture."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import MIRRORED_LANDMARKS, Head
from capture_station.segmentation.tensors import Floats, sigmoid

PEAK_RADIUS_CELLS = 4
FACE_FROM = 0.3
"""Probability from which on a cell belongs to a face's middle."""
REACH = 5.0
"""Landmarks are at most so many radii of its middle away from it; to the chin it is two and a half."""
SMALLEST_OTHER = 0.4
"""Radius of another face's middle, as a share of the largest: what is smaller stands far behind or hangs on a wall."""
FACE = 6
"""The plane of the faces' middles; those before it are the landmarks'."""


class Faces(NamedTuple):
    """What the map of the faces' middles shows."""

    around: NDArray[np.bool_]
    """(h, w), where the largest face's landmarks can be; everywhere if there is none."""
    peak: float
    """Its largest logit."""
    others: Floats
    """(n, 2) x, y of the middles of the other faces, in cells."""


def find_head(heatmaps: Floats) -> Head:
    """The largest face in heatmap logits (h, w, 7): six landmarks, then the faces' middles.

    A landmark is the centre of mass of its softmax within a few cells of the peak (a local soft-argmax). The score is
    the sigmoid of the face's peak.
    """
    rows, columns = heatmaps.shape[:2]
    planes = np.ascontiguousarray(heatmaps.transpose(2, 0, 1))
    faces = look_at_middles(planes[FACE])
    elsewhere = np.where(faces.around, np.float32(0), np.float32(-np.inf))
    points = np.empty((FACE, 2), np.float32)
    for landmark in range(FACE):
        plane = planes[landmark]
        row, column = divmod(int((plane + elsewhere).argmax()), columns)
        top, left = max(0, row - PEAK_RADIUS_CELLS), max(0, column - PEAK_RADIUS_CELLS)
        window = plane[top : row + PEAK_RADIUS_CELLS + 1, left : column + PEAK_RADIUS_CELLS + 1]
        weight = np.exp(window - window.max())
        total = weight.sum()
        points[landmark] = (
            left + (weight.sum(axis=0) @ np.arange(window.shape[1])) / total,
            top + (weight.sum(axis=1) @ np.arange(window.shape[0])) / total,
        )
    cells = np.array([columns, rows], np.float32)
    score = float(sigmoid(np.float32(faces.peak)))
    return Head((points + np.float32(0.5)) / cells, score, (faces.others + np.float32(0.5)) / cells)


def look_at_middles(middles: Floats) -> Faces:
    """The faces in a map of logits (h, w) of which the largest is the person's.

    Its landmarks can only be where its middle is nearer than any other's, in radii of each: one face is never made of
    two.
    """
    seen = (middles > np.log(FACE_FROM / (1 - FACE_FROM))).astype(np.uint8)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(seen, connectivity=8)
    if count == 1:
        return Faces(np.ones(middles.shape, np.bool_), float(middles.max()), np.empty((0, 2), np.float32))
    radii = np.sqrt(stats[1:, cv2.CC_STAT_AREA] / np.pi).astype(np.float32)
    peaks = np.array([middles[labels == label].max() for label in range(1, count)])
    # Logit 0 is a probability of one half: where one face is sure, a doubtful one is none, however large.
    sure = peaks > 0
    largest = int(np.where(sure | ~sure.any(), radii, 0).argmax())
    y, x = np.ogrid[: middles.shape[0], : middles.shape[1]]
    away = [((x - cx) ** 2 + (y - cy) ** 2) / radius**2 for (cx, cy), radius in zip(centres[1:], radii, strict=True)]
    around = away[largest] <= np.minimum.reduce([np.full_like(away[0], REACH**2), *away])
    others = sure & (radii > SMALLEST_OTHER * radii[largest]) & (np.arange(count - 1) != largest)
    return Faces(around, float(peaks[largest]), centres[1:][others].astype(np.float32))


def mirrored(heatmaps: Floats) -> Floats:
    """Heatmaps (h, w, 7) of a mirror image as they would be of the picture."""
    return heatmaps[:, ::-1, [*MIRRORED_LANDMARKS, FACE]]
