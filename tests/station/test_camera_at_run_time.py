"""The camera can be changed while the station runs: another size, and automatics that are held."""

from __future__ import annotations

import threading

import pytest

from capture_station.archive.record import Record
from capture_station.config import StationSettings
from capture_station.errors import Busy, StationError
from capture_station.station.station import Station
from capture_station.station.status import State
from tests.station.conftest import PATIENCE_S, HeldCameras, StartStation, until
from tests.station.segmenters import Watching, gated


def test_the_camera_is_opened_again_with_another_size(start: StartStation) -> None:
    station = start(lambda *_: Watching(), portrait={"preset": "free"})
    before = until(station, lambda status: status.state is State.RUNNING)
    assert before.camera is not None
    assert (1280, 720) in station.camera_sizes()
    assert station.adjust(camera_size="1280x720").camera_size == "1280x720"
    after = until(station, lambda status: status.camera is not None and status.camera.mode.size_wh == (1280, 720))
    assert before.camera.mode.size_wh != (1280, 720)
    assert after.live.reopens == 0  # It was not lost.
    assert after.adjustments.camera_size == "1280x720"
    shot = station.capture(0).result(PATIENCE_S)
    assert shot.portrait_px == (1280, 720)


def test_the_camera_is_not_changed_during_a_capture(start: StartStation) -> None:
    station = start(lambda *_: Watching())
    until(station, lambda status: status.state is State.RUNNING)
    station.capture(30)
    until(station, lambda status: status.captures.countdown_left_s is not None)
    with pytest.raises(Busy):
        station.adjust(camera_held=True)
    assert not station.status().adjustments.camera_held
    station.adjust(camera_held=False, guide=False)  # Nothing of the camera's changes.
    assert not station.status().adjustments.guide
    station.cancel()


def test_a_size_that_is_none_changes_nothing(start: StartStation) -> None:
    station = start(lambda *_: Watching())
    until(station, lambda status: status.state is State.RUNNING)
    size = station.status().adjustments.camera_size
    with pytest.raises(StationError, match="not a picture size"):
        station.adjust(camera_size="large", guide=False)
    assert station.status().adjustments.camera_size == size
    assert station.status().adjustments.guide


def test_another_camera_takes_over_while_the_station_runs(start: StartStation) -> None:
    station = start(lambda *_: Watching(), camera={"kind": "auto", "driver": "fake"})
    before = until(station, lambda status: status.state is State.RUNNING)
    assert before.camera is not None
    assert before.camera.kind == "raspberry"
    assert before.adjustments.camera == "auto"
    assert [one.name for one in station.cameras()] == ["", "Pi camera", "Webcam"]
    station.adjust(camera="webcam:/dev/video0")
    after = until(station, lambda status: status.camera is not None and status.camera.kind == "webcam")
    assert after.adjustments.camera == "webcam:/dev/video0"
    assert after.live.reopens == 0
    station.adjust(camera="auto")
    until(station, lambda status: status.camera is not None and status.camera.kind == "raspberry")


def test_a_camera_that_is_not_offered_is_refused(start: StartStation) -> None:
    station = start(lambda *_: Watching())
    until(station, lambda status: status.state is State.RUNNING)
    with pytest.raises(StationError, match="no camera"):
        station.adjust(camera="webcam:/etc/passwd")
    assert station.status().adjustments.camera == "demo"
    offered = [(one.choice, one.attached) for one in station.cameras()]
    assert ("auto", True) in offered
    assert ("demo", True) in offered  # As configured.


def test_a_configured_camera_that_is_not_attached_is_listed_as_such(start: StartStation) -> None:
    station = start(lambda *_: Watching(), camera={"kind": "webcam", "device": "/dev/video97"})
    until(station, lambda status: status.state is State.DEGRADED)
    (missing,) = [one for one in station.cameras() if one.choice == "webcam:/dev/video97"]
    assert not missing.attached
    assert missing.name == "video97"


def test_a_portrait_is_recorded_as_of_the_camera_that_exposed_it(settings: StationSettings) -> None:
    """Portraits of a demo that stands in are not exported, also those that are developed when a real camera is back."""
    gate, faults = threading.Event(), HeldCameras()
    camera = settings.camera.model_copy(update={"kind": "auto", "driver": "fake"})
    with Station(settings.model_copy(update={"camera": camera}), faults, gated(gate)) as station:
        gate.set()
        until(station, lambda status: status.state is State.RUNNING)
        station.capture().result(PATIENCE_S)
        gate.clear()
        shot = station.capture()
        until(station, lambda status: status.captures.in_progress and not status.captures.exposing)
        faults.held = False
        faults.unplug()
        faults.plug()
        until(station, lambda status: status.camera is not None and status.camera.kind == "raspberry")
        gate.set()
        record = station.archive.find(shot.result(PATIENCE_S).id)
        assert isinstance(record, Record)
        assert record.camera.kind == "demo"
