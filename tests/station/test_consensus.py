"""Thumbnails of any size, too few frames to compare, and as many damaged frames as whole ones."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.station.consensus import confirmed, thumbnail


@pytest.mark.parametrize(
    ("size_wh", "thumbnail_wh"),
    [((1280, 720), (80, 45)), ((4032, 3040), (80, 60)), ((720, 1280), (45, 80)), ((16, 16), (80, 80))],
)
def test_thumbnails_have_one_size_for_each_aspect_ratio(
    size_wh: tuple[int, int], thumbnail_wh: tuple[int, int]
) -> None:
    picture = np.full((size_wh[1], size_wh[0], 3), (10, 20, 30), np.uint8)
    small = thumbnail(picture)
    assert small.shape == (thumbnail_wh[1], thumbnail_wh[0], 3)
    assert (small == (10, 20, 30)).all()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_frames_cannot_contradict_each_other(count: int) -> None:
    thumbnails = [np.full((45, 80, 3), 200 * number, np.uint8) for number in range(count)]
    assert confirmed(thumbnails) == [True] * count


def test_half_of_the_frames_may_be_damaged() -> None:
    random = np.random.default_rng(5)
    frames = [random.integers(100, 106, (45, 80, 3), np.uint8) for _ in range(6)]
    for number in (1, 2, 5):
        frames[number][random.integers(5, 30) :] = random.integers(0, 256, 3, np.uint8)
    assert confirmed(frames) == [True, False, False, True, True, False]
