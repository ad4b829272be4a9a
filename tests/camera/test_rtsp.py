"""A real RTSP server on loopback that freezes and dies."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from capture_station.camera.driver import DriverCamera
from capture_station.camera.stream import open_stream
from capture_station.config import CameraSettings
from capture_station.errors import CameraError, CameraLost
from tests.camera.conftest import read_until_lost

PYTHON = "/usr/bin/python3"
"""The system's Python, as GStreamer's bindings are not on PyPI."""
PROBE = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
READ_TIMEOUT_S = 0.5


def _has_gstreamer() -> bool:
    try:
        return subprocess.run([PYTHON, "-c", PROBE], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


pytestmark = pytest.mark.skipif(
    not _has_gstreamer(),
    reason="needs apt-get install python3-gst-1.0 gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good",
)


@pytest.fixture
def server() -> Iterator[subprocess.Popen[str]]:
    script = Path(__file__).with_name("rtsp_server.py")
    with subprocess.Popen([PYTHON, str(script)], stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.fixture
def url(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    return f"rtsp://127.0.0.1:{server.stdout.readline().strip()}/camera"


@contextmanager
def opened(url: str) -> Iterator[DriverCamera]:
    settings = CameraSettings(kind="stream", url=url, read_timeout_s=READ_TIMEOUT_S)
    with closing(open_stream(settings)) as camera:
        yield camera


def last_arrival_s(camera: DriverCamera) -> float:
    """Arrival of the last picture before the loss."""
    last_s = 0.0
    while True:
        try:
            last_s = camera.read(READ_TIMEOUT_S * 4).captured_at_s
        except CameraLost:
            return last_s


def test_frames_arrive(url: str) -> None:
    with opened(url) as camera:
        first, second = camera.read(5), camera.read(5)
        assert second.sequence > first.sequence
        assert second.size_wh == camera.info.mode.size_wh == (320, 240)


def test_a_frozen_server_is_lost_before_old_pictures_pass_as_new(server: subprocess.Popen[str], url: str) -> None:
    with opened(url) as camera:
        camera.read(5)
        server.send_signal(signal.SIGSTOP)
        frozen_at_s = time.monotonic()
        last_s = last_arrival_s(camera)
        server.send_signal(signal.SIGCONT)
    # Pictures in transit may still arrive, but nothing after that.
    assert last_s < frozen_at_s + READ_TIMEOUT_S


def test_a_dead_server_is_lost_and_does_not_open(server: subprocess.Popen[str], url: str) -> None:
    with opened(url) as camera:
        camera.read(5)
        server.kill()
        with pytest.raises(CameraLost):
            read_until_lost(camera)
    with pytest.raises(CameraError, match="cannot be opened"), opened(url):
        pass
