"""The control socket: other processes request captures from the running station, which owns the camera.

It is a Unix socket that only its owner may use. A connection carries one request and one response, each a line of JSON:
``{"do": "capture", "countdown_s": 0, "preset": "badge", "subject": "20417"}``, of which the last two may be left out,
returns ``{"shot": {...}}``. ``{"do": "status"}`` returns ``{"status": {...}}``, and ``{"do": "pair"}``
``{"phone": {"code": "...", "address": "", "endpoint": ["0.0.0.0", 8480]}}``: a code that lets one phone into the page,
and where that is. An error is ``{"error": "...", "exit_code": 75}``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from capture_station import shipped
from capture_station.errors import Busy, NotRunning, StationError
from capture_station.flaws import Flaw
from capture_station.frontends.state_folder import state_folder
from capture_station.frontends.unix_sockets import (
    ROOT,
    BoundSocket,
    UntrustedFolder,
    folder_owner,
    is_answered,
    peer_user,
)
from capture_station.station.status import Guide, Person, Shot

if TYPE_CHECKING:
    from capture_station.station.contract import PublicStation  # A client needs neither numpy nor pydantic.

MAX_LINE_BYTES = 4096
REQUEST_TIMEOUT_S = 5.0
RESPONSE_TIMEOUT_S = 60.0
"""In addition to the countdown and the camera's timeout."""
CLOSE_WITHIN_S = 1.0
MAYBE_SAVED = "look into the archive to see whether the portrait was saved"

_NAME = "capture-station.sock"
"""In a runtime folder."""

Response = dict[str, Any]

log = logging.getLogger(__name__)


def default_sockets() -> list[Path]:
    """Where a station listens unless the config sets a path: in folders that only this user may enter.

    The state folder is the second place, and the only one without a runtime folder (cron, su, containers). A runtime
    folder is not there yet when cron starts a station at boot, and goes with its user's last session. /tmp is no place,
    since anybody can occupy a name there first.
    """
    if folder := os.environ.get("RUNTIME_DIRECTORY"):  # Of a service.
        return [Path(folder) / _NAME]
    kept = state_folder() / "control.sock"
    if folder := os.environ.get("XDG_RUNTIME_DIR"):
        return [Path(folder) / _NAME, kept]
    session = Path(f"/run/user/{os.getuid()}")
    return [session / _NAME, kept] if session.is_dir() else [kept]


def send_request(path: Path | None, request: Mapping[str, object], timeout_s: float = RESPONSE_TIMEOUT_S) -> Response:
    """Send a request to the running station and return its response.

    Args:
        path: Its socket; None: the default ones, and where no station listens there the service's, for its user and
            root.
        request: One of those above.
        timeout_s: How long to wait for the response.

    Raises:
        NotRunning: No station listens at ``path``.
        UntrustedFolder: Another user controls the socket.
        StationError: The station reported an error, whose exit code this has; or it did not respond in time.
    """
    path, connection = _default_connection() if path is None else (path, _connected(path))
    with connection:
        connection.settimeout(timeout_s)
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            response: Response = json.loads(connection.makefile("rb").readline())
        except TimeoutError as error:
            raise _failure(
                f"{path}: the station did not respond within {timeout_s:g} s; {MAYBE_SAVED}",
                NotRunning.exit_code,
            ) from error
        except (OSError, ValueError, RecursionError) as error:
            raise _failure(
                f"{path}: the station ended before it responded; {MAYBE_SAVED}",
                NotRunning.exit_code,
            ) from error
    if "error" in response:
        raise _failure(response["error"], response["exit_code"])
    return response


def request_capture(
    path: Path | None, countdown_s: float, deadline_s: float, preset: str | None = None, subject: str | None = None
) -> Shot:
    """Have the running station take a portrait. Raises the same errors as ``send_request``.

    Args:
        path: The station's control socket; None as for ``send_request``.
        countdown_s: Time before the exposure, in [0, 30].
        deadline_s: How long the station waits for its camera.
        preset: Framing of this one portrait; None: as the station is set.
        subject: Id of the person; None: who is checked in.
    """
    request = {"do": "capture", "countdown_s": countdown_s, "preset": preset, "subject": subject}
    shot = send_request(path, request, countdown_s + deadline_s + RESPONSE_TIMEOUT_S)["shot"]
    flaws = tuple(Flaw(**flaw) for flaw in shot["flaws"])
    person = shot["subject"] and Person(**shot["subject"])
    guide = shot["guide"] and Guide(**_with_tuples(shot["guide"]))
    return Shot(**{**_with_tuples(shot), "flaws": flaws, "subject": person, "guide": guide})


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON makes lists of tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _default_connection() -> tuple[Path, socket.socket]:
    places = default_sockets()
    if os.access(shipped.SERVICE_RUNTIME, os.X_OK):
        places.append(shipped.SERVICE_RUNTIME / _NAME)
    failures = list[StationError]()
    for path in places:
        try:
            return path, _connected(path)
        except (NotRunning, UntrustedFolder) as error:
            failures.append(error)
    raise next((error for error in failures if isinstance(error, UntrustedFolder)), failures[-1])


