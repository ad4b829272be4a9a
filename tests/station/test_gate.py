"""Only a portrait is saved, and a doubtful one is kept only when somebody says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from capture_station.archive.record import Record
from capture_station.station.contract import PortraitRefused
from capture_station.station.status import State
from tests.station.conftest import PATIENCE_S, StartStation, until
from tests.station.segmenters import Watching


def captures(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*/record.json"))


def test_a_picture_of_nobody_is_not_saved(start: StartStation, tmp_path: Path) -> None:
    station = start(lambda *_: Watching(alpha=0.0))
    until(station, lambda status: status.state is State.RUNNING)
    with pytest.raises(PortraitRefused, match="nobody was found in the picture"):
        station.capture().result(PATIENCE_S)
    assert station.status().captures.refused_for[0].code == "nobody"
    assert station.status().captures.taken == 0
    assert not captures(tmp_path / "archive")


def test_no_face_is_refused_where_the_preset_needs_one(start: StartStation, tmp_path: Path) -> None:
    station = start(lambda *_: Watching(), portrait={"preset": "portrait-4x5"})
    until(station, lambda status: status.state is State.RUNNING)
    with pytest.raises(PortraitRefused, match="no face"):
        station.capture().result(PATIENCE_S)
    assert not captures(tmp_path / "archive")


def test_a_doubtful_portrait_waits_for_somebody_to_keep_it(start: StartStation, tmp_path: Path) -> None:
    station = start(lambda *_: Watching())
    until(station, lambda status: status.state is State.RUNNING)
    shot = station.capture().result(PATIENCE_S)
    assert (shot.verdict, shot.kept) == ("review", False)
    (path,) = captures(tmp_path / "archive")
    assert not json.loads(path.read_text())["kept"]
    station.keep(shot.id)
    record = station.archive.find(shot.id)
    assert isinstance(record, Record)
    assert record.kept
    assert "no-face" in record.kept_despite


@pytest.mark.parametrize(("gate", "kept"), [("advise", False), ("off", True)])
def test_a_looser_gate_saves_everything(start: StartStation, gate: str, kept: bool) -> None:
    station = start(lambda *_: Watching(alpha=0.0), portrait={"gate": gate})
    until(station, lambda status: status.state is State.RUNNING)
    shot = station.capture().result(PATIENCE_S)
    assert (shot.verdict, shot.kept) == ("review", kept)
