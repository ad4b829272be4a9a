"""Finds out by its heading which column of a roster has the ids, and which the names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from capture_station.config import SubjectColumns
from capture_station.errors import IdColumnUnknown, RosterError
from capture_station.subjects.heading_words import says_id
from capture_station.subjects.leaving_date import says_leaving
from capture_station.subjects.permission import says_permission
from capture_station.subjects.subject import folded


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Headings without case, accents, spaces and punctuation, in the languages of the station's texts.
_ID = _words("""
    id subject subjectid badge badgeid badgenumber card cardnumber student studentid studentnumber employeeid
    employeenumber employeeno personnelnumber pupilid userid
    personalnummer personalnr persnr pnr matrikelnummer matrikelnr matrnr matrikel mitarbeiternummer mitarbeiternr
    ausweisnummer ausweisnr kartennummer schulernummer schuelernummer
    matricule matricula legajo expediente matricola studentnummer personeelsnummer leerlingnummer
    nralbumu numeralbumu nrlegitymacji numerodealuno sicilno ogrencino
""")
_COUNTER = _words("""
    number nr no code barcode nummer numero codice numer numara
    lfdnr lfdnummer laufendenr laufendenummer serialno serialnumber rowno rownumber numerodordre ndordre n lp sirano
""")
"""Beside another id, such a column only counts the rows: the next list counts them anew."""
_NAME = _words("""
    name fullname displayname vollername vollstandigername nom nomcomplet nombre nombrecompleto nombreyapellidos
    nome nomecompleto nomecognome nomeecognome naam volledigenaam imieinazwisko adsoyad adisoyadi
""")
_GIVEN = _words("""
    given givenname givennames firstname first forename vorname vornamen rufname prenom prenoms nombres
    voornaam voornamen roepnaam imie imiona ad adi
""")
_FAMILY = _words("""
    family familyname lastname last surname nachname familienname zuname nomdefamille apellido apellidos
    cognome achternaam nazwisko sobrenome apelido soyad soyadi
""")
_GROUP = _words("""
    department dept class group course grade form team unit division section company organisation organization
    faculty school programme program role
    abteilung abt klasse gruppe kurs jahrgang bereich firma fakultat fakultaet studiengang
    departement service classe groupe promotion societe departamento clase grupo curso empresa turma
    reparto gruppo corso azienda afdeling klas groep bedrijf dzial klasa grupa oddzial wydzial
    bolum departman sinif grup sube sirket
