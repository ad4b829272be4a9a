"""Authentication: the token, the session cookie that stands for it, and rate limits."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from capture_station.errors import ArchiveError
from capture_station.frontends.web.lifetimes import Lifetimes, since_boot_s
from capture_station.regular_files import replace_file

COOKIE_LIFETIME_S = 30 * 24 * 3600.0
MAX_REVOKED = 1024
MAX_CLIENTS = 1024


class TokenAuth:
    """Checks tokens and session cookies. Used by the event loop only, except ``save``.

    A cookie is signed with the token, so it stays valid when the station restarts. Cookies that were logged out are
    remembered in a file for the same reason.

    Args:
        token: What clients have to show.
        folder: Where logged-out cookies are remembered; None: only until the station ends.
        clock_s: Seconds since 1970.
        uptime_s: Seconds since boot.

    Raises:
        OSError: The folder cannot be read.
    """

    def __init__(
        self,
        token: str,
        folder: Path | None = None,
        clock_s: Callable[[], float] = time.time,
        uptime_s: Callable[[], float] = since_boot_s,
    ) -> None:
        self._digest = hashlib.sha256(token.encode()).digest()
        # Browsers share cookies between all ports of a host, so each station's has a name of its own.
        name = self.sign("cookie name")[:8]
        self.cookie_name = f"capture-station-{name}"
        self._clock_s = clock_s
        self._lifetimes = Lifetimes(COOKIE_LIFETIME_S, clock_s, uptime_s)
        self._file = None if folder is None else folder / f"web-logouts-{name}"
        self._revoked: set[str] = set()
        self._revoked_until_s = 0
        """Cookies that expire no later than this are revoked as well: there is room for a limited number by name."""
        self._saving = threading.Lock()
        self._load()

    def is_token(self, token: str) -> bool:
        """Whether ``token`` is the station's token. Takes the same time for every wrong one."""
        given = hashlib.sha256(token.encode(errors="surrogateescape")).digest()
        return hmac.compare_digest(given, self._digest)

    def new_cookie(self) -> str:
        """Return the value of a new session cookie."""
        text = f"{self._lifetimes.expires_s()}.{secrets.token_hex(8)}"
        self._lifetimes.begin(text)
        return f"{text}.{self.sign(text)}"

    def allows(self, authorization: str, cookie: str) -> bool:
        """Whether a request with these header values is authenticated."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and self.is_token(token.strip()):
            return True
        text, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(self.sign(text).encode(), signature.encode(errors="surrogateescape")):
            return False
        expires_s = _expires_s(text)
        revoked = expires_s <= self._revoked_until_s or text in self._revoked
        return not revoked and not self._lifetimes.is_over(text, expires_s)

    def revoke(self, cookie: str) -> bool:
        """Make a cookie invalid. Returns whether it was valid; if so, call ``save`` afterwards."""
        # Forged cookies are not remembered: anybody may send them.
        if not self.allows("", cookie):
            return False
        self._revoked.add(cookie.rpartition(".")[0])
        while len(self._revoked) > MAX_REVOKED:
            first = min(self._revoked, key=_expires_s)
            self._revoked_until_s = _expires_s(first)
            self._revoked = {text for text in self._revoked if _expires_s(text) > self._revoked_until_s}
        return True

    def save(self) -> None:
        """Write the revoked cookies to disk. Not for the event loop.

        Raises:
            ArchiveError: They cannot be written; they stay revoked until the station ends.
        """
        if self._file is None:
            return
        try:
            self._write(self._file)
        except OSError as error:
            problem = f"logged out, but only until the station restarts: {self._file}: {error.strerror}"
            raise ArchiveError(problem) from error

    def _write(self, path: Path) -> None:
        with self._saving:
            now_s = self._clock_s()
            lines = [str(self._revoked_until_s), *(text for text in sorted(self._revoked) if _expires_s(text) > now_s)]
            replace_file(path, ("\n".join(lines) + "\n").encode("ascii"))

    def _load(self) -> None:
        if self._file is None:
            return
        try:
            until, *texts = self._file.read_text(encoding="ascii").split()
            self._revoked_until_s = int(until)
            self._revoked = {text for text in texts if _expires_s(text)}
        except FileNotFoundError:
            return
        except ValueError:
            # The file is damaged. All cookies given out so far are refused, for some of them were logged out.
            self._revoked_until_s = self._lifetimes.expires_s() - 1

    def sign(self, text: str) -> str:
        """A signature of a text with the token, as 64 hexadecimal digits (HMAC-SHA256, RFC 2104)."""
        return hmac.new(self._digest, text.encode(errors="surrogateescape"), "sha256").hexdigest()


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


def _expires_s(text: str) -> int:
    return int(text.partition(".")[0])
