"""The user at the other end of a connection: only the station's own needs no token."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from capture_station.frontends.web.peers import PeerPolicy, tcp_user
from tests.frontends.fake_station import FakeStation

from .serving import Serving, serving

STRANGER = 4711
ASK = """
import os, sys, urllib.error, urllib.request
"".encode("idna")  # Imported now, for the stranger may not read the interpreter's files.
os.setgid(int(sys.argv[1])), os.setuid(int(sys.argv[1]))
for method, url in zip(sys.argv[2::2], sys.argv[3::2]):
    try:
        print(urllib.request.urlopen(urllib.request.Request(url, method=method)).status)
    except urllib.error.HTTPError as error:
        print(error.status)
"""
ROW = "  12: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 {user:5} 0 {inode} 1 0000 20 4 30\n"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
needs_little_endian = pytest.mark.skipif(sys.byteorder != "little", reason="the rows are written for little-endian")


@pytest.fixture(params=["127.0.0.1", "127.5.6.7", "::1"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client and the server's end of its connection."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with closing(socket.socket(family)) as listening:
        try:
            listening.bind((request.param, 0))
        except OSError:
            pytest.skip(f"this machine has no {request.param}")
        listening.listen()
        client = socket.create_connection(listening.getsockname()[:2])
        server, _ = listening.accept()
        with client, server:
            yield client, server


def table(folder: Path, **row: object) -> Path:
    """A folder with a table that has this row only."""
    (folder / "tcp").write_text("  sl  local_address rem_address   st\n" + ROW.format(**row))
    return folder


def test_the_owner_of_a_connection_is_found(pair: tuple[socket.socket, socket.socket]) -> None:
    client, server = pair
    assert tcp_user(client.getsockname(), server.getsockname()) == os.geteuid()


def test_who_has_closed_the_connection_is_nobody(pair: tuple[socket.socket, socket.socket]) -> None:
    """The kernel reports root as the owner of a socket that its process has closed."""
    client, server = pair
    name = client.getsockname()
    client.close()
    assert tcp_user(name, server.getsockname()) is None


def test_an_ipv6_socket_may_connect_to_an_ipv4_address() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening, socket.socket(socket.AF_INET6) as client:
        try:
            client.connect(("::ffff:127.0.0.1", listening.getsockname()[1]))
        except OSError:
            pytest.skip("this machine has no IPv6")
        server, address = listening.accept()
        with server:
            assert tcp_user(address, server.getsockname()) == os.geteuid()


@needs_little_endian
@pytest.mark.parametrize(
    ("state", "inode", "user"),
    [("01", 9, 1000), ("01", 0, None), ("04", 9, None), ("06", 0, None)],
    ids=["established", "orphan", "closing", "time wait"],
)
def test_only_an_established_connection_has_an_owner(tmp_path: Path, state: str, inode: int, user: int | None) -> None:
    row = {"local": "0100007F:D431", "remote": "0100007F:2120", "state": state, "user": 1000, "inode": inode}
    tables = [tmp_path / "missing", table(tmp_path, **row)]
    assert tcp_user(("127.0.0.1", 0xD431), ("127.0.0.1", 0x2120), tables) == user
    # The other end of the connection is the station itself.
    assert tcp_user(("127.0.0.1", 0x2120), ("127.0.0.1", 0xD431), tables) is None


def test_peers_of_other_listeners_are_never_trusted(pair: tuple[socket.socket, socket.socket], tmp_path: Path) -> None:
    _, server = pair
    local = [server.getsockname()]
    assert PeerPolicy(local).peer_of(server).trusted
    assert not PeerPolicy([]).peer_of(server).trusted
    assert not PeerPolicy([], everybody=True).peer_of(server).trusted
    assert not PeerPolicy(local, tables=[tmp_path]).peer_of(server).trusted
    assert PeerPolicy(local, everybody=True, tables=[tmp_path]).peer_of(server).trusted


def ask_as_stranger(served: Serving, *requests: tuple[str, str]) -> list[str]:
    """Statuses of requests that another user of this machine sends."""
    words = [word for method, path in requests for word in (method, f"{served.url.rstrip('/')}{path}")]
    asked = subprocess.run(
        [sys.executable, "-I", "-c", ASK, str(STRANGER), *words], capture_output=True, text=True, timeout=60
    )
    assert asked.returncode == 0, asked.stderr
    return asked.stdout.split()


@needs_root
def test_other_users_of_the_machine_need_the_token(station: FakeStation) -> None:
    station.see()
    saved = station.save(portrait=station.portrait)
    capture = f"/api/v1/captures/{saved.id}"
    with serving(station) as served, served.client() as client:
        assert client.get("/api/v1/state").status_code == 200
        requests = [
            ("GET", "/"),
            ("GET", "/readyz"),
            ("GET", "/api/v1/preview.jpg"),
            ("GET", f"{capture}/portrait"),
            ("GET", "/api/v1/export.zip"),
            ("POST", "/api/v1/captures"),
            ("DELETE", capture),
        ]
        assert ask_as_stranger(served, *requests) == ["200", "200", *["401"] * 5]
    assert saved.id in station.archive
    assert station.requests == 0


@needs_root
def test_a_machine_can_trust_all_its_users(station: FakeStation) -> None:
    station.see()
    with serving(station, trust_local_users=True) as served:
        assert ask_as_stranger(served, ("GET", "/api/v1/state")) == ["200"]


def test_a_unix_socket_is_open_for_its_owner(station: FakeStation, tmp_path: Path) -> None:
    station.see()
    path = tmp_path / "web.sock"
    with serving(station, listen=f"unix:{path}"), httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
        assert client.get("http://localhost/api/v1/state").status_code == 200
        proxied = {"X-Forwarded-For": "203.0.113.7"}
        assert client.get("http://localhost/api/v1/state", headers=proxied).status_code == 401
