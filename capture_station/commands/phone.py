"""The phone command: a QR code on the terminal that lets one phone into the page of the running station."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from capture_station.errors import StationError
from capture_station.frontends.control_socket import send_request
from capture_station.frontends.web.pairing import FRAGMENT, LIFETIME_S, phone_addresses
from capture_station.frontends.web.share_links import qr_text

BRIGHT_ON_BLACK = "\x1b[97;40m"
"""ECMA-48; some phones read no code that is dark where it should be bright, as on a terminal with a bright ground."""


def print_phone_code(configured: Path | None, out: TextIO) -> None:
    """Print a new code, its address, and the plain addresses of the page.

    Args:
        configured: ``remote.socket``.

    Raises:
        NotRunning: No station runs.
        StationError: It has no page, or none that phones can reach, or is of another version.
    """
    answer = send_request(configured, {"do": "pair"})["phone"]
    if "endpoint" not in answer:
        raise StationError("the running station is of another version; restart it, such as after an update")
    # Here and not in the station: the service's sandbox does not see the network.
    addresses = phone_addresses(answer["address"], answer["endpoint"])
    link = f"{addresses[0]}/{FRAGMENT}{answer['code']}"
    begin, end = (BRIGHT_ON_BLACK, "\x1b[0m") if out.isatty() else ("", "")
    for line in qr_text(link).splitlines():
        print(f"{begin}{line}{end}", file=out)
    print(f"Scan this, or open {link}", file=out)
    print(f"It lets one phone in, once, within {LIFETIME_S / 60:.0f} minutes. Run this again for the next.", file=out)
    print(f"Later, the page is at {' or '.join(addresses)}", file=out)
