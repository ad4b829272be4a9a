"""Everything that can go wrong and be explained in one line, each with its exit code.

The codes follow BSD sysexits.h, so that systemd and shells can tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class StationError(Exception):
    """Something a person can mend; the message says what is wrong, where, and what to do."""

    exit_code = 70


class ConfigError(StationError):
    """The configuration cannot be used. Restarting does not help."""

    exit_code = 78


class ModelError(StationError):
    """A model file is missing, changed, or no runtime on this machine can load it."""

    exit_code = 72


class SegmentationError(StationError):
    """The segmenter failed on a frame."""

    exit_code = 70


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no camera, to be said in any language."""

    code: str
    """Never changes, such as ``black``; the sentence stands under ``trouble.black`` in the words."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What the sentence names."""

    @property
    def final(self) -> bool:
        """It does not mend itself: until the station is started again, nothing is tried."""
        return self.code == "over"


class CameraError(StationError):
    """No camera, or it cannot be opened or configured.

    Args:
        message: In English.
        trouble: The same for any language; None where it is for who sets the station up.
    """

    exit_code = 66

    def __init__(self, message: str, trouble: Trouble | None = None) -> None:
        super().__init__(message)
        self.trouble = trouble


class CameraLost(CameraError):
    """An open camera delivers no more frames; opening it again may help."""


class PhotoError(StationError):
    """A photo is missing or cannot be read."""

    exit_code = 66


class RosterError(StationError):
    """The roster, the table of people to photograph, cannot be used as it is."""

    exit_code = 65


class ArchiveError(StationError):
    """Portraits cannot be written or read where they should be."""

    exit_code = 73


class DiskFull(ArchiveError):
    """There is not enough free space for another portrait."""

    exit_code = 74


class Busy(StationError):
    """A capture is already under way, or another station holds the camera."""

    exit_code = 75


class NotRunning(StationError):
    """The station is stopping or no station answers."""

    exit_code = 69


class DisplayError(StationError):
    """There is no screen to show a window on."""

    exit_code = 71
