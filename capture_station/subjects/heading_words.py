"""Tells by the words of a heading whether its column may have the ids: ``Schüler-Nr.`` and ``Registration Number``."""

from __future__ import annotations

import re

from capture_station.subjects.subject import folded


def words_of(heading: str) -> list[str]:
    """The words of a heading without case, accents and punctuation.

    ``SchülerID`` is two words, and so are ``Schülernummer`` and ``N° élève``, whose sign stands for ``no``.
    """
    divided = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", heading)
    spelled = re.sub(r"\bn[°.]", "no ", folded(divided).lower())
    return re.sub(r"(?<=[^\W\d_])(nummer|number|nr)\b", r" \1", re.sub(r"[\W_]+", " ", spelled)).split()


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


_ID = word_set("""
    id identifier identification identifiant identificador identificativo identyfikator ident
    no nr number num nummer numero numer numara numarasi code codigo codice kod kodu kennung kennzahl
    upn uln matricule matricula matricola matrikel legajo expediente
""")
_OF_SOMETHING_ELSE = word_set("""
    tel telephone telefon telefono telefone telefonu telefoon phone cell cellphone mobile mobil movil handy gsm portable
    celular telemovel komorka cep fax mail email whatsapp
    house haus huis domu kapi daire casa street strasse str rue calle via straat ulica address adresse
    post postal postale postleit postcode pocztowy posta plz zip cap area country land pays pais
    room raum zimmer salle sala aula lokaal kamer pokoju sali oda locker spind schliessfach casier seat sitz sitzplatz
    platz bus row reihe
    account konto konta compte cuenta conto conta rekening bank iban hesap tax steuer insurance versicherung
    versicherungs sozialversicherung sozialversicherungs pin
    school schul schule ecole escuela colegio scuola szkoly class klass klasse klassen course kurs grade form team
    group gruppe gruppen department abteilung abteilungs company firma
    parent parents guardian eltern mutter vater parental sibling siblings family
    photo photos foto fotos bild image picture video consent order of copies prints yes si
""")
"""Beside such a word, a number is a telephone's, a room's or a class's, counts copies, or is the half of a yes/no."""


def says_id(heading: str) -> bool:
    """Whether a word of the heading says id or number in one of nine languages, and none says of what else."""
    words = words_of(heading)
    return not _ID.isdisjoint(words) and _OF_SOMETHING_ELSE.isdisjoint(words)
