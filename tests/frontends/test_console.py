from __future__ import annotations

import io
import threading

from capture_station.errors import Trouble
from capture_station.frames import Flaw
from capture_station.frontends.console import Console

from .conftest import Clock
from .fake_station import FakeStation


def test_one_line_for_each_thing_that_happens(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    console = Console(station, "en", out, clock)
    for happens in (
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
        happens()
        console.look()
        console.look()
    assert out.getvalue().splitlines() == [
        "The camera starts.",
        "Running: demo camera.",
        "No camera: /dev/video0 is gone. Trying again.",
        "No camera: /dev/video0: no picture for 2 s. Trying again.",
        "Running: demo camera.",
        f"Portrait review, the face is too dark, the face is small: 40 px between the eyes: {station.portrait}",
        "A capture failed: the model failed",
        "The disk is full, captures are refused; 12 MB left.",
        "Stopping.",
    ]


def test_an_archive_that_is_away_is_no_full_disk(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    station.see()
    station.fill_disk()
    console = Console(station, "en", out, clock)
    for away in (False, True, False, True):
        station.archive_away = away
        console.look()
        console.look()
    assert out.getvalue().splitlines()[1:] == [
        "The disk is full, captures are refused; 12 MB left.",
        "The archive's disk is away, captures are refused.",
        "The disk is full, captures are refused; 12 MB left.",
        "The archive's disk is away, captures are refused.",
    ]


def test_an_archive_that_comes_back_is_told(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    station.archive_away = True
    console = Console(station, "de", out, clock)
    console.look()
    station.archive_away = False
    console.look()
    assert out.getvalue().splitlines()[1:] == [
        "Der Datenträger des Archivs ist nicht da, Aufnahmen werden abgelehnt.",
        "Das Archiv ist wieder da: 50.0 GB frei.",
    ]


def test_a_video_that_has_ended_promises_nothing(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    station.unplug("it has ended", Trouble("over", {"camera": "/fair.mp4"}))
    Console(station, "en", out, clock).look()
    said = "The video is over: /fair.mp4: the file has ended. To see it again, start the station again.\n"
    assert out.getvalue() == said


def test_what_the_camera_is_not_is_said_once(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    console = Console(station, "en", out, clock)
    console.look()
    station.become(passed_over=("webcam: none is attached",))
    station.see()
    console.look()
    station.become(differences=("gain: the camera does not take it",))
    console.look()
    console.look()
    assert out.getvalue().splitlines() == [
        "The camera starts.",
        "Running: demo camera.",
        "Camera not found: webcam: none is attached.",
        "The camera differs from its settings: gain: the camera does not take it.",
    ]


def test_the_rate_is_said_once_a_minute(station: FakeStation, clock: Clock) -> None:
    out = io.StringIO()
    station.see()
    console = Console(station, "en", out, clock)
    for _ in range(125):
        console.look()
        clock.pass_s(1)
    assert [line for line in out.getvalue().splitlines() if "fps" in line] == ["30 fps, 0 captures, 50.0 GB free."] * 2


def test_it_ends_when_told_and_says_the_last_thing(station: FakeStation) -> None:
    out, stop = io.StringIO(), threading.Event()
    station.stop()
    stop.set()
    Console(station, "de", out).run(stop)
    assert out.getvalue() == "Die Station hält an.\n"
