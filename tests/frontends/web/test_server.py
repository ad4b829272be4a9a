"""Where the server listens, and what happens when it cannot."""

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

from .serving import Serving, left, serving

HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: "
WHOLE = HALF + b"\r\n\r\n"
POST = b"POST /api/v1/captures HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"


@pytest.fixture
def hasty(station: FakeStation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """A server that waits a moment only for what it is sent."""
    monkeypatch.setattr(limits, "REQUEST_WITHIN_S", 0.2)
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


def test_a_socket_in_the_file_system_is_its_owners(station: FakeStation, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    station.see()
    with serving(station, listen=f"unix:{path}"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
            assert client.get("http://localhost/api/v1/state").json()["state"] == "running"
        with pytest.raises(CannotListen):
            WebServer(station, settings(listen=f"unix:{path}"))
    assert not path.exists()


def test_a_socket_left_by_a_crash_is_taken_over(station: FakeStation, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    with serving(station, listen=f"unix:{path}"):
        assert path.is_socket()


def test_a_file_where_the_socket_should_be_is_left_alone(station: FakeStation, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(CannotListen):
        WebServer(station, settings(listen=f"unix:{path}"))
    assert path.read_text() == "data"


@pytest.mark.parametrize(
    ("address", "local"),
    [("127.0.0.1:0", True), ("127.9.9.9:0", True), ("localhost:0", True), ("0.0.0.0:0", False)],
)
def test_what_is_local_is_known(address: str, local: bool) -> None:
    with contextlib.closing(listen(address)) as listening:
        assert is_local(listening) == local


@pytest.mark.parametrize("address", ["8480", ":8480", "localhost", "localhost:99999", "::1:8480", "unix:web", "a:b"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"host:port"):
        WebSettings(listen=address)


def test_a_token_that_others_can_read_is_refused(station: FakeStation, token_file: Path) -> None:
    token_file.chmod(0o644)
    with pytest.raises(ConfigError, match="others can read the token of the web page; chmod 600 it"):
        WebServer(station, settings(listen="127.0.0.1:0", token_file=str(token_file)))


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe" * 20])
def test_a_token_that_is_none_is_refused(station: FakeStation, token_file: Path, content: bytes) -> None:
    token_file.write_bytes(content)
    with pytest.raises(ConfigError, match="the token of the web page") as caught:
        WebServer(station, settings(listen="127.0.0.1:0", token_file=str(token_file)))
    assert "short" not in str(caught.value)


def test_a_token_that_cannot_be_made_is_one_line(station: FakeStation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StationError, match="cannot be kept here"):
        WebServer(station, settings(listen="127.0.0.1:0", token_file=str(tmp_path / "file" / "token")))


def test_two_stations_that_make_a_token_at_once_have_the_same(station: FakeStation, tmp_path: Path) -> None:
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


def test_connections_beyond_the_most_are_cut_off_at_once(station: FakeStation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_CONNECTIONS", 3)
    with serving(station) as served, contextlib.ExitStack() as open_ones:
        idle = [open_ones.enter_context(served.connect()) for _ in range(3)]
        with served.connect() as beyond:
            assert left(beyond) == b""
        assert select.select(idle, [], [], 0)[0] == []
        for connection in idle[1:]:
            connection.shutdown(socket.SHUT_WR)
            assert left(connection) == b""
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
def test_a_request_that_does_not_come_is_not_waited_for(
    hasty: Serving, answered: bytes, sent: bytes, drip: bytes
) -> None:
    with hasty.connect() as connection:
        connection.sendall(answered)
        assert not answered or connection.recv(4096)
        connection.sendall(sent)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for _ in range(1000):
                if select.select([connection], [], [], 0.02)[0] and not connection.recv(4096):
                    return
                connection.sendall(drip)
            pytest.fail("it still waits")


def test_an_answer_is_not_hurried(hasty: Serving, station: FakeStation) -> None:
    station.see()
    wish = b'{"wait":true}'
    with hasty.connect() as waiting:
        waiting.sendall(POST.replace(b" 2", b" %d") % (b"localhost", len(wish)) + wish)
        assert station.await_requests(1)
        with hasty.connect() as later:
            assert left(later) == b""
        station.finish()
        assert waiting.recv(4096).startswith(b"HTTP/1.1 201 ")


def test_what_ends_the_server_unexpectedly_is_raised(station: FakeStation) -> None:
    server = WebServer(station, settings(listen="127.0.0.1:0"))
    server._socket.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        server.run(threading.Event())
