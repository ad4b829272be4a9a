"""How the station's opener sees each injected fault."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from capture_station.camera.contract import Camera
from capture_station.camera.factory import CameraOpener
from capture_station.camera.fault_injection import FaultInjector
from capture_station.config import CameraSettings
from capture_station.errors import CameraError, CameraLost
from tests.camera.conftest import read_until_lost

TIMEOUT_S = 5.0
SETTINGS = CameraSettings(kind="demo", size_px=(160, 120), preview_size_px=(160, 120), fps=200, frozen_after_s=0.1)


@pytest.fixture
def faults() -> FaultInjector:
    return FaultInjector()


@pytest.fixture
def opener(faults: FaultInjector) -> CameraOpener:
    return CameraOpener(SETTINGS, faults)


@pytest.fixture
def camera(opener: CameraOpener) -> Iterator[Camera]:
    camera = opener.open()
    camera.read(TIMEOUT_S)
    yield camera
    camera.close()


def test_an_unplugged_camera_is_lost_and_opens_when_plugged_in_again(
    faults: FaultInjector, opener: CameraOpener, camera: Camera
) -> None:
    faults.unplug()
    with pytest.raises(CameraLost, match="unplugged"):
        camera.read(TIMEOUT_S)
    with pytest.raises(CameraError, match="unplugged"):
        opener.open()
    faults.plug()
    with pytest.raises(CameraLost, match="unplugged"):
        camera.read(TIMEOUT_S)
    opener.open().read(TIMEOUT_S)


def test_a_stalled_read_ends_in_time(faults: FaultInjector, camera: Camera) -> None:
    faults.stall()
    started_s = time.monotonic()
    with pytest.raises(CameraLost, match=r"no picture for 0\.05 s"):
        camera.read(0.05)
    assert 0.05 <= time.monotonic() - started_s < 1
    faults.plug()
    camera.read(TIMEOUT_S)


def test_unplugging_ends_a_stalled_read_at_once(faults: FaultInjector, camera: Camera) -> None:
    faults.stall()
    puller = threading.Timer(0.02, faults.unplug)
    puller.start()
    started_s = time.monotonic()
    with pytest.raises(CameraLost, match="unplugged"):
        camera.read(TIMEOUT_S)
    assert time.monotonic() - started_s < TIMEOUT_S
    puller.join()


def test_frozen_pictures_lose_the_camera(faults: FaultInjector, camera: Camera) -> None:
    faults.freeze()
    first, second = camera.read(TIMEOUT_S), camera.read(TIMEOUT_S)
    np.testing.assert_array_equal(first.image_rgb, second.image_rgb)
    assert second.sequence > first.sequence
    with pytest.raises(CameraLost, match="has not changed"):
        read_until_lost(camera)


def test_each_stream_freezes_at_its_own_size(faults: FaultInjector) -> None:
    camera = CameraOpener(SETTINGS.model_copy(update={"size_px": (320, 240)}), faults).open()
    small, full = camera.read(TIMEOUT_S), camera.read(TIMEOUT_S, True)
    faults.freeze()
    np.testing.assert_array_equal(camera.read(TIMEOUT_S).image_rgb, small.image_rgb)
    np.testing.assert_array_equal(camera.read(TIMEOUT_S, True).image_rgb, full.image_rgb)


def test_black_pictures_lose_the_camera(faults: FaultInjector) -> None:
    settings = SETTINGS.model_copy(update={"frozen_after_s": 0.05})
    camera = CameraOpener(settings, faults).open()
    camera.read(TIMEOUT_S)
    faults.blacken()
    assert not camera.read(TIMEOUT_S).image_rgb.any()
    with pytest.raises(CameraLost, match=r"black|has not changed"):
        read_until_lost(camera)


def test_pictures_of_another_shape_lose_the_camera(faults: FaultInjector, camera: Camera) -> None:
    faults.misshape()
    with pytest.raises(CameraLost, match="19200x1 make no sense"):
        camera.read(TIMEOUT_S)


def test_a_misshapen_first_picture_loses_the_camera(faults: FaultInjector, opener: CameraOpener) -> None:
    faults.misshape()
    camera = opener.open()
    with pytest.raises(CameraLost, match="make no sense"):
        camera.read(TIMEOUT_S)


def test_slow_frames_still_arrive_in_time(faults: FaultInjector, camera: Camera) -> None:
    faults.slow_down(0.03)
    started_s = time.monotonic()
    camera.read(TIMEOUT_S)
    assert time.monotonic() - started_s >= 0.03
    faults.slow_down(10)
    with pytest.raises(CameraLost, match="no picture"):
        camera.read(0.02)
