"""An idle station reads few frames; a viewer gets every frame at once."""

from __future__ import annotations

import threading
import time

from capture_station.station.viewer_demand import VIEWER_TIMEOUT_S, ViewerDemand
from tests.station.conftest import PATIENCE_S, StartStation, until


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_viewer_ends_the_wait() -> None:
    clock = Clock()
    demand = ViewerDemand(idle_fps=1 / PATIENCE_S, clock_s=clock)
    demand.wait_for_turn()
    clock.now_s += VIEWER_TIMEOUT_S + 1
    ended = threading.Event()

    def wait() -> None:
        demand.wait_for_turn()
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert not ended.wait(0.1)
    demand.viewer_seen()
    assert ended.wait(PATIENCE_S / 2)
    waiting.join()


def test_there_is_no_wait_while_somebody_watches() -> None:
    clock = Clock()
    demand = ViewerDemand(idle_fps=1 / PATIENCE_S, clock_s=clock)
    for _ in range(100):
        demand.viewer_seen()
        demand.wait_for_turn()
        clock.now_s += VIEWER_TIMEOUT_S / 2


def test_an_idle_station_takes_few_frames_and_a_viewer_all(start: StartStation) -> None:
    station = start(camera={"idle_fps": 5, "fps": 60})
    threading.Event().wait(VIEWER_TIMEOUT_S)
    began, begun_s = until(station, lambda status: status.live.previews > 0).live.previews, time.monotonic()
    until(station, lambda status: status.live.previews >= began + 10)
    assert time.monotonic() - begun_s > 1.5  # 2 s at five a second; 0.2 s with a viewer.
    sequence, begun_s = -1, time.monotonic()
    for _ in range(10):
        preview = station.preview(sequence, PATIENCE_S)
        assert preview is not None
        sequence = preview.sequence
    assert time.monotonic() - begun_s < 1.5
    assert station.capture().result(PATIENCE_S).id
