"""A line of any script is drawn in the right order, and broken where its script allows."""

from __future__ import annotations

import unicodedata

import pytest
from PIL import ImageFont

from capture_station.text_runs import runs, runs_leftward, wrapped
from capture_station.typefaces import in_inter, inter, missing_letters


def drawn(text: str) -> list[str]:
    """What stands where, from the left; a run that is read from right to left in arrows."""
    return [f"<{run.text}<" if run.leftward else run.text for run in runs(text) if run.text.strip()]


def test_a_latin_line_is_one_run_in_inter() -> None:
    assert [(run.text, run.face) for run in runs("Größe: 3,5 cm Łódź, Ελλάδα")] == [
        ("Größe: 3,5 cm Łódź, Ελλάδα", inter())
    ]


@pytest.mark.parametrize("bold", [False, True])
def test_inter_has_every_letter_that_is_drawn_in_it(bold: bool) -> None:
    font = ImageFont.truetype(str(inter(bold).file), 40)
    box = bytes(font.getmask("\U0010ffff"))  # What is drawn for a character that a font lacks.
    letters = (char for char in map(chr, range(0x2100)) if unicodedata.category(char).startswith("L"))
    assert [char for char in letters if in_inter(char) and bytes(font.getmask(char)) == box] == []
    assert all(map(in_inter, "ÄžŁığΆЯѓẞễ"))
    assert not in_inter("Ա")


def test_numbers_and_ids_keep_their_direction_in_an_arabic_line() -> None:
    assert "".join(drawn("تم حفظ FQ-204 (12 من 40)")).replace(" ", "") == "<)<40<من<12<(<FQ-204<حفظ<<تم<"


def test_an_arabic_name_keeps_its_direction_in_a_latin_line() -> None:
    texts = drawn("Saved: محمد الفاتح (20417)")
    assert texts[0] == "Saved: "
    assert texts[-1].strip() == "(20417)"
    assert [text.strip("< ") for text in texts[1:-1]] == ["الفاتح", "محمد"]


@pytest.mark.parametrize(
    ("text", "leftward"), [("محمد 20417", True), ("20417, محمد", True), ("FQ محمد", False), ("12, 3", False)]
)
def test_the_first_letter_tells_where_a_line_begins(text: str, leftward: bool) -> None:
    assert runs_leftward(text) is leftward


def test_letters_of_arabic_are_joined() -> None:
    assert {run.script for run in runs("محمد الفاتح") if run.text.strip()} == {"Arab"}


@pytest.mark.parametrize("name", ["علی\u200cپور", "श्\u200dवेता", "\u200fמשה", "Anna\ufeff"])
def test_what_shapes_a_word_does_not_divide_it(name: str) -> None:
    assert [run.text for run in runs(name)] == [name]


def test_what_shows_nothing_itself_chooses_no_typeface() -> None:
    assert [run.face for run in runs("Anna\ufeff")] == [inter()]


def test_only_letters_that_no_typeface_has_are_missing() -> None:
    """Fontconfig is asked again for what its first proposal lacks."""
    assert missing_letters(["Größe", "Ελλάδα", "Anna\u200d\ufeff \u3000"]) == frozenset()
    assert missing_letters(["Ada \u2fe0", "محمد \u2fe1", "Łoś"]) == {"\u2fe0", "\u2fe1"}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Look into the camera", ["Look", "into the", "camera"]),
        ("请看镜头、嘴巴闭合。", ["请看镜头、嘴巴闭", "合。"]),
        ("ここで「撮影」を押す", ["ここで「撮影」を", "押す"]),
        ("变小成“证件照片”", ["变小成“证件照", "片”"]),
        ("头部小成“证件照”。", ["头部小成“证件", "照”。"]),
        ("请您先查看ID“证件”", ["请您先查看ID", "“证件”"]),
        ("„ab cd“ („e“)", ["„ab cd“", "(„e“)"]),
        ("unverwechselbar ja", ["unverwechselbar", "ja"]),
        ("a\nb", ["a", "b"]),
        ("", [""]),
    ],
)
def test_lines_break_between_words_or_characters_but_not_before_a_closing_mark(text: str, lines: list[str]) -> None:
    assert wrapped(text, 8, len) == lines
