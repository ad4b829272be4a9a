"""What a station saves: records, colours, and an archive that is looked through or away."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_station.camera.demo import DemoCamera
from capture_station.config import CameraSettings, PortraitSettings, StationSettings
from capture_station.errors import ArchiveError, ConfigError
from capture_station.portrait.colour import encoded, linear
from capture_station.portrait.grey_card import locked_correction
from capture_station.reports.session import read_session
from capture_station.reports.writing import write_report
from capture_station.station.status import State
from tests.station.conftest import PATIENCE_S, StartStation, until


@pytest.mark.parametrize(("kind", "exposure_ms"), [("webcam", 15.6), ("raspberry", 12)])
def test_the_record_says_what_automatics_arrived_at(start: StartStation, kind: str, exposure_ms: float) -> None:
    # The fake cameras show colour bars and nobody.
    station = start(camera={"kind": kind, "driver": "fake"}, portrait={"gate": "off"})
    until(station, lambda status: status.state is State.RUNNING)
    shot = station.capture().result(PATIENCE_S)
    camera = json.loads((Path(shot.folder) / "record.json").read_text())["camera"]
    assert camera["controls"] == {}
    assert camera["in_force"]["exposure_ms"] == exposure_ms


def test_the_record_says_that_the_camera_gave_too_few_pixels_for_the_preset(start: StartStation) -> None:
    station = start(portrait={"preset": "portrait-4x5", "gate": "off"})
    until(station, lambda status: status.framing.crop != ())
    shot = station.capture().result(PATIENCE_S)
    saved = station.find(shot.id)
    assert saved is not None
    portrait = cv2.imread(shot.portrait)
    assert saved.record["camera"]["asked_px"] == [640, 480]
    assert saved.record["preset_px"] == [1200, 1500]
    width, height = saved.record["portrait_px"]
    assert (width, height) == (portrait.shape[1], portrait.shape[0])
    assert height < 1500
    assert width / height == pytest.approx(0.8, abs=0.01)


def test_a_retake_takes_the_place_of_the_portrait_before(start: StartStation) -> None:
    station = start(portrait={"gate": "off"})
    until(station, lambda status: status.state is State.RUNNING)
    before = station.capture().result(PATIENCE_S)
    after = station.capture(retakes=before.id).result(PATIENCE_S)
    assert [one.id for one in station.saved(9) if one.kept] == [after.id]


def test_retake_marks_the_record(start: StartStation) -> None:
    station = start()
    until(station, lambda status: status.state is State.RUNNING)
    shot = station.capture().result(PATIENCE_S)
    station.retake(shot.id)
    assert json.loads((Path(shot.folder) / "record.json").read_text())["kept"] is False


def test_the_archive_is_listed_marked_and_cleared(start: StartStation) -> None:
    station = start()
    until(station, lambda status: status.state is State.RUNNING)
    shots = [station.capture().result(PATIENCE_S) for _ in range(3)]
    ids = [shot.id for shot in reversed(shots)]
    assert [saved.id for saved in station.saved(10)] == station.ids(10) == ids
    assert station.ids(2) == ids[:2]
    assert [saved.id for saved in station.saved(1, before=ids[0])] == [ids[1]]
    station.retake(ids[0])
    assert station.changes(0) == (1, [ids[0]])
    found = station.find(ids[0])
    assert found is not None
    assert not found.kept
    assert Path(found.pictures["portrait"]) == Path(shots[2].portrait)
    assert found.record == json.loads((Path(shots[2].folder) / "record.json").read_text())
    station.keep(ids[0])
    assert [saved.kept for saved in station.saved(10)] == [True] * 3
    assert station.remove(ids[1])
    assert not station.remove(ids[1])
    assert not Path(shots[1].folder).exists()
    assert [saved.id for saved in station.saved(10)] == [ids[0], ids[2]]
    assert station.find("../../etc/passwd") is None


def test_a_portrait_that_is_removed_is_gone_from_the_archives_reports(start: StartStation) -> None:
    station = start()
    until(station, lambda status: status.state is State.RUNNING)
    shot = station.capture().result(PATIENCE_S)
    day = Path(shot.folder).parent
    for folder in (day, day.parent):
        write_report(read_session(folder), folder, "en")
    assert station.remove(shot.id)
    assert not list(day.parent.rglob("report*"))


def test_a_damaged_record_is_listed_as_such(start: StartStation) -> None:
    station = start()
    until(station, lambda status: status.state is State.RUNNING)
    shot = station.capture().result(PATIENCE_S)
    (Path(shot.folder) / "record.json").write_text("{")
    (saved,) = station.saved(10)
    assert saved.verdict == "damaged"
    assert "record.json: damaged" in saved.reasons[0]


def test_an_archive_that_is_away_refuses_captures_and_all_else_goes_on(
    start: StartStation, settings: StationSettings
) -> None:
    station = start()
    until(station, lambda status: status.state is State.RUNNING)
    folder = settings.archive.folder
    away = folder.rename(folder.with_name("stick"))
    until(station, lambda status: status.disk.away)
    assert not station.status().disk.low
    with pytest.raises(ArchiveError):
        station.capture()
    away.rename(folder)
    until(station, lambda status: not status.disk.away)
    assert station.capture().result(PATIENCE_S).id


def test_a_grey_card_locks_the_colours_of_every_portrait(start: StartStation, tmp_path: Path) -> None:
    card = tmp_path / "card.png"
    cv2.imwrite(str(card), np.full((30, 40, 3), (90, 118, 140), np.uint8))  # BGR: warm light.
    stations = start(), start(portrait={"reference": card}, archive={"folder": tmp_path / "other"})
    shots = []
    for station in stations:
        until(station, lambda status: status.state is State.RUNNING)
        shots.append(station.capture().result(PATIENCE_S))
    records = [json.loads((Path(shot.folder) / "record.json").read_text()) for shot in shots]
    assert records[0]["gains"] is None
    red, green, blue = records[1]["gains"]
    assert red < 1
    assert green == pytest.approx(1)
    assert blue > 1
    plain, warm = (cv2.imread(shot.portrait).astype(int) for shot in shots)
    assert (warm[..., 0].mean() - warm[..., 2].mean()) > (plain[..., 0].mean() - plain[..., 2].mean()) + 2
    assert np.all(warm[0, 0] == 255)


def test_a_reference_that_tells_nothing_is_a_mistake_in_the_configuration(start: StartStation, tmp_path: Path) -> None:
    card = tmp_path / "card.png"
    cv2.imwrite(str(card), np.full((30, 40, 3), 255, np.uint8))
    with pytest.raises(ConfigError, match=r"portrait.reference: .*card.png"):
        start(portrait={"reference": card})
    with pytest.raises(ConfigError, match="capture-station calibrate"):
        start(portrait={"reference": tmp_path / "none.png"})
    cv2.imwrite(str(card), DemoCamera(CameraSettings()).read(PATIENCE_S).image_rgb[..., ::-1])
    with pytest.raises(ConfigError, match=r"card.png: the middle of the picture is uneven"):
        start(portrait={"reference": card})


def test_a_card_in_uneven_light_and_noise_is_one(tmp_path: Path) -> None:
    light = linear(118) * np.linspace(1.4, 0.6, 960)[:, None]  # 40 % of a card's light falls off over its middle third.
    noise = np.random.default_rng(1).normal(0, 8, (540, 960, 3))
    card = (encoded(light) + noise).clip(0, 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "card.png"), card)
    correction = locked_correction(PortraitSettings(reference=tmp_path / "card.png"))
    assert correction is not None
    assert correction.gains == pytest.approx((1, 1, 1), abs=0.05)
