"""The station with the real picamera2 and libcamera, whose virtual camera shows bars that move one pixel per frame.

It has no raw stream, no exposure, white balance, gain or focus, delivers NV12 whatever it is asked for, as fast as
buffers come back to it, and its two streams are not of one exposure: for these there is only the fake.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from capture_station.camera.attached_cameras import list_cameras
from capture_station.camera.factory import open_camera
from capture_station.camera.raspberry import PiCamera, RaspberryDriver, Request, open_picamera2, open_raspberry
from capture_station.config import CameraSettings, ControlSettings
from capture_station.errors import CameraError, CameraLost
from capture_station.frames import Image
from tests.camera.conftest import read_until_lost

# picamera2 itself starts its threads in an old way.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TIMEOUT_S = 5.0
SETTINGS = CameraSettings(kind="raspberry", size_px=(1280, 720), preview_size_px=(640, 360))
BARS_RGB = np.array(
    [
        (255, 255, 255),
        (255, 255, 0),
        (0, 255, 255),
        (0, 255, 0),
        (255, 0, 255),
        (255, 0, 0),
        (0, 0, 255),
        (0, 0, 0),
    ]
)
"""From left to right; the first one varies."""
CHOSEN = {"CAPTURE_STATION__CAMERA__KIND": "raspberry", "CAPTURE_STATION__WEB__LISTEN": "none"}


def assert_bars(image_rgb: Image, tolerance: int = 12) -> None:
    """Assert that all eight bars are there, in order, equally wide and in their colours."""
    row = image_rgb[image_rgb.shape[0] // 2].astype(int)
    nearest = np.abs(row[:, None] - BARS_RGB).sum(axis=2).argmin(axis=1)
    width_px = len(row) / len(BARS_RGB)
    centres = []
    for bar, colour in enumerate(BARS_RGB):
        (columns,) = np.nonzero(nearest == bar)
        # Edges are blurred into colours of other bars.
        assert abs(len(columns) - width_px) < 0.1 * width_px, (bar, len(columns), width_px)
        np.testing.assert_allclose(np.median(row[columns], axis=0), colour, atol=tolerance)
        angles = np.exp(2j * np.pi * columns / len(row))
        centres.append(np.angle(angles.mean()) / (2 * np.pi) * len(row))
    steps_px = np.diff(centres) % len(row)
    np.testing.assert_allclose(steps_px, width_px, atol=0.1 * width_px)


def commanded(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the station and return its output."""
    return subprocess.run(
        [sys.executable, "-m", "capture_station", *words],
        env=environment(home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
    )


def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        **CHOSEN,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
    }


def assert_portrait(path: Path) -> None:
    """Assert that a portrait has an original with the bars and the record of a Pi camera."""
    record = json.loads((path.parent / "record.json").read_text())
    print(json.dumps(record["camera"]))
    assert record["camera"]["kind"] == "raspberry"
    assert cv2.imread(str(path)) is not None
    (original,) = (file["name"] for file in record["files"] if file["role"] == "original")
    image_rgb = cv2.cvtColor(cv2.imread(str(path.parent / original)), cv2.COLOR_BGR2RGB)
    assert image_rgb.shape == (720, 1280, 3)
    assert_bars(image_rgb, tolerance=24)


def hold_all(camera: PiCamera, held: list[Request]) -> None:
    """Hold buffers until the camera has no more."""
    while True:
        held.append(camera.capture_request(wait=1.0))


@pytest.mark.parametrize("full_resolution", [False, True])
def test_both_streams_show_the_right_colours(full_resolution: bool) -> None:
    with closing(open_camera(SETTINGS)) as camera:
        print(camera.info)
        frames = [camera.read(TIMEOUT_S, full_resolution) for _ in range(20)]
    for frame in frames:
        assert frame.full_resolution == full_resolution
        assert frame.size_wh == (SETTINGS.size_px if full_resolution else SETTINGS.preview_size_px)
        assert frame.small.size_wh == SETTINGS.preview_size_px
        assert_bars(frame.image_rgb)
        assert_bars(frame.small.image_rgb)
    assert not np.array_equal(frames[0].image_rgb, frames[-1].image_rgb)


