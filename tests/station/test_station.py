"""The station as its users meet it: preview, captures, a camera that comes and goes."""

from __future__ import annotations

import json
import math
import threading
from concurrent.futures import CancelledError, Future
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_station.camera.fault_injection import FaultInjector
from capture_station.config import SegmentationSettings
from capture_station.errors import Busy, CameraLost, DiskFull, SegmentationError, StationError
from capture_station.frames import Frame, Matte
from capture_station.segmentation.factory import open_segmenter
from capture_station.station.station import Station
from capture_station.station.status import CaptureStatus, State, Status
from tests.station.conftest import PATIENCE_S, StartStation, until
from tests.station.segmenters import Failing, Watching, gated


def test_preview_shows_the_person_on_white(start: StartStation) -> None:
    preview = start().preview(timeout_s=PATIENCE_S)
    assert preview is not None
    assert preview.white_rgb.shape == preview.image_rgb.shape == (240, 320, 3)
    corners = preview.white_rgb[:20, :20], preview.white_rgb[:20, -20:]
    assert min(corner.min() for corner in corners) > 240
    assert (preview.white_rgb != preview.image_rgb).any()


def test_previews_follow_each_other(start: StartStation) -> None:
    station = start()
    seen = [-1]
    while len(seen) < 10:
        preview = station.preview(after=seen[-1], timeout_s=PATIENCE_S)
        assert preview is not None
        seen.append(preview.sequence)
    assert seen == sorted(set(seen))


def test_capture_is_on_disk_at_full_resolution(start: StartStation) -> None:
    station = start()
    until(station, lambda status: status.state is State.RUNNING)
    shot = station.capture().result(PATIENCE_S)
    folder = Path(shot.folder)
    record = json.loads((folder / "record.json").read_text())
    assert record["size_wh"] == [640, 480]
    assert record["segmenter"]["model"] == "capture.tflite"
    assert len(record["segmenter"]["sha256"]) == 64
    assert {"expose", "segment", "portrait", "save"} <= set(record["timings_ms"])
    portrait = cv2.imread(shot.portrait)
    assert portrait is not None
    assert (portrait[:40, :40] == 255).all()
    matte = cv2.imread(str(next(folder.glob("*matte.png"))), cv2.IMREAD_GRAYSCALE)
    assert matte is not None
    assert matte.shape == (480, 640)
    assert station.status().captures.last_shot == shot
    assert station.status().captures.taken == 1


def test_matte_and_original_are_of_one_frame(start: StartStation) -> None:
    """The preview's matte is of another moment; saved is one computed on the saved picture."""
    station = start()
    until(station, lambda status: status.state is State.RUNNING)
    folder = Path(station.capture().result(PATIENCE_S).folder)
    original = cv2.imread(str(next(folder.glob("*original.jpg"))), cv2.IMREAD_COLOR_RGB)
    saved = cv2.imread(str(next(folder.glob("*matte.png"))), cv2.IMREAD_GRAYSCALE)
    assert original is not None
    assert saved is not None
    segmenter = open_segmenter(SegmentationSettings(), "capture")
    again = cv2.resize(segmenter.segment(Frame(np.asarray(original, np.uint8), 0, 0.0)).alpha, (640, 480))
    overlap = ((again > 0.5) & (saved > 127)).sum() / ((again > 0.5) | (saved > 127)).sum()
    assert overlap > 0.97


