"""What the operator's pages can do beyond the station: kept settings, a phone's pairing, the machine's power."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from capture_station.frontends.kept_settings import KeptSettings
from capture_station.frontends.window.scene import Code
from capture_station.station.adjustments import Adjustments


class PublicMachine(Protocol):
    """The machine that the station runs on."""

    def allows(self) -> bool:
        """Whether this user may switch it off without a password. Asks another program, for at most some seconds."""
        ...

    def restart(self) -> None:
        """Begin to restart it.

        Raises:
            StationError: It refuses; the same for the next.
        """
        ...

    def switch_off(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pairing:
    """How a phone gets to the page."""

    addresses: tuple[str, ...]
    code: Code | None = None
    """A QR code with the first address and a password for one use; None where phones cannot reach the page."""
    minutes: int = 0
    """How long the code works."""


@dataclass(frozen=True, slots=True)
class OperatorServices:
    """Everything that is None is not offered."""

    kept: KeptSettings | None = None
    configured: Callable[[], Adjustments] | None = None
    """What the configuration says now, without the kept settings.

    Raises:
        ConfigError: It has a mistake.
    """
    pair: Callable[[], Pairing] | None = None
    """Makes a new code each time."""
    machine: PublicMachine | None = None
    may_quit: bool = True
    """False: systemd starts the station again, so it can only be restarted."""
    archive: Path | None = None
    """Where portraits are saved."""
