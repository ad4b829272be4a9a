"""Submitted photos get their people's file names, and a table says whose photo came and whose did not."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from capture_station.errors import ArchiveError, NotPermitted
from capture_station.export.destination import Destination
from capture_station.export.file_names import Names, safe_name
from capture_station.export.template import filled, filled_or_id, person_values
from capture_station.masking import shown_file
from capture_station.photos.cleaning import Outcome
from capture_station.photos.discovery import RESULT_SUFFIXES, Photo
from capture_station.photos.store import store_of
from capture_station.spreadsheet_text import from_cell
from capture_station.subjects.filename_match import FilenameMatch
from capture_station.subjects.people_table import people_csv
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject

TABLE = "people.csv"
NOT_PERMITTED = "not permitted"
"""The result of who must not be photographed, with or without a photo."""
_MADE = ("ok", "review", "skipped")
"""The results of who has a portrait."""


@dataclass(frozen=True, slots=True)
class Submission:
    """Photos whose person is known and may be photographed, and what to tell about the others."""

    photos: list[Photo]
    people: Mapping[str, Subject]
    """By the photo's path or URL."""
    left_out: list[Outcome]


def by_name(
    photos: Sequence[Photo], roster: Roster, template: str, output: str, review_to: str | None, folders: bool = False
) -> Submission:
    """Match photos to people. A photo that may be of several people, and several photos of one person, match nobody.

    A photo of somebody who must not be photographed is refused.

    Args:
        photos: Their places in the output folders are replaced.
        roster: The people.
        template: As ``export.name``.
        output: Path or URL of the output folder.
        review_to: The same of the folder for portraits that need a review; None if they stay with the others.
        folders: Whether the name of a photo's folder says whom it shows, and not its own.

    Raises:
        ConfigError: The template has an unknown place.
    """
    match = FilenameMatch(roster)
    found = {photo.source: match.find(_name(PurePath(photo.source), folders)) for photo in photos}
    photos_of = defaultdict[str, list[str]](list)
    for source, people in found.items():
        if len(people) == 1:
            photos_of[people[0].id].append(source)
    names = Names()
    known = {"subject", "name", "given", "family", "n", *(title for subject in roster for title in subject.columns)}
    filled(template, dict.fromkeys(known, ""), "export.name")
    # In the roster's order, so that the same person has the same name again when more photos have come.
    stem_of = {
        one.id: names.claim(safe_name(filled_or_id(template, {**person_values(one), "n": str(number)})[0]), one.id)
        for number, one in enumerate(roster, 1)
    }
    matched, left_out = list[Photo](), list[Outcome]()
    for photo in photos:
        people = found[photo.source]
        if len(people) == 1 and people[0].refused:
            places = [f"{folder}/{stem_of[people[0].id]}" for folder in (output, review_to) if folder is not None]
            left_out.append(Outcome(photo.source, "refused", tuple(_not_permitted(people[0], places))))
        elif reason := _doubt(photo, people, photos_of, match, folders):
            left_out.append(Outcome(photo.source, "unmatched", (reason,)))
        else:
            stem = stem_of[people[0].id]
            apart = None if review_to is None else f"{review_to}/{stem}"
            matched.append(Photo(photo.source, f"{output}/{stem}", apart))
    return Submission(matched, {photo.source: found[photo.source][0] for photo in matched}, left_out)


@dataclass(frozen=True, slots=True)
class Table:
    """What the written table says that the outcomes of this run do not."""

    missing: int
    """People without a portrait who may be photographed."""
    to_review: list[str]
    """Paths or URLs of photos that this run skipped and whose portraits need a review since an earlier run."""
    misshapen: list[str]
    """The same of those whose portraits are not in the preset's shape."""
    smaller: list[str]
    """The same of those whose portraits have fewer pixels than the preset."""


