"""Other processes send requests to a running station over its control socket."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from capture_station.errors import Busy, NotRunning, StationError, SubjectError
from capture_station.frames import Flaw
from capture_station.frontends.control_socket import (
    MAX_LINE_BYTES,
    ControlServer,
    default_sockets,
    request_capture,
    send_request,
)
from capture_station.frontends.unix_sockets import UntrustedFolder
from capture_station.station.status import Guide, Person, Shot
from capture_station.subjects.subject import Subject

from .fake_station import FakeStation


def test_the_shot_is_returned_unchanged(station: FakeStation, tmp_path: Path) -> None:
    station.see()
    shots: list[Shot] = []
    with ControlServer(station, tmp_path / "socket"):
        asker = threading.Thread(target=lambda: shots.append(request_capture(tmp_path / "socket", 0, 1)))
        asker.start()
        assert station.await_requests(1)
        guide = Guide(0.4, 0.46, (0.34, 0.47), (0.38, 0.62), 0.5)
        made = station.finish("review", (Flaw("face-small", {"px": 40}), Flaw("face-dark")), guide=guide)
        asker.join()
    assert shots == [made]


def test_an_error_is_returned_with_its_exit_code(station: FakeStation, tmp_path: Path) -> None:
    station.see()
    station.fill_disk()
    with (
        ControlServer(station, tmp_path / "socket"),
        pytest.raises(StationError, match="the disk is full") as refusal,
    ):
        request_capture(tmp_path / "socket", 0, 1)
    assert refusal.value.exit_code == 74


def test_a_second_station_is_refused_and_a_stale_socket_replaced(station: FakeStation, tmp_path: Path) -> None:
    with ControlServer(station, tmp_path / "socket"), pytest.raises(Busy, match="another station"):
        ControlServer(station, tmp_path / "socket")
    (tmp_path / "socket").touch()
    with ControlServer(station, tmp_path / "socket"):
        assert send_request(tmp_path / "socket", {"do": "status"})["status"]["state"] == "starting"


def test_without_a_station_nobody_responds(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no station responds"):
        request_capture(tmp_path / "socket", 0, 1)


def test_a_late_response_is_not_taken_for_a_missing_station(station: FakeStation, tmp_path: Path) -> None:
    station.see()
    with ControlServer(station, tmp_path / "socket"), pytest.raises(StationError, match=r"within 0\.2 s") as late:
        send_request(tmp_path / "socket", {"do": "capture", "countdown_s": 0}, timeout_s=0.2)
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


def test_a_client_that_sends_nothing_is_disconnected_quietly(
    station: FakeStation, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        ControlServer(station, tmp_path / "socket", request_timeout_s=0.1),
        socket.socket(socket.AF_UNIX) as silent,
    ):
        silent.settimeout(20)
        silent.connect(str(tmp_path / "socket"))
        assert silent.recv(1) == b""
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "line",
    [b"[" * MAX_LINE_BYTES, b'{"a":' * 800, b"\xff\n", b"NaN\n", b"\n", b'{"do": "capture", "countdown_s": "now"}\n'],
)
def test_a_malformed_request_gets_an_error_and_no_traceback(
    station: FakeStation, tmp_path: Path, capfd: pytest.CaptureFixture[str], line: bytes
) -> None:
    with ControlServer(station, tmp_path / "socket"), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(tmp_path / "socket"))
        client.sendall(line)
        client.shutdown(socket.SHUT_WR)
        assert "unknown request" in json.loads(client.makefile("rb").readline())["error"]
    assert capfd.readouterr().err == ""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Of a user without a session. Its path is short, as a socket's must be."""
    for variable in ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987654)
    with tempfile.TemporaryDirectory(prefix="home-") as folder:
        monkeypatch.setenv("HOME", folder)
        yield Path(folder)


def test_without_a_runtime_folder_the_socket_is_not_where_strangers_may_write(home: Path) -> None:
    assert all(place.is_relative_to(home) for place in default_sockets())


def test_a_station_that_cron_has_started_is_found_from_a_login(
    station: FakeStation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session := home / "session").mkdir()
    with ControlServer(station, None):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(session))
        assert send_request(None, {"do": "status"})["status"]["state"] == "starting"
        with pytest.raises(Busy, match="another station is already running"):
            ControlServer(station, None)
    with ControlServer(station, None):
        assert (session / "capture-station.sock").exists()


def test_a_station_that_a_login_has_started_is_found_after_the_logout(
    station: FakeStation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session := home / "session").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(session))
    with ControlServer(station, None):
        shutil.rmtree(session)
        session.mkdir()
        assert send_request(None, {"do": "status"})["status"]["state"] == "starting"
        with pytest.raises(Busy, match="another station is already running"):
            ControlServer(station, None)
    with pytest.raises(NotRunning):
        send_request(None, {"do": "status"})


def test_a_station_of_a_session_needs_no_state_folder(
    station: FakeStation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    (home / ".local").touch()
    with ControlServer(station, None):
        assert send_request(None, {"do": "status"})["status"]["state"] == "starting"


def test_a_station_ends_although_the_disk_of_its_home_hangs(
    station: FakeStation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session := home / "session").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(session))
    unlink, reached, answers, returned = Path.unlink, threading.Event(), threading.Event(), threading.Event()

    def hanging(path: Path, missing_ok: bool = False) -> None:
        if path.is_relative_to(home / ".local"):
            reached.set()
            answers.wait(20)
            returned.set()
        unlink(path, missing_ok)

    with ControlServer(station, None):
        monkeypatch.setattr(Path, "unlink", hanging)
    assert reached.is_set()
    assert not returned.is_set()
    assert not list(session.glob("*.sock"))
    answers.set()
    for thread in threading.enumerate():
        if thread.name == "control":
            thread.join(20)


def test_a_place_that_others_may_write_to_is_told_of_where_no_other_answers(
    station: FakeStation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ControlServer(station, None):
        (session := home / "session").mkdir()
        session.chmod(0o777)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(session))
        assert send_request(None, {"do": "status"})["status"]["state"] == "starting"
    with pytest.raises(UntrustedFolder, match="session: other users may write here"):
        send_request(None, {"do": "status"})


def test_a_request_may_say_whose_portrait_it_is(tmp_path: Path, station: FakeStation) -> None:
    station.see()
    station.subjects.use("required", Subject("20417", "Ada"))
    with ControlServer(station, tmp_path / "socket"), ThreadPoolExecutor(1) as others:
        asked = others.submit(request_capture, tmp_path / "socket", 0, 10, subject="20417")
        assert station.await_requests(1)
        station.finish()
        assert asked.result(20).subject == Person("20417", "Ada")
        with pytest.raises(StationError, match="nobody is checked in") as caught:
            request_capture(tmp_path / "socket", 0, 10)
    assert caught.value.exit_code == SubjectError.exit_code
