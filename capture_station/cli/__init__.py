"""The command line: one function for each command, without logic of its own.

A command imports what it runs inside its function, so that ``--help`` and ``capture`` start without numpy, OpenCV
and FastAPI.
"""

# ruff: isort: skip_file
from __future__ import annotations

from capture_station.cli.application import app, main

# Importing them adds their commands, which --help lists in this order.
import capture_station.cli.station_commands
import capture_station.cli.archive_commands
import capture_station.cli.setup_commands  # noqa: F401

__all__ = ["app", "main"]
