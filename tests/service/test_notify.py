"""What systemd hears on its socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from capture_station.service.notify import Notifier, in_words
from capture_station.station.contract import PublicStation
from capture_station.station.status import DiskStatus, LiveStatus, State, Status

STARTING = Status(State.STARTING, disk=DiskStatus(10**9))


class Patient(PublicStation):
    """A station whose status is what the test says."""

    def __init__(self) -> None:
        self.now = STARTING
        self.asked = threading.Semaphore(0)

    def status(self) -> Status:
        self.asked.release()
        return self.now


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(20)
        yield listener


class Reported:
    """A notifier at work."""

    def __init__(self, manager: socket.socket) -> None:
        self.station = Patient()
        self.manager = manager
        self.stop = threading.Event()
        environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "80000"}
        notifier = Notifier(self.station, environment)
        self.thread = threading.Thread(target=notifier.run, args=(self.stop,))
        self.thread.start()

    def hear(self) -> list[str]:
        return self.manager.recv(4096).decode().split("\n")

    def hear_until(self, line: str) -> list[str]:
        heard: list[str] = []
        while line not in heard:
            heard += self.hear()
        return heard

    def quiet(self) -> bool:
        """Whether some looks at the station pass without a word."""
        for _ in range(5):
            assert self.station.asked.acquire(timeout=20)
        self.manager.setblocking(False)
        try:
            return not self.manager.recv(4096)
        except BlockingIOError:
            return True
        finally:
            self.manager.settimeout(20)


@pytest.fixture
def reported(manager: socket.socket) -> Iterator[Reported]:
    reported = Reported(manager)
    yield reported
    reported.stop.set()
    reported.thread.join(20)


def test_ready_only_when_the_camera_is_known(reported: Reported) -> None:
    first = reported.hear()
    assert "READY=1" not in first
    reported.station.now = replace(STARTING, state=State.RUNNING, live=LiveStatus(loop_beats=1, previews=1))
    assert "READY=1" in reported.hear_until("WATCHDOG=1")


def test_degraded_is_ready_too_and_says_why(reported: Reported) -> None:
    reported.station.now = replace(
        STARTING, state=State.DEGRADED, reason="/dev/video0: gone", live=LiveStatus(loop_beats=1)
    )
    heard = reported.hear_until("READY=1")
    assert "STATUS=degraded: /dev/video0: gone, 0 captures" in heard


def test_pings_follow_progress_and_stop_with_it(reported: Reported) -> None:
    reported.station.now = replace(STARTING, state=State.RUNNING, live=LiveStatus(loop_beats=1, previews=1))
    reported.hear_until("WATCHDOG=1")
    assert reported.quiet()
    reported.station.now = replace(reported.station.now, live=LiveStatus(loop_beats=2, previews=2))
    assert reported.hear() == ["WATCHDOG=1"]


def test_frames_without_previews_are_no_progress(reported: Reported) -> None:
    reported.station.now = replace(STARTING, state=State.RUNNING, live=LiveStatus(loop_beats=1, previews=1))
    reported.hear_until("WATCHDOG=1")
    reported.station.now = replace(reported.station.now, live=LiveStatus(loop_beats=99, previews=1))
    assert reported.quiet()


def test_end_is_announced(reported: Reported) -> None:
    reported.hear()
    reported.stop.set()
    assert reported.hear_until("STOPPING=1")


def test_a_manager_that_does_not_listen_yet_does_not_end_the_station(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    station, stop = Patient(), threading.Event()
    station.now = replace(STARTING, state=State.RUNNING, live=LiveStatus(loop_beats=1, previews=1))
    address = str(tmp_path / "late")
    notifier = Notifier(station, {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "80000"})
    thread = threading.Thread(target=notifier.run, args=(stop,))
    thread.start()
    for _ in range(3):
        assert station.asked.acquire(timeout=20)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(20)
        listener.bind(address)
        heard = listener.recv(4096).decode().split("\n")
        stop.set()
        thread.join(20)
    assert heard[0] == "READY=1"
    assert any(line.startswith("STATUS=running") for line in heard)
    assert [record.getMessage() for record in caplog.records] == [
        f"no service manager listens at {address}: No such file or directory"
    ]


def test_without_a_manager_nothing_is_wanted() -> None:
    assert not Notifier(Patient(), {}).wanted


def test_words_are_one_line() -> None:
    assert "\n" not in in_words(replace(STARTING, reason="two\nlines", disk=DiskStatus(low=True)))
