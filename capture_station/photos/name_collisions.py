"""Separates photos whose results would have the same file name."""

from __future__ import annotations

import os
from collections.abc import Iterable

from capture_station.masking import shown_file
from capture_station.photos.cleaning import Outcome
from capture_station.photos.discovery import Photo
from capture_station.photos.locations import is_url
from capture_station.photos.name_folding import folding_of


def split_collisions(photos: Iterable[Photo]) -> tuple[list[Photo], list[Outcome]]:
    """Return the first photo of each result name, and a failed outcome for every other photo.

    Names that the output's file system takes for the same, such as IMG.jpg and img.jpg on a USB stick, collide. Raw
    photos have no result, so the JPEG that a camera stores beside one keeps its name.
    """
    photos = list(photos)
    targets = [photo.target for photo in photos if not is_url(photo.target)]
    fold = folding_of(os.path.commonpath(targets)) if targets else str
    first: dict[str, Photo] = {}
    remaining, collisions = [], []
    for photo in photos:
        other = photo if photo.is_raw else first.setdefault(fold(photo.target), photo)
        if other is photo:
            remaining.append(photo)
        else:
            reason = f"{shown_file(other.source)} has the same name in the output; clean it into another output folder"
            collisions.append(Outcome(photo.source, "failed", (reason,)))
    return remaining, collisions
