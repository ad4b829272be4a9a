"""Removing old captures by hand: their dates are believed, because a person says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta

from capture_station.archive.archive import Archive
from capture_station.archive.retention import dated_before
from capture_station.config import ArchiveSettings


def purge(settings: ArchiveSettings, days: float, remove: bool) -> Iterator[str]:
    """Ids of captures dated more than so many days before now, each after it was removed where that is wanted.

    Raises:
        ArchiveError: The archive cannot be used, or a capture could not be removed.
    """
    limit = datetime.now().astimezone() - timedelta(days=days)
    with closing(Archive.open(settings)) as archive:
        for capture_id in dated_before(archive, limit):
            if not remove or archive.remove(capture_id):
                yield capture_id