def test_one_stream_where_the_preview_is_as_large() -> None:
    settings = SETTINGS.model_copy(update={"preview_size_px": SETTINGS.size_px})
    with closing(open_camera(settings)) as camera:
        frame = camera.read(TIMEOUT_S)
    assert frame.full_resolution
    assert frame.size_wh == SETTINGS.size_px
    assert_bars(frame.image_rgb)


def test_another_size_than_asked_for_is_told() -> None:
    settings = SETTINGS.model_copy(update={"size_px": (1000, 600), "preview_size_px": (500, 300)})
    with closing(open_camera(settings)) as camera:
        frame = camera.read(TIMEOUT_S, full_resolution=True)
        print(camera.info.differences)
        assert frame.size_wh == camera.info.mode.size_wh == (1920, 1080)
        assert "size: asked for 1000x600, got 1920x1080" in camera.info.differences
    assert_bars(frame.image_rgb)


def test_frames_carry_the_sensors_stamp() -> None:
    """The time stamp is that of the exposure on the monotonic clock, not that of reading."""
    driver = RaspberryDriver(SETTINGS, 0, open_picamera2)
    ages_s, stamps_s = [], []

    def asked() -> bool:
        arrived_s.append(time.monotonic())
        return False

    try:
        for _ in range(60):
            arrived_s: list[float] = []
            picture = driver.read(asked)
            ages_s.append(arrived_s[0] - picture.captured_at_s)
            stamps_s.append(picture.captured_at_s)
    finally:
        driver.close()
    interval_s = statistics.median(np.diff(stamps_s))
    print(f"age at delivery {statistics.median(ages_s) * 1e3:.1f} ms, a picture every {interval_s * 1e3:.1f} ms")
    assert min(ages_s) > 0
    assert statistics.median(ages_s) < 0.5
    assert stamps_s == sorted(set(stamps_s))


def test_it_closes_and_opens_again_and_leaves_nothing() -> None:
    open_files, threads, closing_s = [], [], []
    for _ in range(8):
        camera = open_camera(SETTINGS)
        assert_bars(camera.read(TIMEOUT_S).image_rgb)
        begun_s = time.monotonic()
        camera.close()
        closing_s.append(time.monotonic() - begun_s)
        del camera
        # What picamera2 leaves refers to itself.
        gc.collect()
        open_files.append(len(os.listdir("/proc/self/fd")))
        threads.append(threading.active_count())
    print(f"closed within {max(closing_s):.2f} s; open files {open_files}, threads {threads}")
    assert max(closing_s) < 0.8
    assert open_files[-1] == open_files[1]
    assert threads[-1] == threads[1]


def test_a_camera_that_delivers_no_more_is_lost_in_time_and_closes() -> None:
    """The camera gets no buffer back, which looks like an unplugged ribbon cable."""
    opened: list[PiCamera] = []

    def open_pi(number: int) -> tuple[PiCamera, Any]:
        camera, extra = open_picamera2(number)
        opened.append(camera)
        return camera, extra

    camera = open_raspberry(SETTINGS.model_copy(update={"read_timeout_s": 1.0}), open_pi)
    camera.read(TIMEOUT_S)
    held: list[Request] = []
    with pytest.raises(TimeoutError):
        hold_all(opened[0], held)
    begun_s = time.monotonic()
    with pytest.raises(CameraLost, match="stopped delivering pictures"):
        read_until_lost(camera)
    camera.close()
    took_s = time.monotonic() - begun_s
    print(f"{len(held)} buffers held; lost and closed within {took_s:.2f} s")
    assert took_s < 2.5
    with closing(open_camera(SETTINGS)) as again:
        assert_bars(again.read(TIMEOUT_S).image_rgb)


