"""Where the server listens, and what happens when it cannot."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import threading
from pathlib import Path

import httpx
import pytest

from capture_station.config import StationSettings, WebSettings
from capture_station.errors import ConfigError, StationError
from capture_station.faces.web.listening import CannotListen, is_local, listen
from capture_station.faces.web.server import WebServer
from tests.faces.fake_station import FakeStation

from .serving import serving


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


def test_what_ends_the_server_unexpectedly_is_raised(station: FakeStation) -> None:
    server = WebServer(station, settings(listen="127.0.0.1:0"))
    server._socket.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        server.run(threading.Event())
