"""Flicker dies, motion lives."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.frames import Head, Image, Matte
from capture_station.segmentation.temporal_smoothing import RATE_HZ, TemporalSmoother

ROOM: Image = np.random.default_rng(1).integers(60, 120, (90, 160, 3)).astype(np.uint8)


class Film(TemporalSmoother):
    """Smooths the frames of a camera one after another."""

    def __init__(self, strength: float, rate_hz: float = RATE_HZ) -> None:
        super().__init__(strength)
        self.interval_s = 1 / rate_hz
        self.now_s = 10.0

    def next(self, matte: Matte, image_rgb: Image) -> Matte:
        self.now_s += self.interval_s
        return self.smooth(matte, image_rgb, self.now_s)


def matte(alpha: np.ndarray, head: Head | None = None) -> Matte:
    return Matte(alpha.astype(np.float32), head, 0)


def scene(left: float, width: int = 64) -> tuple[Matte, Image]:
    """Somebody bright who covers a quarter of the width from ``left``, a share of it."""
    alpha, image = np.zeros((width, width)), ROOM.copy()
    alpha[:, round(left * width) : round((left + 0.25) * width)] = 1
    image[:, round(left * 160) : round((left + 0.25) * 160)] = 220
    return matte(alpha), image


def test_flicker_is_damped_and_does_not_drift() -> None:
    rng = np.random.default_rng(0)
    smoother = Film(0.7)
    noisy = [0.5 + rng.normal(0, 0.04, (32, 32)) for _ in range(60)]
    smooth = [smoother.next(matte(alpha), ROOM).alpha for alpha in noisy][20:]
    assert np.std(smooth) < 0.6 * np.std(noisy)
    assert abs(np.mean(smooth) - 0.5) < 0.01


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_motion_leaves_no_trail(noise: float) -> None:
    rng = np.random.default_rng(0)
    smoother = Film(0.7)
    for left in np.arange(0, 0.7, 0.05):
        seen, image = scene(left)
        noisy = np.clip(image + rng.normal(0, noise, image.shape), 0, 255).astype(np.uint8)
        assert np.abs(smoother.next(seen, noisy).alpha - seen.alpha).max() < 0.01


def test_what_appears_where_the_picture_stands_still_is_not_believed_at_once() -> None:
    rng = np.random.default_rng(0)
    smoother = Film(0.6)
    seen, image = scene(0.1)
    patch = seen.alpha.copy()
    patch[10:20, 45:60] = 1
    for number in range(12):
        noisy = np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)
        shown = smoother.next(matte(patch) if number == 8 else seen, noisy).alpha
        if number == 8:
            assert shown[10:20, 45:60].max() < 0.2
    assert shown[10:20, 45:60].max() < 0.1


def test_a_mistake_is_forgotten_in_a_second_even_if_nothing_moves() -> None:
    smoother = Film(1)
    smoother.next(matte(np.ones((32, 32))), ROOM)
    for _ in range(60):
        shown = smoother.next(matte(np.zeros((32, 32))), ROOM)
    assert shown.alpha.max() < 0.05


@pytest.mark.parametrize("strength", [0.6, 0.8, 1])
@pytest.mark.parametrize("rate_hz", [5, 10, 60])
def test_a_mistake_is_forgotten_in_the_same_time_at_every_frame_rate(rate_hz: float, strength: float) -> None:
    times_s = []
    for smoother in (Film(strength), Film(strength, rate_hz)):
        began_s = smoother.now_s
        smoother.next(matte(np.ones((32, 32))), ROOM)
        while smoother.next(matte(np.zeros((32, 32))), ROOM).alpha.max() > 0.1:
            pass
        times_s.append(smoother.now_s - began_s)
    assert times_s[1] == pytest.approx(times_s[0], abs=2.1 / min(rate_hz, RATE_HZ))


@pytest.mark.parametrize("rate_hz", [5, 60])
def test_a_head_comes_to_rest_in_the_same_time_at_every_frame_rate(rate_hz: float) -> None:
    rests = []
    for smoother in (Film(0.8), Film(0.8, rate_hz)):
        for x in (0.5, *[0.503] * round(0.2 / smoother.interval_s)):
            shown = smoother.next(matte(np.zeros((8, 8)), Head(np.full((6, 2), x, np.float32), 0.9)), ROOM)
        assert shown.head is not None
        rests.append(float(shown.head.points.mean()))
    assert rests[1] == pytest.approx(rests[0], abs=0.0004)


def test_slow_motion_adds_up_until_it_is_seen() -> None:
    smoother = Film(0.6)
    for left in np.linspace(0.2, 0.5, 200):
        # A person hardly brighter than the room, whose edge moves by a quarter of a pixel.
        alpha, image = np.zeros((64, 160)), np.full((64, 160, 3), 100, np.uint8)
        edge = left * 160
        cover = np.clip(np.arange(160) + 1 - edge, 0, 1)
        alpha[:] = cover
        image[:] = (100 + 12 * cover[:, None]).astype(np.uint8)
        shown = smoother.next(matte(alpha), image).alpha
        if left > 0.25:
            assert abs(float((1 - shown[32]).sum()) - edge) < 3


@pytest.mark.parametrize("levels", [2, 6])
def test_light_that_flickers_is_no_motion(levels: int) -> None:
    smoother = Film(0.6)
    for number in range(10):
        image = (ROOM + levels * (number % 2)).astype(np.uint8)
        shown = smoother.next(matte(np.full((32, 32), 0.6 * (number % 2))), image).alpha
    assert 0.15 < shown.mean() < 0.45


def test_strength_zero_changes_nothing() -> None:
    smoother = Film(0)
    smoother.next(matte(np.zeros((8, 8))), ROOM)
    assert smoother.next(matte(np.full((8, 8), 0.1)), ROOM).alpha.max() == np.float32(0.1)


def test_head_is_steadied_but_follows() -> None:
    smoother = Film(0.7)
    still = Head(np.full((6, 2), 0.5, np.float32), 0.9)
    smoother.next(matte(np.zeros((8, 8)), still), ROOM)
    jitter = smoother.next(matte(np.zeros((8, 8)), Head(still.points + np.float32(0.004), 0.9)), ROOM)
    assert jitter.head is not None
    assert jitter.head.points.max() < 0.503
    moved = smoother.next(matte(np.zeros((8, 8)), Head(still.points + np.float32(0.2), 0.9)), ROOM)
    assert moved.head is not None
    np.testing.assert_allclose(moved.head.points, 0.7, atol=1e-6)


def test_reset_forgets() -> None:
    smoother = Film(1)
    smoother.next(matte(np.zeros((8, 8))), ROOM)
    smoother.reset()
    assert smoother.next(matte(np.full((8, 8), 0.1)), ROOM).alpha.min() == np.float32(0.1)