def test_a_process_ends_soon_with_a_camera_that_nobody_closed(tmp_path: Path) -> None:
    """picamera2 closes its cameras itself when the interpreter ends, for example after a thread was abandoned."""
    script = """
from capture_station.camera.factory import open_camera
from tests.lab.check_raspberry import SETTINGS
camera = open_camera(SETTINGS)
print(camera.read(5.0).size_wh, flush=True)
"""
    begun_s = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environment(tmp_path), capture_output=True, text=True, timeout=60
    )
    print(f"begun and ended within {time.monotonic() - begun_s:.2f} s")
    assert ended.stdout == "(640, 360)\n", ended.stderr
    assert ended.returncode == 0, ended.stderr


def test_controls_that_it_has_not_are_told() -> None:
    controls = ControlSettings(exposure_ms=10, white_balance_k=5000, focus=2, gain=1.5, lock_after_s=0)
    with closing(open_camera(SETTINGS.model_copy(update={"controls": controls}))) as camera:
        frame = camera.read(TIMEOUT_S, full_resolution=True)
        camera.read(TIMEOUT_S)
        print(*camera.info.differences, sep="\n")
        assert "controls.exposure_ms: the camera has no ExposureTime" in camera.info.differences
        assert "controls.lock_after_s: the camera has no AeEnable" in camera.info.differences
    assert frame.in_force == {}


def test_who_opens_it_twice_is_told() -> None:
    with closing(open_camera(SETTINGS)) as camera:
        with pytest.raises(CameraError, match="perhaps another program holds it"):
            open_camera(SETTINGS)
        camera.read(TIMEOUT_S)
    with closing(open_camera(SETTINGS)) as camera:
        camera.read(TIMEOUT_S)


def test_it_is_listed() -> None:
    (found,) = list_cameras()
    print(*found.lines(), sep="\n")
    assert (found.kind, found.device, found.name) == ("raspberry", "0", "virtual")


def test_doctor_and_cameras_know_it(tmp_path: Path) -> None:
    listed = commanded(tmp_path, "cameras")
    print(listed.stdout)
    assert "virtual: camera.kind=raspberry camera.device=0" in listed.stdout
    examined = commanded(tmp_path, "doctor")
    print(examined.stdout)
    assert examined.returncode == 0, examined.stdout + examined.stderr
    assert "Pi camera 0 (virtual), 1280x720" in examined.stdout


def test_auto_takes_it_first(tmp_path: Path) -> None:
    examined = commanded(tmp_path, "doctor", "--set", "camera.kind=auto")
    assert "Pi camera 0 (virtual)" in examined.stdout, examined.stdout + examined.stderr


def test_capture_takes_a_portrait(tmp_path: Path) -> None:
    taken = commanded(tmp_path, "capture", "--set", "camera.preview_size_px=[640,360]")
    assert taken.returncode == 0, taken.stderr
    assert_portrait(Path(taken.stdout.strip()))


@pytest.fixture
def station(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A headless station that is running and saves its portraits below ``tmp_path``."""
    words = ("run", "--headless", "--set", "camera.preview_size_px=[640,360]")
    process = subprocess.Popen(
        [sys.executable, "-m", "capture_station", *words],
        env=environment(tmp_path),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    try:
        for line in process.stdout:
            print(line, end="")
            if "portraits are saved in" in line:
                break
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_running_station_takes_portraits_and_ends_soon(station: subprocess.Popen[str], tmp_path: Path) -> None:
    for _ in range(3):
        taken = commanded(tmp_path, "capture")
        assert taken.returncode == 0, taken.stderr
        assert_portrait(Path(taken.stdout.strip()))
    begun_s = time.monotonic()
    station.send_signal(signal.SIGINT)
    out, _ = station.communicate(timeout=20)
    took_s = time.monotonic() - begun_s
    print(out, f"ended within {took_s:.2f} s with exit code {station.returncode}")
    assert station.returncode in (0, 130)
    assert took_s < 5
