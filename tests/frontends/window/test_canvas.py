from __future__ import annotations

from collections.abc import Iterator

import pytest

from capture_station.frontends.window.scene import Action

pytest.importorskip("pygame", reason="the window needs pygame-ce (extra [kiosk])")

import pygame

from capture_station.frontends.window.canvas import Canvas


@pytest.fixture
def canvas() -> Iterator[Canvas]:
    with Canvas("dummy") as canvas:
        canvas.open(False, (320, 240), "test")
        canvas.presses()
        yield canvas


@pytest.mark.parametrize(
    ("key", "modifiers", "action"),
    [
        (pygame.K_SPACE, 0, Action.CAPTURE),
        (pygame.K_RETURN, 0, Action.CAPTURE),
        (pygame.K_r, 0, Action.RETAKE),
        (pygame.K_k, 0, Action.KEEP),
        (pygame.K_v, 0, Action.VIEW),
        (pygame.K_g, 0, Action.GUIDE),
        (pygame.K_i, 0, Action.FPS),
        (pygame.K_f, 0, Action.FULL_SCREEN),
        (pygame.K_ESCAPE, 0, Action.LEAVE),
        (pygame.K_q, 0, Action.LEAVE),
        (pygame.K_q, pygame.KMOD_LCTRL, Action.QUIT),
    ],
)
def test_keys(canvas: Canvas, key: int, modifiers: int, action: Action) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, mod=modifiers))
    assert canvas.presses()[0] == [action]


def test_closing_the_window_is_a_press_too(canvas: Canvas) -> None:
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert canvas.presses()[0] == [Action.QUIT]


def test_only_the_first_button_touches(canvas: Canvas) -> None:
    for button in (1, 2, 3, 4):
        pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=button, pos=(10, 20), touch=False))
    assert canvas.presses()[1] == [(10, 20)]


def test_full_screen_and_back(canvas: Canvas) -> None:
    canvas.open(True, (320, 240), "test")
    assert canvas.size_wh == canvas.screen_wh
    canvas.open(False, (320, 240), "test")
    assert canvas.size_wh == (320, 240)
