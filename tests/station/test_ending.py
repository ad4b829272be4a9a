"""A station ends in order: after a failure with its cause, at a stop within seconds, and nothing exposed is lost."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from capture_station.archive.disk import Disk
from capture_station.camera.fault_injection import FaultInjector
from capture_station.config import SegmentationSettings, StationSettings
from capture_station.errors import ArchiveError, CameraLost, NotRunning, SegmentationError
from capture_station.frames import Frame, Matte
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.factory import open_segmenter
from capture_station.station import station as station_module
from capture_station.station.station import Station
from capture_station.station.status import State
from tests.station.conftest import PATIENCE_S, StartStation, until
from tests.station.segmenters import Failing, Watching, gated


class HangingDisk(Disk):
    """Does not come back from a sync while its gate is closed."""

    def __init__(self) -> None:
        self.gate, self.hangs = threading.Event(), threading.Event()
        self.gate.set()

    def sync(self, descriptor: int) -> None:
        if not self.gate.is_set():
            self.hangs.set()
        assert self.gate.wait(2 * PATIENCE_S)
        super().sync(descriptor)


class TestFailures:
    def opening(self, preview: Segmenter, capture: Segmenter) -> Any:
        return lambda _, purpose: preview if purpose == "preview" else capture

    def test_capture_model_fails_only_the_capture(self, start: StartStation) -> None:
        capture = Failing(SegmentationError("out of memory"))
        station = start(self.opening(Failing(ValueError()), capture))
        until(station, lambda status: status.state is State.RUNNING)
        capture.broken.set()
        with pytest.raises(SegmentationError):
            station.capture().result(PATIENCE_S)
        capture.broken.clear()
        assert station.capture().result(PATIENCE_S).id

    def test_preview_model_ends_the_station_with_its_cause(
        self, settings: StationSettings, faults: FaultInjector
    ) -> None:
        preview = Failing(SegmentationError("out of memory"))
        station = Station(settings, faults, self.opening(preview, Failing(ValueError())))
        station.start()
        preview.broken.set()
        assert station.closing.wait(PATIENCE_S)
        with pytest.raises(SegmentationError, match="out of memory"):
            station.stop()

    def test_bug_in_the_capture_worker_fails_the_future_and_ends_the_station(
        self, settings: StationSettings, faults: FaultInjector
    ) -> None:
        capture = Failing(ZeroDivisionError("a bug"))
        station = Station(settings, faults, self.opening(Failing(ValueError()), capture))
        station.start()
        until(station, lambda status: status.state is State.RUNNING)
        station.capture().result(PATIENCE_S)
        capture.broken.set()
        shot = station.capture()
        with pytest.raises(Exception, match="a bug"):
            shot.result(PATIENCE_S)
        assert station.closing.wait(PATIENCE_S)
        with pytest.raises(ZeroDivisionError):
            station.stop()


class TestCancelledFutures:
    """Whoever asked for a portrait may stop waiting for it, as asyncio does for a client that has gone."""

    def test_what_waits_is_not_taken_and_what_is_being_taken_is_finished(self, start: StartStation) -> None:
        gate = threading.Event()
        station = start(gated(gate), capture={"when_busy": "queue"})
        gate.set()
        until(station, lambda status: status.state is State.RUNNING)
        station.capture().result(PATIENCE_S)
        gate.clear()
        exposed, given_up = station.capture(), station.capture()
        until(station, lambda status: status.captures.in_progress and not status.captures.exposing)
        assert given_up.cancel()
        assert not exposed.cancel()
        gate.set()
        assert Path(exposed.result(PATIENCE_S).portrait).exists()
        assert station.capture().result(PATIENCE_S).id
        assert station.status().captures.taken == len(station.ids(9)) == 3
        assert not station.closing.is_set()

    def test_a_countdown_ends(self, start: StartStation) -> None:
        station = start(lambda *_: Watching())
        until(station, lambda status: status.state is State.RUNNING)
        shot = station.capture(countdown_s=30)
        until(station, lambda status: status.captures.countdown_left_s is not None)
        assert shot.cancel()
        until(station, lambda status: status.captures.countdown_left_s is None and not status.captures.in_progress)
        assert station.capture().result(PATIENCE_S).id
        assert station.status().captures.taken == 1


class TestStop:
    def test_finishes_what_was_exposed(self, settings: StationSettings, faults: FaultInjector) -> None:
        station = Station(settings, faults)
        station.start()
        until(station, lambda status: status.state is State.RUNNING)
        shot = station.capture()
        until(station, lambda status: status.captures.in_progress or status.captures.taken == 1)
        station.stop()
        assert Path(shot.result(PATIENCE_S).portrait).exists()

    def test_finishes_what_was_exposed_and_fails_who_waits_behind_it(
        self, settings: StationSettings, faults: FaultInjector
    ) -> None:
        gate = threading.Event()
        queueing = settings.model_copy(update={"capture": settings.capture.model_copy(update={"when_busy": "queue"})})
        station = Station(queueing, faults, gated(gate))
        station.start()
        until(station, lambda status: status.state is State.RUNNING)
        exposed, *waiting = [station.capture() for _ in range(4)]
        stopper = threading.Thread(target=station.stop)
        stopper.start()
        until(station, lambda status: status.state is State.STOPPING)
        gate.set()
        stopper.join(PATIENCE_S)
        assert Path(exposed.result(0).portrait).exists()
        for shot in waiting:
            assert isinstance(shot.exception(0), NotRunning)

    def test_fails_countdowns_and_refuses_new_requests(self, settings: StationSettings, faults: FaultInjector) -> None:
        station = Station(settings, faults)
        station.start()
        until(station, lambda status: status.state is State.RUNNING)
        shot = station.capture(countdown_s=30)
        station.stop()
        with pytest.raises(NotRunning):
            shot.result(0)
        with pytest.raises(NotRunning):
            station.capture()
        assert station.status().state is State.STOPPING

    def test_a_verdict_on_the_live_picture_that_takes_long_is_no_fault(
        self,
        settings: StationSettings,
        faults: FaultInjector,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(station_module, "STOP_WITHIN_S", 0.1)
        warm, asked, gate = threading.Event(), threading.Event(), threading.Event()

        class Slow(Watching):
            def segment(self, frame: Frame) -> Matte:
                if warm.is_set():
                    asked.set()
                    assert gate.wait(PATIENCE_S)
                return super().segment(frame)

        def opening(chosen: SegmentationSettings, purpose: Any) -> Segmenter:
            return Slow() if purpose == "capture" else open_segmenter(chosen, purpose)

        try:
            with Station(settings, faults, opening) as station:
                until(station, lambda status: status.state is State.RUNNING)
                station.capture().result(PATIENCE_S)
                warm.set()
                assert asked.wait(PATIENCE_S)
            assert "did not stop" not in caplog.text
        finally:
            gate.set()

    def test_does_not_wait_for_a_disk_that_hangs(self, settings: StationSettings, faults: FaultInjector) -> None:
        disk = HangingDisk()
        station = Station(settings, faults, disk=disk)
        station.start()
        until(station, lambda status: status.state is State.RUNNING)
        disk.gate.clear()
        station.capture()
        assert disk.hangs.wait(PATIENCE_S)
        begun_s = time.monotonic()
        with pytest.raises(ArchiveError, match="check the disk"):
            station.stop()
        assert time.monotonic() - begun_s < 10  # As long as systemd waits.
        disk.gate.set()

    def test_does_not_wait_for_a_camera_that_hangs(self, settings: StationSettings, faults: FaultInjector) -> None:
        station = Station(settings, faults)
        station.start()
        until(station, lambda status: status.state is State.RUNNING)
        faults.stall()
        station.stop()
        assert not [thread for thread in threading.enumerate() if thread.name in ("camera", "capture worker")]

    def test_a_capture_that_waits_for_a_lost_camera_is_no_fault_of_the_disk(
        self, settings: StationSettings, faults: FaultInjector
    ) -> None:
        """Otherwise the operator's restart would end the station for good."""
        station = Station(settings, faults)
        station.start()
        until(station, lambda status: status.state is State.RUNNING)
        faults.stall()
        shot = station.capture()
        until(station, lambda status: status.state is State.DEGRADED)
        station.stop()
        with pytest.raises(CameraLost):
            shot.result(0)
        assert not [thread for thread in threading.enumerate() if thread.name in ("camera", "capture worker")]
