"""Opens the listening socket of the web server, or takes it over from systemd."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path

from capture_station.errors import Busy

FIRST_INHERITED = 3
DEFAULT_ADDRESS = "127.0.0.1:8480"
SEND_BUFFER_BYTES = 1 << 18
"""Room for a few preview pictures. More would be outdated before a slow viewer gets them."""


class CannotListen(Busy):
    """The address is taken, does not belong to this machine, or is not permitted for this user."""


def listen(address: str) -> socket.socket:
    """Open a listening socket at ``host:port`` or ``unix:/path``. Only this user may connect to one at a path.

    Raises:
        CannotListen: The address is taken or not available.
    """
    try:
        if address.startswith("unix:"):
            return _listen_at_path(Path(address.removeprefix("unix:")))
        return _listen_at_port(*_host_and_port(address))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(f"web.listen: another program listens at {address}; choose another address") from error
        raise CannotListen(f"web.listen: cannot listen at {address}: {error.strerror or error}") from error


def inherited(environment: Mapping[str, str] | None = None) -> socket.socket | None:
    """Return the socket that systemd opened for this process (sd_listen_fds(3)), or None."""
    environment = os.environ if environment is None else environment
    if environment.get("LISTEN_PID") != str(os.getpid()) or environment.get("LISTEN_FDS", "0") == "0":
        return None
    os.set_inheritable(FIRST_INHERITED, False)
    return socket.socket(fileno=FIRST_INHERITED)


def is_local(listening: socket.socket) -> bool:
    """Whether only this machine can connect to it."""
    name = listening.getsockname()
    return not isinstance(name, tuple) or ipaddress.ip_address(name[0]).is_loopback


def url(listening: socket.socket) -> str:
    """The address to open in a browser; ``unix:`` and the path for a Unix socket."""
    name = listening.getsockname()
    if not isinstance(name, tuple):
        return f"unix:{name}"
    host = socket.gethostname() if ipaddress.ip_address(name[0]).is_unspecified else name[0]
    return f"http://{f'[{host}]' if ':' in host else host}:{name[1]}/"


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _listen_at_port(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, name = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listening.bind(name)
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


def _listen_at_path(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _answers(path):
            path.unlink()
        before = os.umask(0o177)
        try:
            listening.bind(str(path))
        finally:
            os.umask(before)
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as trial:
        try:
            trial.connect(str(path))
        except ConnectionRefusedError:
            return False
    return True
