"""What an operator changes of a camera: the size of its pictures, and whether its automatics are held."""

from __future__ import annotations

from contextlib import closing

import cv2
import pytest

from capture_station.camera.adjustment import HELD_AFTER_S, adjusted, offered_sizes_wh
from capture_station.camera.contract import Mode
from capture_station.camera.factory import CameraOpener, Drivers
from capture_station.camera.fake_drivers import FakePi, FakeWebcam
from capture_station.config import CameraSettings, ControlSettings
from capture_station.errors import StationError

TIMEOUT_S = 5.0
MODES = (Mode((1920, 1080), 5, "YUYV"), Mode((640, 480), 30, "MJPG"), Mode((1280, 720), 30, "MJPG"))


def test_a_size_is_asked_for_and_auto_is_as_configured() -> None:
    settings = CameraSettings(size_px=(640, 480))
    assert adjusted(settings, "1920x1080", held=False).size_px == (1920, 1080)
    assert adjusted(settings, "auto", held=False).size_px == "auto"
    for size in ("", "large", "1920", "0x0", "1920x1080x3", "-1x5"):
        with pytest.raises(StationError, match="not a picture size"):
            adjusted(settings, size, held=False)


def test_what_is_held_is_let_go_again() -> None:
    usual = CameraSettings()
    assert adjusted(usual, "auto", held=True).controls.lock_after_s == HELD_AFTER_S
    free = adjusted(usual, "auto", held=False).controls
    assert free.lock_after_s is None
    assert free.auto_exposure is True
    configured = CameraSettings(controls=ControlSettings(lock_after_s=7, auto_exposure=False, exposure_ms=10))
    assert adjusted(configured, "auto", held=True).controls.lock_after_s == 7
    assert adjusted(configured, "auto", held=False).controls.auto_exposure is False  # It was never automatic.


def test_only_sizes_that_are_fast_and_usual_are_offered() -> None:
    assert offered_sizes_wh((*MODES, Mode((1000, 300), 30, "MJPG"))) == [(1280, 720), (640, 480)]


def test_an_opened_webcam_is_changed_and_opened_again() -> None:
    webcam = FakeWebcam((640, 480), modes=MODES)
    drivers = Drivers(FakePi().open, webcam.open, lambda: ["/dev/video70"], webcam.list_modes)
    settings = CameraSettings(kind="webcam", device="/dev/video70", size_px=(640, 480))
    opener = CameraOpener(settings, drivers=drivers)
    assert opener.sizes_wh() == []
    with closing(opener.open()):
        assert opener.sizes_wh() == [(1280, 720), (640, 480)]
    opener.change(adjusted(settings, "1280x720", held=False))
    webcam.controls[cv2.CAP_PROP_AUTO_EXPOSURE] = 1  # It was held before, and a webcam remembers that.
    with closing(opener.open()) as camera:
        assert camera.read(TIMEOUT_S).size_wh == (1280, 720)
        assert webcam.controls[cv2.CAP_PROP_AUTO_EXPOSURE] == 3
