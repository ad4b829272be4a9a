"""Decides whether the process at the other end of a connection is this user's own, so that it needs no token.

A loopback address says only that the peer is on this machine, where other users and a reverse proxy are as well. The
kernel knows whose it is: SO_PEERCRED for a Unix socket, and for TCP the table of connections (proc(5), /proc/net/tcp).
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture_station.frontends.unix_sockets import ROOT, peer_user

TABLES = (Path("/proc/net"), Path("/run/capture-station-net"))
"""The second is where the systemd unit mounts the tables of the host: the service has a network of its own."""
UNMAPPED_USER = 65534
"""All users that a user namespace does not know have this number, so it identifies nobody."""
ESTABLISHED = "01"
LOOKUPS = 3
"""The kernel writes the table in pieces and may miss a row while others come and go."""


@dataclass
class Peer:
    """What is known of the other end of one connection."""

    trusted: bool = False
    """It is a process of this user or of root, on this machine."""
    authenticated: bool = False
    """It has sent a request that was allowed."""


class PeerPolicy:
    """Knows which connections come from this user's own processes.

    Args:
        local_listeners: Addresses of the sockets that only this machine can reach. Peers of others are never trusted.
        everybody: Trust all users of this machine.
        tables: Folders with the files ``tcp`` and ``tcp6``.
    """

    def __init__(
        self, local_listeners: Iterable[object], everybody: bool = False, tables: Sequence[Path] = TABLES
    ) -> None:
        self._local_listeners = {_address(name) for name in local_listeners}
        self._everybody = everybody
        self._tables = tables
        self._users = {ROOT, os.geteuid()} - {UNMAPPED_USER}

    def peer_of(self, connection: socket.socket) -> Peer:
        """Look at a new connection. It has to be called before its first request is handled."""
        if _address(connection.getsockname()) not in self._local_listeners:
            return Peer()
        return Peer(trusted=self._everybody or self._user_of(connection) in self._users)

    def _user_of(self, connection: socket.socket) -> int | None:
        try:
            if connection.family == socket.AF_UNIX:
                return peer_user(connection)
            return tcp_user(connection.getpeername(), connection.getsockname(), self._tables)
        except OSError:
            # The peer has already left.
            return None


def tcp_user(peer: tuple[str, int], local: tuple[str, int], tables: Sequence[Path] = TABLES) -> int | None:
    """Return the user id of the process that opened a TCP connection from ``peer`` to ``local`` on this machine.

    None if it is not known. A socket that its process has closed has no owner any more and must not pass for root's:
    the kernel then reports user 0 and inode 0, in another state than established.
    """
    for _ in range(LOOKUPS):
        for file, start in _row_starts(peer, local):
            for table in tables:
                row = _row(table / file, start)
                if row:
                    state, user, inode = row[2], int(row[6]), int(row[8])
                    return user if state == ESTABLISHED and inode != 0 else None
    return None


def _row(path: Path, start: str) -> list[str]:
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    found = text.find(start)
    return text[found:].split("\n", 1)[0].split() if found >= 0 else []


def _row_starts(peer: tuple[str, int], local: tuple[str, int]) -> Iterator[tuple[str, str]]:
    """Yield each file and the start of the row in which the peer's end of the connection would stand."""
    (peer_host, peer_port), (local_host, local_port) = peer[:2], local[:2]
    if ":" in peer_host:
        hosts = [("tcp6", _packed6(peer_host), _packed6(local_host))]
    else:
        ends = socket.inet_aton(peer_host), socket.inet_aton(local_host)
        # An IPv6 socket may connect to an IPv4 address, as Java's do.
        mapped = bytes(10) + b"\xff\xff"
        hosts = [("tcp", *ends), ("tcp6", mapped + ends[0], mapped + ends[1])]
    for file, peer_bytes, local_bytes in hosts:
        yield file, f" {_hexadecimal(peer_bytes)}:{peer_port:04X} {_hexadecimal(local_bytes)}:{local_port:04X} "


def _packed6(host: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])


def _hexadecimal(address: bytes) -> str:
    """Write an address as the kernel does: words of 32 bits in the byte order of the machine."""
    words = (address[start : start + 4] for start in range(0, len(address), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)


def _address(name: object) -> object:
    """Host and port of a socket's name; the path of a Unix socket."""
    return name[:2] if isinstance(name, tuple) else name
