"""A scanner that types like a keyboard, and a person who does too."""

from __future__ import annotations

import string

import pytest

from capture_station.subjects.keyboard_wedge import GAP_S, LATE_S, LONGEST_CODE, Code, CutOff, Key, KeyboardWedge


def typed(
    wedge: KeyboardWedge, keys: list[str], gap_s: float, at_s: float = 10.0, poll_s: float = 1 / 60
) -> list[Code | CutOff | Key]:
    """Everything that comes of these keystrokes, and of the silence after them, at a window that polls so often."""
    clear: list[Code | CutOff | Key] = []
    came_s = [at_s + gap_s * number for number in range(len(keys))]
    now_s, taken = at_s, 0
    while now_s < at_s + gap_s * len(keys) + 2:
        while taken < len(keys) and came_s[taken] <= now_s:
            clear += wedge.press(keys[taken])
            taken += 1
        clear += wedge.polled(now_s)
        now_s += poll_s
    return clear


@pytest.mark.parametrize("gap_s", [0.0, 0.005, 0.03])
@pytest.mark.parametrize("code", ["FQ-20417", "123", string.ascii_letters + string.digits, "müller 7", "  spaced "])
def test_a_scanned_code_is_one_code_and_no_keystroke(code: str, gap_s: float) -> None:
    assert typed(KeyboardWedge(), [*code, "enter"], gap_s) == [Code(code)]


@pytest.mark.parametrize("at_s", [10.0, 10.1, 10.2, 10.3])
@pytest.mark.parametrize("end", [["enter"], ["enter", "ctrl+j"], ["tab", "enter"]])
def test_a_window_that_polls_three_times_a_second_takes_a_scanner_for_no_person(end: list[str], at_s: float) -> None:
    wedge = KeyboardWedge()
    wedge.polled(10.0)
    assert typed(wedge, [*"020407", *end], 0.015, at_s, poll_s=1 / 3) == [Code("020407")]
    assert typed(wedge, ["k"], 0.5, at_s + 20, poll_s=1 / 3) == [Key("k")]


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
    assert wedge.press("k") == []
    assert wedge.polled(5.0) == []
    assert wedge.polled(5.0 + GAP_S / 2) == []
    assert wedge.polled(5.0 + GAP_S * 1.01) == [Key("k")]


def begin(wedge: KeyboardWedge, code: str, at_s: float, typing: bool = False) -> None:
    """A scanner's characters without the end, and the silence after them."""
    for key in code:
        assert wedge.press(key, typing) == []
    assert wedge.polled(at_s) == wedge.polled(at_s + 2 * GAP_S) == []


def test_a_code_whose_end_comes_late_counts() -> None:
    wedge = KeyboardWedge()
    begin(wedge, "FQ-20417", 30.0)
    assert wedge.press("enter") == [Code("FQ-20417")]
    assert wedge.polled(30.0 + LATE_S) == []


def test_a_code_that_is_cut_off_is_told_and_takes_no_picture() -> None:
    wedge = KeyboardWedge()
    assert typed(wedge, list("FQ-2041"), 0.005) == [CutOff()]
    assert typed(wedge, [*"FQ-20", "enter"], 0.005, at_s=20.0) == [Code("FQ-20")]
    assert typed(wedge, ["enter"], 0.5, at_s=32.0) == [Key("enter")]


def test_a_code_in_pieces_is_told_and_takes_no_picture() -> None:
    wedge = KeyboardWedge()
    begin(wedge, "FQ-2041", 30.0)
    assert wedge.press("7") == [CutOff()]
    assert wedge.press("enter") == []
    assert wedge.polled(30.2) == wedge.polled(30.9) == []
    assert typed(wedge, [*"FQ-20417", "enter"], 0.005, at_s=31.0) == [Code("FQ-20417")]


def test_a_key_that_somebody_holds_down_is_no_code() -> None:
    wedge = KeyboardWedge()
    assert typed(wedge, [" "] * 9, 0.03) == []
    assert typed(wedge, [" "], 0.5, at_s=20.0) == [Key(" ")]


def test_who_types_a_text_fast_and_ends_it_later_has_not_scanned() -> None:
    wedge = KeyboardWedge()
    begin(wedge, "ada", 30.0, typing=True)
    assert wedge.press("enter", typing=True) == []
    assert wedge.polled(30.2) == wedge.polled(31.0) == []  # The Enter ended the text; it is no command afterwards.


def test_a_person_who_types_after_a_code_is_heard() -> None:
    wedge = KeyboardWedge()
    for key in "FQ-20417":
        assert wedge.press(key) == []
    assert wedge.press("enter") == [Code("FQ-20417")]
    assert typed(wedge, ["k"], 0.5) == [Key("k")]


def test_keys_without_a_character_are_not_part_of_a_code() -> None:
    assert typed(KeyboardWedge(), ["shift", "A", "shift", "B", "C", "enter"], 0.005) == [Code("ABC")]


def test_a_stuck_key_is_dropped_and_fills_no_memory() -> None:
    wedge = KeyboardWedge()
    assert typed(wedge, ["x"] * (LONGEST_CODE * 10) + ["enter"], 0.001) == []
    assert typed(wedge, [*"A1B2", "enter"], 0.001, at_s=1e6) == [Code("A1B2")]
