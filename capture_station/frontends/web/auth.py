"""Authentication: the token, the session cookie that stands for it, and a rate limit for attempts."""

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
COOKIE_LIFETIME_S = 30 * 24 * 3600.0
MIN_TOKEN_CHARS = 16
MAX_REVOKED = 1024
MAX_CLIENTS = 1024


class TokenAuth:
    """Checks tokens and session cookies. Used by the event loop only.

    A cookie is signed with the token, so it stays valid when the station restarts.
    """

    def __init__(self, token: str | None, clock_s: Callable[[], float] = time.time) -> None:
        self._digest = None if token is None else hashlib.sha256(token.encode()).digest()
        self._clock_s = clock_s
        self._revoked: OrderedDict[str, None] = OrderedDict()

    @property
    def required(self) -> bool:
        """Whether a token is needed."""
        return self._digest is not None

    def is_token(self, token: str) -> bool:
        """Whether ``token`` is the station's token. Takes the same time for every wrong one."""
        given = hashlib.sha256(token.encode(errors="surrogateescape")).digest()
        return self._digest is not None and hmac.compare_digest(given, self._digest)

    def new_cookie(self) -> str:
        """Return the value of a new session cookie."""
        text = f"{int(self._clock_s() + COOKIE_LIFETIME_S)}.{secrets.token_hex(8)}"
        return f"{text}.{self._signature(text)}"

    def allows(self, authorization: str, cookie: str) -> bool:
        """Whether a request with these header values is authenticated."""
        if self._digest is None:
            return True
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and self.is_token(token.strip()):
            return True
        expires = cookie.partition(".")[0]
        return self._is_signed_by_us(cookie) and cookie not in self._revoked and int(expires) > self._clock_s()

    def revoke(self, cookie: str) -> None:
        """Make a cookie invalid. Forged cookies are not remembered: anybody may send them, and the list is limited."""
        if self._is_signed_by_us(cookie):
            self._revoked[cookie] = None
        while len(self._revoked) > MAX_REVOKED:
            self._revoked.popitem(last=False)

    def _is_signed_by_us(self, cookie: str) -> bool:
        text, _, signature = cookie.rpartition(".")
        return hmac.compare_digest(self._signature(text).encode(), signature.encode(errors="surrogateescape"))

    def _signature(self, text: str) -> str:
        return hmac.new(self._digest or b"", text.encode(errors="surrogateescape"), "sha256").hexdigest()


class RateLimiter:
    """One token bucket a client: ``burst`` requests at once, then ``per_s`` requests a second."""

    def __init__(self, burst: int, per_s: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_s = per_s
        self._clock_s = clock_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> float:
        """Take one token of a client's bucket. Returns the seconds to wait if the bucket is empty, else 0."""
        now_s = self._clock_s()
        left, since_s = self._left.pop(client, (float(self._burst), now_s))
        left = min(self._burst, left + (now_s - since_s) * self._per_s)
        wait_s = max(0.0, (1 - left) / self._per_s)
        self._left[client] = (left if wait_s else left - 1, now_s)
        while len(self._left) > MAX_CLIENTS:
            self._left.popitem(last=False)
        return wait_s


def default_token_file() -> Path:
    """Where a generated token is stored: in the service's state folder, or in the user's."""
    if folder := os.environ.get("STATE_DIRECTORY"):
        return Path(folder) / "web-token"
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "capture-station" / "web-token"


def load_or_create_token(path: Path) -> str:
    """Read the token from a file. If there is no file, create one with a new token that only this user can read.

    Raises:
        ConfigError: Other users can read the file, or the token is too short.
        StationError: The file cannot be read or created.
    """
    try:
        _create_token(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{path}: other users can read the token of the web page; run chmod 600 on it")
        token = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: the token of the web page is not text") from error
    except OSError as error:
        raise StationError(f"{path}: the token of the web page cannot be stored here: {error.strerror}") from error
    if len(token) < MIN_TOKEN_CHARS:
        raise ConfigError(f"{path}: the token of the web page must have at least {MIN_TOKEN_CHARS} characters")
    return token


def _create_token(path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(24) + "\n")
        file.flush()
        os.fsync(file.fileno())
    # A link never replaces a token that another station has just created, and never shows a half-written one.
    try:
        os.link(new, path)
    except FileExistsError:
        return
    finally:
        new.unlink()
