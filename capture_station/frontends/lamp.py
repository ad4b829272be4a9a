"""The frontend for a lamp: on while somebody stands there, full light for the exposure.

It is a lamp on a GPIO pin, through a transistor or a driver with a PWM input, or a WLED controller on the network (its
JSON interface, /json/state).
"""

from __future__ import annotations

import http.client
import json
import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol
from urllib.parse import urlsplit

from capture_station.config import LampSettings
from capture_station.frontends.gpio import PinFactory, open_pin
from capture_station.station.contract import PublicStation
from capture_station.station.status import Hint, State, Status

TICK_S = 0.1
FULL_BEFORE_S = 1.5
"""The light is full so long before the exposure that the camera has adapted to it."""
DIM_AFTER_S = 5.0
"""Somebody who steps aside for a moment does not stand in the dark."""
REPEAT_S = 30.0
"""A controller that comes back from a power cut is told so soon what to show."""
ANSWER_WITHIN_S = 2.0
MOST_WLED = 255

log = logging.getLogger(__name__)


class Light(Protocol):
    """Something that shines. Used by one thread."""

    def shine(self, level: float) -> None:
        """Shine with this share of the full light, in [0, 1].

        Raises:
            OSError: It cannot be reached.
        """
        ...

    def close(self) -> None: ...


class Lamp:
    """Follows the station with a light. ``run`` belongs to one thread.

    Raises:
        ConfigError: The pin cannot be used.
    """

    def __init__(
        self,
        station: PublicStation,
        settings: LampSettings,
        pins: PinFactory | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._station = station
        self._clock_s = clock_s
        self._idle_level = settings.idle_level
        self._repeat_s = REPEAT_S if settings.url else math.inf
        self._light = _open_light(settings, pins)
        self._empty_s = DIM_AFTER_S

    def run(self, stop: threading.Event) -> None:
        """Serve until the event is set, then switch the light off."""
        shown: float | None = None
        shown_s, failed = 0.0, False
        try:
            while not stop.wait(TICK_S):
                level = self.level(self._station.status())
                if level == shown and self._clock_s() - shown_s < self._repeat_s:
                    continue
                try:
                    self._light.shine(level)
                    shown, shown_s, failed = level, self._clock_s(), False
                except (OSError, http.client.HTTPException) as error:
                    if not failed:
                        log.warning("the lamp cannot be reached: %s", error)
                    # It may have done what it was told, and only its answer was lost.
                    shown, failed = None, True
        finally:
            with suppress(OSError, http.client.HTTPException):
                self._light.shine(0)
            self._light.close()

    def level(self, status: Status) -> float:
        """The light for this moment, in [0, 1]; called every ``TICK_S``."""
        left_s = status.captures.countdown_left_s
        if status.captures.exposing or (left_s is not None and left_s <= FULL_BEFORE_S):
            self._empty_s = 0.0
            return 1.0
        somebody = status.state is State.RUNNING and status.framing.blocking is not Hint.NOBODY
        self._empty_s = 0.0 if somebody or left_s is not None else self._empty_s + TICK_S
        return self._idle_level if self._empty_s < DIM_AFTER_S else 0.0


class GpioLight:
    """A lamp on a pin, by pulse width modulation."""

    def __init__(self, settings: LampSettings, pins: PinFactory | None) -> None:
        assert settings.gpio_pin is not None
        self._led = open_pin("PWMLED", settings.gpio_pin, "lamp.gpio_pin", settings.pin_factory, pins)

    def shine(self, level: float) -> None:
        self._led.value = level

    def close(self) -> None:
        self._led.close()


class WledLight:
    """A WLED controller. Only its brightness is changed; its colour is its own."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(address.netloc, timeout=ANSWER_WITHIN_S)
        self._path = f"{address.path.rstrip('/')}/json/state"

    def shine(self, level: float) -> None:
        state = {"on": level > 0, "bri": max(1, round(level * MOST_WLED)), "transition": 2}
        try:
            self._connection.request("POST", self._path, json.dumps(state), {"Content-Type": "application/json"})
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            # The next attempt opens a new connection.
            self._connection.close()
            raise
        if answer.status >= 400:
            raise OSError(f"it answers {answer.status} {answer.reason}")

    def close(self) -> None:
        self._connection.close()


def _open_light(settings: LampSettings, pins: PinFactory | None) -> Light:
    return WledLight(settings.url) if settings.url else GpioLight(settings, pins)
