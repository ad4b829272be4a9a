"""A scanner that types like a keyboard, and a person who does too."""

from __future__ import annotations

import string

import pytest

from capture_station.subjects.keyboard_wedge import GAP_S, LONGEST_CODE, Code, Key, KeyboardWedge


def typed(wedge: KeyboardWedge, keys: list[str], gap_s: float, at_s: float = 10.0) -> list[Code | Key]:
    """Everything that comes of these keystrokes, and of the silence after them."""
    clear: list[Code | Key] = []
    for key in keys:
        clear += wedge.press(key, at_s)
        at_s += gap_s
    return clear + wedge.tick(at_s + 1)


@pytest.mark.parametrize("gap_s", [0.0, 0.005, 0.03])
@pytest.mark.parametrize("code", ["FQ-20417", "123", string.ascii_letters + string.digits, "müller 7", "  spaced "])
def test_a_scanned_code_is_one_code_and_no_keystroke(code: str, gap_s: float) -> None:
    assert typed(KeyboardWedge(), [*code, "enter"], gap_s) == [Code(code)]


@pytest.mark.parametrize("end", [["tab"], ["enter", "enter"], ["enter", "ctrl+j"], ["tab", "enter"]])
def test_whatever_a_scanner_ends_with_is_no_keystroke_of_a_person(end: list[str]) -> None:
    assert typed(KeyboardWedge(), [*"FQ-7", *end, *"FQ-8", *end], 0.005) == [Code("FQ-7"), Code("FQ-8")]


def test_an_enter_of_a_person_after_a_code_counts() -> None:
    wedge = KeyboardWedge()
    assert typed(wedge, [*"FQ-7", "enter"], 0.005) == [Code("FQ-7")]
    assert typed(wedge, ["enter"], 0.2, at_s=12.0) == [Key("enter")]


def test_two_codes_in_a_row_are_two() -> None:
    assert typed(KeyboardWedge(), [*"111", "enter", *"222", "enter"], 0.001) == [Code("111"), Code("222")]


def test_a_persons_keystrokes_come_through_one_by_one() -> None:
    keys = [" ", "k", "enter", "escape", "q"]
    assert typed(KeyboardWedge(), keys, 0.2) == [Key(key) for key in keys]


def test_two_fast_keystrokes_are_a_persons() -> None:
    assert typed(KeyboardWedge(), ["k", "r"], 0.02) == [Key("k"), Key("r")]


def test_a_keystroke_waits_no_longer_than_the_gap() -> None:
    wedge = KeyboardWedge()
    assert wedge.press("k", 5.0) == []
    assert wedge.tick(5.0 + GAP_S / 2) == []
    assert wedge.tick(5.0 + GAP_S * 1.01) == [Key("k")]


def test_a_code_that_is_cut_off_does_nothing() -> None:
    assert typed(KeyboardWedge(), list("FQ-2041"), 0.005) == []


def test_a_person_who_types_after_a_code_is_heard() -> None:
    wedge = KeyboardWedge()
    for key in "FQ-20417":
        assert wedge.press(key, 1.0) == []
    assert wedge.press("enter", 1.0) == [Code("FQ-20417")]
    assert wedge.press("k", 2.0) == []
    assert wedge.tick(3.0) == [Key("k")]


def test_keys_without_a_character_are_not_part_of_a_code() -> None:
    assert typed(KeyboardWedge(), ["shift", "A", "shift", "B", "C", "enter"], 0.005) == [Code("ABC")]


def test_a_stuck_key_is_dropped_and_fills_no_memory() -> None:
    wedge = KeyboardWedge()
    assert typed(wedge, ["x"] * (LONGEST_CODE * 10) + ["enter"], 0.001) == []
    assert typed(wedge, [*"A1B2", "enter"], 0.001, at_s=1e6) == [Code("A1B2")]
