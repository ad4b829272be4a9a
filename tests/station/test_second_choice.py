"""A hand that passes while the portrait is taken: another frame is chosen, and nobody waits for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_station.camera.contract import Camera, CameraInfo, Mode
from capture_station.camera.fault_injection import FaultInjector
from capture_station.config import StationSettings
from capture_station.errors import CameraLost, SegmentationError
from capture_station.frames import Frame, Head, Matte
from capture_station.segmentation.contract import SegmenterInfo, SinglePass
from capture_station.station.second_choice import Choice, second_choice
from capture_station.station.station import Station
from tests.portrait.scenes import person
from tests.station.conftest import PATIENCE_S, until

SIZE_WH = (900, 720)
FPS = 30.0
BURST = 2
SCENE = person(SIZE_WH, head_px=300)
HAND_RGB = (90, 200, 90)
"""No hand has this colour, so that the fake network can tell it from a face."""
PALM = np.s_[330:420, 420:480]
COVERED = SCENE.image.copy()
COVERED[PALM] = HAND_RGB
EMPTY = np.zeros((2, 2, 3), np.uint8)


class Booth(FaultInjector):
    """A camera before which somebody stands still. During a capture, a hand is before the face for some frames."""

    def __init__(self) -> None:
        super().__init__()
        self.covered = BURST
        """In so many frames of full resolution, the first ones of a capture, the hand is before the face."""
        self.after_the_hand: Callable[[], None] = lambda: None
        """Called by the camera when the hand is gone."""
        self.looking_on: Callable[[], None] = lambda: None
        """Called by the camera when more than one burst was taken."""

    def open(self, open_camera: Callable[[], Camera]) -> Camera:
        open_camera().close()
        return BoothCamera(self)


class BoothCamera:
    info = CameraInfo("demo", "a booth", Mode(SIZE_WH, FPS, ""))

    def __init__(self, booth: Booth) -> None:
        self._booth = booth
        self._large = 0
        self._tick = threading.Event()

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:  # noqa: ARG002
        self._tick.wait(1 / FPS)
        self._large += full_resolution
        hand = full_resolution and self._large <= self._booth.covered
        if full_resolution and not hand:
            self._booth.after_the_hand()
        if self._large > BURST:
            self._booth.looking_on()
        return Frame(COVERED if hand else SCENE.image, 0, time.monotonic())

    def close(self) -> None: ...


class Seeing(SinglePass):
    """A network that knows the scene and is unsure of a face behind a hand."""

    info = SegmenterInfo("seeing", "", "", "", (64, 64))

    def __init__(self) -> None:
        self.broken = threading.Event()
        """It fails once it has seen the hand."""

    def segment(self, frame: Frame) -> Matte:
        height, width = frame.image_rgb.shape[:2]
        y, x = round(375 / SIZE_WH[1] * height), round(450 / SIZE_WH[0] * width)
        hidden = bool(np.abs(frame.image_rgb[y, x].astype(int) - HAND_RGB).max() < 30)
        if self.broken.is_set() and not hidden:
            raise SegmentationError("out of order")
        head = Head(SCENE.head.points, 0.3 if hidden else 0.9)
        return replace(SCENE.matte(), head=head, sequence=frame.sequence)


@contextmanager
def booth(folder: Path, faults: Booth, capture: Seeing | None = None, patience_s: float = 10) -> Iterator[Station]:
    """A station whose live picture is green."""
    settings = StationSettings.model_validate(
        {
            "camera": {"kind": "demo", "size_px": SIZE_WH, "fps": FPS},
            "capture": {"countdown_s": 0, "burst": BURST, "burst_s": 2, "patience_s": patience_s},
            "portrait": {"preset": "portrait-4x5", "upscale_limit": 2},
            "archive": {"folder": folder, "keep_free_bytes": 0},
        }
    )
    networks = {"preview": Seeing(), "capture": capture or Seeing()}
    with Station(settings, faults, lambda _, purpose: networks[purpose]) as station:
        until(station, lambda status: status.framing.ready)
        yield station


def test_a_hand_that_passes_is_not_in_the_portrait(tmp_path: Path) -> None:
    with booth(tmp_path, Booth()) as station:
        shot = station.capture().result(PATIENCE_S)
        assert (shot.verdict, shot.kept) == ("ok", True)
        assert station.ids(10) == [shot.id]
    original = cv2.imread(str(next(tmp_path.rglob("*original*.jpg"))), cv2.IMREAD_COLOR_RGB)
    assert original is not None
    assert np.abs(original[PALM].mean(axis=(0, 1)) - HAND_RGB).max() > 30


def test_without_patience_the_first_burst_counts(tmp_path: Path) -> None:
    with booth(tmp_path, Booth(), patience_s=0) as station:
        shot = station.capture().result(PATIENCE_S)
        assert [flaw.code for flaw in shot.flaws] == ["face-hidden"]


def test_a_hand_that_stays_is_waited_for_no_longer_than_set_and_the_first_portrait_is_kept(tmp_path: Path) -> None:
    faults = Booth()
    faults.covered = 10_000
    with booth(tmp_path, faults, patience_s=0.3) as station:
        shot = station.capture().result(PATIENCE_S)
        assert (shot.verdict, [flaw.code for flaw in shot.flaws]) == ("review", ["face-hidden"])
        assert station.ids(10) == [shot.id]


def test_the_light_stays_on_until_the_frame_is_chosen(tmp_path: Path) -> None:
    faults, exposing = Booth(), []
    with booth(tmp_path, faults) as station:
        faults.after_the_hand = lambda: exposing.append(station.status().captures.exposing)
        station.capture().result(PATIENCE_S)
        assert exposing[0]
        assert not station.status().captures.exposing


def test_a_camera_that_is_lost_while_a_better_frame_is_looked_for_costs_no_portrait(tmp_path: Path) -> None:
    def unplugged() -> None:
        raise CameraLost("unplugged")

    faults = Booth()
    faults.after_the_hand = unplugged
    with booth(tmp_path, faults, patience_s=0.5) as station:
        assert station.capture().result(PATIENCE_S).verdict == "review"


def test_a_network_that_fails_while_a_better_frame_is_looked_for_costs_no_portrait(tmp_path: Path) -> None:
    faults, network = Booth(), Seeing()
    faults.after_the_hand = network.broken.set
    with booth(tmp_path, faults, network) as station:
        assert station.capture().result(PATIENCE_S).verdict == "review"


def test_a_stop_ends_the_search_and_saves_the_first_portrait(tmp_path: Path) -> None:
    faults, looks_on = Booth(), threading.Event()
    faults.covered = 10_000
    faults.looking_on = looks_on.set
    with booth(tmp_path, faults, patience_s=10) as station:
        shot = station.capture()
        assert looks_on.wait(PATIENCE_S)
        station.stop()
        assert shot.result(0).verdict == "review"


def choice_of(frame: Frame, burst: list[Frame]) -> Choice:
    return Choice(frame, burst, BoothCamera.info)


def frames(*captured_at_s: float) -> list[Frame]:
    return [Frame(EMPTY, number, at_s) for number, at_s in enumerate(captured_at_s)]


def test_the_farthest_frames_of_a_burst_are_tried_before_another_burst_is_taken() -> None:
    first, second, tried = frames(0, 1, 2, 3, 4, 5, 6), frames(10, 11, 12), list[float]()

    def passes(frame: Frame) -> bool:
        tried.append(frame.captured_at_s)
        return frame is second[2]

    chosen = second_choice(choice_of(first[1], first), lambda: choice_of(second[0], second), passes, lambda: True)
    assert tried == [6, 3, 10, 12]
    assert chosen == choice_of(second[2], second)


@pytest.mark.parametrize(("tries", "bursts"), [(0, 0), (1, 0), (2, 0), (3, 1), (5, 1)])
def test_nothing_begins_when_the_time_is_over(tries: int, bursts: int) -> None:
    burst, tried, taken = frames(0, 1, 2, 3), list[Frame](), list[Choice]()

    def expose() -> Choice:
        taken.append(choice_of(burst[0], burst))
        return taken[-1]

    def passes(frame: Frame) -> bool:
        tried.append(frame)
        return False

    assert second_choice(choice_of(burst[0], burst), expose, passes, lambda: len(tried) < tries) is None
    assert (len(tried), len(taken)) == (tries, bursts)


def test_a_burst_without_other_frames_is_followed_by_the_next_one() -> None:
    one = frames(0)
    chosen = second_choice(choice_of(one[0], []), lambda: choice_of(one[0], one), lambda _: True, lambda: True)
    assert chosen == choice_of(one[0], one)
    assert second_choice(choice_of(one[0], one), lambda: None, lambda _: True, lambda: True) is None
