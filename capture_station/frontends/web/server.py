"""The web server beside a station: one thread, one event loop, gone within a moment when the station ends."""

from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from capture_station.config import StationSettings
from capture_station.errors import StationError
from capture_station.frontends.web.app import web_app
from capture_station.frontends.web.auth import Access, default_token_file, token_in
from capture_station.frontends.web.sockets import DEFAULT_ADDRESS, inherited, is_local, listen, url
from capture_station.station.contract import PublicStation

GRACE_S = 1
"""What is being answered when the station ends gets so long, whole seconds."""

MOST_CONNECTIONS = 300
"""More are cut off at once: they would cost the station's files and threads. The last of them is answered with 503."""
ACCEPTED_AT_ONCE = 32
"""What is beyond the most is open until the event loop gets to it: a burst is taken in small portions."""
REQUEST_WITHIN_S = 10.0
"""So long a request may take to arrive, its body included."""


class WebServer:
    """Listens from its making on, and serves while ``run`` runs.

    Raises:
        CannotListen: The address is taken or cannot be had.
        ConfigError: The token cannot be used.
        StationError: No token can be made.
    """

    def __init__(self, station: PublicStation, settings: StationSettings) -> None:
        self._station = station
        self._settings = settings
        self._socket = _opened(settings.web.listen)
        self.token_file = settings.web.token_file
        if self.token_file is None and not is_local(self._socket):
            self.token_file = default_token_file()
        try:
            self._access = Access(None if self.token_file is None else token_in(self.token_file))
        except StationError:
            self._socket.close()
            raise

    @property
    def url(self) -> str:
        """What to type into a browser."""
        return url(self._socket)

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set. Blocks its thread; what goes wrong in a request ends only that."""
        address = self._settings.web.listen
        try:
            asyncio.run(self._serve(stop))
        finally:
            self._socket.close()
            # Only our own: a path that systemd listens at is not in the settings.
            if address.startswith("unix:"):
                Path(address.removeprefix("unix:")).unlink(missing_ok=True)

    async def _serve(self, stop: threading.Event) -> None:
        closing = asyncio.Event()
        app = web_app(self._station, self._settings.web, self._settings.language, self._access, closing)
        config = uvicorn.Config(
            app,
            http=_Connection,
            ws="none",
            lifespan="off",
            loop="asyncio",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            # Whoever sends rubbish shall not fill the journal with it.
            log_level="error",
            limit_concurrency=MOST_CONNECTIONS,
            backlog=ACCEPTED_AT_ONCE,
            timeout_graceful_shutdown=GRACE_S,
        )
        await _Server(config, stop, closing).serve([self._socket])


def _opened(address: str) -> socket.socket:
    if address == "auto":
        return inherited() or listen(DEFAULT_ADDRESS)
    return listen(address)


class _Connection(H11Protocol):
    """Cut off when there are too many, or when a request takes too long to come.

    uvicorn looks at their number only when a whole header is there, and waits for one, or for a body, for ever; but
    where an answer was given and nothing follows, it ends the connection itself when the answer is through.
    """

    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_timer()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._start_timer()
        else:
            self._stop_timer()

    def _start_timer(self) -> None:
        if self._overdue is None:
            self._overdue = self.loop.call_later(REQUEST_WITHIN_S, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None


class _Server(uvicorn.Server):
    """Ends when an event of the station's threads is set."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._stop = stop
        self._closing = closing

    async def on_tick(self, counter: int) -> bool:
        return self._stop.is_set() or await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing.set()
        await super().shutdown(sockets)
