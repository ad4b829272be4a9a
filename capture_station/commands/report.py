"""The ``report`` command: writes a report and shows progress on a terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

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
    console = Console(stderr=True)
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("", total=len(session.captures))
        return write_report(session, output or folder, language, lambda: progress.advance(bar))
