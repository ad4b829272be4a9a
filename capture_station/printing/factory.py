"""Chooses the printer that the configuration names."""

from __future__ import annotations

from pathlib import Path

from capture_station.config import PrintingSettings
from capture_station.errors import ConfigError
from capture_station.printing.cups_printer import CupsPrinter
from capture_station.printing.fake_printer import FakePrinter
from capture_station.printing.printer import Printer


def open_printer(settings: PrintingSettings) -> Printer:
    """Return the printer, which need not be on.

    Raises:
        ConfigError: No printer is named.
    """
    if not settings.printer:
        raise ConfigError("printing.printer: name the printer, as `lpstat -e` lists it")
    if settings.driver == "fake":
        return FakePrinter(Path(settings.printer))
    return CupsPrinter(settings.printer)
