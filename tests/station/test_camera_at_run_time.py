"""The camera can be changed while the station runs: another size, and automatics that are held."""

from __future__ import annotations

import pytest

from capture_station.errors import Busy, StationError
from capture_station.station.status import State
from tests.station.conftest import PATIENCE_S, StartStation, until
from tests.station.segmenters import Watching


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
    with pytest.raises(StationError, match="no size"):
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
