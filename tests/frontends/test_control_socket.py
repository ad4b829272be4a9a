"""Another process asks a running station, over its socket."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from capture_station.errors import Busy, NotRunning, StationError
from capture_station.frames import Flaw
from capture_station.frontends.control_socket import ControlServer, ask, ask_for_shot
from capture_station.station.status import Shot

from .fake_station import FakeStation


def test_a_shot_arrives_as_it_was_made(station: FakeStation, tmp_path: Path) -> None:
    station.see()
    shots: list[Shot] = []
    with ControlServer(station, tmp_path / "socket"):
        asker = threading.Thread(target=lambda: shots.append(ask_for_shot(tmp_path / "socket", 0, 1)))
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
        ask_for_shot(tmp_path / "socket", 0, 1)
    assert refusal.value.exit_code == 74


def test_a_second_station_is_refused_and_a_dead_one_s_socket_taken_over(station: FakeStation, tmp_path: Path) -> None:
    with ControlServer(station, tmp_path / "socket"), pytest.raises(Busy, match="another station"):
        ControlServer(station, tmp_path / "socket")
    (tmp_path / "socket").touch()
    with ControlServer(station, tmp_path / "socket"):
        assert ask(tmp_path / "socket", {"do": "status"})["status"]["state"] == "starting"


def test_nobody_answers_where_no_station_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no station answers"):
        ask_for_shot(tmp_path / "socket", 0, 1)


def test_a_station_that_answers_late_is_no_reason_to_take_the_portrait_without_it(
    station: FakeStation, tmp_path: Path
) -> None:
    station.see()
    with ControlServer(station, tmp_path / "socket"), pytest.raises(StationError, match=r"within 0\.2 s") as late:
        ask(tmp_path / "socket", {"do": "capture", "countdown_s": 0}, within_s=0.2)
    assert not isinstance(late.value, NotRunning)
    assert late.value.exit_code == 69
    assert station.requests == 1


def test_a_station_that_hangs_keeps_its_socket(station: FakeStation, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(tmp_path / "socket"))
        hanging.listen()
        with pytest.raises(Busy, match="another station"):
            ControlServer(station, tmp_path / "socket")
        assert (tmp_path / "socket").exists()


def test_who_connects_and_asks_for_nothing_is_hung_up_on_quietly(
    station: FakeStation, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        ControlServer(station, tmp_path / "socket", ask_within_s=0.1),
        socket.socket(socket.AF_UNIX) as silent,
    ):
        silent.settimeout(20)
        silent.connect(str(tmp_path / "socket"))
        assert silent.recv(1) == b""
    assert capfd.readouterr().err == ""
