"""The ``report`` command: writes a report and shows progress on a terminal."""

from __future__ import annotations

from pathlib import Path

from capture_station.commands.progress_bar import progress_bar
from capture_station.reports.session import read_session
from capture_station.reports.writing import write_report


def report(folder: Path, output: Path | None, language: str) -> tuple[Path, Path]:
    """Write the report of an archive or of one of its days, by default into that folder.

    Returns:
        The first page and the first sheet.

    Raises:
        PhotoError: There is no capture in the folder.
        ArchiveError: The report cannot be written.
    """
    session = read_session(folder)
    with progress_bar("reading", len(session.captures)) as advance:
        return write_report(session, output or folder, language, advance)
