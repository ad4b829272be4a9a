"""The frontend for a push button on a GPIO pin, which takes portraits."""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable

from capture_station.config import ButtonSettings
from capture_station.errors import StationError
from capture_station.frontends.gpio import PinFactory, open_pin
from capture_station.station.contract import PublicStation

POLL_S = 0.2

log = logging.getLogger(__name__)


class Button:
    """A button between a pin and ground. The pin is pulled up internally, so pressed is low.

    A press counts if the contact was quiet for ``debounce_s`` before it. The debouncing is done here because gpiozero's
    own differs from board to board, and its mock pins have none.

    Args:
        station: The station that takes the portraits.
        settings: ``gpio_pin`` must be set.
        pins: gpiozero's pin factory; None uses the one that the settings name.
        clock_s: A monotonic clock in seconds.

    Raises:
        ConfigError: The pin does not exist, this machine's pins cannot be used, or gpiozero is not installed.
    """

    def __init__(
        self,
        station: PublicStation,
        settings: ButtonSettings,
        pins: PinFactory | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._station = station
        self._debounce_s = settings.debounce_s
        self._clock_s = clock_s
        self._presses: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._last_edge_at_s = -math.inf
        assert settings.gpio_pin is not None
        self._button = open_pin("Button", settings.gpio_pin, "button.gpio_pin", settings.pin_factory, pins)
        self._button.when_pressed = self._pressed
        self._button.when_released = self._released

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set, then free the pin. Blocks its thread."""
        try:
            while not stop.is_set():
                try:
                    self._presses.get(timeout=POLL_S)
                except queue.Empty:
                    continue
                try:
                    self._station.capture()
                except StationError as error:
                    log.warning("button: no capture: %s", error.anonymous)
        finally:
            self._button.close()

    def _pressed(self) -> None:
        """Queue the press. gpiozero calls this in its own thread and would swallow an error raised here."""
        now_s = self._clock_s()
        quiet_s = now_s - self._last_edge_at_s
        self._last_edge_at_s = now_s
        if quiet_s >= self._debounce_s:
            self._presses.put(None)

    def _released(self) -> None:
        self._last_edge_at_s = self._clock_s()
