"""Removing old captures by hand: their dates are believed, because a person says so."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import datetime, timedelta

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.retention import dated_before
from capture_station.config import ArchiveSettings
from capture_station.errors import ArchiveError
from capture_station.reports.report_files import remove_report


def purge(settings: ArchiveSettings, days: float, remove: bool) -> Iterator[str]:
    """Ids of captures dated more than so many days before now, each after it was removed where that is wanted.

    Reports in the archive that show one of them are removed as well. What stays is told on stderr.

    Raises:
        ArchiveError: The archive cannot be used, or a capture or report could not be removed.
    """
    limit = datetime.now().astimezone() - timedelta(days=days)
    # Opening it would make it, and on the wrong disk while the right one is not mounted.
    if not (settings.folder / names.UNFINISHED).is_dir():
        raise ArchiveError(f"{settings.folder}: there is no archive here; check the disk and archive.folder")
    with closing(Archive.open(settings)) as archive:
        ids = list(dated_before(archive, limit))
        if not remove:
            yield from ids
            return
        # First: who interrupts this can have a report made again, but not find one that he does not know of.
        _remove_reports(archive, ids)
        for capture_id in ids:
            if archive.remove(capture_id):
                yield capture_id
        _tell_what_stays(archive, ids)


def _remove_reports(archive: Archive, ids: Collection[str]) -> None:
    """Of the whole archive, and of the days of these captures."""
    for folder in (archive.folder, *{archive.folder_of(capture_id).parent for capture_id in ids}):
        try:
            remove_report(folder, ids)
        except OSError as error:
            raise ArchiveError(f"{folder}: the report could not be removed: {error.strerror}") from error


def _tell_what_stays(archive: Archive, removed: Collection[str]) -> None:
    stays = []
    if newer := len(list(archive.ids())):
        stays.append(f"{newer} captures with a newer date, or none")
    unfinished = archive.folder / names.UNFINISHED
    if left := [capture_id for capture_id in removed if (unfinished / capture_id).exists()]:
        stays.append(f"files that saving did not make, or that could not be removed, in {unfinished}/{left[0]}")
        if len(left) > 1:
            stays[-1] += f" and {len(left) - 1} more"
    if stays:
        print(f"what stays: {'; '.join(stays)}", file=sys.stderr)
