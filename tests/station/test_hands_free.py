"""Hands free on a running station: a queue of five people walks past, nobody touches anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from capture_station.camera.contract import Camera, CameraInfo, Mode
from capture_station.camera.demo_scene import VISIT_S, Scene
from capture_station.camera.fault_injection import FaultInjector
from capture_station.config import StationSettings
from capture_station.frames import Frame
from capture_station.station.station import Station
from tests.station.conftest import HeldCameras, until

PEOPLE = 5
SIZE_WH = (640, 480)
FPS = 15.0
LEAVES_S, EMPTY_S = 19.5, 22.0
"""Moments of a visit in the demo: just before the person leaves, and when nobody is there."""
EMPTY_FOR_S = 2.0
"""A machine that is busy sees only some of the pictures of the empty room."""
LONGEST_STEP_S = 0.2
"""On a busy machine people move more slowly instead of jumping."""
PATIENCE_S = 120.0


class Queue(FaultInjector):
    """A camera before which the people of the demo follow each other. Each one stays until the portrait is taken."""

    station: Station | None = None

    def open(self, open_camera: Callable[[], Camera]) -> Camera:
        open_camera().close()
        return QueueCamera(lambda: 0 if self.station is None else self.station.status().captures.taken)


class QueueCamera:
    info = CameraInfo("demo", "a queue of people", Mode(SIZE_WH, FPS, ""))

    def __init__(self, taken: Callable[[], int]) -> None:
        self._scene = Scene(FPS)
        self._scene.prepare(SIZE_WH)
        self._taken = taken
        self._next_s = time.monotonic()
        self._visit, self._within_s, self._empty_s = 0, 0.0, 0.0
        """Which person, how much of the visit was shown, and for how long the room has been empty."""
        self._number = -1
        self._tick = threading.Event()

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:  # noqa: ARG002
        self._tick.wait(max(0.0, self._next_s - time.monotonic()))
        now_s = time.monotonic()
        passed_s, self._next_s = now_s - self._next_s + 1 / FPS, now_s + 1 / FPS
        self._pass(min(passed_s, LONGEST_STEP_S))
        self._number += 1
        image = self._scene.image(round((self._visit * VISIT_S + self._within_s) * FPS), SIZE_WH)
        return Frame(image, self._number, time.monotonic())

    def _pass(self, passed_s: float) -> None:
        if self._within_s < LEAVES_S and self._taken() > self._visit:
            self._within_s = LEAVES_S  # What is left of a visit is not shown, so that the test does not take minutes.
        elif self._within_s >= EMPTY_S and (self._empty_s < EMPTY_FOR_S or self._visit == PEOPLE - 1):
            self._empty_s += passed_s
        elif self._within_s + passed_s >= VISIT_S:
            self._visit, self._within_s, self._empty_s = self._visit + 1, 0.0, 0.0
        else:
            self._within_s += passed_s

    def close(self) -> None: ...


def settings_in(folder: Path) -> StationSettings:
    return StationSettings.model_validate(
        {
            "camera": {"kind": "demo", "size_px": SIZE_WH, "fps": FPS},
            "capture": {"auto": True, "auto_hold_s": 0.3, "countdown_s": 0, "burst": 2},
            "portrait": {"preset": "badge"},
            "archive": {"folder": folder, "keep_free_bytes": 0},
        }
    )


def test_five_people_get_five_portraits(tmp_path: Path) -> None:
    queue = Queue()
    with Station(settings_in(tmp_path), queue) as station:
        queue.station = station
        tick, deadline_s = threading.Event(), time.monotonic() + PATIENCE_S
        while (taken := station.status().captures.taken) < PEOPLE:
            assert time.monotonic() < deadline_s, f"{taken} portraits"
            tick.wait(0.05)
        assert station.status().captures.failed == 0
        verdicts = [saved.verdict for saved in station.saved(10)]
    assert verdicts == ["ok"] * PEOPLE


def test_nobody_is_photographed_while_somebody_operates_the_station(tmp_path: Path) -> None:
    with Station(settings_in(tmp_path), Queue()) as station:
        station.postpone_auto(3600)
        tick, deadline_s, good = threading.Event(), time.monotonic() + PATIENCE_S, 0
        while good < 20:  # For longer than a hold takes.
            assert time.monotonic() < deadline_s
            tick.wait(0.05)
            good += station.status().framing.ready
        assert station.status().captures.taken == 0
        station.postpone_auto(0)
        while station.status().captures.taken == 0:
            assert time.monotonic() < deadline_s
            tick.wait(0.05)


def test_the_made_up_person_of_a_demo_that_stands_in_is_not_photographed(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    camera = settings.camera.model_copy(update={"kind": "auto", "driver": "fake"})
    with Station(settings.model_copy(update={"camera": camera}), HeldCameras()) as station:
        ready = until(station, lambda status: status.framing.ready)
        assert ready.camera is not None
        assert ready.camera.stands_in
        good = 0
        while good < 20:  # For longer than a hold takes.
            shown = station.status().live.previews
            good += until(station, lambda status, shown=shown: status.live.previews > shown).framing.ready
        assert station.status().captures.taken == 0
