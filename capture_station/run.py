"""The life of a station process: signals, faces, and the way out."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

from capture_station.archive.archive import Archive
from capture_station.archive.retention import Retention
from capture_station.config import StationSettings
from capture_station.errors import CameraError, DisplayError
from capture_station.faces.button import Button
from capture_station.faces.console import Console
from capture_station.faces.control import ControlServer, default_socket
from capture_station.faces.mqtt import Mqtt
from capture_station.faces.web.listening import CannotListen
from capture_station.faces.window import Window
from capture_station.service.journal import is_journal
from capture_station.service.notify import Notifier
from capture_station.station.station import Station
from capture_station.station.status import Shot
from capture_station.upload.queue import UploadQueue

JOIN_WITHIN_S = 2.0
SETTLE_S = 1.0
"""A camera that was opened for one picture gets this long to find its exposure."""


def run_station(settings: StationSettings, headless: bool) -> None:
    """Run until a face, a signal or a failure ends it. Main thread only."""
    station = Station(settings)
    socket = settings.remote.socket or default_socket()
    with (
        ControlServer(station, socket),
        station,
        ending_on_signals(station.closing),
        button(station, settings),
        notifier(station),
        retention(station, settings),
        upload(station, settings),
        fleet(station, settings),
        web(station, settings),
    ):
        print(f"portraits are saved in {settings.archive.folder}", flush=True)
        if settings.window.show and not headless:
            try:
                Window(station, settings.window, settings.language).run(station.closing)
                return
            except DisplayError as error:
                print(f"{error}; going on without a window", flush=True)
        if is_journal():
            # It has a line for each thing that happens already, with fields.
            station.closing.wait()
            return
        Console(station, settings.language).run(station.closing)


def take_one(settings: StationSettings, countdown_s: float) -> Shot:
    """Open the camera for a single portrait.

    Raises:
        CameraError: It gave no picture in time.
        StationError: As ``Station.capture``; ``NotRunning`` when a signal came before the exposure.
    """
    patience_s = settings.camera.open_timeout_s + settings.camera.read_timeout_s
    with Station(settings) as station, ending_on_signals(station.closing):
        if station.preview(timeout_s=patience_s) is None:
            raise CameraError(station.status().reason or f"the camera gave no picture within {patience_s:g} s")
        shot = station.capture(max(countdown_s, SETTLE_S))
        # Whichever comes first, the portrait or a signal, ends the station; then the one or the other is known.
        shot.add_done_callback(lambda _: station.closing.set())
        station.closing.wait()
    return shot.result()


@contextlib.contextmanager
def ending_on_signals(closing: threading.Event) -> Iterator[None]:
    """Have SIGINT and SIGTERM set the event. Main thread only."""
    previous = {number: signal.signal(number, lambda *_: closing.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def button(station: Station, settings: StationSettings) -> Iterator[None]:
    """Serve the GPIO button, if the config names its pin, while the context is entered."""
    if settings.button.gpio_pin is None:
        yield
        return
    with beside(Button(station, settings.button).run, station.closing):
        yield


@contextlib.contextmanager
def notifier(station: Station) -> Iterator[None]:
    """Report to systemd, if it started this process and asked for it, while the context is entered."""
    watcher = Notifier(station)
    if not watcher.wanted:
        yield
        return
    with beside(watcher.run, station.closing):
        yield


@contextlib.contextmanager
def web(station: Station, settings: StationSettings) -> Iterator[None]:
    """Serve the page and its interface, if the config lets it, while the context is entered."""
    if settings.web.listen == "none":
        yield
        return
    # Half a second that no other command has to spend.
    from capture_station.faces.web.server import WebServer

    try:
        server = WebServer(station, settings)
    except CannotListen as error:
        if settings.web.listen != "auto":
            raise
        print(f"{error}; going on without a page", flush=True)
        yield
        return
    token = "" if server.token_file is None else f", for who has the token in {server.token_file}"
    print(f"the page is at {server.url}{token}", flush=True)
    with beside(server.run, station.closing):
        yield


@contextlib.contextmanager
def retention(station: Station, settings: StationSettings) -> Iterator[None]:
    """Remove captures whose time is over, if the config gives them one, while the context is entered."""
    if settings.archive.keep_days is None and settings.archive.keep_retaken_days is None:
        yield
        return
    with (
        contextlib.closing(Archive.open(settings.archive)) as archive,
        beside(Retention(archive, handed_on_first=bool(settings.upload.url)).run, station.closing),
    ):
        yield


@contextlib.contextmanager
def upload(station: Station, settings: StationSettings) -> Iterator[None]:
    """Hand captures on, if the config says where to, while the context is entered."""
    if not settings.upload.url:
        yield
        return
    with contextlib.closing(Archive.open(settings.archive)) as archive:
        queue = UploadQueue(archive, settings.upload, lambda: station.status().captures)
        with beside(queue.run, station.closing):
            yield


@contextlib.contextmanager
def fleet(station: Station, settings: StationSettings) -> Iterator[None]:
    """Serve the MQTT broker, if the config names one, while the context is entered."""
    if not settings.mqtt.host:
        yield
        return
    with beside(Mqtt(station, settings.mqtt).run, station.closing):
        yield


@contextlib.contextmanager
def beside(run: Callable[[threading.Event], None], closing: threading.Event) -> Iterator[None]:
    """Have it run in a thread of its own; what it raises ends the station and is raised here."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            run(closing)
        except BaseException as error:
            failures.append(error)
            closing.set()

    thread = threading.Thread(target=guarded, name="beside", daemon=True)
    thread.start()
    try:
        yield
    finally:
        closing.set()
        thread.join(JOIN_WITHIN_S)
    if failures:
        raise failures[0]
