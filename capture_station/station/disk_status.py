"""What a station says about the disk of its archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from capture_station.errors import ArchiveError, DiskFull

if TYPE_CHECKING:  # The clients of the control socket import this file and need no numpy.
    from capture_station.archive.archive import Archive

DiskTrouble = Literal["", "archive-away", "disk-low", "disk-files"]
"""Names the texts about it; empty while captures can be saved."""


@dataclass(frozen=True, slots=True)
class DiskStatus:
    """Where captures are saved."""

    free_bytes: int = 0
    """0 while the archive is away."""
    low: bool = False
    """Captures are refused until there is space again."""
    lacks_files: bool = False
    """What is low is not the space: the disk cannot hold more files (inodes)."""
    away: bool = False
    """The archive's folder is missing or does not answer. Captures are refused until it is back."""

    @property
    def trouble(self) -> DiskTrouble:
        """Why captures are refused."""
        if self.away:
            return "archive-away"
        if self.low:
            return "disk-files" if self.lacks_files else "disk-low"
        return ""


def disk_status(archive: Archive, size_wh: tuple[int, int]) -> DiskStatus:
    """The disk, for captures of this size. Everything asks for it often, so this never waits for a disk that hangs."""
    try:
        free_bytes = archive.free_bytes()
        archive.check_space(size_wh, renewed=False)
    except DiskFull as full:
        return DiskStatus(free_bytes, low=True, lacks_files=full.lacks_files)
    except ArchiveError:
        return DiskStatus(away=True)
    return DiskStatus(free_bytes)
