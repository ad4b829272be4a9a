"""The addresses the server listens at, and its limits on connections."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from capture_station.config import StationSettings, WebSettings
from capture_station.errors import ConfigError, StationError
from capture_station.frontends.web import server as limits
from capture_station.frontends.web import sockets
from capture_station.frontends.web.server import WebServer
from capture_station.frontends.web.sockets import CannotListen, Listener, listen
from tests.frontends.fake_station import FakeStation

from .conftest import TOKEN
from .serving import PATIENCE_S, Serving, read_until_closed, serving

HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: "
WHOLE = HALF + b"\r\n\r\n"
POST = b"POST /api/v1/captures HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
FONT = b"GET /page/fonts/Inter-Medium.otf HTTP/1.1\r\nHost: localhost\r\n\r\n"
ZIP = b"GET /api/v1/export.zip?day=2026-01-31 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}


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
    with contextlib.closing(listen(address)) as listener:
        assert listener.is_local == local


@pytest.mark.parametrize("address", [":8480", "localhost", "localhost:99999", "::1:8480", "unix:web", "a:b"])
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
    server.listeners[0].socket.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        server.run(threading.Event())


def unread(served: Serving, requests: int, request: bytes = FONT) -> socket.socket:
    """A client that asks for a file of the page, or for something else, and does not read the response."""
    host, port = served.url.removeprefix("http://").rstrip("/").split(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(PATIENCE_S)
    client.connect((host, int(port)))
    client.sendall(request * requests)
    return client


def is_cut_off(client: socket.socket) -> bool:
    """Whether the server has ended the connection before everything was sent."""
    watch = select.poll()
    watch.register(client, select.POLLRDHUP | select.POLLHUP)
    return bool(watch.poll(PATIENCE_S * 1000))


@pytest.mark.parametrize("requests", [1, 6])
def test_a_response_that_nobody_takes_ends(
    station: FakeStation, monkeypatch: pytest.MonkeyPatch, requests: int
) -> None:
    monkeypatch.setattr(limits, "WRITE_TIMEOUT_S", 0.3)
    monkeypatch.setattr(sockets, "SEND_BUFFER_BYTES", 4096)
    with serving(station) as served, unread(served, requests) as client:
        assert is_cut_off(client)


def test_a_slow_reader_gets_all_of_a_response(station: FakeStation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WRITE_TIMEOUT_S", 5.0)
    monkeypatch.setattr(sockets, "SEND_BUFFER_BYTES", 4096)
    with serving(station) as served, unread(served, 1) as client:
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            received += client.recv(1)
        length = int(received.lower().partition(b"content-length: ")[2].split()[0])
        body = 0
        while body < length:
            body += len(client.recv(2048))
        assert body == length


def test_a_slow_reader_gets_all_of_a_large_picture_in_the_zip_of_a_day(
    station: FakeStation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WRITE_TIMEOUT_S", 2.0)
    monkeypatch.setattr(sockets, "SEND_BUFFER_BYTES", 4096)
    picture = tmp_path / "portrait.png"
    picture.write_bytes(os.urandom(4_000_000))
    station.save(portrait=str(picture))
    with serving(station) as served, unread(served, 1, ZIP) as client:
        received = bytearray()
        begun_s = time.monotonic()
        while chunk := client.recv(1 << 16):
            received += chunk
            # Slower than a whole picture in the time that a client has, and faster than a slice.
            time.sleep(max(0.0, len(received) / 1_000_000 - (time.monotonic() - begun_s)))
        assert received.endswith(b"0\r\n\r\n")
        assert len(received) > 4_000_000


def test_who_shows_the_token_gets_the_place_of_somebody_who_does_not(
    station: FakeStation, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 8)
    station.see()
    with (
        serving(station, token_file=str(token_file)) as served,
        contextlib.ExitStack() as open_ones,
        served.client(headers={"Authorization": f"Bearer {TOKEN}"}) as owner,
        owner.stream("GET", "/api/v1/events") as events,
    ):
        lines = events.iter_lines()
        next(lines)
        for _ in range(20):
            open_ones.enter_context(unread(served, 6))
        for _ in range(5):
            with served.client(headers={"Authorization": f"Bearer {TOKEN}"}) as another:
                assert another.get("/api/v1/state").status_code == 200
                assert another.get("/healthz").status_code == 200
        station.unplug("gone")
        while "gone" not in next(lines):
            pass


def test_all_sockets_of_systemd_are_served_each_by_its_own_rule(
    station: FakeStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.see()
    opened = [socket.create_server((host, 0)) for host in ("127.0.0.1", "0.0.0.0", "127.0.0.2")]
    monkeypatch.setattr(limits, "inherited", lambda: ([Listener(one) for one in opened], []))
    with serving(station, listen="auto") as served:
        local, lan, other = (
            f"http://127.0.0.1:{opened[0].getsockname()[1]}",
            *(one.url for one in served.server.listeners[1:]),
        )
        assert httpx.get(f"{local}/api/v1/state", timeout=PATIENCE_S).status_code == 200
        assert httpx.get(f"{other}api/v1/state", timeout=PATIENCE_S).status_code == 200
        port = opened[1].getsockname()[1]
        assert httpx.get(f"http://127.0.0.1:{port}/api/v1/state", timeout=PATIENCE_S).status_code == 401
        assert [("token" in address) for address in served.server.addresses] == [False, True, False]
        assert lan in served.server.addresses[1]


@pytest.mark.parametrize("cannot", [False, True])
def test_a_configured_address_is_the_one_that_systemd_opened(
    station: FakeStation, monkeypatch: pytest.MonkeyPatch, cannot: bool
) -> None:
    """The service's sandbox without a network could open none."""
    opened = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(limits, "inherited", lambda: ([Listener(opened)], []))
    address = f"{'0.0.0.0' if cannot else '127.0.0.1'}:{opened.getsockname()[1]}"
    with serving(station, listen=address) as served:
        assert httpx.get(f"{served.url}healthz", timeout=PATIENCE_S).status_code == 200
        assert [one.socket for one in served.server.listeners] == [opened]
        assert any("run `service install` again" in problem for problem in served.server.problems) is cannot


