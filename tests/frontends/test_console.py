"""The lines that the console frontend prints."""

from __future__ import annotations

import errno
import io
import os
import threading

from capture_station.errors import Trouble
from capture_station.frames import Flaw
from capture_station.frontends.console import Console

from .conftest import Clock
from .fake_station import FakeStation


def test_each_event_is_one_line(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    console = Console(station, "en", out, clock)
    for event in (
        lambda: None,
        station.see,
        lambda: None,
        lambda: station.unplug("/dev/video0 is gone."),
        lambda: station.unplug("/dev/video0 stalls", Trouble("silent", {"camera": "/dev/video0", "seconds": "2"})),
        station.see,
        station.capture,
        station.expose,
        lambda: station.finish("review", (Flaw("face-dark"), Flaw("face-small", {"px": 40}))),
        station.capture,
        lambda: station.fail("the model failed"),
        lambda: station.fill_disk(12_000_000),
        station.stop,
    ):
        event()
        console.report_changes()
        console.report_changes()
    assert out.getvalue().splitlines() == [
        "The camera is starting.",
        "Running: demo camera.",
        "No camera: /dev/video0 is gone. Trying again.",
        "No camera: /dev/video0: no picture for 2 s. Trying again.",
        "Running: demo camera.",
        f"Portrait review, the face is too dark, the face is small: 40 px between the eyes: {station.portrait}",
        "A capture failed: the model failed",
        "The disk is full (12 MB left); captures are refused.",
        "Stopping.",
    ]


def test_a_log_that_cannot_be_written_for_a_while_stops_nothing(station: FakeStation, clock: Clock) -> None:
    class FullDisk(io.StringIO):
        is_full = True

        def write(self, text: str) -> int:
            if self.is_full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(text)

    out = FullDisk()
    console = Console(station, "en", out, clock)
    console.report_changes()
    out.is_full = False
    station.see()
    console.report_changes()
    assert out.getvalue() == "Running: demo camera.\n"


def test_a_refused_picture_is_told_in_one_language(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    console = Console(station, "de", out, clock)
    station.see()
    console.report_changes()
    station.capture()
    station.refuse(Flaw("nobody"))
    console.report_changes()
    assert "Eine Aufnahme ist fehlgeschlagen: im Bild wurde niemand gefunden" in out.getvalue().splitlines()


def test_a_missing_archive_is_not_reported_as_a_full_disk(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    station.see()
    station.fill_disk()
    console = Console(station, "en", out, clock)
    for away in (False, True, False, True):
        station.archive_away = away
        console.report_changes()
        console.report_changes()
    assert out.getvalue().splitlines()[1:] == [
        "The disk is full (12 MB left); captures are refused.",
        "The archive's disk is not available; captures are refused.",
        "The disk is full (12 MB left); captures are refused.",
        "The archive's disk is not available; captures are refused.",
    ]


def test_used_up_inodes_are_not_reported_as_missing_space(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    station.see()
    station.use_up_inodes(52_000_000)
    Console(station, "en", out, clock).report_changes()
    assert out.getvalue().splitlines()[1:] == [
        "The disk cannot hold more files (52 MB free, but no inodes); captures are refused."
    ]


def test_an_archive_that_comes_back_is_reported(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    station.archive_away = True
    console = Console(station, "de", out, clock)
    console.report_changes()
    station.archive_away = False
    console.report_changes()
    assert out.getvalue().splitlines()[1:] == [
        "Der Datenträger des Archivs ist nicht erreichbar; Aufnahmen werden abgelehnt.",
        "Das Archiv ist wieder erreichbar: 50,0 GB frei.",
    ]


def test_an_ended_video_does_not_promise_to_retry(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    station.unplug("it has ended", Trouble("over", {"camera": "/fair.mp4"}))
    Console(station, "en", out, clock).report_changes()
    said = "The video has ended: /fair.mp4: the file has ended. Restart the station to play it again.\n"
    assert out.getvalue() == said


def test_camera_differences_are_printed_once(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    console = Console(station, "en", out, clock)
    console.report_changes()
    station.become(passed_over=("webcam: none is attached",))
    station.see()
    console.report_changes()
    station.become(differences=("gain: the camera does not take it",))
    console.report_changes()
    console.report_changes()
    assert out.getvalue().splitlines() == [
        "The camera is starting.",
        "Running: demo camera.",
        "Camera not found: webcam: none is attached.",
        "The camera differs from its settings: gain: the camera does not take it.",
    ]


def test_the_frame_rate_is_printed_once_a_minute(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    station.see()
    console = Console(station, "en", out, clock)
    for _ in range(125):
        console.report_changes()
        clock.pass_s(1)
    assert [line for line in out.getvalue().splitlines() if "fps" in line] == ["30 fps, 0 captures, 50.0 GB free."] * 2


def test_it_prints_the_last_change_before_it_stops(station: FakeStation) -> None:
    out, stop = io.StringIO(), threading.Event()
    station.stop()
    stop.set()
    Console(station, "de", out).run(stop)
    assert out.getvalue() == "Die Station hält an.\n"
