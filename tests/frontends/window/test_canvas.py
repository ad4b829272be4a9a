from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("pygame", reason="the window needs pygame-ce (extra [kiosk])")

import pygame

from capture_station.frontends.window.canvas import Canvas


@pytest.fixture
def canvas() -> Iterator[Canvas]:
    with Canvas("dummy") as canvas:
        canvas.open(False, (320, 240), "test")
        canvas.input()
        yield canvas


@pytest.mark.parametrize(
    ("key", "modifiers", "character", "name"),
    [
        (pygame.K_SPACE, 0, " ", " "),
        (pygame.K_RETURN, 0, "\r", "enter"),
        (pygame.K_KP_ENTER, 0, "\r", "enter"),
        (pygame.K_r, 0, "r", "r"),
        (pygame.K_r, pygame.KMOD_LSHIFT, "R", "R"),
        (pygame.K_7, pygame.KMOD_LSHIFT, "/", "/"),
        (pygame.K_ESCAPE, 0, "\x1b", "escape"),
        (pygame.K_F11, 0, "", "f11"),
        (pygame.K_q, pygame.KMOD_LCTRL, "\x11", "ctrl+q"),
    ],
)
def test_keys_are_characters_or_names(canvas: Canvas, key: int, modifiers: int, character: str, name: str) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, mod=modifiers, unicode=character))
    if character.isprintable():
        pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text=character))
    assert canvas.input().keys == [name]


def test_shift_and_its_like_are_no_keystrokes(canvas: Canvas) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_LSHIFT, mod=0, unicode=""))
    assert canvas.input().keys == []


def test_closing_the_window_is_a_key_too(canvas: Canvas) -> None:
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert canvas.input().keys == ["ctrl+q"]


def test_only_the_first_button_touches(canvas: Canvas) -> None:
    for button in (1, 2, 3, 4):
        pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=button, pos=(10, 20), touch=False))
    assert canvas.input().points == [(10, 20)]


def test_no_line_begins_with_a_space_and_a_text_is_as_wide_as_its_longest_line(canvas: Canvas) -> None:
    two = canvas.text_wh("camera and", 30, 2000, bold=True)[0]
    # A word ends exactly at the width.
    width, height = canvas.text_wh("camera and smile", 30, two, bold=True, lines=True)
    assert width <= two + 1
    assert height == canvas.text_wh("camera and\nsmile", 30, 2000, bold=True, lines=True)[1]


def test_paragraphs_stay_paragraphs(canvas: Canvas) -> None:
    heights = [canvas.text_wh(text, 20, 500, lines=True)[1] for text in ("one", "one\ntwo", "one\n\ntwo")]
    assert heights[0] < heights[1] < heights[2]


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("محمد\u200f", "محمد"),
        ("\u200fמשה", "משה"),
        ("\u202bمحمد\u202c", "محمد"),
        ("\u2067משה\u2069", "משה"),
        ("张\u200b三", "张三"),
        ("Anna\ufeff", "Anna"),
        ("Ada \u2764\ufe0f", "Ada \u2764"),
        ("\u200b", ""),
    ],
)
def test_what_shows_nothing_itself_takes_no_room(canvas: Canvas, name: str, seen: str, lines: bool) -> None:
    assert canvas.text_wh(name, 35, 600, True, lines) == canvas.text_wh(seen, 35, 600, True, lines)


@pytest.mark.parametrize("name", ["علی\u200cپور", "श्\u200dवेता", "Ada \U0001f469\u200d\U0001f52c"])
def test_names_with_joiners_are_drawn(canvas: Canvas, name: str) -> None:
    canvas.fill((0, 0, 0))
    canvas.text((0, 0), name, 35, 320, (255, 255, 255), bold=True)
    assert canvas.pixels().max() > 200


def test_full_screen_and_back(canvas: Canvas) -> None:
    canvas.open(True, (320, 240), "test")
    assert canvas.size_wh == canvas.screen_wh
    canvas.open(False, (320, 240), "test")
    assert canvas.size_wh == (320, 240)
