"""Who may use the interface: a token, the cookie that stands for it, and how often somebody may try."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from capture_station.errors import ConfigError, StationError

COOKIE = "capture-station"
SIGNED_IN_S = 30 * 24 * 3600.0
SHORTEST_TOKEN = 16
MOST_REVOKED = 1024
MOST_CLIENTS = 1024


class Access:
    """Checks tokens and cookies. A cookie survives a restart of the station, for it is signed with the token.

    Belongs to the event loop.
    """

    def __init__(self, token: str | None, clock_s: Callable[[], float] = time.time) -> None:
        self._digest = None if token is None else hashlib.sha256(token.encode()).digest()
        self._clock_s = clock_s
        self._revoked: OrderedDict[str, None] = OrderedDict()

    @property
    def open(self) -> bool:
        """Whether no token is asked for."""
        return self._digest is None

    def knows(self, token: str) -> bool:
        """Whether it is the token; takes the same time whatever is wrong with it."""
        given = hashlib.sha256(token.encode(errors="surrogateescape")).digest()
        return self._digest is not None and hmac.compare_digest(given, self._digest)

    def cookie(self) -> str:
        """A new cookie's value for who has shown the token."""
        text = f"{int(self._clock_s() + SIGNED_IN_S)}.{secrets.token_hex(8)}"
        return f"{text}.{self._signature(text)}"

    def admits(self, authorization: str, cookie: str) -> bool:
        """Whether a request with these headers may act."""
        if self._digest is None:
            return True
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and self.knows(token.strip()):
            return True
        expires = cookie.partition(".")[0]
        return self._has_signed(cookie) and cookie not in self._revoked and int(expires) > self._clock_s()

    def revoke(self, cookie: str) -> None:
        """Take a cookie back. One of somebody else's making is not kept: anybody may ask, and room is limited."""
        if self._has_signed(cookie):
            self._revoked[cookie] = None
        while len(self._revoked) > MOST_REVOKED:
            self._revoked.popitem(last=False)

    def _has_signed(self, cookie: str) -> bool:
        text, _, signature = cookie.rpartition(".")
        return hmac.compare_digest(self._signature(text).encode(), signature.encode(errors="surrogateescape"))

    def _signature(self, text: str) -> str:
        return hmac.new(self._digest or b"", text.encode(errors="surrogateescape"), "sha256").hexdigest()


class Allowance:
    """A token bucket for each client: so many at once, then so many a second."""

    def __init__(self, at_once: int, per_s: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._per_s = per_s
        self._clock_s = clock_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> float:
        """Use one up; the seconds to wait if there is none, else 0."""
        now_s = self._clock_s()
        left, since_s = self._left.pop(client, (float(self._at_once), now_s))
        left = min(self._at_once, left + (now_s - since_s) * self._per_s)
        wait_s = max(0.0, (1 - left) / self._per_s)
        self._left[client] = (left if wait_s else left - 1, now_s)
        while len(self._left) > MOST_CLIENTS:
            self._left.popitem(last=False)
        return wait_s


def default_token_file() -> Path:
    """Where a made token is kept: the service's state folder, or the user's."""
    if folder := os.environ.get("STATE_DIRECTORY"):
        return Path(folder) / "web-token"
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "capture-station" / "web-token"


def token_in(path: Path) -> str:
    """The token in a file; where there is none, a new one is made that only this user can read.

    Raises:
        ConfigError: Others can read the file, or what is in it is too short.
        StationError: It cannot be read or made.
    """
    try:
        _make(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{path}: others can read the token of the web page; chmod 600 it")
        token = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: the token of the web page is not text") from error
    except OSError as error:
        raise StationError(f"{path}: the token of the web page cannot be kept here: {error.strerror}") from error
    if len(token) < SHORTEST_TOKEN:
        raise ConfigError(f"{path}: the token of the web page needs {SHORTEST_TOKEN} characters or more")
    return token


def _make(path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(24) + "\n")
        file.flush()
        os.fsync(file.fileno())
    # Whole or not at all; and never over a token that another station has just made.
    try:
        os.link(new, path)
    except FileExistsError:
        return
    finally:
        new.unlink()
