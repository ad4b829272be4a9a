"""The web server of a station: one thread with one event loop, which ends soon after the station."""

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
from capture_station.frontends.web.auth import TokenAuth, default_token_file, load_or_create_token
from capture_station.frontends.web.sockets import DEFAULT_ADDRESS, inherited, is_local, listen, url
from capture_station.station.contract import PublicStation

SHUTDOWN_GRACE_S = 1
"""Time for responses in progress when the station ends. uvicorn takes whole seconds only."""

MAX_CONNECTIONS = 300
"""Further connections are closed at once, to spare files and threads. The last one within it gets status 503."""
ACCEPT_BATCH = 32
"""asyncio accepts this many connections before it can close any beyond the limit."""
REQUEST_TIMEOUT_S = 10.0
"""Longest time for a whole request to arrive, including its body."""


class WebServer:
    """Opens its socket when it is created, and serves while ``run`` runs.

    Raises:
        CannotListen: The address is taken or not available.
        ConfigError: The token is not usable.
        StationError: A token cannot be created.
    """

    def __init__(self, station: PublicStation, settings: StationSettings) -> None:
        self._station = station
        self._settings = settings
        self._socket = _opened(settings.web.listen)
        self.token_file = settings.web.token_file
        if self.token_file is None and not is_local(self._socket):
            self.token_file = default_token_file()
        try:
            self._auth = TokenAuth(None if self.token_file is None else load_or_create_token(self.token_file))
        except StationError:
            self._socket.close()
            raise

    @property
    def url(self) -> str:
        """The address to open in a browser."""
        return url(self._socket)

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set. Blocks its thread. An error in one request does not end the others."""
        address = self._settings.web.listen
        try:
            asyncio.run(self._serve(stop))
        finally:
            self._socket.close()
            # A socket that systemd opened is not in the settings, and stays.
            if address.startswith("unix:"):
                Path(address.removeprefix("unix:")).unlink(missing_ok=True)

    async def _serve(self, stop: threading.Event) -> None:
        closing = asyncio.Event()
        app = web_app(self._station, self._settings.web, self._settings.language, self._auth, closing)
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
            # Malformed requests must not fill the journal.
            log_level="error",
            limit_concurrency=MAX_CONNECTIONS,
            backlog=ACCEPT_BATCH,
            timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
        )
        await _Server(config, stop, closing).serve([self._socket])


def _opened(address: str) -> socket.socket:
    if address == "auto":
        return inherited() or listen(DEFAULT_ADDRESS)
    return listen(address)


class _Connection(H11Protocol):
    """Closes the connection when there are too many, or when a request takes too long to arrive.

    uvicorn itself counts connections only once a header is complete, and waits for headers and bodies without limit.
    """

    _request_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
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
        if self._request_timer is None:
            self._request_timer = self.loop.call_later(REQUEST_TIMEOUT_S, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None


class _Server(uvicorn.Server):
    """Shuts down when a ``threading.Event`` is set."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._stop = stop
        self._closing = closing

    async def on_tick(self, counter: int) -> bool:
        return self._stop.is_set() or await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing.set()
        await super().shutdown(sockets)
