"""The clean command: makes portraits of existing photos in a folder or at a URL."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Literal

from capture_station.commands.cleaning_progress import (
    all_cleaned,
    no_photo,
    only_run,
    show_outcomes,
    sigterm_as_interrupt,
    unread_line,
)
from capture_station.commands.portraits_to_look_at import lines_about
from capture_station.commands.submitted import by_name, file_stems, require_known_places
from capture_station.commands.submitted_table import TABLE, Earlier, saved_often, write_table
from capture_station.config import StationSettings
from capture_station.errors import ConfigError
from capture_station.export.destination import open_destination
from capture_station.export.template import template_advice
from capture_station.masking import masked
from capture_station.photos.cleaning import CleaningOptions, Outcome
from capture_station.photos.discovery import RESULT_SUFFIXES, Photo, list_photos, output_folder
from capture_station.photos.locations import is_url, readable_path
from capture_station.photos.process_pool import clean_photos
from capture_station.portrait.grey_card import locked_correction
from capture_station.subjects.roster import Roster


def clean(
    paths: Sequence[str | Path],
    output: str | Path,
    settings: StationSettings,
    jobs: int | None = None,
    alpha_only: bool = False,
    scheduler: str | None = None,
    review_to: str | Path | None = None,
    roster: Roster | None = None,
    by: Literal["filename", "folder"] = "filename",
) -> bool:
    """Clean photos and folders of photos into ``output``. Main thread only.

    A folder below one of the paths that cannot be listed counts as a failed photo.

    Args:
        paths: Paths, and URLs that fsspec supports.
        output: Folder for the results, as a path or URL.
        settings: Sections ``segmentation``, ``portrait`` and ``archive`` are used.
        jobs: Number of processes. By default, one for each processor that this process may use.
        alpha_only: Write mattes instead of portraits.
        scheduler: Address of a Dask scheduler whose workers clean the photos instead of local processes.
        review_to: Folder for portraits that need a review, as a path or URL. By default they are in ``output``.
        roster: The photos show these people. Results are named by ``export.name``.
        by: What says whom a photo shows: its file name, or the name of its folder.

    Returns:
        Whether no photo failed, none was refused, and every photo's person was found.

    Raises:
        PhotoError: A path is empty, does not exist or cannot be listed, or there is no photo.
        NotRunning: The scheduler does not answer or disappeared.
        Busy: Another process writes into the output folder.
        ArchiveError: The output folder cannot be used.
        ConfigError: The colour reference or ``export.name`` is not usable.
        StationError: As ``clean_photos``.
        KeyboardInterrupt: On SIGINT or SIGTERM, after the current photos. The same command continues from there.
    """
    folder = output_folder(output)
    unlisted, unread = list[Outcome](), list[str]()
    photos = list_photos(
        paths, folder, lambda path, reason: unlisted.append(Outcome(path, "failed", (reason,))), unread.append
    )
    folders = [folder]
    if review_to is not None and (apart := output_folder(review_to)) != folder:
        folders.append(apart)
        places = {photo.source: photo.target for photo in list_photos(paths, apart, lambda *_: None)}
        # What only the first list has is a result in the second folder.
        photos = [replace(p, review_target=places[p.source]) for p in photos if p.source in places]
    names = {photo.source: _name(photo, folder) for photo in photos}
    if not photos and not unlisted:
        raise no_photo(paths, unread)
    if unread:
        print(unread_line(unread), file=sys.stderr)
    if roster is not None:
        require_known_places(settings.export.name, roster)
        for advice in template_advice(settings.export.name, roster):
            print(advice, file=sys.stderr)
    # A matte is neither cropped nor shadowed, so it should not be reviewed for either.
    portrait = settings.portrait.model_copy(update={"preset": "free", "shadow": 0}) if alpha_only else settings.portrait
    options = CleaningOptions(
        settings.segmentation, portrait, settings.archive, locked_correction(portrait), alpha_only
    )
    done: list[Outcome] = []
    with contextlib.ExitStack() as until_done:
        until_done.enter_context(only_run(folders))
        until_done.enter_context(sigterm_as_interrupt())
        save = None
        if roster is not None:
            destination = until_done.enter_context(contextlib.closing(open_destination(folder)))
            apart_to = folders[1] if folders[1:] else None
            earlier = Earlier.read(destination, roster, apart_to)
            stem_of = file_stems(roster, settings.export.name, earlier)
            submission = by_name(photos, roster, stem_of, folder, apart_to, by == "folder")
            photos = submission.photos
            unlisted += submission.left_out
            suffix = RESULT_SUFFIXES[options.formats[0]]
            people, doubts = submission.people, submission.doubts
            save = partial(write_table, destination, roster, people, photos, done, suffix, earlier, doubts)
            save()  # Whose portraits they are has to be known before the first one lies there.
        outcomes = until_done.enter_context(contextlib.closing(_outcomes(photos, options, jobs, scheduler)))
        told = chain(unlisted, outcomes if save is None else saved_often(outcomes, save))
        try:
            show_outcomes(told, len(photos) + len(unlisted), names, done, roster is not None)
        finally:
            made = [one for one in done if one.verdict != "skipped"]
            misshapen, smaller = ([one.source for one in made if one.shape == kind] for kind in ("other", "smaller"))
            unfit = [one.source for one in done if one.verdict == "skipped" and one.shape == "other"]
            to_review, unknown = [one.source for one in done if one.reviewed_before], list[str]()
            if roster is not None and save is not None:
                table = save()
                to_review, unknown = table.to_review, table.unknown
                unfit += table.misshapen
                smaller += table.smaller
                print(
                    f"{table.missing} of {len(roster.permitted)} people have no portrait here; {TABLE} lists them",
                    flush=True,
                )
            elif folders == [folder] and any(one.verdict == "review" for one in done):
                print(
                    "portraits that need a review are named only once; --review-to DIR puts them into another folder",
                    file=sys.stderr,
                )
            to_review, unknown, misshapen, unfit, smaller = (
                [names.get(source, source) for source in whose]
                for whose in (to_review, unknown, misshapen, unfit, smaller)
            )
            for line in lines_about(to_review, unknown, misshapen, unfit, smaller, options.portrait.geometry):
                print(line, file=sys.stderr)
    return all_cleaned(done)


def _name(photo: Photo, folder: str) -> str:
    """How messages name a photo. A URL may hold a password, so only its host and the place below it are shown."""
    if not is_url(photo.source):
        return photo.source
    suffix = readable_path(photo.source).suffix
    return f"{masked(photo.source)}/…{photo.target.removeprefix(folder)}{suffix}"


def _outcomes(
    photos: list[Photo], options: CleaningOptions, jobs: int | None, scheduler: str | None
) -> Generator[Outcome, None, None]:
    if scheduler is None:
        return clean_photos(photos, options, jobs or len(os.sched_getaffinity(0)))
    try:
        from capture_station.photos.dask_cluster import clean_on_cluster
    except ImportError as error:
        raise ConfigError(f"--scheduler needs the extra [cluster]: {error}") from error
    return clean_on_cluster(photos, options, scheduler)
