"""The demo scene is deterministic and its alpha is exact."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise

import cv2
import numpy as np
import pytest

from capture_station.camera.demo import DemoCamera
from capture_station.camera.demo_rooms import room
from capture_station.camera.demo_scene import ENTERS_S, GONE_S, LEAVES_S, VISIT_S, Scene
from capture_station.config import CameraSettings
from capture_station.errors import CameraLost

SIZE_WH = (320, 240)
FPS = 25
TIMEOUT_S = 5.0
NOISE = 4
EMPTY = round((GONE_S + ENTERS_S) / 2 * FPS)


def number_at(t_s: float) -> int:
    return round(t_s * FPS)


@pytest.mark.parametrize("t_s", [0, 7.3, 20.7, 22, 23.5, VISIT_S + 3, 10 * VISIT_S + 1])
def test_a_frame_depends_only_on_its_number(t_s: float) -> None:
    one, other = Scene(FPS), Scene(FPS)
    other.image(3, (160, 120))
    number = number_at(t_s)
    np.testing.assert_array_equal(one.image(number, SIZE_WH), other.image(number, SIZE_WH))
    np.testing.assert_array_equal(one.alpha(number, SIZE_WH), other.alpha(number, SIZE_WH))


@pytest.mark.parametrize("t_s", [0.0, 9.1, 20.6])
def test_alpha_is_exact(t_s: float) -> None:
    """The frame minus the visible room is a colour times alpha, in every pixel."""
    scene = Scene(FPS)
    alpha = scene.alpha(number_at(t_s), SIZE_WH)[..., None]
    behind = cv2.resize(room(0), SIZE_WH, interpolation=cv2.INTER_LINEAR)
    person = scene.image(number_at(t_s), SIZE_WH) - (1 - alpha) * behind
    rounding = 1.5
    assert person.min() >= -rounding
    assert (person <= 255 * alpha + NOISE + rounding).all()
    assert alpha.dtype == np.float32
    assert {0.0, 1.0} < set(alpha.ravel().tolist())


def test_nobody_is_there_for_a_moment_between_two_people() -> None:
    scene = Scene(FPS)
    assert not scene.alpha(EMPTY, SIZE_WH).any()
    assert scene.alpha(number_at(10), SIZE_WH).mean() > 0.15
    assert scene.alpha(number_at(VISIT_S + 10), SIZE_WH).mean() > 0.15
    first, second = scene.image(number_at(10), SIZE_WH), scene.image(number_at(VISIT_S + 10), SIZE_WH)
    assert np.abs(first[:40].astype(int) - second[:40]).mean() > 10


def test_the_person_reaches_the_lower_edge_while_moving() -> None:
    scene = Scene(FPS)
    for size_wh in (SIZE_WH, (240, 320)):
        for number in range(0, number_at(LEAVES_S), 10):
            alpha = scene.alpha(number, size_wh)
            middle = int(np.average(np.arange(size_wh[0]), weights=alpha.sum(0) + 1e-9))
            assert alpha[-1, middle] == 1


def test_every_frame_differs_even_of_an_empty_room() -> None:
    scene = Scene(FPS)
    here, next_one = scene.image(EMPTY, SIZE_WH), scene.image(EMPTY + 1, SIZE_WH)
    assert not np.array_equal(here, next_one)


def test_frames_follow_the_schedule() -> None:
    with closing(DemoCamera(CameraSettings(size_px=SIZE_WH, preview_size_px=SIZE_WH, fps=200))) as camera:
        frames = [camera.read(TIMEOUT_S) for _ in range(6)]
    for before, after in pairwise(frames):
        gap_s = after.captured_at_s - before.captured_at_s
        assert gap_s == pytest.approx((after.sequence - before.sequence) / 200, abs=1e-6)


def test_a_slow_rate_times_out() -> None:
    with closing(DemoCamera(CameraSettings(size_px=SIZE_WH, preview_size_px=SIZE_WH, fps=0.01))) as camera:
        camera.read(TIMEOUT_S)
        with pytest.raises(CameraLost, match=r"no picture for 0\.01 s"):
            camera.read(0.01)
