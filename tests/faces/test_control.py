"""Another process asks a running station, over its socket."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from capture_station.errors import Busy, NotRunning, StationError
from capture_station.faces.control import ControlServer, ask, ask_for_shot
from capture_station.frames import Flaw
from capture_station.station.status import Shot

from .fake_station import FakeStation


def test_a_shot_arrives_as_it_was_made(station: FakeStation, tmp_path: Path) -> None:
    station.see()
    shots: list[Shot] = []
    with ControlServer(station, tmp_path / "socket"):
        asker = threading.Thread(target=lambda: shots.append(ask_for_shot(tmp_path / "socket", 0)))
        asker.start()
        assert station.await_requests(1)
        made = station.finish("review", (Flaw("face-small", {"px": 40}), Flaw("face-dark")))
        asker.join()
    assert shots == [made]


def test_a_refusal_arrives_with_its_exit_code(station: FakeStation, tmp_path: Path) -> None:
    station.see()
    station.fill_disk()
    with (
        ControlServer(station, tmp_path / "socket"),
        pytest.raises(StationError, match="the disk is full") as refusal,
    ):
        ask_for_shot(tmp_path / "socket", 0)
    assert refusal.value.exit_code == 74


def test_a_second_station_is_refused_and_a_dead_one_s_socket_taken_over(station: FakeStation, tmp_path: Path) -> None:
    with ControlServer(station, tmp_path / "socket"), pytest.raises(Busy, match="another station"):
        ControlServer(station, tmp_path / "socket")
    (tmp_path / "socket").touch()
    with ControlServer(station, tmp_path / "socket"):
        assert ask(tmp_path / "socket", {"do": "status"})["status"]["state"] == "starting"


def test_nobody_answers_where_no_station_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no station answers"):
        ask_for_shot(tmp_path / "socket", 0)
