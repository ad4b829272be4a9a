"""Pi cameras, on a fake picamera2."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from capture_station.camera.fake_drivers import BARS_RGB, FakePi
from capture_station.camera.raspberry import open_raspberry
from capture_station.config import CameraSettings, ControlSettings
from capture_station.errors import CameraError, CameraLost
from tests.camera.conftest import read_until_lost

TIMEOUT_S = 5.0
SETTINGS = CameraSettings(kind="raspberry", size_px=(640, 480), preview_size_px=(320, 240), fps=200)


def test_row_padding_is_removed() -> None:
    settings = SETTINGS.model_copy(update={"preview_size_px": (300, 200)})
    with closing(open_raspberry(settings, FakePi().open)) as camera:
        image = camera.read(TIMEOUT_S).image_rgb
        assert image.shape == (200, 266, 3)
        assert image.flags.c_contiguous


@pytest.mark.parametrize("full_resolution", [False, True])
def test_a_camera_that_delivers_only_nv12(full_resolution: bool) -> None:
    """libcamera may replace the requested format of both streams."""
    settings = SETTINGS.model_copy(update={"size_px": (700, 404), "preview_size_px": (350, 202)})
    with closing(open_raspberry(settings, FakePi("NV12").open)) as camera:
        assert camera.info.mode.pixel_format == "NV12"
        image = camera.read(TIMEOUT_S, full_resolution).image_rgb
    assert image.shape == ((404, 700, 3) if full_resolution else (202, 350, 3))
    width_px = image.shape[1] // len(BARS_RGB)
    np.testing.assert_allclose(image[image.shape[0] // 4, width_px // 2 :: width_px], BARS_RGB, atol=12)


def test_an_unsupported_format_is_refused() -> None:
    with pytest.raises(CameraError, match="it delivers only MJPEG"):
        open_raspberry(SETTINGS, FakePi("MJPEG").open)


def test_sizes_are_even_and_the_preview_is_no_larger_than_the_full_picture() -> None:
    settings = SETTINGS.model_copy(update={"size_px": (641, 480), "preview_size_px": (1280, 720)})
    with closing(open_raspberry(settings, FakePi().open)) as camera:
        assert camera.read(TIMEOUT_S).size_wh == camera.info.mode.size_wh == (640, 480)
        assert camera.info.differences == ("size: asked for 641x480, got 640x480",)


def test_controls_are_set_by_libcamera_name() -> None:
    device = FakePi()
    controls = ControlSettings(auto_exposure=False, exposure_ms=8.5, gain=1.5, auto_focus=True)
    with closing(open_raspberry(SETTINGS.model_copy(update={"controls": controls}), device.open)) as camera:
        assert camera.info.differences == ("controls.auto_focus: the camera has no AfMode",)
    assert device.controls == {
        "FrameDurationLimits": (5000, 5000),
        "AeEnable": False,
        "ExposureTime": 8500,
        "AnalogueGain": 1.5,
    }


def test_exposure_and_white_balance_are_locked_at_their_settled_values() -> None:
    device = FakePi()
    controls = ControlSettings(lock_after_s=0)
    with closing(open_raspberry(SETTINGS.model_copy(update={"controls": controls}), device.open)) as camera:
        camera.read(TIMEOUT_S)
    assert device.controls["AeEnable"] is device.controls["AwbEnable"] is False
    assert device.controls["ExposureTime"] == 12_000
    assert device.controls["ColourGains"] == (1.9, 1.6)


def test_a_full_frame_carries_its_control_values() -> None:
    with closing(open_raspberry(SETTINGS, FakePi().open)) as camera:
        in_force = camera.read(TIMEOUT_S, full_resolution=True).in_force
    assert in_force == {"exposure_ms": 12, "gain": 2, "red_gain": 1.9, "blue_gain": 1.6, "white_balance_k": 4100}


def test_a_rate_beyond_the_sensor_is_reported() -> None:
    settings = SETTINGS.model_copy(update={"fps": 1000})
    with closing(open_raspberry(settings, FakePi().open)) as camera:
        assert camera.info.differences == ("rate: asked for 1000 frames/s, this size gives 250.0",)


def test_a_pulled_ribbon_cable_is_a_loss_until_it_is_back() -> None:
    device = FakePi()
    camera = open_raspberry(SETTINGS, device.open)
    camera.read(TIMEOUT_S)
    device.unplug()
    with pytest.raises(CameraLost, match="check its cable"):
        read_until_lost(camera)
    camera.close()
    with pytest.raises(CameraError, match="no Pi camera 0"):
        open_raspberry(SETTINGS, device.open)
    device.plug()
    with closing(open_raspberry(SETTINGS, device.open)) as again:
        again.read(TIMEOUT_S)


def test_a_missing_camera_number_is_reported() -> None:
    with pytest.raises(CameraError, match="no Pi camera 1"):
        open_raspberry(SETTINGS.model_copy(update={"device": 1}), FakePi().open)
