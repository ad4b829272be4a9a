"""Closed-form matting: the Laplacian is the paper's, and a mixture of two plain colours comes apart exactly."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.portrait import closed_form_matting
from capture_station.portrait.band_pixels import REACH, cells_of

RNG = np.random.default_rng(3)


def defined(image_rgb: np.ndarray, epsilon: float) -> np.ndarray:
    """The whole matting Laplacian (H W, H W) of a small picture, window by window as in equation 12."""
    height, width = image_rgb.shape[:2]
    number = np.arange(height * width).reshape(height, width)
    colours = image_rgb.reshape(-1, 3).astype(np.float64) / 255
    total = np.zeros((number.size, number.size))
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            pixels = number[y - 1 : y + 2, x - 1 : x + 2].reshape(-1)
            differences = colours[pixels] - colours[pixels].mean(axis=0)
            covariance = differences.T @ differences / 9 + epsilon / 9 * np.eye(3)
            total[np.ix_(pixels, pixels)] += (
                np.eye(9) - (1 + differences @ np.linalg.solve(covariance, differences.T)) / 9
            )
    return total


@pytest.mark.parametrize("where", [np.s_[3:6, 3:8], np.s_[0:4, 5:9], np.s_[7:10, 0:12], np.s_[2:10:5, 1:12:5]])
def test_the_laplacian_is_the_one_of_the_paper(where: tuple[slice, slice]) -> None:
    image = RNG.integers(0, 256, (10, 12, 3), np.uint8)
    unknown = np.zeros(image.shape[:2], np.bool_)
    unknown[where] = True
    cells = cells_of(unknown)
    coefficients = closed_form_matting.laplacian(closed_form_matting.windows_at(image, cells), cells)

    dense = defined(image, closed_form_matting.EPSILON).reshape(10, 12, 10, 12)
    dense = np.pad(dense, [(0, 0), (0, 0), (REACH, REACH), (REACH, REACH)])
    for place, row in zip(np.argwhere(unknown), coefficients[:, :, cells.unknown].transpose(2, 0, 1), strict=True):
        y, x = place
        assert np.allclose(row, dense[y, x, y : y + 5, x : x + 5], atol=1e-4)
    assert not coefficients[:, :, ~cells.unknown].any()


def test_a_mixture_of_two_colours_comes_apart_though_the_start_is_wrong() -> None:
    height, width = 60, 80
    truth = np.clip((np.arange(width, dtype=np.float32) - 30) / 20, 0, 1) * np.ones((height, 1), np.float32)
    person, background = np.array([200, 120, 90], np.float32), np.array([40, 90, 160], np.float32)
    image = np.round(truth[..., None] * person + (1 - truth[..., None]) * background).astype(np.uint8)
    unknown = np.zeros((height, width), np.bool_)
    unknown[:, 28:53] = True
    start = np.where(unknown, np.float32(0.5), truth)

    alpha, model = closed_form_matting.solve(image, start, unknown)

    assert np.abs(alpha - truth).max() < 0.05
    assert np.array_equal(alpha[~unknown], start[~unknown])
    told = np.einsum("yxc,yxc->yx", model[..., :3], image.astype(np.float32)) + model[..., 3]
    assert np.abs(np.clip(told, 0, 1) - truth)[unknown].max() < 0.08


def test_without_a_band_nothing_changes() -> None:
    image = RNG.integers(0, 256, (8, 9, 3), np.uint8)
    start = np.zeros((8, 9), np.float32)
    start[:, 4:] = 1
    assert np.array_equal(closed_form_matting.solve(image, start, np.zeros((8, 9), np.bool_)).alpha, start)
