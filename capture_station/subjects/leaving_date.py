"""Finds the roster's column of leaving dates, and tells who has left."""

from __future__ import annotations

import re
from datetime import date

from capture_station.subjects.heading_words import word_set, words_of

_FILLERS = word_set("date datum data fecha tarih tarihi am zum des on of the de du del di da do dal le la")
_LEAVING = word_set("""
    austritt austritts ausgetreten ausgeschieden ausscheiden ausscheide ausscheidens abgang abgangs letzterarbeitstag
    letzterschultag
    leaving left leaver termination terminated exit departure departed separation offboarding withdrawal
    lastday lastworkingday lastdaywork lastdayemployment employmentend endemployment
    depart sortie radiation dernierjour dernierjourtravail
    baja salida cese egreso ultimodia ultimodiatrabajo
    uscita cessazione ultimogiorno ultimogiornolavoro
    uitdienst uitdiensttreding vertrek uitschrijving laatstewerkdag
    odejscia odejscie rozwiazaniaumowy zakonczeniapracy zakonczeniazatrudnienia ustaniazatrudnienia ostatnidzienpracy
    saida desligamento demissao rescisao
    ayrilis ayrilma istenayrilis istenayrilma istencikis cikis
""")
"""Headings without fillers, spaces and accents. The end of a contract is none of them: it may have been renewed."""
_FIRST_YEAR = 1971
"""Earlier dates, such as 1900-01-01, are what a database writes for none."""


def says_leaving(heading: str) -> bool:
    """Whether a column has the day on which somebody leaves: ``Austritt``, ``Leaving date``, ``Fecha de baja``."""
    words = (word.removesuffix("datum") for word in words_of(heading) if word not in _FILLERS)
    return "".join(words) in _LEAVING


def has_left(text: str, today: date) -> bool:
    """Whether a cell of that column is a day before today, which is the last day here.

    Where day and month may be meant the other way round, as in ``03/04/2026``, both ways have to be in the past.
    """
    found = re.fullmatch(r"(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})(?:[ T].*)?", text.strip())
    if found is None:
        return False
    first, separator, second, third = found.groups()
    if len(first) == 4:
        readings = [_day(first, second, third)]
    else:
        readings = [_day(third, second, first)]
        if separator != ".":
            readings.append(_day(third, first, second))
    days = [day for day in readings if day is not None]
    return bool(days) and all(day < today for day in days)


def _day(year: str, month: str, day: str) -> date | None:
    """The day of three numbers; None where there is no such day."""
    try:
        found = date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None
    return found if found.year >= _FIRST_YEAR else None
