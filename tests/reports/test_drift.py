"""Changes of level are found where they are, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.reports.drift import course


def noise(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, count)


def test_a_step_is_found_where_it_is_and_by_how_much() -> None:
    found = course(np.concatenate([140 + noise(60), 120 + noise(40)]), noticeable=8)
    assert [change.at for change in found.changes] == [60]
    assert found.changes[0].before == pytest.approx(140, abs=0.5)
    assert found.changes[0].after == pytest.approx(120, abs=0.5)
    assert not found.gradual


def test_a_lamp_that_was_out_for_a_while_is_two_changes() -> None:
    found = course(np.concatenate([140 + noise(50), 120 + noise(20), 140 + noise(50)]), noticeable=8)
    assert [change.at for change in found.changes] == [50, 70]


def test_what_goes_one_way_bit_by_bit_is_gradual() -> None:
    found = course(np.linspace(140, 80, 120) + noise(120), noticeable=8)
    assert found.gradual
    assert found.changes[-1].after < found.changes[0].before - 40


def test_chance_and_what_nobody_would_notice_are_no_change() -> None:
    false = sum(bool(course(noise(100, seed), noticeable=0.1).changes) for seed in range(200))
    assert false <= 2
    assert not course(np.concatenate([140 + noise(60), 145 + noise(60)]), noticeable=8).changes


def test_spoiled_captures_stand_out_and_move_nothing() -> None:
    values = 100 + noise(50)
    values[[7, 30]] = 5, 1000
    values[12] = np.nan
    values[13] = np.inf
    found = course(values, noticeable=4)
    assert found.outliers == (7, 30)
    assert found.measured == 48
    assert found.level == pytest.approx(100, abs=0.5)
    assert found.spread == pytest.approx(1, abs=0.4)
    assert not found.changes


def test_what_is_always_the_same_is_steady_and_one_exception_stands_out() -> None:
    found = course(np.array([1.0] * 30 + [0.99] + [1.0] * 30), noticeable=0.0001)
    assert (found.level, found.changes, found.outliers) == (1, (), (30,))


@pytest.mark.parametrize("values", [[], [np.nan] * 20, [3.0], [1.0] * 5 + [9.0] * 6])
def test_too_little_to_judge(values: list[float]) -> None:
    found = course(np.array(values), noticeable=0.1)
    assert not found.changes
    assert not found.judged
