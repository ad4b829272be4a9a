"""One face's landmarks, whoever else is in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.frames import Landmark
from capture_station.segmentation.heatmaps import find_head, mirrored

SIDE = 64
FACE = np.array([[-1, 0], [1, 0], [0, 0.9], [-0.7, 1.6], [0.7, 1.6], [0, 2.4]]) / 2
"""Landmarks in eye distances, of a face whose eyes are level."""


def bump(x: float, y: float, width: float) -> np.ndarray:
    """Height 1, (h, w)."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * width**2))


def face(x: float, y: float, eyes_apart: float, certainty: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (h, w, 7) of a face with the eyes' midpoint in that cell, and its landmarks (6, 2) in cells."""
    points = np.array([x, y]) + eyes_apart * FACE
    middle = (points[:2].mean(axis=0) + points[Landmark.NOSE]) / 2
    planes = [certainty * bump(*point, 1.5) for point in points]
    return np.stack([*planes, 0.97 * certainty * bump(*middle, 0.35 * eyes_apart)], axis=2), points


def logits(*faces: np.ndarray) -> np.ndarray:
    """What a network would say of these faces, each plane alike sure of all of them."""
    together = np.clip(np.maximum.reduce(faces), 1e-4, 1 - 1e-4)
    return np.log(together / (1 - together)).astype(np.float32)


def in_cells(points: np.ndarray) -> np.ndarray:
    return points * SIDE - 0.5


def test_landmarks_are_found_between_cells() -> None:
    maps, points = face(30.3, 20.6, 9)
    head = find_head(logits(maps))
    assert np.abs(in_cells(head.points) - points).max() < 0.2
    assert head.score == pytest.approx(0.97, abs=0.02)


@pytest.mark.parametrize("surer", [0, 1])
@pytest.mark.parametrize("landmark", list(Landmark))
def test_all_landmarks_are_the_larger_face_s(landmark: Landmark, surer: int) -> None:
    large, points = face(18, 24, 9)
    small, _ = face(43, 27, 7)
    # The network is a little surer of one landmark of either.
    (large, small)[surer][:, :, landmark] *= 1.02
    head = find_head(logits(large, small))
    assert np.abs(in_cells(head.points) - points).max() < 0.3
    assert np.abs(in_cells(head.others) - (43, 27 + 7 * 0.225)).max() < 1


def test_a_face_close_behind_does_not_pull() -> None:
    large, points = face(24, 32, 10)
    small, _ = face(47, 24, 8)
    head = find_head(logits(large * 0.98, small))
    assert np.abs(in_cells(head.points) - points).max() < 0.3


@pytest.mark.parametrize(("eyes_apart", "certainty"), [(3, 1.0), (8, 0.4), (12, 0.4)])
def test_a_face_on_the_wall_or_a_doubtful_one_is_nobody(eyes_apart: float, certainty: float) -> None:
    large, points = face(20, 30, 10)
    head = find_head(logits(large, face(48, 14, eyes_apart, certainty)[0]))
    assert not len(head.others)
    assert np.abs(in_cells(head.points) - points).max() < 0.3


def test_no_face_has_a_low_score_and_no_error() -> None:
    head = find_head(np.full((SIDE, SIDE, 7), -6, np.float32))
    assert head.score < 0.01
    assert not len(head.others)
    assert np.isfinite(head.points).all()


def test_a_mirror_image_s_heatmaps_are_turned_back() -> None:
    maps, points = face(20, 30, 9)
    seen_in_mirror = logits(maps)[:, ::-1, [1, 0, 2, 4, 3, 5, 6]]
    head = find_head(mirrored(seen_in_mirror))
    assert np.abs(in_cells(head.points) - points).max() < 0.2
