"""The camera contract, tested on every kind of camera."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_station.camera.contract import Camera
from capture_station.camera.factory import CameraOpener
from capture_station.camera.fake_drivers import BARS_RGB
from capture_station.config import CameraSettings
from capture_station.errors import CameraLost
from tests.camera.mjpeg_server import MjpegServer

TIMEOUT_S = 5.0
SMALL_WH = (160, 120)
FULL_WH = (320, 240)
FAST = CameraSettings(size_px=FULL_WH, preview_size_px=SMALL_WH, fps=100)
CAMERAS = {
    "demo": {"kind": "demo"},
    "webcam": {"kind": "webcam", "driver": "fake"},
    "raspberry": {"kind": "raspberry", "driver": "fake"},
    "file": {"kind": "stream"},
    "mjpeg": {"kind": "stream"},
}
TWO_STREAMS = ("demo", "raspberry")


@pytest.fixture(params=CAMERAS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reopen(name: str, request: pytest.FixtureRequest) -> Iterator[Callable[[], Camera]]:
    url = ""
    if name == "file":
        video_file: Path = request.getfixturevalue("video_file")
        url = str(video_file)
    if name == "mjpeg":
        server: MjpegServer = request.getfixturevalue("mjpeg_server")
        url = server.url
    opener = CameraOpener(CameraSettings.model_validate({**FAST.model_dump(), **CAMERAS[name], "url": url}))
    with ExitStack() as cameras:
        yield lambda: cameras.enter_context(closing(opener.open()))


@pytest.fixture
def opened(reopen: Callable[[], Camera]) -> Camera:
    return reopen()


def test_describes_itself(opened: Camera, name: str) -> None:
    assert opened.info.kind == CAMERAS[name]["kind"]
    assert opened.info.name
    assert opened.info.mode.size_wh == FULL_WH


def test_frames_are_new_in_order_and_timestamped(opened: Camera) -> None:
    frames = [opened.read(TIMEOUT_S) for _ in range(5)]
    sequences = [frame.sequence for frame in frames]
    assert sequences == sorted(set(sequences))
    assert sequences[0] >= 0
    times_s = [frame.captured_at_s for frame in frames]
    assert times_s == sorted(set(times_s))
    assert 0 <= time.monotonic() - times_s[-1] < TIMEOUT_S
    assert not np.array_equal(frames[0].image_rgb, frames[-1].image_rgb)


def test_delivers_full_resolution_on_request(opened: Camera, name: str) -> None:
    first, full, again = (opened.read(TIMEOUT_S, wanted) for wanted in (False, True, False))
    assert full.full_resolution
    assert full.size_wh == FULL_WH
    small_wh = SMALL_WH if name in TWO_STREAMS else FULL_WH
    assert first.size_wh == again.size_wh == small_wh
    assert first.full_resolution == again.full_resolution == (name not in TWO_STREAMS)
    assert full.small.size_wh == small_wh
    assert (full.small.sequence, full.small.captured_at_s) == (full.sequence, full.captured_at_s)
    full_at_small = cv2.resize(full.image_rgb, small_wh, interpolation=cv2.INTER_AREA)
    assert cv2.absdiff(full_at_small, full.small.image_rgb).mean() < 6


@pytest.mark.parametrize("full_resolution", [False, True])
def test_colours_are_rgb(opened: Camera, name: str, full_resolution: bool) -> None:
    image = opened.read(TIMEOUT_S, full_resolution).image_rgb
    if name == "demo":
        skin = image[int(image.shape[0] * 0.6), image.shape[1] // 2]
        assert skin[0] > skin[1] > skin[2]
        return
    bars = len(BARS_RGB)
    seen = [image[image.shape[0] // 4, (2 * bar + 1) * image.shape[1] // (2 * bars)] for bar in range(bars)]
    np.testing.assert_allclose(seen, BARS_RGB, atol=12)


def test_later_reads_do_not_change_a_frame(opened: Camera) -> None:
    frame = opened.read(TIMEOUT_S)
    before = frame.image_rgb.copy()
    for _ in range(4):
        opened.read(TIMEOUT_S)
    np.testing.assert_array_equal(frame.image_rgb, before)


def test_reading_a_closed_camera_fails_at_once(opened: Camera) -> None:
    opened.read(TIMEOUT_S)
    started_s = time.monotonic()
    opened.close()
    opened.close()
    with pytest.raises(CameraLost):
        opened.read(TIMEOUT_S)
    assert time.monotonic() - started_s < 1


def test_opens_again_after_closing(reopen: Callable[[], Camera]) -> None:
    first = reopen()
    first.read(TIMEOUT_S)
    first.close()
    assert reopen().read(TIMEOUT_S).sequence < 5