""")
"""What a list may say beside the names of namesakes, as everybody at the booth reads it: nothing like a birth date."""
_NAME_OR_PART = frozenset({"name", "nom", "nombre", "nome", "naam"})
"""Beside a column with one part of the name, such a column has the other part."""


BY_HEADING = SubjectColumns()


@dataclass(frozen=True, slots=True)
class Places:
    """Which fields of a row are what; they count from 0."""

    id_at: int
    name_at: tuple[int, ...]
    """The fields that make the name, in this order."""
    given_at: int | None
    family_at: int | None
    namesakes_at: tuple[int, ...] = ()
    """The fields that may tell people of one name apart, best first."""
    permission_at: int | None = None
    """The field that says who may be photographed."""
    leaving_at: int | None = None
    """The field with the day on which somebody leaves."""


def find_columns(heading: Sequence[str], columns: SubjectColumns = BY_HEADING) -> Places:
    """The columns of a roster.

    Raises:
        IdColumnUnknown: The configuration names no column for the id, and the headings do not tell.
        RosterError: A column that the configuration names is not there, the one for the id is there twice, or several
            may say who may be photographed.
    """
    id_at = _id_column(heading, columns.id)
    given_at = _named(heading, columns.given, "given") if columns.given else _known(heading, _GIVEN)
    family_at = _named(heading, columns.family, "family") if columns.family else _known(heading, _FAMILY)
    name_at = _known(heading, _NAME)
    if name_at is not None and _plain(heading[name_at]) in _NAME_OR_PART and (given_at is None) != (family_at is None):
        given_at, family_at, name_at = _both(given_at, family_at, name_at)
    if columns.name:
        places = _named_together(heading, columns.name)
    else:
        places = [name_at] if name_at is not None else [place for place in (given_at, family_at) if place is not None]
    if columns.namesakes:
        namesakes_at = _named_together(heading, columns.namesakes)
    else:
        namesakes_at = [place for place, title in enumerate(heading) if _plain(title) in _GROUP]
    permission_at = _permission(heading, columns.permission)
    if columns.leaving:
        leaving_at: int | None = _named(heading, columns.leaving, "leaving")
    else:
        leaving_at = next((place for place, title in enumerate(heading) if says_leaving(title)), None)
    return Places(id_at, tuple(places), given_at, family_at, tuple(namesakes_at), permission_at, leaving_at)


def name_part(columns: Mapping[str, str], family: bool) -> str:
    """The given or the family name in a row, by its headings; empty where no column has it."""
    known = _FAMILY if family else _GIVEN
    headings = ("family" if family else "given", *columns)
    return next((columns[title] for title in headings if _plain(title) in known and title in columns), "")


def _both(given_at: int | None, family_at: int | None, other_at: int) -> tuple[int, int, None]:
    """German lists have ``Name`` and ``Vorname``, Spanish ones ``Nombre`` and ``Apellidos``."""
    return (other_at if given_at is None else given_at), (other_at if family_at is None else family_at), None


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]+", "", folded(heading))


def _known(heading: Sequence[str], names: Collection[str]) -> int | None:
    """The first column whose heading is one of these names, of which earlier ones come first."""
    titles = [_plain(title) for title in heading]
    return next((titles.index(name) for name in names if name in titles), None)


def _id_column(heading: Sequence[str], wanted: str) -> int:
    if wanted:
        titles = [title.casefold() for title in heading]
        if wanted.casefold() in titles:
            return _only(heading, titles.index(wanted.casefold()), titles)
        raise RosterError(
            f"the roster has no column {wanted!r}; set subjects.columns.id to one of: {', '.join(heading)}"
        )
    titles = [_plain(title) for title in heading]
    by_words = [at for at, title in enumerate(heading) if titles[at] not in _COUNTER and says_id(title)]
    if (place := _known(heading, _ID)) is not None:
        return _only(heading, place, titles)
    if len(by_words) == 1:
        return by_words[0]
    if (place := _known(heading, _COUNTER)) is not None:
        return _only(heading, place, titles)
    missing = "several columns that may be the id" if by_words else "no column that is known as an id"
    choices = [heading[at] for at in by_words] or [title for title in heading if title]
    raise IdColumnUnknown(f"the roster has {missing}; set subjects.columns.id to one of: {', '.join(choices)}", choices)


def _only(heading: Sequence[str], place: int, titles: Sequence[str]) -> int:
    """This column, if no other has the same title."""
    if (count := titles.count(titles[place])) > 1:
        raise RosterError(f"the roster has the column {heading[place]!r} {count} times; the id needs one")
    return place


def _permission(heading: Sequence[str], wanted: str) -> int | None:
    if wanted:
        return _named(heading, wanted, "permission")
    places = [place for place, title in enumerate(heading) if says_permission(title)]
    if len(places) > 1:
        raise RosterError(
            "the roster has several columns that may say who may be photographed; set subjects.columns.permission to "
            f"one of: {', '.join(heading[place] for place in places)}"
        )
    return places[0] if places else None


def _named(heading: Sequence[str], wanted: str, setting: str) -> int:
    titles = [title.casefold() for title in heading]
    if wanted.casefold() not in titles:
        raise RosterError(
            f"the roster has no column {wanted!r}; set subjects.columns.{setting} to one of: {', '.join(heading)}"
        )
    return titles.index(wanted.casefold())


def _named_together(heading: Sequence[str], wanted: str) -> list[int]:
    titles = [title.casefold() for title in heading]
    names = [wanted.casefold()] if wanted.casefold() in titles else wanted.casefold().split()
    if missing := [name for name in names if name not in titles]:
        raise RosterError(f"the roster has no column {missing[0]!r}; its columns are: {', '.join(heading)}")
    return [titles.index(name) for name in names]
