"""Detects camera losses that no driver reports."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from capture_station.camera.contract import CameraInfo, Mode
from capture_station.camera.errors import camera_lost
from capture_station.camera.loss_detection import LossDetectingCamera
from capture_station.config import CameraSettings
from capture_station.errors import CameraLost
from capture_station.frames import Frame, Image

AFTER_S = 0.05


class Projector:
    """A camera whose pictures come from a function."""

    def __init__(self, paint: Callable[[int], Image], kind: str = "projector") -> None:
        self.info = CameraInfo(kind, "projector", Mode((64, 48), 30, ""))
        self._paint = paint
        self._sequence = -1

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:  # noqa: ARG002
        self._sequence += 1
        return Frame(self._paint(self._sequence), self._sequence, time.monotonic())

    def close(self) -> None: ...


def watch(paint: Callable[[int], Image], suspect: bool = False) -> LossDetectingCamera:
    return LossDetectingCamera(Projector(paint), CameraSettings(frozen_after_s=AFTER_S, black_below=2), suspect)


def read_for(camera: LossDetectingCamera, seconds: float, timeout_s: float = 1) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        camera.read(timeout_s)


def still(_: int) -> Image:
    return np.full((48, 64, 3), 90, np.uint8)


def dark_noise(number: int) -> Image:
    return np.random.default_rng(number).integers(0, 3, (48, 64, 3), np.uint8)


def one_pixel_moves(number: int) -> Image:
    image = still(number)
    image[1, number % 64] = 91
    return image


def test_a_still_picture_is_a_loss_after_its_time() -> None:
    camera = watch(still)
    started_s = time.monotonic()
    with pytest.raises(CameraLost, match=r"has not changed for 0\.05 s"):
        read_for(camera, 5)
    assert time.monotonic() - started_s >= AFTER_S


def test_one_changing_pixel_proves_a_live_picture() -> None:
    read_for(watch(one_pixel_moves), 3 * AFTER_S)


def test_noise_in_darkness_counts_as_black() -> None:
    with pytest.raises(CameraLost, match="black"):
        read_for(watch(dark_noise), 5)


def test_short_blackness_is_no_loss() -> None:
    read_for(watch(lambda number: dark_noise(number) if number % 2 else one_pixel_moves(number)), 3 * AFTER_S)


def test_a_camera_may_start_late_and_with_a_black_picture() -> None:
    def paint(number: int) -> Image:
        if number:
            return one_pixel_moves(number)
        threading.Event().wait(AFTER_S)
        return dark_noise(number)

    read_for(watch(paint), 3 * AFTER_S)


@pytest.mark.parametrize(("paint", "reason"), [(still, "has not changed"), (dark_noise, "black")])
def test_a_suspect_camera_delivers_no_still_or_black_picture(paint: Callable[[int], Image], reason: str) -> None:
    camera = watch(paint, suspect=True)
    with pytest.raises(CameraLost, match=reason):
        camera.read(AFTER_S / 2)
    assert camera.suspect


def test_the_first_live_frame_clears_the_suspicion() -> None:
    camera = watch(lambda number: (still if number < 3 else one_pixel_moves)(number), suspect=True)
    assert camera.read(1).sequence == 3
    assert not camera.suspect
    assert camera.read(1).sequence == 4


def test_only_still_or_black_pictures_make_a_camera_suspect() -> None:
    camera = watch(still)
    with pytest.raises(CameraLost):
        read_for(camera, 5)
    assert camera.suspect
    camera = watch(lambda number: one_pixel_moves(number)[: 48 if number < 3 else 32])
    with pytest.raises(CameraLost):
        read_for(camera, 5)
    assert not camera.suspect


def test_a_stream_may_stand_still_because_its_codec_removes_noise() -> None:
    camera = LossDetectingCamera(Projector(still, "stream"), CameraSettings(frozen_after_s=AFTER_S))
    read_for(camera, 3 * AFTER_S)


def test_a_black_stream_is_lost_and_back_with_its_first_bright_picture() -> None:
    settings = CameraSettings(frozen_after_s=AFTER_S, black_below=2)
    camera = LossDetectingCamera(Projector(dark_noise, "stream"), settings)
    with pytest.raises(CameraLost, match="black"):
        read_for(camera, 5)
    again = LossDetectingCamera(Projector(still, "stream"), settings, camera.suspect)
    assert again.read(1).sequence == 0


class Sparse(Projector):
    """Delivers one picture, then nothing."""

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        if self._sequence >= 0:
            raise camera_lost("silent", camera="projector", seconds=f"{timeout_s:.2g}")
        threading.Event().wait(timeout_s / 2)
        return super().read(timeout_s, full_resolution)


@pytest.mark.parametrize(("suspect", "reason"), [(False, r"no picture for 0\.5 s"), (True, "has not changed for")])
def test_the_reason_names_the_whole_timeout_or_what_was_seen(suspect: bool, reason: str) -> None:
    camera = LossDetectingCamera(Sparse(still), CameraSettings(), suspect)
    with pytest.raises(CameraLost, match=reason):
        read_for(camera, 5, timeout_s=0.5)


def test_single_frames_of_a_wrong_size_are_skipped() -> None:
    camera = watch(lambda number: one_pixel_moves(number)[: 32 if number % 7 == 6 else 48])
    sequences = [camera.read(1).sequence for _ in range(20)]
    assert not [number for number in sequences if number % 7 == 6]


def test_a_change_of_size_is_a_loss() -> None:
    camera = watch(lambda number: one_pixel_moves(number)[: 48 if number < 3 else 32])
    with pytest.raises(CameraLost, match="64x32"):
        read_for(camera, 5)
