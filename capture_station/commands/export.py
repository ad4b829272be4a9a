"""The ``export`` command: copies the kept portraits out of the archive and shows progress on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from capture_station.archive import names
from capture_station.archive.deletions import returned_line
from capture_station.archive.presence import is_archive
from capture_station.commands.cleaning_progress import only_run
from capture_station.commands.portraits_to_look_at import misshapen_line, without_consent_line
from capture_station.config import SubjectSettings
from capture_station.errors import ArchiveError, RosterError
from capture_station.export.destination import folder_path, open_destination
from capture_station.export.exporter import Choice, Export
from capture_station.export.manifest import FOLDER
from capture_station.export.template import template_advice
from capture_station.presets import Preset, shipped_preset
from capture_station.release import BY_DEMO, NAMELESS
from capture_station.subjects.roster import Roster
from capture_station.subjects.roster_source import open_roster
from capture_station.terminal_text import printable


def export(
    archive: Path,
    destination: str,
    choice: Choice,
    subjects: SubjectSettings,
    find_preset: Callable[[str], Preset | None] = shipped_preset,
    configured: bool = True,
) -> bool:
    """Export the newest kept portrait of each person, and print what was done.

    Args:
        configured: A configuration was read. Without one there is hardly ever a roster, which somebody may expect.

    Returns:
        Whether every portrait was exported; reasons are on stderr.

    Raises:
        ArchiveError: The archive or the destination cannot be used.
        Busy: Another process writes there.
        ConfigError: The template of the names has an unknown place, or a library for the destination is missing.
        RosterError: The roster cannot be used.
    """
    root = archive.parent if names.is_day(archive.name) else archive
    if not is_archive(root):
        raise ArchiveError(f"{archive}: there is no archive here; name an archive or one of its days")
    roster = _roster(subjects)
    for advice in [] if roster is None else template_advice(choice.name, roster):
        print(advice, file=sys.stderr)
    console = Console(stderr=True)
    columns = (TextColumn("exporting"), BarColumn(), TextColumn("{task.completed}"), TimeElapsedColumn())
    results: Counter[str] = Counter()
    misshapen: list[str] = []
    folder = folder_path(destination)
    to_lock = [] if folder is None else [str(folder)]  # A ZIP file has a lock of its own.
    with only_run(to_lock), contextlib.closing(open_destination(destination)) as files:
        run = Export(archive, files, choice, roster, find_preset)
        with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
            bar = progress.add_task("", total=None)
            for outcome in run.run():
                results[outcome.result] += 1
                misshapen += [outcome.misshapen] if outcome.misshapen else []
                progress.advance(bar)
                if outcome.reason:
                    print(f"{outcome.id}: {outcome.reason}", file=sys.stderr)
    for damaged in run.damaged:
        print(damaged.reason, file=sys.stderr)
    if NAMELESS in run.passed_over:
        ids = ", ".join(run.passed_over[NAMELESS])
        print(f"not exported, since nobody said whose they are: {ids}; say so on the page", file=sys.stderr)
    if BY_DEMO in run.passed_over:
        print("portraits of the demo camera were not exported; --set camera.kind=demo exports them", file=sys.stderr)
    if run.not_agreed:
        print(without_consent_line(run.not_agreed.values()), file=sys.stderr)
    if run.not_permitted:
        whose = printable(", ".join(run.not_permitted.values()))
        way = "capture-station purge --subject ID --yes deletes a person's portraits"
        print(f"exported, although the list no longer permits photographs of {whose}; {way}", file=sys.stderr)
    for subject, deleted_at in run.returned.items():
        print(printable(returned_line(subject, deleted_at)), file=sys.stderr)
    if not configured and roster is None and run.people:
        print("no configuration was read: nobody knows who is missing; add --config station.yaml", file=sys.stderr)
    if misshapen:
        print(misshapen_line(misshapen), file=sys.stderr)
    done = [f"{results[result]} {result}" for result in ("exported", "unchanged", "failed")]
    if roster is not None:
        done.append(f"{run.missing} of {len(roster.permitted)} people missing")
    if run.not_agreed:
        done.append(f"{len(run.not_agreed)} without consent")
    if run.not_permitted:
        done.append(f"{len(run.not_permitted)} not permitted by now")
    done += [f"{count} left out by {option}" for option, count in sorted(run.left_out.items())]
    done += [f"{len(whose)} left out as {reason}" for reason, whose in sorted(run.passed_over.items())]
    if run.others:
        done.append(f"{run.others} other {'file stays' if run.others == 1 else 'files stay'} in {FOLDER}")
    print(", ".join(done))
    return not results["failed"] and not run.damaged


def _roster(subjects: SubjectSettings) -> Roster | None:
    """The roster; None without one. Nothing leaves unseen by it: it may say of somebody no by now."""
    try:
        return open_roster(subjects).roster if subjects.roster else None
    except RosterError as error:
        raise RosterError(
            f"{error}; nothing was exported: correct the roster, or add --set 'subjects.roster=\"\"' to export without "
            "it, under the names that people had at their pictures, and without missing.csv"
        ) from error