@pytest.mark.parametrize("merging", [True, False])
def test_the_burst_is_merged_into_the_portrait_and_its_matte_but_not_the_original(
    start: StartStation, merging: bool
) -> None:
    capturing, previewing = Watching(), Watching()
    station = start(
        lambda _, purpose: capturing if purpose == "capture" else previewing,
        capture={"merge": merging, "burst": 3, "burst_s": 2},
        archive={"original_format": "png", "portrait_formats": ["png"]},
    )
    until(station, lambda status: status.state is State.RUNNING)
    shot = station.capture().result(PATIENCE_S)
    record = json.loads((Path(shot.folder) / "record.json").read_text())
    assert record["burst"] == 3
    assert "merge" in record["timings_ms"]
    original, portrait = (
        cv2.imread(str(next(Path(shot.folder).glob(f"*{role}.png"))), cv2.IMREAD_COLOR_RGB)
        for role in ("original", "portrait")
    )
    assert original is not None
    assert portrait is not None
    assert (capturing.last == portrait).all()
    if merging:
        assert 0 < record["merged"] <= 1
        assert np.abs(original.astype(int) - portrait).max() < 10
        assert (original != portrait).any()
    else:
        assert record["merged"] == 0
        assert (original == portrait).all()


def test_exposure_is_not_before_the_request(start: StartStation, faults: FaultInjector) -> None:
    """With the camera stalled at the moment of the request, the picture waits for new frames."""
    station = start(capture={"countdown_s": 0, "burst": 1, "deadline_s": 10}, camera={"read_timeout_s": 10})
    preview = station.preview(timeout_s=PATIENCE_S)
    assert preview is not None
    faults.stall()
    shot = station.capture()
    assert not shot.done()
    faults.plug()
    shot.result(PATIENCE_S)


def test_the_burst_is_told_apart_from_the_work_after_it(start: StartStation, faults: FaultInjector) -> None:
    """A screen that lights the face must know when the last frame was taken."""
    warmed_up, gate = threading.Event(), threading.Event()

    class GatedAfterWarmUp(Watching):
        def segment(self, frame: Frame) -> Matte:
            assert not warmed_up.is_set() or gate.wait(PATIENCE_S)
            warmed_up.set()
            return super().segment(frame)

    opened = {"capture": GatedAfterWarmUp(), "preview": Watching()}
    station = start(
        lambda _, purpose: opened[purpose],
        capture={"countdown_s": 0, "deadline_s": 10},
        camera={"read_timeout_s": 10},
    )
    until(station, lambda status: status.state is State.RUNNING)
    assert warmed_up.wait(PATIENCE_S)
    assert not station.status().captures.exposing
    faults.stall()
    shot = station.capture()
    assert station.status().captures.exposing
    faults.plug()
    status = until(station, lambda status: not status.captures.exposing)
    assert status.captures.in_progress
    gate.set()
    shot.result(PATIENCE_S)


def left_of_countdown_s(station: Station) -> float:
    left_s = until(station, lambda status: status.captures.countdown_left_s is not None).captures.countdown_left_s
    assert left_s is not None
    return left_s


