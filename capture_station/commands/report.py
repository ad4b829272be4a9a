"""The ``report`` command: writes a report and shows progress on a terminal."""

from __future__ import annotations

from pathlib import Path

from capture_station.commands.progress_bar import progress_bar
from capture_station.config import SubjectSettings
from capture_station.errors import ConfigError
from capture_station.release import ALL_KEPT, ReleaseRule
from capture_station.reports.session import read_session
from capture_station.reports.writing import write_report
from capture_station.subjects.roster_source import open_roster


def report(
    folder: Path,
    output: Path | None,
    language: str,
    names: bool = True,
    subjects: SubjectSettings | None = None,
    rule: ReleaseRule = ALL_KEPT,
) -> tuple[Path, Path]:
    """Write the report of an archive or of one of its days, by default into that folder.

    Args:
        names: Say whose portrait each is.
        subjects: Names the roster to sort by; None: the portraits are in the order in which they were taken.
        rule: Whether what the demo camera took is only counted, and what portraits need.

    Returns:
        The first page and the first sheet.

    Raises:
        ConfigError: There is no roster to sort by.
        RosterError: The roster cannot be used.
        PhotoError: There is no capture in the folder.
        ArchiveError: The report cannot be written.
    """
    if subjects is not None and not subjects.roster:
        raise ConfigError("--by-roster needs a roster: set subjects.roster")
    roster = None if subjects is None else open_roster(subjects).roster
    session = read_session(folder, rule)
    with progress_bar("reading", len(session.captures)) as advance:
        return write_report(session, output or folder, language, advance, names, roster)
