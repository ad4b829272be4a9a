"""The life of a process: its threads, its signals, its end."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.commands.run import JOIN_WITHIN_S, BackgroundServices, capture_once, print_queue
from capture_station.config import StationSettings
from capture_station.errors import NotRunning
from capture_station.printing.print_queue import PrintQueue
from tests.printing.captures import take

PATIENCE_S = 20.0


def test_threads_that_are_stuck_share_the_time_for_the_stop() -> None:
    closing, stuck = threading.Event(), threading.Event()
    begun_s = time.monotonic()
    with BackgroundServices(closing) as services:
        for _ in range(3):
            services.start(lambda _: stuck.wait(PATIENCE_S) and None)
    assert closing.is_set()
    assert JOIN_WITHIN_S <= time.monotonic() - begun_s < 2 * JOIN_WITHIN_S
    stuck.set()


def test_what_a_thread_raises_closes_the_station_and_is_raised() -> None:
    closing = threading.Event()

    def fail(_: threading.Event) -> None:
        raise NotRunning("gone")

    services = BackgroundServices(closing)
    services.start(fail)
    assert closing.wait(PATIENCE_S)
    with pytest.raises(NotRunning, match="gone"), services:
        pass


def test_a_signal_in_the_countdown_ends_it_and_says_so(tmp_path: Path) -> None:
    settings = StationSettings.model_validate(
        {"camera": {"kind": "demo", "size_px": [320, 240]}, "archive": {"folder": tmp_path, "keep_free_bytes": 0}}
    )
    before = signal.getsignal(signal.SIGTERM)
    tick = threading.Event()

    def end() -> None:
        while signal.getsignal(signal.SIGTERM) == before:
            tick.wait(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    killer = threading.Thread(target=end)
    killer.start()
    with pytest.raises(NotRunning, match="before the exposure"):
        capture_once(settings, countdown_s=30)
    killer.join()
    assert signal.getsignal(signal.SIGTERM) == before


def test_two_stations_of_one_user_have_print_jobs_of_their_own(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "tray").mkdir()

    def queue_of(name: str, folder: Path) -> PrintQueue:
        printing = {"printer": str(tmp_path / "tray"), "driver": "fake"}
        sections = {"archive": {"folder": folder}, "remote": {"socket": tmp_path / name}, "printing": printing}
        queue = print_queue(StationSettings.model_validate(sections), lambda record: record)
        assert queue is not None
        return queue

    job = queue_of("a", archive.folder).request([take(archive).id])
    assert queue_of("b", tmp_path / "other").jobs() == []
    assert queue_of("a", archive.folder).jobs() == [job]
