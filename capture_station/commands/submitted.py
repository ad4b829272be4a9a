"""Submitted photos get their people's file names, also where the roster has changed since an earlier run."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from capture_station.commands.submitted_table import Earlier
from capture_station.errors import NotPermitted
from capture_station.export.file_names import Names, file_key, safe_name
from capture_station.export.template import filled, filled_or_id, person_values
from capture_station.masking import shown_file
from capture_station.photos.cleaning import Outcome
from capture_station.photos.discovery import RESULT_SUFFIXES, Photo
from capture_station.photos.locations import readable_path
from capture_station.photos.store import store_of
from capture_station.subjects.filename_match import FilenameMatch
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject

_NOBODY = ""
"""Owns the files of which no table tells whose they are."""


@dataclass(frozen=True, slots=True)
class Submission:
    """Photos whose person is known and may be photographed, and what to tell about the others."""

    photos: list[Photo]
    people: Mapping[str, Subject]
    """By the photo's path or URL."""
    left_out: list[Outcome]
    doubts: Mapping[str, str]
    """Why nobody knows which photo is whose, by the id of everybody whom these photos may show."""


def require_known_places(template: str, roster: Roster) -> None:
    """Check ``export.name`` before any work.

    Raises:
        ConfigError: The template has an unknown place.
    """
    known = {"subject", "name", "given", "family", "n", *(title for subject in roster for title in subject.columns)}
    filled(template, dict.fromkeys(known, ""), "export.name")


def file_stems(roster: Roster, template: str, earlier: Earlier) -> dict[str, str]:
    """The name of everybody's portrait, without suffix, by id. Nobody gets a name that somebody else's portrait has.

    Who has one from an earlier run keeps it, unless the template or the person's name gives another one now.

    Args:
        roster: The people; ``{n}`` is their place on it.
        template: As ``export.name``, with known places.
        earlier: What earlier runs have left.
    """
    names = Names()
    kept = dict[str, str]()
    for owner, row in earlier.rows.items():
        stem = PurePath(row.file).stem
        if stem and names.claim(stem, owner) == stem:
            kept[owner] = stem
    wanted = {one.id: _stem(template, one, str(number)) for number, one in enumerate(roster, 1)}
    # A name that is an id tells whose the file is.
    owned = {*map(file_key, kept.values()), *(file_key(stem) for owner, stem in wanted.items() if stem == owner)}
    for file in earlier.files | earlier.in_review:
        if file_key(stem := PurePath(file).stem) not in owned:
            names.claim(stem, _NOBODY)
    return {
        one.id: kept[one.id] if _is_named(kept.get(one.id, ""), template, one) else names.claim(wanted[one.id], one.id)
        for one in roster
    }


def by_name(
    photos: Sequence[Photo],
    roster: Roster,
    stem_of: Mapping[str, str],
    output: str,
    review_to: str | None,
    folders: bool = False,
) -> Submission:
    """Match photos to people. A photo that may be of several people, and several photos of one person, match nobody.

    A photo of somebody who must not be photographed is refused.

    Args:
        photos: Their places in the output folders are replaced.
        roster: The people.
        stem_of: As ``file_stems``.
        output: Path or URL of the output folder.
        review_to: The same of the folder for portraits that need a review; None if they stay with the others.
        folders: Whether the name of a photo's folder says whom it shows, and not its own.
    """
    match = FilenameMatch(roster)
    found = {photo.source: match.find(_name(readable_path(photo.source), folders)) for photo in photos}
    photos_of = defaultdict[str, list[str]](list)
    for source, people in found.items():
        if len(people) == 1:
            photos_of[people[0].id].append(source)
    doubts = {one: _several(sources, folders) for one, sources in photos_of.items() if len(sources) > 1}
    matched, left_out = list[Photo](), list[Outcome]()
    for photo in photos:
        people = found[photo.source]
        if len(people) == 1 and people[0].refused:
            places = [f"{folder}/{stem_of[people[0].id]}" for folder in (output, review_to) if folder is not None]
            left_out.append(Outcome(photo.source, "refused", tuple(_not_permitted(people[0], places))))
        elif reason := _doubt(photo, people, photos_of, match, folders):
            left_out.append(Outcome(photo.source, "unmatched", (reason,)))
            if len(people) > 1:
                doubt = f"{readable_path(photo.source).name} may be {_either(people)}"
                doubts |= {one.id: "; ".join(filter(None, (doubts.get(one.id), doubt))) for one in people}
        else:
            stem = stem_of[people[0].id]
            apart = None if review_to is None else f"{review_to}/{stem}"
            matched.append(Photo(photo.source, f"{output}/{stem}", apart))
    return Submission(matched, {photo.source: found[photo.source][0] for photo in matched}, left_out, doubts)


def _stem(template: str, subject: Subject, number: str) -> str:
    return safe_name(filled_or_id(template, {**person_values(subject), "n": number})[0])


def _is_named(stem: str, template: str, subject: Subject) -> bool:
    """Whether the template gives this name, with whatever place on the roster and number behind it."""
    stems = (_stem(template, subject, number) for number in re.findall(r"\d+", stem) or ("",))
    return any(re.fullmatch(f"{re.escape(one)}(-[0-9]+)?", stem) for one in stems)


def _name(photo: PurePath, folders: bool) -> str:
    return photo.parent.name if folders else photo.stem


def _not_permitted(subject: Subject, places: Sequence[str]) -> Iterator[str]:
    """Why there is no portrait, and which ones there are from before the permission was withdrawn."""
    yield str(NotPermitted(", ".join(filter(None, (subject.name, subject.id))), subject.refused))
    for result in (place + suffix for place in places for suffix in RESULT_SUFFIXES.values()):
        if store_of(result).exists(result):
            yield f"delete {shown_file(result)}, which an earlier run has made"


def _either(people: Sequence[Subject]) -> str:
    return " or ".join(one.id for one in people)


def _several(sources: Sequence[str], folders: bool) -> str:
    named = "lie in folders that are named after" if folders else "are named after"
    return f"{' and '.join(readable_path(source).name for source in sources)} {named} this person; keep one photo"


def _doubt(
    photo: Photo, people: Sequence[Subject], photos_of: Mapping[str, Sequence[str]], match: FilenameMatch, folders: bool
) -> str:
    advice = f"rename the {'folder' if folders else 'photo'} to the ID"
    if not people:
        return f"{match.doubt(_name(readable_path(photo.source), folders))}; {advice}"
    if len(people) > 1:
        return f"this may be {_either(people)}; {advice}"
    if others := [other for other in photos_of[people[0].id] if other != photo.source]:
        named = "in a folder that is named after" if folders else "named after"
        return f"{readable_path(others[0]).name} is {named} the same person; keep one photo of {people[0].id}"
    return ""
