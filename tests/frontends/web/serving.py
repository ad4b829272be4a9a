"""Runs the web server during a test."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx

from capture_station.config import StationSettings
from capture_station.export.download import Download
from capture_station.frontends.web.server import WebServer
from capture_station.release import ReleaseRule
from capture_station.station.contract import PublicStation

PATIENCE_S = 20.0
STOPS_WITHIN_S = 5.0


class Serving:
    """The server in a thread of its own."""

    def __init__(self, station: PublicStation, settings: StationSettings) -> None:
        self.stop = threading.Event()
        self.server = WebServer(
            station, settings, lambda: Download(settings.export.name, rule=ReleaseRule.of(settings))
        )
        self.url = self.server.listeners[0].url
        self.thread = threading.Thread(target=self.server.run, args=(self.stop,))
        self.thread.start()

    def client(self, **keywords: Any) -> httpx.Client:
        """Return an HTTP client without browser headers."""
        return httpx.Client(base_url=self.url, timeout=PATIENCE_S, **keywords)

    def connect(self) -> socket.socket:
        """Open a connection and send nothing."""
        host, port = self.url.removeprefix("http://").rstrip("/").split(":")
        return socket.create_connection((host, int(port)), PATIENCE_S)

    def end(self) -> None:
        self.stop.set()
        self.thread.join(STOPS_WITHIN_S)
        assert not self.thread.is_alive()


@contextlib.contextmanager
def serving(
    station: PublicStation,
    share: dict[str, Any] | None = None,
    language: str = "en",
    upload: dict[str, Any] | None = None,
    subjects: dict[str, Any] | None = None,
    remote: dict[str, Any] | None = None,
    **web: Any,
) -> Iterator[Serving]:
    """Serve on a free loopback port, or as the given settings of ``share`` and ``web`` say."""
    sections = {"share": share, "upload": upload, "subjects": subjects, "remote": remote, "language": language}
    settings = StationSettings.model_validate({"web": {"listen": "127.0.0.1:0", **web}, **sections})
    server = Serving(station, settings)
    try:
        yield server
    finally:
        server.end()


def read_until_closed(connection: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(4096):
            received += chunk
    return received


class EventReader:
    """Reads server-sent events."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()

    def next(self, name: str) -> Any:
        """Return the data of the next event with this name."""
        for line in self._lines:
            if line == f"event: {name}":
                return json.loads(next(self._lines).removeprefix("data: "))
        raise AssertionError(f"the stream ended before an event {name!r}")
