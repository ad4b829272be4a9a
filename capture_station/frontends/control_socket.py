"""The control socket: another process asks the running station for a capture instead of fighting for the camera.

One request and one answer a connection, each a line of JSON, over a Unix socket that only its owner may open:
``{"do": "capture", "countdown_s": 0}`` is answered by ``{"shot": {...}}``, ``{"do": "status"}`` by
``{"status": {...}}``, and what went wrong by ``{"error": "...", "exit_code": 75}``.
"""

from __future__ import annotations

import json
import os
import socket
import socketserver
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from capture_station.errors import Busy, NotRunning, StationError
from capture_station.frames import Flaw
from capture_station.station.contract import PublicStation
from capture_station.station.status import Shot

LONGEST_LINE_BYTES = 4096
ASK_WITHIN_S = 5.0
ANSWER_WITHIN_S = 60.0
"""Beyond what a countdown and the camera may take."""

Answer = dict[str, Any]


def default_socket() -> Path:
    """Where the socket lies unless the config says otherwise: a folder that only this user can enter."""
    for variable in ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"):
        if folder := os.environ.get(variable):
            return Path(folder) / "capture-station.sock"
    return Path(tempfile.gettempdir()) / f"capture-station-{os.getuid()}" / "control.sock"


def ask(path: Path, request: Mapping[str, object], within_s: float = ANSWER_WITHIN_S) -> Answer:
    """Send a request to the station that listens there and wait for its answer.

    Raises:
        NotRunning: Nobody listens.
        StationError: What the station says went wrong, with its exit code; or it listens and does not answer.
    """
    with _connected(path) as connection:
        connection.settimeout(within_s)
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer: Answer = json.loads(connection.makefile("rb").readline())
        except TimeoutError as error:
            raise _failure(
                f"{path}: the station has not answered within {within_s:g} s; the archive shows what was saved",
                NotRunning.exit_code,
            ) from error
        except (OSError, ValueError) as error:
            raise _failure(
                f"{path}: the station ended before it answered; the archive shows what was saved", NotRunning.exit_code
            ) from error
    if "error" in answer:
        raise _failure(answer["error"], answer["exit_code"])
    return answer


def ask_for_shot(path: Path, countdown_s: float, deadline_s: float) -> Shot:
    """Have the running station take a portrait; raises as ``ask`` does.

    Args:
        path: Where it listens.
        countdown_s: In [0, 30].
        deadline_s: How long it waits for its camera.
    """
    wish = {"do": "capture", "countdown_s": countdown_s}
    shot = ask(path, wish, countdown_s + deadline_s + ANSWER_WITHIN_S)["shot"]
    flaws = tuple(Flaw(**flaw) for flaw in shot["flaws"])
    return Shot(**{**shot, "reasons": tuple(shot["reasons"]), "flaws": flaws})


def _connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(ANSWER_WITHIN_S)
    try:
        connection.connect(str(path))
    except BlockingIOError as error:
        connection.close()
        raise _failure(f"{path}: the station has too many to answer; try again", Busy.exit_code) from error
    except OSError as error:
        connection.close()
        raise NotRunning(f"{path}: no station answers ({error})") from error
    return connection


def _failure(reason: str, exit_code: int) -> StationError:
    failure = StationError(reason)
    failure.exit_code = exit_code
    return failure


class ControlServer:
    """Listens on the socket while its context is entered; a thread a connection.

    Who connects and has asked for nothing within ``ask_within_s`` is hung up on.
    """

    def __init__(self, station: PublicStation, path: Path, ask_within_s: float = ASK_WITHIN_S) -> None:
        self._path = path
        self._server = _listen(path, _answering(station, ask_within_s))
        self._thread = threading.Thread(target=self._server.serve_forever, name="control", daemon=True)

    def __enter__(self) -> ControlServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    # A capture in flight ends with the station, which fails its future; nobody has to wait here.
    block_on_close = False


def _listen(path: Path, handler: type[socketserver.BaseRequestHandler]) -> _Server:
    """Bind the socket, taking over one whose station died.

    Raises:
        Busy: A living station has it.
        StationError: The folder cannot be used.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            try:
                _connected(path).close()
            except NotRunning:
                path.unlink(missing_ok=True)
            else:
                raise Busy(f"{path}: another station is running here; stop it first, or use `capture-station capture`")
        server = _Server(str(path), handler)
        path.chmod(0o600)
    except OSError as error:
        raise StationError(f"{path}: cannot listen for other processes: {error.strerror or error}") from error
    return server


def _answering(station: PublicStation, ask_within_s: float) -> type[socketserver.StreamRequestHandler]:
    def capture(countdown_s: float | None) -> Answer:
        return {"shot": asdict(station.capture(countdown_s).result())}

    def status() -> Answer:
        now = station.status()
        return {"status": {"state": now.state.value, "captures": now.captures.taken}}

    def act(line: bytes) -> Answer:
        match _parsed(line):
            case {"do": "capture", "countdown_s": float() | int() | None as countdown_s}:
                return capture(countdown_s)
            case {"do": "status"}:
                return status()
        raise StationError("not a request; see capture_station/frontends/control_socket.py")

    class Handler(socketserver.StreamRequestHandler):
        timeout = ask_within_s

        def handle(self) -> None:
            try:
                line = self.rfile.readline(LONGEST_LINE_BYTES)
            except OSError:
                # It asks nothing, or is gone.
                return
            try:
                answer = act(line)
            except StationError as error:
                answer = {"error": str(error), "exit_code": error.exit_code}
            except CancelledError:
                answer = {"error": "the capture was cancelled at the station", "exit_code": Busy.exit_code}
            try:
                self.wfile.write(json.dumps(answer).encode() + b"\n")
            except OSError:
                # Whoever asked is gone; the portrait is saved all the same.
                return

    return Handler


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None
