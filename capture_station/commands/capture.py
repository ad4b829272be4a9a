"""The capture command: a running station takes the portrait; without one the camera is opened for one picture."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from capture_station.errors import NotRunning
from capture_station.frontends.control_socket import request_capture
from capture_station.station.status import Shot

if TYPE_CHECKING:
    from capture_station.config import StationSettings

DEFAULT_DEADLINE_S = 10.0
"""``capture.deadline_s`` of a station without a configuration."""


def take_and_print(
    config: Path | None = None,
    overrides: Sequence[str] = (),
    countdown_s: float = 0,
    preset: str | None = None,
    subject: str | None = None,
) -> None:
    """Take one portrait, print its path, and print its flaws to stderr. Raises the same errors as ``capture``."""
    shot, language = capture(config, overrides, countdown_s, preset, subject)
    print(shot.portrait)
    if shot.flaws:
        from capture_station.locales.messages import Messages

        messages = Messages(language)
        for flaw in messages.flaws(shot.flaws):
            print(f"{messages(f'console.{shot.verdict}')}: {flaw}", file=sys.stderr)


def capture(
    config: Path | None,
    overrides: Sequence[str],
    countdown_s: float,
    preset: str | None = None,
    subject: str | None = None,
) -> tuple[Shot, str]:
    """Take one portrait. A running station uses ``preset`` for this one only.

    Returns:
        The portrait, and the language of its reader.

    Raises:
        StationError: As the station's own capture.
    """
    configured = config is not None or overrides or any(name.startswith("CAPTURE_STATION__") for name in os.environ)
    if not configured:
        # A button that runs this command waits for it: reading the defaults would take longer than all the rest.
        try:
            return request_capture(None, countdown_s, DEFAULT_DEADLINE_S, preset, subject), "en"
        except NotRunning:
            pass
    from capture_station.config import load

    settings = load(config, overrides)
    if configured:
        try:
            shot = request_capture(settings.remote.socket, countdown_s, settings.capture.deadline_s, preset, subject)
            return shot, settings.language
        except NotRunning:
            pass
    return _capture_alone(settings, countdown_s, subject), settings.language


def _capture_alone(settings: StationSettings, countdown_s: float, subject: str | None) -> Shot:
    from capture_station.camera.picture_limit import limit_decoders

    limit_decoders()
    from capture_station.commands.run import capture_once

    return capture_once(settings, countdown_s, subject)
