"""The capture loop, tested with a minimal camera."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from capture_station.camera.contract import CameraInfo, Mode
from capture_station.config import CameraSettings
from capture_station.errors import CameraError, CameraLost, Trouble
from capture_station.frames import Frame
from capture_station.station.burst import Burst
from capture_station.station.capture_loop import CaptureLoop
from capture_station.station.viewer_demand import ViewerDemand

PATIENCE_S = 20.0
PLAIN = CameraInfo("made-up", "made-up", Mode((64, 48), 30, ""))


class Camera:
    """Has two streams. Reports with the third frame that focus cannot be locked; stops the loop at the fifth."""

    def __init__(self, stop: threading.Event) -> None:
        self.info = PLAIN
        self._stop = stop
        self._reads = 0

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:  # noqa: ARG002
        self._reads += 1
        if self._reads == 3:
            self.info = replace(PLAIN, differences=("focus cannot be locked",))
        if self._reads == 5:
            self._stop.set()
        small = np.full((24, 32, 3), self._reads, np.uint8)
        if not full_resolution:
            return Frame(small, self._reads, time.monotonic(), False)
        return Frame(np.full((48, 64, 3), self._reads, np.uint8), self._reads, time.monotonic(), small_rgb=small)

    def close(self) -> None: ...


def test_a_change_of_the_camera_info_is_reported() -> None:
    stop = threading.Event()
    told: list[CameraInfo | None] = []
    loop = CaptureLoop(
        CameraSettings(), lambda _: Camera(stop), stop, ViewerDemand(30), lambda info, _: told.append(info)
    )
    loop.run()
    assert told == [PLAIN, replace(PLAIN, differences=("focus cannot be locked",))]


def taken(open_camera: Callable[[threading.Event], Camera]) -> tuple[list[Frame], CaptureLoop]:
    """A burst of five frames, and the loop after its camera has stopped it."""
    stop = threading.Event()
    loop = CaptureLoop(CameraSettings(), lambda _: open_camera(stop), stop, ViewerDemand(30), lambda *_: None)
    burst = Burst(0.0, 5, within_s=60)
    loop.request(burst)
    loop.run()
    return burst.frames.result(PATIENCE_S), loop


def test_bursts_get_full_pictures_and_the_preview_small_ones_of_the_same_exposures() -> None:
    frames, loop = taken(Camera)
    assert [frame.size_wh for frame in frames] == [(64, 48)] * 5
    newest, _ = loop.frames.get()
    assert newest is not None
    assert newest.size_wh == (32, 24)
    assert newest.captured_at_s == frames[-1].captured_at_s
    assert newest.image_rgb[0, 0, 0] == frames[-1].image_rgb[0, 0, 0] == 5


def test_a_camera_is_opened_again_when_asked_and_not_during_a_burst() -> None:
    stop = threading.Event()
    cameras: list[Camera] = []

    class Asking(Camera):
        def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
            if cameras == [self]:
                loop.reopen()
            return super().read(timeout_s, full_resolution)

    def open_camera(_: Callable[[], None]) -> Camera:
        cameras.append(Asking(stop))
        return cameras[-1]

    loop = CaptureLoop(CameraSettings(), open_camera, stop, ViewerDemand(30), lambda *_: None)
    burst = Burst(0.0, 4, within_s=60)
    loop.request(burst)
    loop.run()
    assert [frame.image_rgb[0, 0, 0] for frame in burst.frames.result(PATIENCE_S)] == [1, 2, 3, 4]
    assert len(cameras) == 2
    assert loop.taken == 4 + 5
    assert loop.reopens == 0  # It was not lost.


def test_bursts_fail_when_the_loop_has_stopped() -> None:
    stop = threading.Event()
    loop = CaptureLoop(CameraSettings(), lambda _: Camera(stop), stop, ViewerDemand(30), lambda *_: None)
    waiting, late = Burst(0.0, 6, within_s=60), Burst(0.0, 1, within_s=60)
    loop.request(waiting)
    loop.run()
    loop.request(late)
    for burst in (waiting, late):
        assert isinstance(burst.frames.exception(timeout=0), CameraLost)


def test_the_heartbeat_continues_during_a_long_wait_for_a_camera() -> None:
    stop, refused = threading.Event(), threading.Event()

    def refuse(_: object) -> Camera:
        refused.set()
        raise CameraError("none is attached")

    settings = CameraSettings(reopen_first_s=60, reopen_longest_s=600)
    loop = CaptureLoop(settings, refuse, stop, ViewerDemand(30), lambda *_: None)
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert refused.wait(PATIENCE_S)
    deadline_s = time.monotonic() + PATIENCE_S
    while loop.beats < 2:
        assert time.monotonic() < deadline_s
        stop.wait(0.01)
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


class FinallyLost(Camera):
    """A file that has ended."""

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:  # noqa: ARG002
        raise CameraLost("the file has ended", Trouble("over"))


def refuse(_: threading.Event) -> Camera:
    raise CameraError("none is attached")


@pytest.mark.parametrize("first", [FinallyLost, refuse])
def test_another_camera_that_somebody_chooses_is_opened_at_once_whatever_became_of_the_first(
    first: Callable[[threading.Event], Camera],
) -> None:
    stop, lost = threading.Event(), threading.Event()
    cameras = iter([first, Camera])
    told: list[CameraInfo | None] = []

    def on_change(info: CameraInfo | None, _: CameraError | None) -> None:
        told.append(info)
        lost.set()

    settings = CameraSettings(reopen_first_s=60, reopen_longest_s=600)
    loop = CaptureLoop(settings, lambda _: next(cameras)(stop), stop, ViewerDemand(30), on_change)
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert lost.wait(PATIENCE_S)
    loop.reopen()
    thread.join(PATIENCE_S)
    ended = not thread.is_alive()
    stop.set()
    assert ended
    assert told[:2] == [None, PLAIN]
    assert loop.reopens == 0


class Slow(Camera):
    """Notes how often the loop had beaten when it was asked for its first frame."""

    beats = -1
    loop: CaptureLoop

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        self._stop.set()
        self.beats = self.loop.beats
        return super().read(timeout_s, full_resolution)


def test_opening_and_the_first_frame_have_heartbeats_of_their_own() -> None:
    stop = threading.Event()
    camera = Slow(stop)
    camera.loop = CaptureLoop(CameraSettings(), lambda _: camera, stop, ViewerDemand(30), lambda *_: None)
    camera.loop.run()
    assert camera.beats == 2
    assert camera.loop.beats == 3


@pytest.mark.parametrize("name", ["open_timeout_s", "read_timeout_s"])
def test_camera_timeouts_are_shorter_than_the_watchdog(name: str) -> None:
    service = (Path(__file__).parents[2] / "systemd" / "capture-station.service").read_text()
    watchdog_s = float(re.findall(r"^WatchdogSec=(\d+)$", service, re.MULTILINE)[0])
    CameraSettings.model_validate({name: watchdog_s * 2 / 3})
    with pytest.raises(ValidationError, match=name):
        CameraSettings.model_validate({name: watchdog_s * 0.7})


class Torn(Camera):
    """Is lost in the middle of the burst."""

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        frame = super().read(timeout_s, full_resolution)
        if frame.sequence == 4:
            self._stop.set()
            raise CameraLost("unplugged")
        return frame


def test_a_burst_cut_short_by_a_loss_gives_the_frames_so_far() -> None:
    frames, _ = taken(Torn)
    assert len(frames) == 3