def write_table(
    destination: Destination,
    roster: Roster,
    submission: Submission,
    outcomes: Iterable[Outcome],
    suffix: str,
) -> Table:
    """Write who is on the roster, whose photo came, and what became of it.

    Those who must not be photographed are listed and not counted. A photo that an earlier run has cleaned keeps what
    the earlier table says about its portrait, and one that this run did not reach keeps its row.

    Args:
        suffix: Of the portraits' files.

    Raises:
        DiskFull, ArchiveError: The table cannot be written, or another file has its name.
    """
    earlier = _rows(destination.read(TABLE))
    photo_of = {submission.people[photo.source].id: photo for photo in submission.photos}
    outcome_of = {outcome.source: outcome for outcome in outcomes}
    files, photos, results, shapes, reasons = (dict[str, str]() for _ in range(5))
    table = Table(0, [], [], [])
    missing = 0
    for subject in roster:
        photo = photo_of.get(subject.id)
        outcome = None if photo is None else outcome_of.get(photo.source)
        result, shape, reason = "missing", "", ""
        if outcome is not None:
            result, shape, reason = outcome.verdict, outcome.shape, "; ".join(outcome.reasons)
        elif photo is not None:
            result, shape, reason = earlier.get(subject.id, (result, shape, reason))
        if photo is not None and outcome is not None and result == "skipped":
            # Its portrait may be newer than an earlier row that tells of none.
            before = earlier.get(subject.id, ("", "", ""))
            result, shape, reason = before if before[0] in _MADE else ("skipped", "", "")
            if photo.review_target is not None and result in ("review", "skipped"):
                # Somebody who has looked at it moves it to the others.
                result, reason = ("review", reason) if outcome.reviewed_before else ("ok", "")
            table.to_review.extend([photo.source] if result == "review" else [])
            table.misshapen.extend([photo.source] if shape == "other" else [])
            table.smaller.extend([photo.source] if shape == "smaller" else [])
        made = photo is not None and result in _MADE
        if subject.refused:
            result = NOT_PERMITTED
        missing += not made and not subject.refused
        target = (
            "" if photo is None else photo.review_target if result == "review" and photo.review_target else photo.target
        )
        files[subject.id] = PurePath(target).name + suffix if made else ""
        photos[subject.id] = "" if photo is None else PurePath(photo.source).name
        results[subject.id] = result
        shapes[subject.id] = shape if made else ""
        reasons[subject.id] = reason
    further = {"file": files, "photo": photos, "result": results, "shape": shapes, "reason": reasons}
    destination.write(TABLE, b"".join(people_csv(roster, roster, further)))
    return replace(table, missing=missing)


def _rows(data: bytes | None) -> dict[str, tuple[str, str, str]]:
    """Result, shape and reason by the id of who might be photographed.

    A table of an older version has neither shapes nor reasons.
    """
    if data is None:
        return {}
    try:
        text = data.decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if text.startswith("id;") else ",")
        return {
            from_cell(row["id"]): (row["result"], row.get("shape") or "", from_cell(row.get("reason") or ""))
            for row in rows
            if row["result"] not in (NOT_PERMITTED, None)
        }
    except (UnicodeDecodeError, csv.Error, KeyError) as error:
        raise ArchiveError(f"{TABLE} in the output folder is not one of capture-station; move it away") from error


def _name(photo: PurePath, folders: bool) -> str:
    return photo.parent.name if folders else photo.stem


def _not_permitted(subject: Subject, places: Sequence[str]) -> Iterator[str]:
    """Why there is no portrait, and which ones there are from before the permission was withdrawn."""
    yield str(NotPermitted(", ".join(filter(None, (subject.name, subject.id))), subject.refused))
    for result in (place + suffix for place in places for suffix in RESULT_SUFFIXES.values()):
        if store_of(result).exists(result):
            yield f"delete {shown_file(result)}, which an earlier run has made"


def _doubt(
    photo: Photo, people: Sequence[Subject], photos_of: Mapping[str, Sequence[str]], match: FilenameMatch, folders: bool
) -> str:
    advice = f"rename the {'folder' if folders else 'photo'} to the ID"
    if not people:
        return f"{match.doubt(_name(PurePath(photo.source), folders))}; {advice}"
    if len(people) > 1:
        return f"this may be {' or '.join(one.id for one in people)}; {advice}"
    if others := [other for other in photos_of[people[0].id] if other != photo.source]:
        named = "in a folder that is named after" if folders else "named after"
        return f"{PurePath(others[0]).name} is {named} the same person; keep one photo of {people[0].id}"
    return ""
