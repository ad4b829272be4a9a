"""When the station takes up what the empty booth looks like, and when it forgets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from capture_station.camera.contract import CameraInfo, Mode
from capture_station.config import SegmentationSettings
from capture_station.frames import Frame, Head, Image, Matte
from capture_station.station.empty_booth import AGAIN_S, FORGET_AFTER_S, FRAMES, SETTLE_S, EmptyBooth

ROOM = np.full((72, 128, 3), 120, np.uint8)
NOBODY = Matte(np.zeros((64, 64), np.float32), None, 0)
HAND = Matte(np.pad(np.ones((4, 4), np.float32), (0, 60)), None, 0)
FACE = Matte(np.zeros((64, 64), np.float32), Head(np.full((6, 2), 0.5, np.float32), 0.9), 0)
LONG_S = SETTLE_S + FRAMES * 0.2


class Booth:
    """An empty booth with a clock: frames come ten times a second."""

    def __init__(self, **settings: object) -> None:
        self.camera = CameraInfo("webcam", "left", Mode((128, 72), 10, ""))
        self.learner = EmptyBooth(SegmentationSettings.model_validate(settings), lambda: self.camera)
        self.now_s = 100.0

    def shows(self, matte: Matte, for_s: float, image: Callable[[int], Image] = lambda _: ROOM) -> Image | None:
        for number in range(round(for_s * 10)):
            self.now_s += 0.1
            self.learner.look(Frame(image(number), number, self.now_s), matte)
        plate = self.learner.clean_plate()
        return None if plate is None else plate.image


@pytest.fixture
def booth() -> Booth:
    return Booth()


def test_it_is_learned_once_nobody_was_there_for_some_seconds(booth: Booth) -> None:
    assert booth.shows(NOBODY, SETTLE_S) is None
    plate = booth.shows(NOBODY, LONG_S)
    assert plate is not None
    assert np.array_equal(plate, ROOM)


@pytest.mark.parametrize("somebody", [HAND, FACE], ids=["a hand at the edge", "a face"])
def test_nothing_is_learned_while_somebody_is_there(booth: Booth, somebody: Matte) -> None:
    assert booth.shows(somebody, 60) is None
    assert booth.shows(NOBODY, SETTLE_S) is None


def test_it_stays_while_people_come_and_go(booth: Booth) -> None:
    plate = booth.shows(NOBODY, LONG_S)
    assert booth.shows(FACE, 600) is plate


def test_noise_is_averaged(booth: Booth) -> None:
    rng = np.random.default_rng(0)
    plate = booth.shows(NOBODY, LONG_S, lambda _: (ROOM + rng.integers(-8, 9, ROOM.shape)).astype(np.uint8))
    assert plate is not None
    assert np.abs(plate.astype(float) - 120).mean() < 2


def test_who_moves_and_is_not_seen_is_not_learned(booth: Booth) -> None:
    def walking(number: int) -> Image:
        image = ROOM.copy()
        image[:, (number * 3) % 100 :][:, :20] = 30
        return image

    assert booth.shows(NOBODY, 20, walking) is None


def test_new_light_is_learned_while_nobody_comes(booth: Booth) -> None:
    booth.shows(NOBODY, LONG_S)
    plate = booth.shows(NOBODY, AGAIN_S + 2, lambda _: ROOM + np.uint8(60))
    assert plate is not None
    assert plate.mean() == 180


def test_it_is_forgotten_with_another_picture_size_or_after_a_break(booth: Booth) -> None:
    booth.shows(NOBODY, LONG_S)
    assert booth.shows(FACE, 0.1, lambda _: np.zeros((100, 100, 3), np.uint8)) is None
    assert booth.shows(NOBODY, LONG_S) is not None
    booth.now_s += FORGET_AFTER_S + 1
    assert booth.shows(FACE, 0.1) is None


def test_it_is_forgotten_with_another_camera(booth: Booth) -> None:
    booth.shows(NOBODY, LONG_S)
    booth.camera = replace(booth.camera, name="right")
    assert booth.shows(FACE, 0.1) is None


def test_large_pictures_are_kept_smaller(booth: Booth) -> None:
    plate = booth.shows(NOBODY, LONG_S, lambda _: np.zeros((1080, 1920, 3), np.uint8))
    assert plate is not None
    assert plate.shape == (720, 1280, 3)


@pytest.mark.parametrize("settings", [{"learn_clean_plate": False}, {"kind": "luv"}])
def test_it_can_be_switched_off_and_colour_thresholds_have_their_own(settings: dict[str, object]) -> None:
    assert Booth(**settings).shows(NOBODY, 60) is None
