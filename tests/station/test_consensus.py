"""Thumbnails of any size, too few frames to compare, and as many damaged frames as whole ones."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.frames import Image
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


def passing_by(speed_px: int) -> list[Image]:
    """Ten frames of a patterned figure, a third of the picture wide, that moves by this many pixels between frames."""
    random = np.random.default_rng(3)
    figure = np.kron(random.integers(0, 256, (20, 12, 3), np.uint8), np.ones((32, 32, 1), np.uint8))
    frames = []
    for number in range(10):
        frame = random.integers(118, 126, (720, 1280, 3), np.uint8)
        left = 250 + speed_px * number
        frame[80:720, left : left + 384] = figure
        frames.append(frame)
    return frames


def torn(frame: Image) -> Image:
    """As a JPEG decodes that lost some bytes: all after them is shifted, and its colours are wrong."""
    damaged = frame.copy()
    damaged[400:] = np.roll(damaged[400:], 500, axis=1) // 2
    return damaged


@pytest.mark.parametrize("speed_px", [0, 15, 30])
@pytest.mark.parametrize("rotated", [False, True])
def test_torn_frames_are_told_while_somebody_moves(speed_px: int, rotated: bool) -> None:
    frames = passing_by(speed_px)
    for number in (2, 6, 9):
        frames[number] = torn(frames[number])
    verdicts = confirmed([thumbnail(np.rot90(frame) if rotated else frame) for frame in frames])
    assert verdicts == [number not in (2, 6, 9) for number in range(10)]


@pytest.mark.parametrize("speed_px", [0, 15, 30])
def test_motion_is_no_damage(speed_px: int) -> None:
    assert all(confirmed([thumbnail(frame) for frame in passing_by(speed_px)]))


def test_a_single_flash_is_not_confirmed_and_a_light_that_stays_on_is() -> None:
    frames = passing_by(0)
    bright = [np.minimum(frame, 195) + np.uint8(60) for frame in frames]
    assert confirmed([thumbnail(frame) for frame in [*frames[:4], bright[4], *frames[5:]]])[4] is False
    assert all(confirmed([thumbnail(frame) for frame in [*frames[:5], *bright[5:]]]))
