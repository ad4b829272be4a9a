"""Every fault that a cable can do to a camera, and how the station's opener sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from capture_station.camera.cable import Cable
from capture_station.camera.contract import Camera
from capture_station.camera.opening import CameraOpener
from capture_station.config import CameraSettings
from capture_station.errors import CameraError, CameraLost
from tests.camera.conftest import read_until_lost

TIMEOUT_S = 5.0
SETTINGS = CameraSettings(kind="demo", size_px=(160, 120), preview_size_px=(160, 120), fps=200, frozen_after_s=0.1)


@pytest.fixture
def cable() -> Cable:
    return Cable()


@pytest.fixture
def opener(cable: Cable) -> CameraOpener:
    return CameraOpener(SETTINGS, cable)


@pytest.fixture
def camera(opener: CameraOpener) -> Iterator[Camera]:
    camera = opener.open()
    camera.read(TIMEOUT_S)
    yield camera
    camera.close()


def test_unplugged_it_is_lost_and_opens_only_when_plugged_in_again(
    cable: Cable, opener: CameraOpener, camera: Camera
) -> None:
    cable.unplug()
    with pytest.raises(CameraLost, match="unplugged"):
        camera.read(TIMEOUT_S)
    with pytest.raises(CameraError, match="unplugged"):
        opener.open()
    cable.plug()
    with pytest.raises(CameraLost, match="unplugged"):
        camera.read(TIMEOUT_S)
    opener.open().read(TIMEOUT_S)


def test_a_stall_ends_in_time(cable: Cable, camera: Camera) -> None:
    cable.stall()
    started_s = time.monotonic()
    with pytest.raises(CameraLost, match=r"no picture for 0\.05 s"):
        camera.read(0.05)
    assert 0.05 <= time.monotonic() - started_s < 1
    cable.plug()
    camera.read(TIMEOUT_S)


def test_unplugging_ends_a_stalled_read_at_once(cable: Cable, camera: Camera) -> None:
    cable.stall()
    puller = threading.Timer(0.02, cable.unplug)
    puller.start()
    started_s = time.monotonic()
    with pytest.raises(CameraLost, match="unplugged"):
        camera.read(TIMEOUT_S)
    assert time.monotonic() - started_s < TIMEOUT_S
    puller.join()


def test_frozen_pictures_are_a_loss(cable: Cable, camera: Camera) -> None:
    cable.freeze()
    first, second = camera.read(TIMEOUT_S), camera.read(TIMEOUT_S)
    np.testing.assert_array_equal(first.image_rgb, second.image_rgb)
    assert second.sequence > first.sequence
    with pytest.raises(CameraLost, match="stands still"):
        read_until_lost(camera)


def test_each_stream_of_a_camera_freezes_at_its_own_size(cable: Cable) -> None:
    camera = CameraOpener(SETTINGS.model_copy(update={"size_px": (320, 240)}), cable).open()
    small, full = camera.read(TIMEOUT_S), camera.read(TIMEOUT_S, True)
    cable.freeze()
    np.testing.assert_array_equal(camera.read(TIMEOUT_S).image_rgb, small.image_rgb)
    np.testing.assert_array_equal(camera.read(TIMEOUT_S, True).image_rgb, full.image_rgb)


def test_black_pictures_are_a_loss(cable: Cable) -> None:
    settings = SETTINGS.model_copy(update={"frozen_after_s": 0.05})
    camera = CameraOpener(settings, cable).open()
    camera.read(TIMEOUT_S)
    cable.blacken()
    assert not camera.read(TIMEOUT_S).image_rgb.any()
    with pytest.raises(CameraLost, match=r"black|stands still"):
        read_until_lost(camera)


def test_pictures_of_another_shape_are_a_loss(cable: Cable, camera: Camera) -> None:
    cable.misshape()
    with pytest.raises(CameraLost, match="19200x1 make no sense"):
        camera.read(TIMEOUT_S)


def test_a_misshapen_first_picture_is_a_loss_too(cable: Cable, opener: CameraOpener) -> None:
    cable.misshape()
    camera = opener.open()
    with pytest.raises(CameraLost, match="make no sense"):
        camera.read(TIMEOUT_S)


def test_slow_frames_still_arrive_in_time(cable: Cable, camera: Camera) -> None:
    cable.slow_down(0.03)
    started_s = time.monotonic()
    camera.read(TIMEOUT_S)
    assert time.monotonic() - started_s >= 0.03
    cable.slow_down(10)
    with pytest.raises(CameraLost, match="no picture"):
        camera.read(0.02)
