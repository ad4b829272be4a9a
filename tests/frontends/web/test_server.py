"""The addresses the server listens at, and its limits on connections."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from capture_station.config import StationSettings, WebSettings
from capture_station.errors import ConfigError, StationError
from capture_station.frontends.web import server as limits
from capture_station.frontends.web.server import WebServer
from capture_station.frontends.web.sockets import CannotListen, is_local, listen
from tests.frontends.fake_station import FakeStation

from .serving import Serving, read_until_closed, serving

HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: "
WHOLE = HALF + b"\r\n\r\n"
POST = b"POST /api/v1/captures HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"


@pytest.fixture
def impatient(station: FakeStation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """A server with a short request timeout."""
    monkeypatch.setattr(limits, "REQUEST_TIMEOUT_S", 0.2)
    with serving(station) as served:
        yield served


def settings(**web: object) -> StationSettings:
    return StationSettings.model_validate({"web": web})


def test_a_taken_port_is_one_line(station: FakeStation) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(CannotListen, match=f"another program listens at {address}") as caught:
            WebServer(station, settings(listen=address))
    assert caught.value.exit_code == 75
    assert "\n" not in str(caught.value)


def test_an_address_of_another_machine_is_one_line(station: FakeStation, token_file: Path) -> None:
    with pytest.raises(CannotListen, match=r"cannot listen at 203\.0\.113\.7:8480"):
        WebServer(station, settings(listen="203.0.113.7:8480", token_file=str(token_file)))


def test_only_the_owner_may_connect_to_a_unix_socket(station: FakeStation, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    station.see()
    with serving(station, listen=f"unix:{path}"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
            assert client.get("http://localhost/api/v1/state").json()["state"] == "running"
        with pytest.raises(CannotListen):
            WebServer(station, settings(listen=f"unix:{path}"))
    assert not path.exists()


def test_a_socket_left_by_a_crash_is_replaced(station: FakeStation, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    with serving(station, listen=f"unix:{path}"):
        assert path.is_socket()


def test_a_file_at_the_path_of_the_socket_is_not_replaced(station: FakeStation, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(CannotListen):
        WebServer(station, settings(listen=f"unix:{path}"))
    assert path.read_text() == "data"


@pytest.mark.parametrize(
    ("address", "local"),
    [("127.0.0.1:0", True), ("127.9.9.9:0", True), ("localhost:0", True), ("0.0.0.0:0", False)],
)
def test_loopback_addresses_are_recognised(address: str, local: bool) -> None:
    with contextlib.closing(listen(address)) as listening:
        assert is_local(listening) == local


@pytest.mark.parametrize("address", ["8480", ":8480", "localhost", "localhost:99999", "::1:8480", "unix:web", "a:b"])
def test_invalid_addresses_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"host:port"):
        WebSettings(listen=address)


def test_a_token_file_that_others_can_read_is_refused(station: FakeStation, token_file: Path) -> None:
    token_file.chmod(0o644)
    with pytest.raises(ConfigError, match="other users can read the token of the web page; run chmod 600 on it"):
        WebServer(station, settings(listen="127.0.0.1:0", token_file=str(token_file)))


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe" * 20])
def test_an_unusable_token_is_refused(station: FakeStation, token_file: Path, content: bytes) -> None:
    token_file.write_bytes(content)
    with pytest.raises(ConfigError, match="the token of the web page") as caught:
        WebServer(station, settings(listen="127.0.0.1:0", token_file=str(token_file)))
    assert "short" not in str(caught.value)


def test_a_token_that_cannot_be_created_is_one_line(station: FakeStation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StationError, match="cannot be stored here"):
        WebServer(station, settings(listen="127.0.0.1:0", token_file=str(tmp_path / "file" / "token")))


def test_stations_that_create_a_token_at_once_share_it(station: FakeStation, tmp_path: Path) -> None:
    path = tmp_path / "state" / "token"
    servers: list[WebServer] = []
    start = threading.Barrier(4)

    def make() -> None:
        start.wait()
        servers.append(WebServer(station, settings(listen="127.0.0.1:0", token_file=str(path))))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop = threading.Event()
    stop.set()
    for server in servers:
        server.run(stop)
    assert len(servers) == 4
    assert os.listdir(path.parent) == ["token"]


def test_connections_beyond_the_limit_are_closed_at_once(station: FakeStation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 3)
    with serving(station) as served, contextlib.ExitStack() as open_ones:
        idle = [open_ones.enter_context(served.connect()) for _ in range(3)]
        with served.connect() as beyond:
            assert read_until_closed(beyond) == b""
        assert select.select(idle, [], [], 0)[0] == []
        for connection in idle[1:]:
            connection.shutdown(socket.SHUT_WR)
            assert read_until_closed(connection) == b""
        with served.client() as client:
            assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("answered", "sent", "drip"),
    [
        (b"", b"", b""),
        (b"", HALF, b""),
        (b"", HALF, b"x"),
        (b"", POST % b"localhost", b""),
        (WHOLE, HALF, b"x"),
        (POST.replace(b" 2", b" 9999") % b"evil.example", b"", b" "),
    ],
    ids=["nothing", "half a header", "a header bit by bit", "no body", "a second header", "a body that is not read"],
)
def test_a_request_that_does_not_arrive_in_time_is_dropped(
    impatient: Serving, answered: bytes, sent: bytes, drip: bytes
) -> None:
    with impatient.connect() as connection:
        connection.sendall(answered)
        assert not answered or connection.recv(4096)
        connection.sendall(sent)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for _ in range(1000):
                if select.select([connection], [], [], 0.02)[0] and not connection.recv(4096):
                    return
                connection.sendall(drip)
            pytest.fail("the connection is still open")


def test_the_request_timeout_does_not_cut_off_a_slow_response(impatient: Serving, station: FakeStation) -> None:
    station.see()
    wish = b'{"wait":true}'
    with impatient.connect() as waiting:
        waiting.sendall(POST.replace(b" 2", b" %d") % (b"localhost", len(wish)) + wish)
        assert station.await_requests(1)
        with impatient.connect() as later:
            assert read_until_closed(later) == b""
        station.finish()
        assert waiting.recv(4096).startswith(b"HTTP/1.1 201 ")


def test_a_server_that_ends_unexpectedly_raises_the_error(station: FakeStation) -> None:
    server = WebServer(station, settings(listen="127.0.0.1:0"))
    server._socket.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        server.run(threading.Event())
