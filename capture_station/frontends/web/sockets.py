"""Opens the listening sockets of the web server, or takes them over from systemd."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from capture_station.errors import Busy
from capture_station.frontends.unix_sockets import BoundSocket

FIRST_INHERITED = 3
DEFAULT_ADDRESS = "127.0.0.1:8480"
SEND_BUFFER_BYTES = 1 << 18
"""Room for a few preview pictures. More would be outdated before a slow viewer gets them."""
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)

_ELSEWHERE = ("192.0.2.1", 9)
"""An address of nobody (RFC 5737): connecting a UDP socket sends nothing, and tells which own address would be used."""


class CannotListen(Busy):
    """The address is taken, does not belong to this machine, or is not permitted for this user."""


class Listener:
    """A listening socket. One at a path that this process created is removed again by ``close``."""

    def __init__(self, listening: socket.socket, bound: BoundSocket | None = None) -> None:
        self.socket = listening
        self._bound = bound

    @property
    def is_local(self) -> bool:
        """Whether only this machine can connect to it."""
        if self.socket.family == socket.AF_UNIX:
            return True
        return ipaddress.ip_address(self.socket.getsockname()[0]).is_loopback

    @property
    def url(self) -> str:
        """The address to open in a browser, on any machine that is served; ``unix:`` and the path for a Unix socket."""
        if self.socket.family == socket.AF_UNIX:
            return f"unix:{self.socket.getsockname()}"
        return f"{page_url(self.socket.getsockname()[:2])}/"

    def serves(self, address: str) -> bool:
        """Whether this is the socket at ``host:port``."""
        host, port = _host_and_port(address)
        try:
            name = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4]
        except OSError:
            return False
        return bool(self.socket.getsockname()[:2] == name[:2])

    def close(self) -> None:
        if self._bound is None:
            self.socket.close()
        else:
            self._bound.close()


def phone_endpoint(listeners: Sequence[Listener]) -> tuple[str, int] | None:
    """Host and port at which phones reach the page; None if only this machine does."""
    return next((one.socket.getsockname()[:2] for one in listeners if not one.is_local), None)


def page_url(endpoint: tuple[str, int]) -> str:
    """The address of a page that is served at this host and port, without a slash at the end."""
    host, port = endpoint
    if ipaddress.ip_address(host).is_unspecified:
        host = own_address()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def listen(address: str) -> Listener:
    """Open a listening socket at ``host:port`` or ``unix:/path``. Only this user may connect to one at a path.

    Raises:
        CannotListen: The address is taken or not available.
        UntrustedFolder: Another user controls the folder of the path.
    """
    try:
        if address.startswith("unix:"):
            bound = BoundSocket(Path(address.removeprefix("unix:")))
            return Listener(bound.listening, bound)
        return Listener(_listen_at_port(*_host_and_port(address)))
    except (OSError, Busy) as error:
        if isinstance(error, Busy) or error.errno == errno.EADDRINUSE:
            raise CannotListen(f"web.listen: another program listens at {address}; choose another address") from error
        raise CannotListen(f"web.listen: cannot listen at {address}: {error.strerror or error}") from error


def inherited() -> tuple[list[Listener], list[str]]:
    """Take over the sockets that systemd opened for this process (sd_listen_fds(3)).

    Returns:
        All that the web server can serve; and a sentence about each of the others, which are closed.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return [], []
    listeners, problems = [], []
    for descriptor in range(FIRST_INHERITED, FIRST_INHERITED + int(os.environ.get("LISTEN_FDS", "0"))):
        os.set_inheritable(descriptor, False)
        try:
            candidate = socket.socket(fileno=descriptor)
        except OSError:
            os.close(descriptor)
            problems.append("capture-station.socket: one of its entries is no socket; use ListenStream= only")
            continue
        if _is_listening_stream(candidate):
            listeners.append(Listener(candidate))
        else:
            problems.append(
                f"capture-station.socket: {_name(candidate)} is not served; use ListenStream= and Accept=no"
            )
            candidate.close()
    return listeners, problems


def _is_listening_stream(candidate: socket.socket) -> bool:
    return (
        candidate.family in FAMILIES
        and candidate.type == socket.SOCK_STREAM
        and candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
    )


def _name(listening: socket.socket) -> str:
    name = listening.getsockname()
    return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else str(name)


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


def own_address() -> str:
    """The address by which other machines on the network reach this one; its name if it has no network."""
    try:  # The service's sandbox refuses even the socket.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_ELSEWHERE)
            return str(probe.getsockname()[0])
    except OSError:
        return f"{socket.gethostname()}.local"
