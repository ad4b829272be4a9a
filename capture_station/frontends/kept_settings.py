"""Settings that somebody changed at the booth and keeps: the next start takes them instead of the configuration's."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path

from capture_station.config import CameraSettings, StationSettings, load
from capture_station.errors import ConfigError, StationError
from capture_station.frontends.state_folder import station_folder
from capture_station.regular_files import replace_file
from capture_station.station.adjustments import Adjustments

SETTINGS = {
    "guide": "window.guide",
    "countdown_s": "capture.countdown_s",
    "smoothing": "segmentation.smoothing",
    "mirrored": "window.mirrored",
    "preset": "portrait.preset",
    "camera": "camera.kind",
    "camera_size": "camera.size_px",
    "camera_held": "camera.controls.lock_after_s",
}
"""Names of adjustments, and the settings that they change."""
DEVICE = "camera.device"
"""Kept beside the camera's kind where that has several."""


LOCKED_AFTER_S = 2.0
"""What is kept for a camera that is held."""

log = logging.getLogger(__name__)


class KeptSettings:
    """A small file in the station's folder. Thread-safe: it is replaced as a whole.

    Args:
        folder: The station's; None: of a station without a socket of its own.
        configured: What the configuration said at the start, which is not kept.
    """

    def __init__(self, folder: Path | None = None, configured: Adjustments | None = None) -> None:
        self.path = (folder or station_folder(None)) / "kept-settings.json"
        self._configured = configured or Adjustments.of(StationSettings())

    def read(self) -> dict[str, bool | float | str | None]:
        """What is kept, by setting such as ``portrait.preset``; empty if nothing is, or if the file is damaged."""
        try:
            kept = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning("%s: kept settings cannot be read and are left out: %s", self.path, error)
            return {}
        known = {*SETTINGS.values(), DEVICE}
        return {name: value for name, value in kept.items() if name in known} if isinstance(kept, dict) else {}

    def flags(self) -> list[str]:
        """The same as ``section.key=value``."""
        return [f"{name}={json.dumps(value)}" for name, value in self.read().items()]

    def keep(self, now: Adjustments) -> None:
        """Keep what differs from the configuration, whose other settings can then still be changed there.

        Raises:
            StationError: It cannot be written.
        """
        before, values = self._configured, dict[str, object]()
        for name, setting in SETTINGS.items():
            if (value := getattr(now, name)) == getattr(before, name):
                continue
            values[setting] = value
            if name == "camera":
                camera = CameraSettings().chosen(now.camera)
                values[setting] = camera.kind
                if camera.choice.endswith(f":{camera.device}"):
                    values[DEVICE] = camera.device
            elif name == "camera_held":
                values[setting] = LOCKED_AFTER_S if now.camera_held else None
        try:
            replace_file(self.path, f"{json.dumps(values, indent=2)}\n".encode())
        except OSError as error:
            raise StationError(f"{self.path}: settings cannot be kept: {error.strerror}") from error

    def forget(self) -> None:
        """Take the configuration's again at the next start.

        Raises:
            StationError: The file cannot be removed.
        """
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise StationError(f"{self.path}: kept settings cannot be removed: {error.strerror}") from error


def kept_advice(config: Path | None, flags: Sequence[str], configured: StationSettings) -> str:
    """Say in one line what ``run`` makes of what is kept; empty if that changes nothing.

    Args:
        config: The file, as for ``load``.
        flags: What overrides it.
        configured: The settings without what is kept.
    """
    kept = KeptSettings(station_folder(configured.remote.socket)).flags()
    try:
        settings = load(config, flags, kept=kept)
    except ConfigError:
        return "the settings kept at the booth no longer fit the configuration, so they are left out by `run`"
    # The environment and flags may override what is kept.
    values = [attrgetter(flag.partition("=")[0]) for flag in kept]
    taken = [flag for flag, value in zip(kept, values, strict=True) if value(settings) != value(configured)]
    return f"kept at the booth, `run` takes them instead: {', '.join(taken)}" if taken else ""
