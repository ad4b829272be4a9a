"""Cases that can be worked out by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.recipe import metrics


def square(left: int, size: int = 100) -> np.ndarray:
    """A person 40 wide and 40 high in an empty picture."""
    plane = np.zeros((size, size), np.float32)
    plane[30:70, left : left + 40] = 1
    return plane


def test_a_perfect_matte() -> None:
    truth = square(20)
    assert metrics.iou(truth, truth) == 1
    assert metrics.boundary_f(truth, truth) == 1
    assert metrics.mae(truth, truth) == metrics.mae_in_band(truth, truth) == 0


def test_half_shifted_is_a_third() -> None:
    assert metrics.iou(square(20), square(40)) == pytest.approx(1 / 3)
    assert metrics.mae(square(20), square(40)) == pytest.approx(2 * 20 * 40 / 100**2)


def test_boundary_tolerates_two_pixels_and_no_more() -> None:
    assert metrics.boundary_f(square(20), square(22)) == 1
    # 40 of the 156 outline pixels, the two sides, are off by four; the rest but for the ends lies on the truth.
    assert 0.4 < metrics.boundary_f(square(20), square(24)) < 0.8


def test_the_pictures_edge_is_no_outline() -> None:
    truth = np.zeros((100, 100), np.float32)
    truth[50:] = 1
    assert metrics.outline(truth > 0.5).sum() == 100


def test_nobody_in_both_is_right_and_in_one_is_wrong() -> None:
    nobody = np.zeros((100, 100), np.float32)
    assert metrics.iou(nobody, nobody) == metrics.boundary_f(nobody, nobody) == 1
    assert metrics.iou(square(20), nobody) == metrics.boundary_f(square(20), nobody) == 0


def test_the_band_counts_only_what_is_near_the_outline() -> None:
    truth = square(20)
    far_off = truth.copy()
    far_off[0, 0] = 1
    assert metrics.mae_in_band(far_off, truth) == 0
    assert metrics.mae(far_off, truth) == pytest.approx(1e-4)


def test_haze_counts_what_is_half_transparent_away_from_the_outline() -> None:
    truth = square(20)
    matte = truth.copy()
    matte[48:52, 22:58] = 0.5  # Within the person: two of its columns are within 1.5 % of the outline.
    matte[30:70, 60:61] = 0.5  # At the outline: a soft edge.
    assert metrics.haze(truth, truth) == 0
    assert metrics.haze(matte, truth) == pytest.approx(4 * 34 / 1600)


def test_lost_is_a_share_of_the_person() -> None:
    truth = square(20)
    matte = truth.copy()
    matte[30:40] = 0.2
    assert metrics.lost(matte, truth) == pytest.approx(0.25)
    assert metrics.lost(np.ones_like(truth), truth) == 0


def test_gradient_and_connectivity_of_a_perfect_matte_are_zero() -> None:
    truth = square(20)
    assert metrics.gradient_error(truth, truth) == 0
    assert metrics.connectivity_error(truth, truth) == 0


def test_a_blurred_edge_costs_gradient_and_an_island_costs_connectivity() -> None:
    truth = square(20)
    blurred = cv2.GaussianBlur(truth, (0, 0), 3)
    assert metrics.gradient_error(blurred, truth) > metrics.gradient_error(cv2.GaussianBlur(truth, (0, 0), 1), truth)
    island = truth.copy()
    island[5:15, 80:90] = 1
    assert metrics.connectivity_error(island, truth) == pytest.approx(0.1)
