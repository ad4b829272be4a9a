"""Separates photos whose results would have the same file name."""

from __future__ import annotations

from collections.abc import Iterable

from capture_station.photos.cleaning import Outcome
from capture_station.photos.discovery import Photo


def split_collisions(photos: Iterable[Photo]) -> tuple[list[Photo], list[Outcome]]:
    """Return the first photo of each result name, and a failed outcome for every other photo."""
    first: dict[str, Photo] = {}
    collisions = []
    for photo in photos:
        other = first.setdefault(photo.target, photo)
        if other is not photo:
            reason = f"{other.source} has the same name in the output; clean it into another output folder"
            collisions.append(Outcome(photo.source, "failed", (reason,)))
    return list(first.values()), collisions
