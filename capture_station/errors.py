"""The errors that a user can act on, each with its exit code.

The codes follow BSD sysexits.h, so that systemd and shells can tell the errors apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class StationError(Exception):
    """An error that a user can correct. The message says what is wrong, where, and what to do."""

    exit_code = 70

    @property
    def anonymous(self) -> str:
        """The message for the log and for MQTT, where nobody is named."""
        return str(self)


class ConfigError(StationError):
    """The configuration is wrong. Restarting does not help."""

    exit_code = 78


class ModelError(StationError):
    """A model file is missing or was changed, or no runtime on this machine can load it."""

    exit_code = 72


class SegmentationError(StationError):
    """The segmenter failed on a frame."""

    exit_code = 70


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no camera, as a code that frontends translate."""

    code: str
    """A stable name such as ``black``. Its sentence is the text ``trouble.black`` of each language."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Fills the placeholders of the sentence."""

    @property
    def final(self) -> bool:
        """Whether the camera stays away until another one is chosen or the station is restarted."""
        return self.code == "over"


class CameraError(StationError):
    """There is no camera, or it cannot be opened or configured.

    Args:
        message: In English.
        trouble: The same for frontends to translate. None if only the person who sets up the station needs it.
    """

    exit_code = 66

    def __init__(self, message: str, trouble: Trouble | None = None) -> None:
        super().__init__(message)
        self.trouble = trouble


class CameraLost(CameraError):
    """An open camera stopped delivering usable frames. Opening it again may help."""


class PhotoError(StationError):
    """A photo is missing or cannot be read."""

    exit_code = 66


class SubjectError(StationError):
    """Nobody may be photographed as it is: nobody was named, or nobody agreed."""

    exit_code = 67


class UnknownSubject(SubjectError):
    """An id that is not on the roster.

    Args:
        subject_id: As it was scanned or typed.
        may_confirm: Whether it is taken when asked for once more.
    """

    def __init__(self, subject_id: str, may_confirm: bool) -> None:
        advice = "confirm it or scan again" if may_confirm else "scan again, or have the person added"
        super().__init__(f"{subject_id!r} is not on the roster; {advice}")
        self.subject_id = subject_id
        self.may_confirm = may_confirm


class NotPermitted(SubjectError):
    """The roster says that the person must not be photographed.

    Args:
        person: Name and id.
        says: What the roster says: heading and cell.
    """

    def __init__(self, person: str, says: str) -> None:
        super().__init__(f"{person} must not be photographed: the list says {says!r}")
        self.person = person
        self.says = says

    @property
    def anonymous(self) -> str:
        return "the person must not be photographed: the list says so"


class QueueFull(SubjectError):
    """Nobody else can be checked in before some of those who wait are photographed or let go.

    Args:
        waiting: How many people wait.
    """

    exit_code = 75

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} people wait already; check in more when some of them are photographed or let go")


class RosterError(StationError):
    """The roster, the table of people to photograph, cannot be used as it is."""

    exit_code = 65


class IdColumnUnknown(RosterError):
    """Nobody has said which column of the roster has the ids, and its headings do not tell.

    Args:
        message: One line.
        choices: The headings that it may be.
    """

    def __init__(self, message: str, choices: Sequence[str]) -> None:
        super().__init__(message)
        self.choices = tuple(choices)


class ArchiveError(StationError):
    """Captures cannot be written to the archive or read from it."""

    exit_code = 73


class DiskFull(ArchiveError):
    """The disk has no room for another capture.

    Args:
        message: One line.
        lacks_files: It has space, but cannot hold more files: its inodes are used up.
    """

    exit_code = 74

    def __init__(self, message: str, lacks_files: bool = False) -> None:
        super().__init__(message)
        self.lacks_files = lacks_files


class Busy(StationError):
    """A capture is already in progress, or another station holds the camera."""

    exit_code = 75


class NotRunning(StationError):
    """The station is stopping, or no station answers."""

    exit_code = 69


class DisplayError(StationError):
    """There is no screen to show a window on."""

    exit_code = 71


class PrintError(StationError):
    """Something cannot be printed, or there is no printer that could."""

    exit_code = 76


class UnfitForPrint(PrintError):
    """A portrait has another shape or size than it would be printed in, and is not stretched to it."""

    exit_code = 77


class NotReleased(PrintError):
    """A portrait must not leave the station: nobody kept it, it has no name, or the demo camera took it."""

    exit_code = 79


class NotOffered(StationError):
    """A preset or a camera that cannot be chosen."""

    exit_code = 78


def missing_extra(*names: str) -> str:
    """What to do where the libraries of an extra are missing, as README installs the station."""
    extras = " or ".join(f"[{name}]" for name in names)
    return f"install the extra {extras} (pip install '.[{names[0]}]' in the folder of README.md)"
