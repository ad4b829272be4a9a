"""Files an existing photo in the archive: a capture of its person, with portrait, matte and record."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from pathlib import PurePath
from typing import Literal

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.deletions import read_deletions
from capture_station.archive.record import (
    CameraRecord,
    Circumstances,
    PresetRanges,
    Record,
    SegmenterRecord,
    SourceRecord,
    SubjectRecord,
)
from capture_station.errors import ArchiveError, ConfigError, ModelError
from capture_station.flaws import Flaw
from capture_station.photos.cleaning import Cleaned, CleaningOptions, Outcome, cleaned, networks_of_thread
from capture_station.photos.discovery import Photo
from capture_station.photos.formats.inspection import RAW_PHOTO
from capture_station.photos.reading import exposed_at
from capture_station.release import ALL_KEPT, ReleaseRule


@dataclass(frozen=True, slots=True)
class PhotoOfPerson(Photo):
    """A photo, whom it shows, and what the archive has of that person."""

    subject: SubjectRecord = field(kw_only=True, compare=False)
    filed_sha256: frozenset[str] = field(kw_only=True, compare=False)
    """Photos that were filed as this person's, also if the capture was given to somebody else since."""
    newest_taken: str = field(kw_only=True, compare=False)
    """Id of the newest kept capture of this person that the station took; empty without any."""
    deleted_at: datetime | None = field(kw_only=True, compare=False)
    """When all pictures of this person were deleted last."""


def photos_of_people(
    photos: Iterable[tuple[Photo, SubjectRecord]],
    archive: Archive,
    rule: ReleaseRule = ALL_KEPT,
    own_id: Callable[[str], str] = lambda one: one,
    as_listed: Callable[[Record], Record] = lambda one: one,
) -> list[PhotoOfPerson]:
    """The photos with what has to be known before they are filed. Reads all records of the archive once.

    Args:
        photos: Each with its person.
        archive: Where they are to be filed.
        rule: Portraits of the station that never leave it do not count.
        own_id: Returns the id of these people that another spelling means.
        as_listed: Returns the record with such an id where that is sure to be the same person.

    Raises:
        ArchiveError: The archive cannot be read.
    """
    filed, newest = dict[str, set[str]](), dict[str, str]()
    for record in archive.records():
        if not isinstance(record, Record):
            continue
        record = as_listed(record)
        if record.source is not None:
            now = "" if record.subject is None else record.subject.id
            first = own_id(record.assignments[0].from_id or "") if record.assignments else now
            filed.setdefault(first, set()).add(record.source.sha256)
        elif record.subject is not None and not rule.left_out_as(record):
            newest.setdefault(record.subject.id, record.id)
    deleted_at = {own_id(one.subject): one.deleted_at for one in read_deletions(archive.folder)}
    return [
        PhotoOfPerson(
            photo.source,
            photo.target,
            subject=subject,
            filed_sha256=frozenset(filed.get(subject.id, ())),
            newest_taken=newest.get(subject.id, ""),
            deleted_at=deleted_at.get(subject.id),
        )
        for photo, subject in photos
    ]


def file_photo(photo: Photo, options: CleaningOptions) -> Outcome:
    """Make a photo's portrait and save it in the archive as a capture of its person, dated as the photo.

    A portrait that needs a review is not kept until somebody says so. A photo is skipped that is in the archive
    already, that is not older than a portrait which the station took, or whose person was deleted since.
    Reentrant; each thread opens its own segmenter once.

    Raises:
        ModelError, ConfigError: No segmenter can be opened, so no photo can be cleaned.
        DiskFull, ArchiveError: The archive cannot be written.
    """
    assert isinstance(photo, PhotoOfPerson)
    if photo.is_raw:
        return Outcome(photo.source, "failed", (RAW_PHOTO,))
    started_at = datetime.now().astimezone()
    try:
        with contextlib.ExitStack() as until_written, open(photo.source, "rb") as file:
            data = file.read()
            sha256 = hashlib.sha256(data).hexdigest()
            if sha256 in photo.filed_sha256:
                return Outcome(photo.source, "skipped")
            modified_at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime).astimezone()
            taken_at = min(exposed_at(data) or modified_at, started_at)
            if reason := _superseded(photo, taken_at):
                return Outcome(photo.source, "skipped", (reason,))
            made = cleaned(io.BytesIO(data), options, until_written)
            if made.verdict != "refused":
                # The record is UTF-8, which the name may not be.
                name = PurePath(photo.source).name.encode(errors="backslashreplace").decode()
                _save(photo, made, taken_at, SourceRecord(name=name, sha256=sha256), options)
    except (ModelError, ConfigError, ArchiveError):
        raise
    except Exception as error:  # One unexpectedly bad photo must not stop the others.
        return Outcome(photo.source, "failed", (str(error) or repr(error),))
    return Outcome(photo.source, made.verdict, made.reasons, made.shape)


def _superseded(photo: PhotoOfPerson, taken_at: datetime) -> str:
    """Why a photo of this time is not filed; empty where it is."""
    whose = photo.subject.id
    if photo.newest_taken and photo.newest_taken < names.first_id(taken_at):
        return f"the station has taken a portrait of {whose}, and this photo is not older"
    if photo.deleted_at is not None and taken_at <= photo.deleted_at:
        return f"all pictures of {whose} were deleted on {photo.deleted_at:%Y-%m-%d}; delete this photo, too"
    return ""


def _save(
    photo: PhotoOfPerson, made: Cleaned, taken_at: datetime, source: SourceRecord, options: CleaningOptions
) -> None:
    verdict: Literal["ok", "review"] = "ok" if made.verdict == "ok" else "review"
    measures = made.portrait.measures
    flaws = (*measures.flaws, Flaw("photo-doubtful")) if made.doubts else measures.flaws
    measures = replace(measures, verdict=verdict, reasons=(*made.doubts, *measures.reasons), flaws=flaws)
    height, width = made.upright_rgb.shape[:2]
    preset, segmenter = options.portrait.geometry, networks_of_thread(options.segmentation)[0].info
    circumstances = Circumstances(
        camera=CameraRecord(kind="photo", name="photo", size_wh=(width, height), fps=0, pixel_format=""),
        segmenter=SegmenterRecord(
            kind=segmenter.kind, model=segmenter.model, sha256=segmenter.sha256, runtime=segmenter.runtime
        ),
        preset=options.portrait.preset,
        preset_px=None if preset is None else preset.pixels_wh,
        preset_ranges=(
            None if preset is None else PresetRanges(eye_line=preset.eye_lines, head_height=preset.head_heights)
        ),
        gains=None if options.correction is None else options.correction.gains,
        subject=photo.subject,
        source=source,
        timings_ms={},
    )
    with contextlib.closing(Archive.open(options.archive)) as archive:
        if _is_there(archive, photo, taken_at, source):
            return
        archive.check_space((width, height))
        with archive.begin(made.upright_rgb, taken_at) as pending:
            kept = verdict == "ok" or options.portrait.gate == "off"
            pending.finish(replace(made.portrait, measures=measures), circumstances, kept)


def _is_there(archive: Archive, photo: PhotoOfPerson, taken_at: datetime, source: SourceRecord) -> bool:
    """Whether a worker has filed the photo in this run and died before it said so."""
    first = names.first_id(taken_at)
    same_time = takewhile(lambda capture_id: capture_id.startswith(first), archive.ids(before=f"{first}~"))
    found = (archive.find(capture_id) for capture_id in same_time)
    return any(
        isinstance(one, Record) and one.source == source and one.subject and one.subject.id == photo.subject.id
        for one in found
    )
