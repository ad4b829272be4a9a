"""Real video streams for the camera tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from capture_station.camera.contract import Camera
from capture_station.camera.fake_drivers import fake_picture
from tests.camera.mjpeg_server import MjpegServer, serving

FILE_FRAMES = 12
FILE_FPS = 100
FILE_SIZE_WH = (320, 240)


@pytest.fixture(scope="session")
def video_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short video of the fake drivers' picture."""
    path = tmp_path_factory.mktemp("video") / "bars.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FILE_FPS, FILE_SIZE_WH)
    for number in range(FILE_FRAMES):
        writer.write(fake_picture(number, FILE_SIZE_WH)[..., ::-1].copy())
    writer.release()
    return path


@pytest.fixture
def mjpeg_server() -> Iterator[MjpegServer]:
    with serving() as server:
        yield server


def read_until_lost(camera: Camera, timeout_s: float = 5.0) -> None:
    """Take frames until the camera raises."""
    while True:
        camera.read(timeout_s)
