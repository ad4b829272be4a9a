"""Video files, and a real HTTP server on loopback that stalls, drops and refuses connections."""

from __future__ import annotations

import resource
import time
from contextlib import closing
from pathlib import Path

import pytest

from capture_station.camera.driver import DriverCamera
from capture_station.camera.stream import open_stream
from capture_station.config import CameraSettings
from capture_station.errors import CameraError, CameraLost
from tests.camera.conftest import FILE_FPS, FILE_FRAMES, read_until_lost
from tests.camera.mjpeg_server import GIANT_WH, LARGER_WH, SIZE_WH, MjpegServer

TIMEOUT_S = 5.0


def open_url(url: str | Path, **settings: object) -> DriverCamera:
    return open_stream(CameraSettings.model_validate({"kind": "stream", "url": str(url), **settings}))


def test_a_file_plays_in_real_time(video_file: Path) -> None:
    with closing(open_url(video_file)) as camera:
        assert camera.info.mode.fps == FILE_FPS
        first = camera.read(TIMEOUT_S)
        last = first
        while last.sequence < FILE_FRAMES - 2:
            last = camera.read(TIMEOUT_S)
    took_s = last.captured_at_s - first.captured_at_s
    assert took_s >= (last.sequence - first.sequence) / FILE_FPS - 1e-6


def test_a_looped_file_starts_again(video_file: Path) -> None:
    with closing(open_url(video_file)) as camera:
        while camera.read(TIMEOUT_S).sequence < 2 * FILE_FRAMES:
            pass


def test_a_file_ends_without_loop(video_file: Path) -> None:
    with closing(open_url(video_file, loop=False)) as camera, pytest.raises(CameraLost, match="the file has ended"):
        read_until_lost(camera)


@pytest.mark.parametrize("content", [None, b"no video at all"])
def test_what_is_no_video_does_not_open(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "portrait.avi"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CameraError, match=r"portrait\.avi cannot be opened"):
        open_url(path)


def test_an_empty_address_is_reported() -> None:
    with pytest.raises(CameraError, match=r"camera\.url is empty"):
        open_url("")


def test_a_stalled_server_is_lost_in_time_and_opens_again(mjpeg_server: MjpegServer) -> None:
    camera = open_url(mjpeg_server.url, read_timeout_s=0.3)
    assert camera.read(TIMEOUT_S).size_wh == SIZE_WH
    mjpeg_server.stall()
    started_s = time.monotonic()
    with pytest.raises(CameraLost):
        read_until_lost(camera, 0.3)
    camera.close()
    assert time.monotonic() - started_s < 2
    mjpeg_server.run()
    with closing(open_url(mjpeg_server.url)) as again:
        again.read(TIMEOUT_S)


def test_a_server_that_stalls_from_the_start_does_not_open(mjpeg_server: MjpegServer) -> None:
    mjpeg_server.stall()
    with pytest.raises(CameraError):
        open_url(mjpeg_server.url, open_timeout_s=0.3)


def test_a_dropped_connection_is_lost_and_a_refused_one_does_not_open(mjpeg_server: MjpegServer) -> None:
    with closing(open_url(mjpeg_server.url)) as camera:
        camera.read(TIMEOUT_S)
        mjpeg_server.drop()
        with pytest.raises(CameraLost, match="ended or stalled"):
            read_until_lost(camera)
    with pytest.raises(CameraError, match="cannot be opened"):
        open_url(mjpeg_server.url)


def test_pictures_that_cannot_be_decoded_are_passed_over_and_many_in_a_row_are_a_lost_camera(
    mjpeg_server: MjpegServer,
) -> None:
    with closing(open_url(mjpeg_server.url)) as camera:
        for _ in range(3):
            camera.read(TIMEOUT_S)
            mjpeg_server.damaged = 3
            while mjpeg_server.damaged:
                camera.read(TIMEOUT_S)
            camera.read(TIMEOUT_S)
        mjpeg_server.damaged = 10**6
        with pytest.raises(CameraLost):
            read_until_lost(camera)


def test_a_picture_that_announces_more_pixels_than_memory_allows_is_not_decoded(mjpeg_server: MjpegServer) -> None:
    settings = CameraSettings(kind="stream", url=mjpeg_server.url)
    with closing(open_stream(settings, largest_px=20_000_000)) as camera:
        camera.read(TIMEOUT_S)
        most_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        mjpeg_server.giant = 3
        while mjpeg_server.giant:
            assert camera.read(TIMEOUT_S).size_wh == SIZE_WH
        assert camera.read(TIMEOUT_S).size_wh == SIZE_WH
        mjpeg_server.giant = 10**6
        with pytest.raises(CameraLost, match=r"only damaged pictures \(.*16000x16000") as lost:
            read_until_lost(camera, 0.3)
    assert "\n" not in str(lost.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most_kb < 50_000


def test_a_camera_that_sends_only_too_large_pictures_is_refused_with_their_size(mjpeg_server: MjpegServer) -> None:
    mjpeg_server.giant = 10**6
    most_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    settings = CameraSettings(kind="stream", url=mjpeg_server.url)
    with (
        pytest.raises(CameraError, match=f"{GIANT_WH[0]}x{GIANT_WH[1]}"),
        closing(open_stream(settings, largest_px=20_000_000)) as camera,
    ):
        camera.read(0.3)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most_kb < 50_000


def test_pictures_that_lost_bytes_are_passed_over_and_write_nothing(
    mjpeg_server: MjpegServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with closing(open_url(mjpeg_server.url)) as camera:
        whole = camera.read(TIMEOUT_S).image_rgb
        mjpeg_server.with_holes = 5
        while mjpeg_server.with_holes:
            read = camera.read(TIMEOUT_S).image_rgb
            # The lower half of a picture with a hole is grey.
            assert abs(read[-40:].std() - whole[-40:].std()) < 10
        mjpeg_server.with_holes = 10**6
        with pytest.raises(CameraLost, match="only damaged pictures"):
            read_until_lost(camera, 0.3)
    assert not capfd.readouterr().err


def test_a_camera_that_never_ends_its_pictures_is_understood(mjpeg_server: MjpegServer) -> None:
    mjpeg_server.ends = False
    with closing(open_url(mjpeg_server.url)) as camera:
        first = camera.read(TIMEOUT_S)
        for _ in range(20):
            last = camera.read(TIMEOUT_S)
    assert last.sequence - first.sequence < 40


def test_a_camera_may_change_the_size_of_its_pictures(mjpeg_server: MjpegServer) -> None:
    with closing(open_url(mjpeg_server.url)) as camera:
        assert camera.info.mode.size_wh == camera.read(TIMEOUT_S).size_wh == SIZE_WH
        mjpeg_server.size_wh = LARGER_WH
        while camera.read(TIMEOUT_S).size_wh != LARGER_WH:
            pass
        assert camera.info.mode.size_wh == LARGER_WH


def test_messages_contain_no_password() -> None:
    with pytest.raises(CameraError) as caught:
        open_url("http://booth:geheim@127.0.0.1:1/camera?user=booth&pwd=geheim")
    assert "geheim" not in str(caught.value)
    assert "http://127.0.0.1:1 " in str(caught.value)
