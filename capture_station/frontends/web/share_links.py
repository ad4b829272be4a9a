"""Links to one portrait each, for the person on it: on the page, or where portraits are uploaded to.

A link to the page is unguessable, works for a limited time, and needs no token. It carries the capture's id, the moment
it ends and a signature of both, so nothing has to be stored, and it outlives a restart. A new token for the page ends
all links to it.
"""

from __future__ import annotations

import hmac
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import segno

from capture_station.config import ShareSettings
from capture_station.errors import ArchiveError, NotReleased
from capture_station.frontends.web.lifetimes import Lifetimes, since_boot_s
from capture_station.frontends.web.sockets import Listener, page_url, phone_endpoint
from capture_station.release import ReleaseRule
from capture_station.station.contract import PublicStation

PATH = "/share/"
SIGNATURE_CHARS = 26
"""104 bits in hexadecimal digits."""
QUIET_ZONE = 4
"""Modules."""


@dataclass(frozen=True, slots=True)
class ShareLink:
    url: str
    expires_at: datetime | None
    """None: the upload target decides."""

    @property
    def qr_svg(self) -> str:
        """The address as a QR code with its quiet zone (ISO/IEC 18004), dark on white, as an SVG document."""
        text = io.BytesIO()
        self._qr().save(text, kind="svg", scale=8, border=QUIET_ZONE, light="#fff")
        return text.getvalue().decode()

    @property
    def qr_modules(self) -> tuple[tuple[bool, ...], ...]:
        """The same row by row; True is dark."""
        return qr_modules(self.url)

    def _qr(self) -> segno.QRCode:
        return segno.make(self.url, error="m", micro=False)


def portrait_to_share(station: PublicStation, rule: ReleaseRule, capture_id: str) -> Path:
    """The portrait of a capture whose link may be handed out.

    Raises:
        NotReleased: It is to stay in the station, and so would an upload of it.
        ArchiveError: There is none, or the archive cannot be read.
    """
    saved = station.find(capture_id)
    path = Path("" if saved is None else saved.pictures.get("portrait", ""))
    if saved is None or saved.verdict == "damaged" or not path.is_file():
        raise ArchiveError(f"there is no portrait {capture_id!r}")
    if reason := rule.left_out_as(saved):
        raise NotReleased(f"{capture_id} has no link: it is left out as {reason}")
    return path


def qr_modules(url: str) -> tuple[tuple[bool, ...], ...]:
    """An address as a QR code with its quiet zone, row by row; True is dark."""
    code = segno.make(url, error="m", micro=False)
    return tuple(tuple(map(bool, row)) for row in code.matrix_iter(border=QUIET_ZONE))


def qr_text(url: str) -> str:
    """An address as a QR code with its quiet zone, in half blocks for letters that are bright on a dark ground."""
    text = io.StringIO()
    segno.make(url, error="m", micro=False).terminal(text, border=QUIET_ZONE, compact=True)
    return text.getvalue()


class ShareLinks:
    """Makes and checks links. Thread-safe.

    Args:
        settings: Section ``share``, with its time or its target set.
        sign: Signs a text with the station's secret; returns hexadecimal digits.
        listeners: Where the page is served.
        clock_s: Seconds since 1970.
        uptime_s: Seconds since boot.
    """

    def __init__(
        self,
        settings: ShareSettings,
        sign: Callable[[str], str],
        listeners: Sequence[Listener],
        clock_s: Callable[[], float] = time.time,
        uptime_s: Callable[[], float] = since_boot_s,
    ) -> None:
        self._lifetimes = Lifetimes((settings.minutes or 0) * 60, clock_s, uptime_s)
        self._target_url = settings.target_url
        self._address = settings.address
        self._sign = sign
        self._endpoint = phone_endpoint(listeners)

    @property
    def problem(self) -> str:
        """Why no phone can reach the links, in English; empty if one can."""
        if self._target_url or self._address or self._endpoint is not None:
            return ""
        return "share.minutes: phones cannot reach the page; set web.listen=0.0.0.0:8480, or share.address"

    def link(self, capture_id: str) -> ShareLink:
        """A link to the portrait of this capture, from now on for the configured time; to its upload, if so set."""
        if self._target_url:
            day = f"{capture_id[:4]}-{capture_id[4:6]}-{capture_id[6:8]}"
            return ShareLink(self._target_url.replace("{day}", day).replace("{capture}", capture_id), None)
        expires_s = self._lifetimes.expires_s()
        text = f"{capture_id}.{expires_s:x}"
        self._lifetimes.begin(text)
        url = f"{self._base()}{PATH}{text}.{self._signature(text)}"
        return ShareLink(url, datetime.fromtimestamp(expires_s).astimezone())

    def capture_of(self, token: str) -> str | None:
        """The capture that a link's last part stands for; None if it is not one of this station's, or too old."""
        text, _, signature = token.rpartition(".")
        capture_id, _, expires = text.partition(".")
        if not hmac.compare_digest(self._signature(text).encode(), signature.encode(errors="surrogateescape")):
            return None
        return None if self._lifetimes.is_over(text, int(expires, 16)) else capture_id

    def _base(self) -> str:
        if self._address:
            return self._address.rstrip("/")
        return "" if self._endpoint is None else page_url(self._endpoint)

    def _signature(self, text: str) -> str:
        return self._sign(f"share {text}")[:SIGNATURE_CHARS]
