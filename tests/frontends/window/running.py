"""A window that runs while a test presses and looks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from capture_station.config import WindowSettings
from capture_station.errors import DisplayError
from capture_station.frontends.window.take_home.flow import ShareCode
from capture_station.frontends.window.window import Window
from tests.frontends.fake_station import FakeStation


class Running:
    """A window in a thread, as the main thread would run it."""

    def __init__(self, station: FakeStation, settings: WindowSettings, share: ShareCode | None = None) -> None:
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self._window = Window(station, settings, share=share)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._window.run(self.stop)
        except DisplayError as error:
            self.error = error


@contextmanager
def running(station: FakeStation, settings: WindowSettings, share: ShareCode | None = None) -> Iterator[Running]:
    window = Running(station, settings, share)
    try:
        yield window
    finally:
        window.stop.set()
        window.thread.join(20)
    assert not window.thread.is_alive()