class TestBusy:
    def test_captures_that_are_postponed_are_refused_except_retakes(self, start: StartStation) -> None:
        station = start()
        until(station, lambda status: status.state is State.RUNNING)
        taken = station.capture(countdown_s=0).result(PATIENCE_S)
        station.postpone_captures(3600)
        with pytest.raises(Busy, match="a screen asks something first"):
            station.capture(countdown_s=0)
        again = station.capture(countdown_s=0, retakes=taken.id).result(PATIENCE_S)
        assert (taken.retakes, again.retakes) == (None, taken.id)
        station.postpone_captures(0)
        station.capture(countdown_s=0).result(PATIENCE_S)

    def test_captures_of_who_is_named_are_not_postponed(self, start: StartStation) -> None:
        station = start(subjects={"mode": "required"})
        until(station, lambda status: status.state is State.RUNNING)
        station.postpone_captures(3600)
        taken = station.capture(countdown_s=0, subject_id="20418").result(PATIENCE_S)
        assert taken.subject is not None
        assert taken.subject.id == "20418"

    def test_second_request_is_refused(self, start: StartStation) -> None:
        station = start(capture={"countdown_s": 5})
        until(station, lambda status: status.state is State.RUNNING)
        station.capture()
        with pytest.raises(Busy):
            station.capture()

    def test_or_waits_if_the_config_says_so(self, start: StartStation) -> None:
        station = start(capture={"when_busy": "queue"})
        until(station, lambda status: status.state is State.RUNNING)
        shots = [station.capture() for _ in range(3)]
        assert len({shot.result(PATIENCE_S).id for shot in shots}) == 3

    def test_a_countdown_begins_when_the_capture_before_it_is_done(self, start: StartStation) -> None:
        gate = threading.Event()
        station = start(gated(gate), capture={"when_busy": "queue"})
        until(station, lambda status: status.state is State.RUNNING)
        first = station.capture(0)
        second = station.capture(20)
        until(station, lambda status: status.captures.in_progress)
        gate.set()
        first.result(PATIENCE_S)
        assert 19 < left_of_countdown_s(station) <= 20
        assert station.cancel()
        with pytest.raises(CancelledError):
            second.result(PATIENCE_S)

    @pytest.mark.parametrize("countdown_s", [-1, 30.1, 1e10, 10**400, math.nan, math.inf])
    def test_a_countdown_that_is_none_is_refused(self, start: StartStation, countdown_s: float) -> None:
        station = start()
        until(station, lambda status: status.state is State.RUNNING)
        with pytest.raises(StationError, match="0 to 30 s"):
            station.capture(countdown_s)
        assert station.capture().result(PATIENCE_S).id

    def test_countdown_is_shown_and_can_be_cancelled(self, start: StartStation) -> None:
        station = start(capture={"countdown_s": 20})
        until(station, lambda status: status.state is State.RUNNING)
        shot = station.capture()
        assert 15 < left_of_countdown_s(station) <= 20
        assert station.cancel()
        with pytest.raises(CancelledError):
            shot.result(PATIENCE_S)
        assert not station.cancel()
        assert station.capture(0).result(PATIENCE_S).id


class TestCameraLoss:
    @pytest.mark.parametrize(
        ("fault", "codes"),
        [
            ("unplug", {"pulled", "none"}),
            ("stall", {"silent"}),
            ("freeze", {"still"}),
            ("blacken", {"black"}),
            ("misshape", set()),
        ],
    )
    def test_is_shown_and_heals_by_itself(
        self, start: StartStation, faults: FaultInjector, fault: str, codes: set[str]
    ) -> None:
        station = start()
        until(station, lambda status: status.state is State.RUNNING)
        getattr(faults, fault)()
        lost = until(station, lambda status: status.state is State.DEGRADED)
        assert lost.reason
        assert lost.trouble.code in codes if lost.trouble else not codes
        with pytest.raises(CameraLost):
            station.capture()
        faults.plug()
        assert until(station, lambda status: status.state is State.RUNNING).trouble is None
        assert station.capture().result(PATIENCE_S).id
        assert station.status().live.reopens >= 1

    @pytest.mark.parametrize("fault", ["freeze", "blacken"])
    def test_stays_shown_while_a_camera_opens_but_sees_nothing(
        self, start: StartStation, faults: FaultInjector, fault: str
    ) -> None:
        station = start(camera={"read_timeout_s": 0.1})
        until(station, lambda status: status.state is State.RUNNING)
        getattr(faults, fault)()
        first = until(station, lambda status: status.state is State.DEGRADED)
        states = set()

        def opened_often(status: Status) -> bool:
            states.add((status.state, status.reason))
            return status.live.reopens >= first.live.reopens + 4

        until(station, opened_often)
        assert states == {(State.DEGRADED, first.reason)}
        faults.plug()
        until(station, lambda status: status.state is State.RUNNING)

    def test_in_mid_capture_fails_it_clearly_and_the_next_one_works(
        self, start: StartStation, faults: FaultInjector
    ) -> None:
        station = start(capture={"countdown_s": 0, "deadline_s": 1})
        until(station, lambda status: status.state is State.RUNNING)
        faults.stall()
        shot = station.capture()
        with pytest.raises(CameraLost, match="no picture within 1 s"):
            shot.result(PATIENCE_S)
        assert until(station, lambda status: status.captures.failed == 1).captures.last_failure
        faults.plug()
        until(station, lambda status: status.state is State.RUNNING)
        assert station.capture().result(PATIENCE_S).id

    def test_in_the_countdown_ends_it_and_says_that_there_is_no_camera(
        self, start: StartStation, faults: FaultInjector
    ) -> None:
        station = start(capture={"countdown_s": 30, "deadline_s": 10})
        until(station, lambda status: status.state is State.RUNNING)
        shot = station.capture()
        until(station, lambda status: status.captures.countdown_left_s is not None)
        faults.unplug()
        with pytest.raises(CameraLost, match="no camera at the moment"):
            shot.result(PATIENCE_S)
        captures = until(station, lambda status: status.captures.failed == 1).captures
        assert captures.countdown_left_s is None
        assert "no camera at the moment" in captures.last_failure
        faults.plug()
        until(station, lambda status: status.state is State.RUNNING)
        assert station.capture(0).result(PATIENCE_S).id

    def test_none_at_the_start_is_degraded_not_the_end(self, start: StartStation, faults: FaultInjector) -> None:
        faults.unplug()
        station = start()
        until(station, lambda status: status.state is State.DEGRADED)
        faults.plug()
        until(station, lambda status: status.state is State.RUNNING)


