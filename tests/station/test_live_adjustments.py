"""What is adjusted at run time holds for captures, preview, status and camera alike, or for none of them."""

from __future__ import annotations

import threading

import pytest

from capture_station.camera.factory import CameraOpener
from capture_station.config import PortraitSettings, StationSettings
from capture_station.station.adjustments import Adjustments
from capture_station.station.camera_choice import CameraChoice
from capture_station.station.contract import UnknownPreset
from capture_station.station.live_adjustments import LiveAdjustments
from capture_station.station.status import CaptureStatus, State
from tests.station.conftest import PATIENCE_S, StartStation, until
from tests.station.segmenters import Watching

SOON_S = 0.2


def test_the_camera_stays_as_it_is_where_another_value_is_refused(start: StartStation) -> None:
    station = start(lambda *_: Watching())
    before = until(station, lambda status: status.state is State.RUNNING)
    with pytest.raises(UnknownPreset):
        station.adjust(camera_size="1280x720", guide=False, preset="nonsense")
    after = until(station, lambda status: status.live.loop_beats > before.live.loop_beats + 10)
    assert after.adjustments == before.adjustments
    assert after.camera == before.camera
    assert station.capture().result(PATIENCE_S).portrait_px == (640, 480)


def test_where_the_segmenter_finds_no_faces_no_crop_can_be_chosen(start: StartStation) -> None:
    station = start(lambda *_: Watching(), segmentation={"kind": "luv"}, portrait={"preset": "free"})
    with pytest.raises(UnknownPreset, match="known are free"):
        station.adjust(preset="square")


def test_two_who_adjust_at_once_do_so_one_after_the_other(settings: StationSettings) -> None:
    applied: list[tuple[str, str]] = []
    other = threading.Thread(target=lambda: live.change(preset="portrait-4x5"))

    def apply(adjusted: Adjustments, portrait: PortraitSettings) -> None:
        if not applied:
            other.start()
            other.join(SOON_S)
            assert other.is_alive()
            # Whoever takes a portrait meanwhile does not wait.
            assert live.now is adjusted
        applied.append((adjusted.preset, portrait.preset))

    camera = CameraChoice(settings.camera, CameraOpener(settings.camera), lambda: None, CaptureStatus)
    live = LiveAdjustments(settings, camera, apply)
    assert live.change(preset="square").preset == "square"
    other.join(PATIENCE_S)
    assert applied == [("square", "square"), ("portrait-4x5", "portrait-4x5")]
    assert live.now.preset == "portrait-4x5"
