"""Webcams, tested on a fake V4L2 device."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_station.camera.fake_drivers import BARS_RGB, FakeWebcam
from capture_station.camera.webcam import device_path, open_webcam
from capture_station.config import CameraSettings, ControlSettings
from capture_station.errors import CameraError, CameraLost
from tests.camera.conftest import read_until_lost

TIMEOUT_S = 5.0
SETTINGS = CameraSettings(size_px=(320, 240), fps=200, kind="webcam")


@pytest.fixture
def device() -> FakeWebcam:
    return FakeWebcam((320, 240), 200, "MJPG")


def controlled(**controls: object) -> CameraSettings:
    return SETTINGS.model_copy(update={"controls": ControlSettings.model_validate(controls)})


def test_a_camera_that_accepts_everything_reports_no_differences(device: FakeWebcam) -> None:
    with closing(open_webcam(SETTINGS, device.open)) as camera:
        assert camera.info.differences == ()
        assert camera.info.mode.pixel_format == "MJPG"


def test_differences_are_reported_in_words() -> None:
    device = FakeWebcam((640, 480), 15, "YUYV")
    with closing(open_webcam(SETTINGS, device.open)) as camera:
        assert camera.info.differences == (
            "pixel format: asked for MJPG, got YUYV",
            "size: asked for 320x240, got 640x480",
            "rate: asked for 200 frames/s, got 15",
        )
        assert camera.read(TIMEOUT_S).size_wh == (640, 480)


def test_controls_are_set_in_the_drivers_units(device: FakeWebcam) -> None:
    del device.controls[cv2.CAP_PROP_FOCUS]
    settings = controlled(
        auto_exposure=False, exposure_ms=12.5, auto_white_balance=False, white_balance_k=5000, focus=3
    )
    with closing(open_webcam(settings, device.open)) as camera:
        assert camera.info.differences == ("controls.focus: the camera does not accept it",)
    assert device.controls[cv2.CAP_PROP_AUTO_EXPOSURE] == 1
    assert device.controls[cv2.CAP_PROP_EXPOSURE] == 125
    assert device.controls[cv2.CAP_PROP_AUTO_WB] == 0
    assert device.controls[cv2.CAP_PROP_WB_TEMPERATURE] == 5000


def test_automatic_controls_are_locked_at_their_settled_values(device: FakeWebcam) -> None:
    del device.controls[cv2.CAP_PROP_AUTOFOCUS]
    device.held.add(cv2.CAP_PROP_AUTO_WB)
    with closing(open_webcam(controlled(lock_after_s=0), device.open)) as camera:
        camera.read(TIMEOUT_S)
        camera.read(TIMEOUT_S)
        assert camera.info.differences == ("controls.lock_after_s: white balance cannot be locked",)
        assert device.controls[cv2.CAP_PROP_AUTO_EXPOSURE] == 1
        assert device.controls[cv2.CAP_PROP_EXPOSURE] == 156


AUTOMATICS = {cv2.CAP_PROP_AUTO_EXPOSURE: 3, cv2.CAP_PROP_AUTO_WB: 1, cv2.CAP_PROP_AUTOFOCUS: 1}
HELD = {cv2.CAP_PROP_AUTO_EXPOSURE: 1, cv2.CAP_PROP_AUTO_WB: 0, cv2.CAP_PROP_AUTOFOCUS: 0}


def switches(device: FakeWebcam) -> dict[int, float]:
    return {switch_id: device.controls[switch_id] for switch_id in AUTOMATICS}


def test_the_automatics_are_on_again_when_a_locked_camera_is_closed(device: FakeWebcam) -> None:
    with closing(open_webcam(controlled(lock_after_s=0), device.open)) as camera:
        camera.read(TIMEOUT_S)
        camera.read(TIMEOUT_S)
        assert switches(device) == HELD
    assert switches(device) == AUTOMATICS


def test_a_camera_that_a_kill_left_locked_settles_anew(device: FakeWebcam) -> None:
    device.controls.update(HELD)
    with closing(open_webcam(controlled(lock_after_s=60), device.open)) as camera:
        camera.read(TIMEOUT_S)
        assert camera.info.differences == ()
        assert switches(device) == AUTOMATICS


def test_values_that_are_configured_stay_when_the_rest_is_locked(device: FakeWebcam) -> None:
    device.controls.update(HELD)
    with closing(open_webcam(controlled(lock_after_s=60, exposure_ms=10, auto_focus=False), device.open)):
        assert switches(device) == HELD | {cv2.CAP_PROP_AUTO_WB: 1}
    assert device.controls[cv2.CAP_PROP_EXPOSURE] == 100


def test_a_full_frame_carries_its_control_values(device: FakeWebcam) -> None:
    del device.controls[cv2.CAP_PROP_FOCUS]
    with closing(open_webcam(SETTINGS, device.open)) as camera:
        in_force = [camera.read(TIMEOUT_S, full_resolution=True).in_force for _ in range(3)][-1]
    assert in_force == {"exposure_ms": 15.6, "white_balance_k": 4600, "gain": 8}


def test_raw_rows_become_pictures(device: FakeWebcam) -> None:
    device.raw = True
    with closing(open_webcam(SETTINGS, device.open)) as camera:
        image = camera.read(TIMEOUT_S).image_rgb
    assert image.shape == (240, 320, 3)
    np.testing.assert_array_equal(image[0, 0], BARS_RGB[0])


def test_the_timestamp_comes_from_the_driver(device: FakeWebcam) -> None:
    device.latency_s = 0.5
    with closing(open_webcam(SETTINGS, device.open)) as camera:
        frame = camera.read(TIMEOUT_S)
        assert time.monotonic() - frame.captured_at_s >= 0.5


def test_an_unplugged_webcam_is_lost_until_it_is_back(device: FakeWebcam) -> None:
    camera = open_webcam(SETTINGS, device.open)
    camera.read(TIMEOUT_S)
    device.unplug()
    with pytest.raises(CameraLost, match="unplugged") as told:
        read_until_lost(camera)
    assert told.value.trouble is not None
    assert told.value.trouble.code == "unplugged"
    with pytest.raises(CameraError):
        open_webcam(SETTINGS, device.open)
    device.plug()
    with pytest.raises(CameraLost):
        camera.read(TIMEOUT_S)
    camera.close()
    with closing(open_webcam(SETTINGS, device.open)) as again:
        assert again.read(TIMEOUT_S).sequence >= 0


def test_a_stalled_driver_is_lost_in_time(device: FakeWebcam) -> None:
    camera = open_webcam(SETTINGS, device.open)
    camera.read(TIMEOUT_S)
    device.stall()
    started_s = time.monotonic()
    with pytest.raises(CameraLost, match="no picture"):
        read_until_lost(camera, 0.05)
    camera.close()
    assert time.monotonic() - started_s < 1.5
    device.resume()


def test_damaged_pictures_are_passed_over(device: FakeWebcam) -> None:
    with closing(open_webcam(SETTINGS, device.open)) as camera:
        first = camera.read(TIMEOUT_S).sequence
        device.damaged = 3
        # A picture from before the damage may still be waiting.
        frames = [camera.read(TIMEOUT_S) for _ in range(2)]
    assert frames[-1].sequence - first > 3


def test_nothing_but_damaged_pictures_is_a_loss_that_names_the_damage(device: FakeWebcam) -> None:
    with closing(open_webcam(SETTINGS, device.open)) as camera:
        device.damaged = 1_000_000
        with pytest.raises(CameraLost, match=r"delivers only damaged pictures .*check its cable") as lost:
            read_until_lost(camera, 0.2)
    assert lost.value.trouble is not None
    assert lost.value.trouble.code == "garbled"


def test_a_busy_device_does_not_open(device: FakeWebcam, tmp_path: Path) -> None:
    node = tmp_path / "video0"
    node.touch()
    settings = SETTINGS.model_copy(update={"device": str(node)})
    with closing(open_webcam(settings, device.open)), pytest.raises(CameraError, match="video0 cannot be opened"):
        open_webcam(settings, device.open)


def test_a_missing_device_is_reported(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"device": str(tmp_path / "video7")})
    with pytest.raises(CameraError, match=r"video7 cannot be opened: there is no such device"):
        open_webcam(settings, lambda _: None)


@pytest.mark.parametrize(("device", "path"), [(2, "/dev/video2"), ("3", "/dev/video3"), ("/dev/v4l/x", "/dev/v4l/x")])
def test_devices_by_number_or_path(device: int | str, path: str) -> None:
    assert device_path(device) == path


def test_unwanted_pictures_are_not_decoded(device: FakeWebcam) -> None:
    tick = threading.Event()
    with closing(open_webcam(SETTINGS, device.open)) as camera:
        first = camera.read(TIMEOUT_S).sequence
        while device.skipped < 3:
            tick.wait(0.01)
        # A picture may be left that was decoded before the reader was considered away.
        camera.read(TIMEOUT_S)
        assert camera.read(TIMEOUT_S).sequence - first > 3


def test_unplugging_is_noticed_when_somebody_reads_again(device: FakeWebcam) -> None:
    tick = threading.Event()
    with closing(open_webcam(SETTINGS, device.open)) as camera:
        camera.read(TIMEOUT_S)
        while device.skipped < 1:
            tick.wait(0.01)
        device.unplug()
        with pytest.raises(CameraLost):
            read_until_lost(camera)
