"""People in a camera's wide frame, as the evaluation draws them."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.frames import Head, Landmark
from models.recipe.evaluate.wide_frames import in_frame

SKIN, WALL = 200, 40


@pytest.mark.parametrize("share", [0.2, 0.4])
def test_a_person_stands_on_the_lower_edge_with_a_head_of_the_share_that_was_asked(share: float) -> None:
    colours = np.full((400, 300, 3), SKIN, np.uint8)
    alpha = np.zeros((400, 300), np.uint8)
    alpha[40:, 50:250] = 255
    points = np.full((6, 2), 0.5, np.float32)
    points[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE], 1] = 0.25
    points[Landmark.CHIN, 1] = 0.5
    room = np.full((720, 1280, 3), WALL, np.uint8)

    image, truth, on_white = in_frame(colours, alpha, Head(points, 0.9), share, room, np.random.default_rng(0))

    eyes_to_chin_px = 0.5 * share * 720
    height = round(360 / 100 * eyes_to_chin_px)
    rows = np.flatnonzero((truth > 0.5).any(axis=1))
    assert rows[-1] == 719
    assert min(height, 720) == pytest.approx(len(rows), abs=3)
    assert image[truth == 1].mean() == pytest.approx(SKIN, abs=2)
    assert image[truth == 0].mean() == pytest.approx(WALL, abs=2)
    assert on_white[truth == 0].min() == 255
