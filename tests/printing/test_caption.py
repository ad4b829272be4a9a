"""A caption is legible and says who it is, however long the name."""

from __future__ import annotations

import pytest

from capture_station.printing.caption import LARGEST_PT, SMALLEST_PT, fitted

WIDTH_PT = 93.0
"""Below a portrait of 35 mm."""


def length(text: str, size_pt: float) -> float:
    """As in a typeface whose letters are all half as wide as they are high."""
    return len(text) * size_pt / 2


def test_a_short_caption_is_one_large_line() -> None:
    assert fitted("Ada Lovelace, 20417", WIDTH_PT, length) == (["Ada Lovelace, 20417"], LARGEST_PT)


def test_a_longer_one_is_a_little_smaller_before_it_is_two_lines() -> None:
    lines, size_pt = fitted("Alexandrina Weatherby, 20417", WIDTH_PT, length)
    assert (len(lines), size_pt) == (1, 6.5)
    lines, size_pt = fitted("Alexandrina Konstantinopoulou-Weatherby, 20417", WIDTH_PT, length)
    assert (lines, size_pt) == (["Alexandrina Konstantinopoulou-", "Weatherby, 20417"], SMALLEST_PT)
    assert fitted("\u5bff" * 40, WIDTH_PT, length)[0] == ["\u5bff" * 33, "\u5bff" * 7]


def test_no_comma_is_left_at_the_end_of_the_first_line() -> None:
    assert fitted("David Meier, 2026-11-30", 40.0, length)[0] == ["David Meier", "2026-11-30"]
    assert fitted("David Meier, 2026-11-30", WIDTH_PT, length)[0] == ["David Meier, 2026-11-30"]


def test_letters_become_a_little_smaller_before_a_word_breaks() -> None:
    lines, size_pt = fitted("Alexandrina Konstantinopoulou-Weatherby, 0000548800005", WIDTH_PT, length)
    assert (lines, size_pt) == (["Alexandrina Konstantinopoulou-", "Weatherby, 0000548800005"], SMALLEST_PT)
    assert fitted("Jörg Müller-Lüdenscheidt, 00005488", 60.0, length) == (
        ["Jörg Müller-", "Lüdenscheidt, 00005488"],
        5.0,
    )


@pytest.mark.parametrize(
    "name",
    [
        "Maximiliane-Alexandra von Hohenzollern-Sigmaringen-Weatherby-Smythe of Nowhere",
        "x" * 100,
        "x" * 20_000,
        "\u5bff\u9650\u7121" * 30,
    ],
)
def test_of_a_very_long_one_the_middle_is_left_out_and_the_id_stays(name: str) -> None:
    lines, size_pt = fitted(f"{name}, 20417", WIDTH_PT, length)
    assert (len(lines), size_pt) == (2, SMALLEST_PT)
    assert name.startswith(lines[0].removesuffix("\u2026"))
    assert lines[0].endswith("\u2026")
    assert lines[1].endswith(", 20417")
    assert all(length(line, size_pt) <= WIDTH_PT for line in lines)


def test_the_second_line_begins_with_a_word_where_there_is_one() -> None:
    name = "Maximiliane-Alexandra von Hohenzollern-Sigmaringen-Weatherby-Smythe of Nowhere"
    assert fitted(f"{name}, 20417", WIDTH_PT, length)[0][1] == "Smythe of Nowhere, 20417"


def test_no_room_at_all_is_no_error() -> None:
    assert fitted("Ada", 0.1, length)[0][0] == "\u2026"
