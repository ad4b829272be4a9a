"""A web server that runs while a test asks."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx

from capture_station.config import StationSettings
from capture_station.frontends.web.server import WebServer
from capture_station.station.contract import PublicStation

PATIENCE_S = 20.0
STOPS_WITHIN_S = 5.0


class Serving:
    """The server in a thread, as ``BackgroundServices`` runs it."""

    def __init__(self, station: PublicStation, settings: StationSettings) -> None:
        self.stop = threading.Event()
        self.server = WebServer(station, settings)
        self.url = self.server.url
        self.thread = threading.Thread(target=self.server.run, args=(self.stop,))
        self.thread.start()

    def client(self, **keywords: Any) -> httpx.Client:
        """A client that is no browser."""
        return httpx.Client(base_url=self.url, timeout=PATIENCE_S, **keywords)

    def connect(self) -> socket.socket:
        """A connection that nothing was sent on."""
        host, port = self.url.removeprefix("http://").rstrip("/").split(":")
        return socket.create_connection((host, int(port)), PATIENCE_S)

    def end(self) -> None:
        self.stop.set()
        self.thread.join(STOPS_WITHIN_S)
        assert not self.thread.is_alive()


@contextlib.contextmanager
def serving(station: PublicStation, **web: Any) -> Iterator[Serving]:
    """Serve on a free port of loopback, unless told otherwise."""
    settings = StationSettings.model_validate({"web": {"listen": "127.0.0.1:0", **web}})
    server = Serving(station, settings)
    try:
        yield server
    finally:
        server.end()


def left(connection: socket.socket) -> bytes:
    """What comes until the server ends the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(4096):
            received += piece
    return received


class EventReader:
    """Reads server-sent events one by one."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()

    def next(self, name: str) -> Any:
        """The data of the next event of that name."""
        for line in self._lines:
            if line == f"event: {name}":
                return json.loads(next(self._lines).removeprefix("data: "))
        raise AssertionError(f"the stream ended before {name}")
