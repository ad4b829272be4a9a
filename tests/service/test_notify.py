"""The notifications that systemd receives."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from capture_station.service.notify import Notifier, is_service, status_line
from capture_station.station.contract import PublicStation
from capture_station.station.status import DiskStatus, LiveStatus, State, Status

STARTING = Status(State.STARTING, disk=DiskStatus(10**9))


class ScriptedStation(PublicStation):
    """A station whose status the test sets."""

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


class RunningNotifier:
    """A notifier in its thread, and the socket that it writes to."""

    def __init__(self, manager: socket.socket) -> None:
        self.station = ScriptedStation()
        self.manager = manager
        self.stop = threading.Event()
        environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "80000"}
        self.thread = threading.Thread(target=Notifier(self.station, environment).run, args=(self.stop,))
        self.thread.start()

    def receive(self) -> list[str]:
        return self.manager.recv(4096).decode().split("\n")

    def receive_until(self, line: str) -> list[str]:
        received: list[str] = []
        while line not in received:
            received += self.receive()
        return received

    def quiet(self) -> bool:
        """Whether the notifier reads the status five times without sending anything."""
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
def notifier(manager: socket.socket) -> Iterator[RunningNotifier]:
    notifier = RunningNotifier(manager)
    yield notifier
    notifier.stop.set()
    notifier.thread.join(20)


def test_ready_is_sent_once_the_camera_runs(notifier: RunningNotifier) -> None:
    first = notifier.receive()
    assert "READY=1" not in first
    notifier.station.now = replace(STARTING, state=State.RUNNING, live=LiveStatus(loop_beats=1, previews=1))
    assert "READY=1" in notifier.receive_until("WATCHDOG=1")


def test_a_degraded_station_is_ready_and_says_why(notifier: RunningNotifier) -> None:
    notifier.station.now = replace(
        STARTING, state=State.DEGRADED, reason="/dev/video0: gone", live=LiveStatus(loop_beats=1)
    )
    received = notifier.receive_until("READY=1")
    assert "STATUS=degraded: /dev/video0: gone, 0 captures" in received


def test_watchdog_pings_stop_without_progress(notifier: RunningNotifier) -> None:
    notifier.station.now = replace(STARTING, state=State.RUNNING, live=LiveStatus(loop_beats=1, previews=1))
    notifier.receive_until("WATCHDOG=1")
    assert notifier.quiet()
    notifier.station.now = replace(notifier.station.now, live=LiveStatus(loop_beats=2, previews=2))
    assert notifier.receive() == ["WATCHDOG=1"]


def test_frames_without_previews_send_no_ping(notifier: RunningNotifier) -> None:
    notifier.station.now = replace(STARTING, state=State.RUNNING, live=LiveStatus(loop_beats=1, previews=1))
    notifier.receive_until("WATCHDOG=1")
    notifier.station.now = replace(notifier.station.now, live=LiveStatus(loop_beats=99, previews=1))
    assert notifier.quiet()


def test_stopping_is_announced(notifier: RunningNotifier) -> None:
    notifier.receive()
    notifier.stop.set()
    assert notifier.receive_until("STOPPING=1")


def test_a_manager_that_listens_late_gets_ready(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    station, stop = ScriptedStation(), threading.Event()
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
        received = listener.recv(4096).decode().split("\n")
        stop.set()
        thread.join(20)
    assert received[0] == "READY=1"
    assert any(line.startswith("STATUS=running") for line in received)
    assert [record.getMessage() for record in caplog.records] == [
        f"no service manager listens at {address}: No such file or directory"
    ]


def test_without_a_manager_the_station_is_no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not is_service()


@pytest.mark.parametrize(
    ("disk", "told"),
    [
        (DiskStatus(low=True), "disk is full"),
        (DiskStatus(low=True, lacks_files=True), "disk cannot hold more files"),
        (DiskStatus(away=True), "archive is away"),
    ],
)
def test_the_status_says_why_captures_are_refused(disk: DiskStatus, told: str) -> None:
    assert status_line(replace(STARTING, disk=disk)).endswith(told)


def test_the_status_is_one_line() -> None:
    assert "\n" not in status_line(replace(STARTING, reason="two\nlines", disk=DiskStatus(low=True)))
