"""The web server of a station: one thread with one event loop, which ends soon after the station."""

from __future__ import annotations

import asyncio
import functools
import secrets
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from capture_station.config import StationSettings
from capture_station.errors import ArchiveError, ConfigError, NotReleased, StationError
from capture_station.frontends.kept_settings import KeptSettings
from capture_station.frontends.state_folder import station_folder
from capture_station.frontends.web.app import web_app
from capture_station.frontends.web.auth import TokenAuth
from capture_station.frontends.web.pairing import PairingCodes, phone_addresses
from capture_station.frontends.web.peers import Peer, PeerPolicy
from capture_station.frontends.web.share_links import ShareLinks, portrait_to_share
from capture_station.frontends.web.sockets import (
    DEFAULT_ADDRESS,
    CannotListen,
    Listener,
    inherited,
    listen,
    phone_endpoint,
)
from capture_station.frontends.web.token_file import default_token_file, load_or_create_token
from capture_station.frontends.web.zip_export import Download
from capture_station.release import ReleaseRule
from capture_station.station.contract import PublicStation

SHUTDOWN_GRACE_S = 1
"""Time for responses in progress when the station ends. uvicorn takes whole seconds only."""

MAX_CONNECTIONS = 300
"""More would cost too many files and threads."""
ACCEPT_BATCH = 32
"""asyncio accepts this many connections before it can close any beyond the limit."""
REQUEST_TIMEOUT_S = 10.0
"""Longest time for a whole request to arrive, including its body."""
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""``struct linger`` of socket(7)."""
WRITE_TIMEOUT_S = 30.0
"""Longest time for a client to take what waits to be sent: 64 KiB, beyond what the kernel holds."""


class WebServer:
    """Opens its sockets when it is created, and serves while ``run`` runs.

    Args:
        station: Whose page it is.
        settings: All of them.
        new_download: Begins a download; by default portraits have no names but their captures' ids.
        kept: What the page keeps for the next start.

    Raises:
        CannotListen: The address is taken or not available.
        ConfigError: The token is not usable.
        StationError: A token cannot be created.
    """

    def __init__(
        self,
        station: PublicStation,
        settings: StationSettings,
        new_download: Callable[[], Download | None] = lambda: None,
        kept: KeptSettings | None = None,
    ) -> None:
        self._station = station
        self._new_download = new_download
        self._kept = kept or KeptSettings(station_folder(settings.remote.socket))
        self._settings = settings
        self.listeners, self.problems = _opened(settings.web.listen)
        """What is served; and a sentence for the log about everything that is not as configured."""
        self.token_file: Path | None = settings.web.token_file or default_token_file()
        try:
            self._auth = self._token_auth()
        except StationError:
            self._close()
            raise
        except OSError as error:
            self._close()
            raise StationError(f"{station_folder(settings.remote.socket)}: cannot be read: {error.strerror}") from error
        self.pairing = PairingCodes()
        """The codes by which operators' phones are let in."""
        self.share_links: ShareLinks | None = None
        """None: portraits are not shared."""
        if settings.share.is_on:
            self.share_links = ShareLinks(settings.share, self._auth.sign, self.listeners)
            if self.share_links.problem:
                self.problems.append(self.share_links.problem)

    @property
    def addresses(self) -> list[str]:
        """A line for each address: what to open in a browser, and who needs the token there."""
        everybody = self._settings.web.token_file is not None
        return [
            f"{listener.url}; it asks for the token in {self.token_file}"
            if everybody or not listener.is_local
            else listener.url
            for listener in self.listeners
        ]

    @property
    def phone_addresses(self) -> list[str]:
        """What a phone on the network may open, the surest first; empty if phones cannot reach the page."""
        return phone_addresses(self._settings.share.address, phone_endpoint(self.listeners))

    def new_phone_code(self) -> dict[str, object]:
        """A code that lets one phone in, and what its address is made of, for the control socket.

        Raises:
            StationError: Phones cannot reach the page.
        """
        if not self.phone_addresses:
            raise StationError(
                "phones cannot reach the page; set web.listen=0.0.0.0:8480 or share.address, "
                "and for the service run `service install` again"
            )
        address, endpoint = self._settings.share.address, phone_endpoint(self.listeners)
        return {"code": self.pairing.new(), "address": address, "endpoint": endpoint}

    def share_code(self, capture_id: str) -> tuple[tuple[bool, ...], ...] | None:
        """The QR code of a link to a portrait, as ``ShareLink.qr_modules``; None if it is to stay in the station."""
        try:
            portrait_to_share(self._station, ReleaseRule.of(self._settings), capture_id)
        except (ArchiveError, NotReleased):
            return None
        return None if self.share_links is None else self.share_links.link(capture_id).qr_modules

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set. Blocks its thread. An error in one request does not end the others."""
        try:
            asyncio.run(self._serve(stop))
        finally:
            self._close()

    def _token_auth(self) -> TokenAuth:
        assert self.token_file is not None
        try:
            token = load_or_create_token(self.token_file)
        except ConfigError:
            raise
        except StationError as error:
            if self._settings.web.token_file is not None or not all(one.is_local for one in self.listeners):
                raise
            self.problems.append(f"{error}; only your own programs can use the page")
            self.token_file = None
            return TokenAuth(secrets.token_urlsafe())
        return TokenAuth(token, station_folder(self._settings.remote.socket))

    def _close(self) -> None:
        for listener in self.listeners:
            listener.close()

    async def _serve(self, stop: threading.Event) -> None:
        closing = asyncio.Event()
        app = web_app(
            self._station,
            self._settings.web,
            self._settings.language,
            self._auth,
            self.pairing,
            self.share_links,
            self._kept,
            self._new_download,
            ReleaseRule.of(self._settings),
            closing,
        )
        config = uvicorn.Config(
            app,
            http=functools.partial(_Connection, self._peer_policy()),  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            loop="asyncio",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            # Malformed requests must not fill the journal.
            log_level="error",
            backlog=ACCEPT_BATCH,
            timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
        )
        await _Server(config, stop, closing).serve([listener.socket for listener in self.listeners])

    def _peer_policy(self) -> PeerPolicy:
        web = self._settings.web
        # Who sets a token file wants everybody to show the token.
        local = [] if web.token_file is not None else [one for one in self.listeners if one.is_local]
        return PeerPolicy([one.socket.getsockname() for one in local], everybody=web.trust_local_users)


def _opened(address: str) -> tuple[list[Listener], list[str]]:
    if address.startswith("unix:"):
        return [listen(address)], []
    listeners, problems = inherited()
    if not listeners:
        return [listen(DEFAULT_ADDRESS if address == "auto" else address)], problems
    if address != "auto" and not any(one.serves(address) for one in listeners):
        try:
            listeners.append(listen(address))
        except CannotListen:  # As in the service's sandbox without a network.
            problems.append(f"web.listen: systemd does not listen at {address} yet; run `service install` again")
    return listeners, problems


class _Connection(H11Protocol):
    """One client. It is disconnected when it takes too long to send a request or to take a response.

    uvicorn itself waits for both without limit. When there are too many connections, one of a client that has not shown
    a token is closed to make room: of the address that has most of them, the oldest.
    """

    connections: set[_Connection]  # type: ignore[assignment]

    def __init__(self, policy: PeerPolicy, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._policy = policy
        self._peer = Peer()
        self._made_s = 0.0
        self._request_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._peer = self._policy.peer_of(transport.get_extra_info("socket"))
        self.app_state = {**self.app_state, "peer": self._peer}
        self._made_s = self.loop.time()
        self._start_request_timer()
        if len(self.connections) > MAX_CONNECTIONS:
            self._least_wanted()._reset()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_request_timer()
        self._stop_write_timer()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._start_request_timer()
        else:
            self._stop_request_timer()

    def pause_writing(self) -> None:
        super().pause_writing()
        # It was empty enough since the last pause, so the time begins anew.
        self._stop_write_timer()
        self._start_write_timer()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_write_timer()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._start_write_timer()

    def _least_wanted(self) -> _Connection:
        strangers = [one for one in self.connections if not (one._peer.trusted or one._peer.authenticated)]
        if not strangers:
            return self
        count = Counter(one._address for one in strangers)
        return min(strangers, key=lambda one: (-count[one._address], one._made_s))

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _start_request_timer(self) -> None:
        if self._request_timer is None:
            self._request_timer = self.loop.call_later(REQUEST_TIMEOUT_S, self.transport.abort)

    def _stop_request_timer(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _start_write_timer(self) -> None:
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(WRITE_TIMEOUT_S, self._check_write_buffer)

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _check_write_buffer(self) -> None:
        self._write_timer = None
        if self.transport.get_write_buffer_size():
            self._reset()

    def _reset(self) -> None:
        """Close the connection and throw away what was not sent, which the kernel would otherwise keep for minutes."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.transport.abort()


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