def _connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(RESPONSE_TIMEOUT_S)
    try:
        trusted = {ROOT, os.geteuid(), folder_owner(path)}
        connection.connect(str(path))
        if peer_user(connection) not in trusted:
            raise UntrustedFolder(f"{path}: a process of another user listens here; its answers cannot be trusted")
    except BlockingIOError as error:
        connection.close()
        raise _failure(f"{path}: the station has too many requests waiting; try again", Busy.exit_code) from error
    except OSError as error:
        connection.close()
        raise NotRunning(f"{path}: no station responds ({error})") from error
    except StationError:
        connection.close()
        raise
    return connection


def _second_station(path: Path) -> Busy:
    return Busy(
        f"{path}: another station is already running; stop it first, use `capture-station capture`, "
        "or give this one a remote.socket of its own"
    )


def _failure(reason: str, exit_code: int) -> StationError:
    failure = StationError(reason)
    failure.exit_code = exit_code
    return failure


class ControlServer:
    """Listens on the socket while its context is entered, with a thread for each connection.

    A client that sends no request within ``request_timeout_s``, or does not read its response, is disconnected.

    Args:
        station: Does what is requested.
        path: Of the socket; None: the default ones, of which the second may be missing.
        request_timeout_s: How long a client may take for its request.

    Raises:
        Busy: Another station uses the socket.
        StationError: The socket cannot be created, or another user controls its folder.
    """

    def __init__(self, station: PublicStation, path: Path | None, request_timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        places = default_sockets() if path is None else [path]
        self.pair: Callable[[], Mapping[str, object]] | None = None
        """Makes a code for a phone; None as long as there is no page."""
        handler = _handler(station, self._new_phone_code, request_timeout_s)
        for place in places[1:]:
            with contextlib.suppress(OSError):  # No socket can be there.
                if is_answered(place):
                    raise _second_station(place)
        try:
            self._bound = [BoundSocket(places[0])]
        except Busy as error:
            raise _second_station(places[0]) from error
        except OSError as error:
            raise StationError(f"{places[0]}: cannot open the control socket: {error.strerror or error}") from error
        for place in places[1:]:
            try:
                self._bound.append(BoundSocket(place))
            except (OSError, StationError) as error:
                log.info("%s: no second control socket: %s", place, error)
        self._servers = [_Server(bound, handler) for bound in self._bound]

    def __enter__(self) -> ControlServer:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, name="control", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for server, bound in zip(self._servers, self._bound, strict=True):
            server.shutdown()
            # The disk of the state folder may hang. A socket that is left there is replaced at the next start.
            closing = threading.Thread(target=bound.close, name="control", daemon=True)
            closing.start()
            closing.join(CLOSE_WITHIN_S)

    def _new_phone_code(self) -> Response:
        if self.pair is None:
            raise StationError("this station has no page; set web.listen=0.0.0.0:8480")
        return {"phone": self.pair()}


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    # The station itself ends a capture in progress, so closing need not wait for it.
    block_on_close = False

    def __init__(self, bound: BoundSocket, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(str(bound.path), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = bound.listening


def _handler(
    station: PublicStation, pair: Callable[[], Response], request_timeout_s: float
) -> type[socketserver.StreamRequestHandler]:
    def capture(countdown_s: float | None, preset: str | None, subject: str | None) -> Response:
        return {"shot": asdict(station.capture(countdown_s, subject, preset).result())}

    def status() -> Response:
        now = station.status()
        return {"status": {"state": now.state.value, "captures": now.captures.taken}}

    def respond(line: bytes) -> Response:
        match _parsed(line):
            case {"do": "capture", "countdown_s": float() | int() | None as countdown_s, **more}:
                preset, subject = more.get("preset"), more.get("subject")
                if isinstance(preset, str | None) and isinstance(subject, str | None):
                    return capture(countdown_s, preset, subject)
            case {"do": "status"}:
                return status()
            case {"do": "pair"}:
                return pair()
        raise StationError("unknown request; capture_station/frontends/control_socket.py describes them")

    class Handler(socketserver.StreamRequestHandler):
        timeout = request_timeout_s

        def handle(self) -> None:
            try:
                line = self.rfile.readline(MAX_LINE_BYTES)
            except OSError:
                # The client sent nothing in time, or has left.
                return
            try:
                response = respond(line)
            except StationError as error:
                response = {"error": str(error), "exit_code": error.exit_code}
            except CancelledError:
                response = {"error": "the capture was cancelled at the station", "exit_code": Busy.exit_code}
            try:
                self.wfile.write(json.dumps(response).encode() + b"\n")
            except OSError:
                # The client has left. The portrait is saved anyway.
                return

    return Handler


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    # Thousands of nested brackets exceed the parser's depth.
    except (ValueError, RecursionError):
        return None
