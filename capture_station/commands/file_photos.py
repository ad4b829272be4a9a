"""The clean command with --archive: existing photos become captures of their people in the archive."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from functools import partial
from itertools import chain
from pathlib import Path

from capture_station.archive.archive import Archive
from capture_station.archive.index import CaptureIndex
from capture_station.archive.names import UNFINISHED
from capture_station.archive.record import SubjectRecord
from capture_station.commands.cleaning_progress import (
    all_cleaned,
    no_photo,
    only_run,
    show_outcomes,
    sigterm_as_interrupt,
    unread_line,
)
from capture_station.commands.portraits_to_look_at import lines_about
from capture_station.commands.submitted import by_name, file_stems
from capture_station.commands.submitted_table import Earlier
from capture_station.config import StationSettings
from capture_station.errors import PhotoError
from capture_station.export.template import as_listed
from capture_station.masking import shown
from capture_station.photos.cleaning import CleaningOptions, Outcome
from capture_station.photos.discovery import list_photos
from capture_station.photos.filing import file_photo, photos_of_people
from capture_station.photos.locations import is_url
from capture_station.photos.process_pool import clean_photos
from capture_station.portrait.grey_card import locked_correction
from capture_station.release import ReleaseRule
from capture_station.subjects.roster import Roster


def file_photos(
    paths: Sequence[str | Path],
    settings: StationSettings,
    roster: Roster,
    jobs: int | None = None,
    by_folder: bool = False,
) -> bool:
    """Clean photos of people on the roster into the archive. Main thread only.

    Args:
        paths: Of photos, and of folders of them.
        settings: As ``clean``; ``archive`` says where.
        roster: The photos show these people.
        jobs: Number of processes. By default, one for each processor that this process may use.
        by_folder: Whether the name of a photo's folder says whom it shows, and not its own.

    Returns:
        Whether no photo failed, none was refused, and every photo's person was found.

    Raises:
        PhotoError: A path is a URL, is empty, does not exist or cannot be listed, or there is no photo.
        Busy: Another process files photos in this archive.
        ArchiveError: The archive cannot be used.
        ConfigError: The colour reference is not usable.
        StationError: As ``clean_photos``.
        KeyboardInterrupt: On SIGINT or SIGTERM, after the current photos. The same command continues from there.
    """
    if urls := [str(path) for path in paths if is_url(str(path))]:
        raise PhotoError(f"{shown(urls[0])}: copy the photos to this machine first; --archive takes no URLs")
    left_out, done, unread = list[Outcome](), list[Outcome](), list[str]()
    with contextlib.closing(Archive.open(settings.archive)) as archive:
        folder = str(archive.folder)
        found = list_photos(
            paths, folder, lambda path, reason: left_out.append(Outcome(path, "failed", (reason,))), unread.append
        )
        if not found and not left_out:
            raise no_photo(paths, unread)
        if unread:
            print(unread_line(unread), file=sys.stderr)
        submission = by_name(found, roster, file_stems(roster, "{subject}", Earlier()), folder, None, by_folder)
        left_out += submission.left_out
        people = {
            source: SubjectRecord(id=subject.id, name=subject.name, columns=dict(subject.columns))
            for source, subject in submission.people.items()
        }
        options = CleaningOptions(
            settings.segmentation, settings.portrait, settings.archive, locked_correction(settings.portrait)
        )
        with only_run([str(archive.folder / UNFINISHED)]), sigterm_as_interrupt():
            of_people = [(photo, people[photo.source]) for photo in submission.photos]
            rule = ReleaseRule.of(settings)
            photos = photos_of_people(of_people, archive, rule, roster.own_id, partial(as_listed, roster=roster))
            workers = jobs or len(os.sched_getaffinity(0))
            with contextlib.closing(clean_photos(photos, options, workers, file_photo)) as outcomes:
                try:
                    show_outcomes(chain(left_out, outcomes), len(photos) + len(left_out), {}, done)
                finally:
                    print(_missing_line(archive, roster, rule), flush=True)
                    misshapen, smaller = (
                        [one.source for one in done if one.shape == shape] for shape in ("other", "smaller")
                    )
                    for line in lines_about([], [], misshapen, [], smaller, options.portrait.geometry):
                        print(line, file=sys.stderr)
    return all_cleaned(done)


def _missing_line(archive: Archive, roster: Roster, rule: ReleaseRule) -> str:
    """How many people still need a portrait, and for how many of them somebody only has to keep one."""
    kept = set(map(roster.own_id, archive.query(lambda index: index.newest_kept(rule=rule))))
    missing = {subject.id for subject in roster.permitted if subject.id not in kept}
    unanswered = len(missing & set(map(roster.own_id, archive.query(CaptureIndex.subjects))))
    line = f"{len(missing)} of {len(roster.permitted)} people have no kept portrait in {archive.folder}"
    if not unanswered:
        return line
    return f"{line}; {unanswered} of them {'has' if unanswered == 1 else 'have'} one to look at and keep on the page"
