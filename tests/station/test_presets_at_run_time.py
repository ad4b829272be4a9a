"""The preset can be changed while the station runs, for all captures or for one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from capture_station.station.contract import PortraitRefused, UnknownPreset
from capture_station.station.status import State
from tests.station.conftest import PATIENCE_S, StartStation, until
from tests.station.segmenters import Watching


def test_a_preset_holds_from_then_on_or_for_one_capture(start: StartStation) -> None:
    station = start(lambda *_: Watching())
    until(station, lambda status: status.state is State.RUNNING)
    assert station.status().adjustments.preset == "free"
    with pytest.raises(PortraitRefused):
        station.capture(preset="square").result(PATIENCE_S)
    folder = Path(station.capture().result(PATIENCE_S).folder)
    assert json.loads((folder / "record.json").read_text())["preset"] == "free"
    assert station.adjust(preset="square").preset == "square"
    with pytest.raises(PortraitRefused):
        station.capture().result(PATIENCE_S)


def test_an_unknown_preset_changes_nothing(start: StartStation) -> None:
    station = start(lambda *_: Watching())
    until(station, lambda status: status.state is State.RUNNING)
    with pytest.raises(UnknownPreset, match="known are portrait-4x5"):
        station.adjust(preset="nonsense")
    with pytest.raises(UnknownPreset):
        station.capture(preset="nonsense")
    assert station.status().adjustments.preset == "free"
    assert ("square", "Square 1:1") in station.status().presets
