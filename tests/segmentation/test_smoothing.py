"""Flicker dies, motion lives."""

from __future__ import annotations

import numpy as np

from capture_station.frames import Head, Matte
from capture_station.segmentation.smoothing import TemporalSmoother


def matte(alpha: np.ndarray, head: Head | None = None) -> Matte:
    return Matte(alpha.astype(np.float32), head, 0)


def test_flicker_is_halved_and_does_not_drift() -> None:
    rng = np.random.default_rng(0)
    smoother = TemporalSmoother(0.7)
    noisy = [0.5 + rng.normal(0, 0.04, (32, 32)) for _ in range(60)]
    smooth = [smoother.smooth(matte(alpha)).alpha for alpha in noisy][20:]
    assert np.std(smooth) < 0.5 * np.std(noisy)
    assert abs(np.mean(smooth) - 0.5) < 0.01


def test_motion_leaves_no_trail() -> None:
    smoother = TemporalSmoother(0.7)
    for left in range(0, 20, 4):
        alpha = np.zeros((32, 32))
        alpha[:, left : left + 8] = 1
        assert np.abs(smoother.smooth(matte(alpha)).alpha - alpha).max() < 0.01


def test_strength_zero_changes_nothing() -> None:
    smoother = TemporalSmoother(0)
    smoother.smooth(matte(np.zeros((8, 8))))
    assert smoother.smooth(matte(np.full((8, 8), 0.1))).alpha.max() == np.float32(0.1)


def test_head_is_steadied_but_follows() -> None:
    smoother = TemporalSmoother(0.7)
    still = Head(np.full((6, 2), 0.5, np.float32), 0.9)
    smoother.smooth(matte(np.zeros((8, 8)), still))
    jitter = smoother.smooth(matte(np.zeros((8, 8)), Head(still.points + np.float32(0.004), 0.9)))
    assert jitter.head is not None
    assert jitter.head.points.max() < 0.503
    moved = smoother.smooth(matte(np.zeros((8, 8)), Head(still.points + np.float32(0.2), 0.9)))
    assert moved.head is not None
    np.testing.assert_allclose(moved.head.points, 0.7, atol=1e-6)


def test_reset_forgets() -> None:
    smoother = TemporalSmoother(1)
    smoother.smooth(matte(np.zeros((8, 8))))
    smoother.reset()
    assert smoother.smooth(matte(np.full((8, 8), 0.1))).alpha.min() == np.float32(0.1)
