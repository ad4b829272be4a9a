"""Lets an operator's phone into the page by a code of window or terminal: for a few minutes, for one phone.

The code stands in the address's fragment, which browsers send to nobody, so it is in no log. The page sends it once and
gets a session cookie for it, as for the token.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from capture_station.frontends.web.sockets import page_url

LIFETIME_S = 300.0
CODE_BYTES = 16
FRAGMENT = "#pair="
AVAHI = Path("/run/avahi-daemon/socket")
"""Where it runs, phones find this machine by its name with ``.local`` (RFC 6762)."""


class PairingCodes:
    """Makes and takes codes; only the newest is valid. Thread-safe."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._digest = b""
        self._until_s = 0.0

    def new(self) -> str:
        """A new code, in place of the last one."""
        code = secrets.token_urlsafe(CODE_BYTES)
        with self._lock:
            self._digest, self._until_s = _digest(code), self._clock_s() + LIFETIME_S
        return code

    def redeem(self, code: str) -> bool:
        """Whether this is the code; it is used up by that. Takes the same time for every wrong one."""
        with self._lock:
            right = hmac.compare_digest(_digest(code), self._digest) and self._clock_s() < self._until_s
            if right:
                self._digest = b""
            return right


def phone_addresses(configured: str, endpoint: tuple[str, int] | None) -> list[str]:
    """Addresses of the page for phones, the surest first; empty if phones cannot reach it.

    Args:
        configured: ``share.address``, which goes before what this machine knows of itself.
        endpoint: Host and port where the page is served to phones; None: nowhere.
    """
    if configured:
        return [configured.rstrip("/")]
    if endpoint is None:
        return []
    named = [f"http://{socket.gethostname()}.local:{endpoint[1]}"] if AVAHI.exists() else []
    return list(dict.fromkeys((page_url(endpoint), *named)))


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode(errors="surrogateescape")).digest()