def test_a_service_that_has_a_network_opens_a_configured_address_beside_those_of_systemd(
    station: FakeStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(limits, "inherited", lambda: ([Listener(opened)], []))
    with serving(station, listen="127.0.0.1:0") as served:
        assert served.server.problems == []
        urls = [one.url for one in served.server.listeners]
        assert len(urls) == 2
        for url in urls:
            assert httpx.get(f"{url}healthz", timeout=PATIENCE_S).status_code == 200


def test_what_systemd_hands_over_and_cannot_be_served_is_named_and_closed(tmp_path: Path) -> None:
    script = (
        "import os, socket, sys\n"
        "from capture_station.frontends.web.sockets import inherited\n"
        "os.environ['LISTEN_PID'] = str(os.getpid())\n"
        "opened = [socket.create_server(('127.0.0.1', 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]\n"
        "opened[1].bind(('127.0.0.1', 0))\n"
        "pipe, _ = os.pipe()\n"
        "descriptors = [opened[0].detach(), opened[1].detach(), pipe]\n"
        "for number, descriptor in enumerate(descriptors):\n"
        "    os.dup2(descriptor, 20 + number)\n"
        "for number in range(3):\n"
        "    os.dup2(20 + number, 3 + number)\n"
        "os.environ['LISTEN_FDS'] = '3'\n"
        "listeners, problems = inherited()\n"
        "print(len(listeners), *problems, sep='\\n')\n"
        "for descriptor in (4, 5):\n"
        "    try:\n"
        "        os.fstat(descriptor)\n"
        "        print('still open')\n"
        "    except OSError:\n"
        "        pass\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    count, datagram, pipe = done.stdout.splitlines()
    assert count == "1"
    assert "127.0.0.1:" in datagram
    assert "is not served" in datagram
    assert "no socket" in pipe


def test_without_a_place_for_the_token_only_the_own_user_gets_in(
    station: FakeStation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.see()
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with serving(station) as served, served.client() as client:
        assert "only your own programs can use the page" in served.server.problems[0]
        assert client.get("/api/v1/state").status_code == 200
        assert client.get("/api/v1/state", headers={"Via": "1.1 proxy"}).status_code == 401
    with pytest.raises(StationError, match="cannot be stored here"):
        WebServer(station, settings(listen="0.0.0.0:0"))
