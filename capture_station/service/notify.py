"""Notifies systemd that the station is ready, alive and in which state, as described in sd_notify(3)."""

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
_DISK_TROUBLES = {
    "archive-away": "archive is away",
    "disk-low": "disk is full",
    "disk-files": "disk cannot hold more files",
}


def is_service() -> bool:
    """Whether a service manager asked for notifications, as for the shipped unit, which it starts again by itself."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


class Notifier:
    """Sends notifications to the socket in ``$NOTIFY_SOCKET``. Call ``run`` in one thread.

    A watchdog ping is sent only if the capture loop and the preview made progress since the last one, never by a timer
    alone. The station goes on if nobody reads the socket, as with one that was meant for a parent process.
    """

    def __init__(self, station: PublicStation, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ means Linux's abstract namespace.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        watchdog_s = int(environment.get("WATCHDOG_USEC", "0")) / 1e6
        self._tick_s = min(TICK_S, watchdog_s / 4) if watchdog_s else TICK_S
        self._station = station
        self._beats = (-1, -1)
        self._status_line = ""
        self._delivered = True

    def run(self, stop: threading.Event) -> None:
        """Notify until ``stop`` is set. Blocks its thread."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            ready = False
            while not stop.wait(self._tick_s):
                status = self._station.status()
                lines = self._changes(status)
                if not ready and status.state in (State.RUNNING, State.DEGRADED):
                    lines.insert(0, "READY=1")
                if lines:
                    delivered = self._send(connection, lines)
                    ready |= delivered and "READY=1" in lines
            self._send(connection, ["STOPPING=1"])

    def _send(self, connection: socket.socket, lines: list[str]) -> bool:
        try:
            connection.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            if self._delivered:
                log.warning("no service manager listens at %s: %s", self._address, error.strerror)
            self._delivered = False
            self._status_line = ""
        else:
            self._delivered = True
        return self._delivered

    def _changes(self, status: Status) -> list[str]:
        lines = []
        beats = status.live.loop_beats, status.live.previews
        loop, previews = (new > old for new, old in zip(beats, self._beats, strict=True))
        if loop and (previews or status.state is not State.RUNNING):
            self._beats = beats
            lines.append("WATCHDOG=1")
        line = status_line(status)
        if line != self._status_line:
            self._status_line = line
            lines.append(f"STATUS={line}")
        return lines


def status_line(status: Status) -> str:
    """One line for ``systemctl status``."""
    camera = status.camera.name if status.camera is not None else "no camera yet"
    parts = [f"{status.state.value}: {status.reason or camera}", f"{status.captures.taken} captures"]
    if status.disk.trouble:
        parts.append(_DISK_TROUBLES[status.disk.trouble])
    return ", ".join(parts).replace("\n", " ")
