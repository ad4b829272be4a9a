"""Tells systemd how the station is: ready, in words, and alive as long as its threads get on (sd_notify(3))."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Mapping

from capture_station.station.contract import PublicStation
from capture_station.station.status import State, Status

log = logging.getLogger(__name__)

TICK_S = 1.0


class Notifier:
    """Reports to the socket that the service manager named; ``run`` is one thread's.

    A watchdog ping is sent only when camera loop and preview have got on since the last one, never by a timer alone.
    Where the socket does not take it, as one that was meant for a parent process, the station goes on all the same.
    """

    def __init__(self, station: PublicStation, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for Linux's abstract namespace.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        watchdog_s = int(environment.get("WATCHDOG_USEC", "0")) / 1e6
        self._tick_s = min(TICK_S, watchdog_s / 4) if watchdog_s else TICK_S
        self._station = station
        self._beats = (-1, -1)
        self._words = ""
        self._heard = True

    @property
    def wanted(self) -> bool:
        """Whether a service manager listens."""
        return bool(self._address)

    def run(self, stop: threading.Event) -> None:
        """Report until ``stop`` is set."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            ready = False
            while not stop.wait(self._tick_s):
                status = self._station.status()
                lines = self._news(status)
                if not ready and status.state in (State.RUNNING, State.DEGRADED):
                    lines.insert(0, "READY=1")
                if lines:
                    heard = self._tell(connection, lines)
                    ready |= heard and "READY=1" in lines
            self._tell(connection, ["STOPPING=1"])

    def _tell(self, connection: socket.socket, lines: list[str]) -> bool:
        try:
            connection.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            if self._heard:
                log.warning("no service manager listens at %s: %s", self._address, error.strerror)
            self._heard = False
            self._words = ""
        else:
            self._heard = True
        return self._heard

    def _news(self, status: Status) -> list[str]:
        lines = []
        beats = status.live.loop_beats, status.live.previews
        loop, previews = (new > old for new, old in zip(beats, self._beats, strict=True))
        if loop and (previews or status.state is not State.RUNNING):
            self._beats = beats
            lines.append("WATCHDOG=1")
        words = in_words(status)
        if words != self._words:
            self._words = words
            lines.append(f"STATUS={words}")
        return lines


def in_words(status: Status) -> str:
    """One line for ``systemctl status``."""
    camera = status.camera.name if status.camera is not None else "no camera yet"
    parts = [f"{status.state.value}: {status.reason or camera}", f"{status.captures.taken} captures"]
    if status.disk.low:
        parts.append("disk is full")
    if status.disk.away:
        parts.append("archive is away")
    return ", ".join(parts).replace("\n", " ")
