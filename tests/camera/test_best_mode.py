"""``camera.size_px: auto`` takes the largest usual size that camera and machine manage."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from capture_station.camera.best_mode import best_size_wh, measured_decoding_s
from capture_station.camera.contract import Mode
from capture_station.camera.factory import CameraOpener, Drivers, expected_size_wh, expects_demo
from capture_station.camera.fake_drivers import FakePi, FakeWebcam
from capture_station.camera.raspberry import open_raspberry
from capture_station.config import CameraSettings, StationSettings

TIMEOUT_S = 5.0
WEBCAM = (
    Mode((1280, 1024), 30, "MJPG"),
    Mode((640, 480), 30, "MJPG"),
    Mode((1280, 960), 30, "MJPG"),
    Mode((1920, 1080), 30, "MJPG"),
    Mode((1920, 1080), 5, "YUYV"),
    Mode((2592, 1944), 30, "MJPG"),
)


def quick(size_wh: tuple[int, int]) -> float:
    return 1e-9 * size_wh[0] * size_wh[1]


def slow(size_wh: tuple[int, int]) -> float:
    return 1.2e-8 * size_wh[0] * size_wh[1]


def test_the_largest_usual_size_up_to_full_hd_is_taken() -> None:
    assert best_size_wh(WEBCAM, "MJPG", quick) == (1920, 1080)


def test_a_machine_that_decodes_slowly_gets_a_smaller_one() -> None:
    assert best_size_wh(WEBCAM, "MJPG", slow) == (1280, 960)


@pytest.mark.parametrize(
    ("modes", "wanted"),
    [
        ((Mode((1920, 1080), 15, "MJPG"), Mode((1280, 720), 30, "MJPG")), (1280, 720)),
        ((Mode((1920, 1080), 5, "YUYV"), Mode((640, 480), 30, "YUYV")), (640, 480)),
        ((Mode((1440, 1080), 0, "MJPG"),), (1440, 1080)),
        ((Mode((1280, 1024), 30, "MJPG"),), None),
        ((), None),
    ],
)
def test_rate_and_aspect_count(modes: tuple[Mode, ...], wanted: tuple[int, int] | None) -> None:
    assert best_size_wh(modes, "MJPG", quick) == wanted


def test_the_decoding_time_is_measured() -> None:
    small, large = measured_decoding_s((640, 480)), measured_decoding_s((1280, 960))
    assert 0 < small < 1
    assert large == pytest.approx(4 * small)


def desk(webcam: FakeWebcam) -> Drivers:
    return Drivers(FakePi().open, webcam.open, lambda: ["/dev/video70"], webcam.list_modes)


def test_a_webcam_is_asked_for_its_best_mode_and_its_pictures_have_it() -> None:
    webcam = FakeWebcam((640, 480), modes=(Mode((640, 480), 30, "MJPG"), Mode((1280, 960), 30, "MJPG")))
    settings = CameraSettings(kind="webcam", device="/dev/video70")
    with closing(CameraOpener(settings, drivers=desk(webcam)).open()) as camera:
        assert camera.info.mode.size_wh == (1280, 960)
        assert camera.info.differences == ()
        assert camera.read(TIMEOUT_S).size_wh == (1280, 960)


def test_a_configured_size_is_kept() -> None:
    webcam = FakeWebcam((640, 480), modes=(Mode((640, 480), 30, "MJPG"), Mode((1280, 960), 30, "MJPG")))
    settings = CameraSettings(kind="webcam", device="/dev/video70", size_px=(640, 480))
    with closing(CameraOpener(settings, drivers=desk(webcam)).open()) as camera:
        assert camera.info.mode.size_wh == (640, 480)


def test_a_pi_camera_gives_full_hd() -> None:
    with closing(open_raspberry(CameraSettings(kind="raspberry"), FakePi().open)) as camera:
        assert camera.info.mode.size_wh == (1920, 1080)


def test_the_advice_is_about_the_size_that_will_be_asked_for() -> None:
    webcam = FakeWebcam(modes=(Mode((1920, 1080), 30, "YUYV"),))
    settings = StationSettings.model_validate({"camera": {"kind": "webcam", "device": 70}})
    size_wh = expected_size_wh(settings.camera, desk(webcam))
    assert "the camera's picture (1920x1080 pixels)" in settings.advice(size_wh)
    nothing = replace(desk(webcam), list_modes=lambda _: ())
    assert expected_size_wh(settings.camera, nothing) == (1280, 720)
    upright = StationSettings.model_validate({"camera": {"kind": "demo", "rotate_deg": 90}})
    assert "the camera's picture (720x1280 pixels)" in upright.advice(expected_size_wh(upright.camera))
    stream = StationSettings.model_validate({"camera": {"kind": "stream", "url": "http://127.0.0.1/video"}})
    assert "the camera's picture (if it has 1280x720 pixels)" in stream.advice(expected_size_wh(stream.camera))
    assert expects_demo(upright.camera)
    assert not expects_demo(settings.camera, desk(webcam))
    assert not expects_demo(StationSettings().camera, desk(webcam))
