"""Level shifts are found where they are, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.reports.drift import analyse


def noise(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, count)


def test_the_position_and_size_of_a_level_shift_are_found() -> None:
    found = analyse(np.concatenate([140 + noise(60), 120 + noise(40)]), noticeable=8)
    assert [shift.at for shift in found.shifts] == [60]
    assert found.shifts[0].before == pytest.approx(140, abs=0.5)
    assert found.shifts[0].after == pytest.approx(120, abs=0.5)
    assert not found.gradual


def test_a_lamp_that_was_off_for_a_while_is_two_level_shifts() -> None:
    found = analyse(np.concatenate([140 + noise(50), 120 + noise(20), 140 + noise(50)]), noticeable=8)
    assert [shift.at for shift in found.shifts] == [50, 70]


def test_several_shifts_in_one_direction_are_gradual() -> None:
    found = analyse(np.linspace(140, 80, 120) + noise(120), noticeable=8)
    assert found.gradual
    assert found.shifts[-1].after < found.shifts[0].before - 40


def test_noise_and_unnoticeable_shifts_are_not_reported() -> None:
    false = sum(bool(analyse(noise(100, seed), noticeable=0.1).shifts) for seed in range(200))
    assert false <= 2
    assert not analyse(np.concatenate([140 + noise(60), 145 + noise(60)]), noticeable=8).shifts


def test_bad_captures_are_outliers_and_do_not_move_the_level() -> None:
    values = 100 + noise(50)
    values[[7, 30]] = 5, 1000
    values[12] = np.nan
    values[13] = np.inf
    found = analyse(values, noticeable=4)
    assert found.outliers == (7, 30)
    assert found.measured == 48
    assert found.level == pytest.approx(100, abs=0.5)
    assert found.spread == pytest.approx(1, abs=0.4)
    assert not found.shifts


def test_one_exception_in_a_constant_series_is_an_outlier() -> None:
    found = analyse(np.array([1.0] * 30 + [0.99] + [1.0] * 30), noticeable=0.0001)
    assert (found.level, found.shifts, found.outliers) == (1, (), (30,))


def test_what_half_the_captures_have_is_no_outlier() -> None:
    values = np.array([101, 115, 101, 101, 115] * 5) + noise(25) / 10
    found = analyse(values, noticeable=8)
    assert found.scattered
    assert found.outliers == ()
    assert found.spread > 5


@pytest.mark.parametrize("values", [[], [np.nan] * 20, [3.0], [1.0] * 5 + [9.0] * 6])
def test_too_few_captures_are_not_conclusive(values: list[float]) -> None:
    found = analyse(np.array(values), noticeable=0.1)
    assert not found.shifts
    assert not found.conclusive
