"""Names that become file names are divided as the roster says, and by a rule that knows when it guesses."""

from __future__ import annotations

import pytest

from capture_station.subjects.name_parts import NameParts, divided_name


@pytest.mark.parametrize(
    ("name", "columns", "parts"),
    [
        ("Ada Lovelace", {}, NameParts("Ada", "Lovelace", True)),
        ("Lovelace, Ada", {}, NameParts("Ada", "Lovelace", True)),
        ("García López, Juan Carlos", {}, NameParts("Juan Carlos", "García López", True)),
        ("Juan García López", {}, NameParts("Juan García", "López", False)),
        ("Juan García López", {"Nombre": "J", "Apellidos": "García López"}, NameParts("", "García López", True)),
        ("Ludwig van Beethoven", {}, NameParts("Ludwig", "van Beethoven", False)),
        ("Juan García López", {"Vorname": "Juan", "Nachname": "García López"}, NameParts("Juan", "García López", True)),
        ("Juan García López", {"given": "Juan", "Vorname": "J."}, NameParts("Juan", "", True)),
        ("Madonna", {}, NameParts("", "Madonna", True)),
        ("", {}, NameParts("", "", True)),
    ],
)
def test_a_name_is_divided(name: str, columns: dict[str, str], parts: NameParts) -> None:
    assert divided_name(name, columns) == parts
