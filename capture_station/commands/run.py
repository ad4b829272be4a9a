"""The life of a station process: signals, frontends, and the way out."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import NoReturn

from capture_station.archive.retention import Retention
from capture_station.camera.demo_fallback import refuse_demo_fallback
from capture_station.config import StationSettings
from capture_station.errors import CameraError, DisplayError
from capture_station.frontends.button import Button
from capture_station.frontends.console import Console
from capture_station.frontends.control_socket import ControlServer, default_socket
from capture_station.frontends.mqtt import Mqtt
from capture_station.frontends.web.sockets import CannotListen
from capture_station.frontends.window.window import Window
from capture_station.service.journal import is_journal
from capture_station.service.notify import Notifier
from capture_station.station.station import Station
from capture_station.station.status import Shot
from capture_station.upload.queue import UploadQueue

Serve = Callable[[threading.Event], None]

JOIN_WITHIN_S = 2.0
"""For all threads together. With the station's own time it is less than systemd waits."""
LEAVE_WITHIN_S = 0.5
SETTLE_S = 1.0
"""A camera that was opened for one picture gets this long to find its exposure."""


def run_station(settings: StationSettings, headless: bool) -> None:
    """Run until a frontend, a signal or a failure ends it. Main thread only."""
    station = Station(settings)
    socket = settings.remote.socket or default_socket()
    with (
        ControlServer(station, socket),
        station,
        ending_on_signals(station.closing),
        Beside(station.closing) as beside,
    ):
        for serve in serving(station, settings):
            beside.start(serve)
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
        CameraError: There is none, or it gave no picture in time.
        StationError: As ``Station.capture``; ``NotRunning`` when a signal came before the exposure.
    """
    patience_s = settings.camera.open_timeout_s + settings.camera.read_timeout_s
    with Station(settings) as station, ending_on_signals(station.closing):
        if station.preview(timeout_s=patience_s) is None:
            raise CameraError(station.status().reason or f"the camera gave no picture within {patience_s:g} s")
        if (camera := station.status().camera) is not None:
            refuse_demo_fallback(camera)
        shot = station.capture(max(countdown_s, SETTLE_S))
        # Whichever comes first, the portrait or a signal, ends the station; then the one or the other is known.
        shot.add_done_callback(lambda _: station.closing.set())
        station.closing.wait()
    return shot.result()


@contextlib.contextmanager
def ending_on_signals(closing: threading.Event) -> Iterator[None]:
    """Have SIGINT, SIGTERM and a terminal that closes set the event. Main thread only."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # As nohup wants it.
        numbers.append(signal.SIGHUP)
    previous = {number: signal.signal(number, lambda *_: closing.set()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def serving(station: Station, settings: StationSettings) -> Iterator[Serve]:
    """What the config wants beside the window; each serves until the event is set."""
    if settings.button.gpio_pin is not None:
        yield Button(station, settings.button).run
    notifier = Notifier(station)
    if notifier.enabled:
        yield notifier.run
    if settings.archive.keep_days is not None or settings.archive.keep_retaken_days is not None:
        yield Retention(station.archive, after_upload=bool(settings.upload.url)).run
    if settings.upload.url:
        yield UploadQueue(station.archive, settings, lambda: station.status().captures.taken).run
    if settings.mqtt.host:
        yield Mqtt(station, settings.mqtt).run
    if settings.web.listen != "none":
        yield from web(station, settings)


def web(station: Station, settings: StationSettings) -> Iterator[Serve]:
    """The page and its interface, unless its usual address is taken."""
    # Half a second that no other command has to spend.
    from capture_station.frontends.web.server import WebServer

    try:
        server = WebServer(station, settings)
    except CannotListen as error:
        if settings.web.listen != "auto":
            raise
        print(f"{error}; going on without a page", flush=True)
        return
    token = "" if server.token_file is None else f", for who has the token in {server.token_file}"
    print(f"the page is at {server.url}{token}", flush=True)
    yield server.run


class Beside:
    """Threads beside the main one; leaving the context closes the station and ends them.

    What one of them raises closes the station, too, and is raised where the context is left.
    """

    def __init__(self, closing: threading.Event) -> None:
        self._closing = closing
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []

    def start(self, serve: Serve) -> None:
        # A daemon: one that is stuck is left behind.
        thread = threading.Thread(target=self._guarded, args=(serve,), name="beside", daemon=True)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> Beside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        deadline_s = time.monotonic() + JOIN_WITHIN_S
        for thread in self._threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        if self._failures and error is None:
            raise self._failures[0]

    def _guarded(self, serve: Serve) -> None:
        try:
            serve(self._closing)
        except BaseException as error:
            self._failures.append(error)
            self._closing.set()


def leave(exit_code: int) -> NoReturn:
    """End the process, also where a thread hangs in a disk that does not answer: Python would wait for it for ever."""
    deadline_s = time.monotonic() + LEAVE_WITHIN_S
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(max(0.0, deadline_s - time.monotonic()))
            # Whether it is a daemon tells nothing: those of thread pools are waited for, too.
            if thread.is_alive():
                sys.stdout.flush()
                os._exit(exit_code)
    sys.exit(exit_code)