def test_a_file_that_is_not_to_be_repeated_ends_for_good(start: StartStation, tmp_path: Path) -> None:
    video = tmp_path / "fair.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 25, (320, 240))
    for number in range(5):
        writer.write(np.random.default_rng(number).integers(0, 256, (240, 320, 3), np.uint8))
    writer.release()
    station = start(camera={"kind": "stream", "url": str(video), "loop": False})
    over = until(station, lambda status: status.state is State.DEGRADED)
    assert over.trouble is not None
    assert over.trouble.final
    assert str(video) in over.reason
    # The loop is alive, and does not open it again.
    later = until(station, lambda status: status.live.loop_beats > over.live.loop_beats)
    assert (later.state, later.live.reopens) == (State.DEGRADED, 0)


def test_full_disk_refuses_before_the_countdown(start: StartStation) -> None:
    station = start(archive={"keep_free_bytes": 10**18})
    until(station, lambda status: status.state is State.RUNNING)
    assert station.status().disk.low
    with pytest.raises(DiskFull, match="make space"):
        station.capture()


def test_adjustments_hold_from_then_on(start: StartStation) -> None:
    station = start(capture={"countdown_s": 30})
    until(station, lambda status: status.state is State.RUNNING)
    assert station.status().adjustments.countdown_s == 30
    assert station.adjust(countdown_s=0, smoothing=0).mirrored
    assert station.status().adjustments.smoothing == 0
    assert station.capture().result(PATIENCE_S).id


@pytest.mark.parametrize("fails", [False, True])
def test_a_capture_is_never_told_as_done_and_under_way_at_once(start: StartStation, fails: bool) -> None:
    failing = Failing(SegmentationError("out of memory"))
    station = start(open_segmenter=lambda _, purpose: failing if purpose == "capture" else Watching())
    until(station, lambda status: status.state is State.RUNNING)
    first = station.capture().result(PATIENCE_S)
    if fails:
        failing.broken.set()
    told: Future[CaptureStatus] = Future()
    retake = station.capture(retakes=first.id)
    retake.add_done_callback(lambda _: told.set_result(station.status().captures))
    done = told.result(PATIENCE_S)
    assert (done.taken, done.failed) == ((1, 1) if fails else (2, 0))
    assert (done.in_progress, done.retakes) == (False, None)


def test_figures_tell_what_was_done(start: StartStation) -> None:
    station = start()
    until(station, lambda status: status.state is State.RUNNING)
    station.capture().result(PATIENCE_S)
    figures = station.figures()
    assert figures.frames >= figures.segmented > 0
    assert sum(figures.inference_s.counts) >= figures.segmented
    assert sum(figures.verdicts.values()) == sum(figures.confidence.counts) == 1
    assert sum(figures.stages_s["save"].counts) == 1
