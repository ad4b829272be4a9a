"""The screen for nobody: when it begins, what ends it, and the language that a guest chooses."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_station.config import WindowSettings
from capture_station.frontends.window.appearance import problems
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.layout import arrange
from capture_station.frontends.window.palette import DEFAULT_ACCENT, LEGIBLE, WHITE, accent_of, contrast
from capture_station.frontends.window.scene import Action, Picked, Scene
from capture_station.locales.messages import Messages
from capture_station.station.status import Hint
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.looking import actions, look
from tests.frontends.window.running import running
from tests.frontends.window.test_drawing import canvas, shown

__all__ = ["canvas"]

ENGLISH, GERMAN = Messages("en"), Messages("de")
IDLE_S = 30.0


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    station.see(Hint.NOBODY)
    settings = WindowSettings.model_validate({"idle_s": IDLE_S, "languages": ["de"]})
    return Kiosk(station, settings, ENGLISH, clock)


def wait_until_it_begins(kiosk: Kiosk, station: FakeStation, clock: Clock) -> Scene:
    look(kiosk, station)
    clock.pass_s(IDLE_S - 1)
    assert look(kiosk, station).attract is None
    clock.pass_s(2)
    scene = look(kiosk, station)
    assert scene.attract is not None
    assert kiosk.is_resting
    return scene


def test_it_begins_while_nobody_is_there_and_says_one_line_in_every_language(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    wait_until_it_begins(kiosk, station, clock)
    lines, pictures = set(), set()
    for _ in range(240):
        clock.pass_s(0.05)
        attract = look(kiosk, station).attract
        assert attract is not None
        lines.add(attract.line)
        pictures.add(attract)
    assert lines == {ENGLISH("guest.attract"), GERMAN("guest.attract")}
    assert 20 < len(pictures) < 80  # It moves, at a few pictures a second.


def test_where_nobody_has_to_touch_anything_it_does_not_say_so(station: FakeStation, clock: Clock) -> None:
    station.see(Hint.NOBODY)
    kiosk = Kiosk(station, WindowSettings(idle_s=IDLE_S), ENGLISH, clock, hands_free=True)
    attract = wait_until_it_begins(kiosk, station, clock).attract
    assert attract is not None
    assert attract.line == ENGLISH("hint.nobody")


def test_where_a_badge_comes_first_it_asks_for_the_badge(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.subjects.use("required", Subject("20417", "Ada Lovelace"))
    attract = wait_until_it_begins(kiosk, station, clock).attract
    assert attract is not None
    assert attract.line == ENGLISH("person.scan")


@pytest.mark.parametrize("what", ["touch", "step in", "scan", "button"])
def test_whoever_comes_ends_it(kiosk: Kiosk, station: FakeStation, clock: Clock, what: str) -> None:
    station.subjects.use("optional", Subject("20417", "Ada Lovelace"))
    scene = wait_until_it_begins(kiosk, station, clock)
    match what:
        case "touch":
            press = arrange((800, 480), scene, (16, 9)).press_at(400, 20)
            assert press is Action.WAKE
            kiosk.press(press)
        case "step in":
            station.see(Hint.STEP_CLOSER)
        case "scan":
            kiosk.scan("20417")
        case "button":
            station.capture()
    scene = look(kiosk, station)
    assert scene.attract is None
    assert not kiosk.is_resting
    assert station.requests == (what == "button")  # The touch that wakes takes no portrait.


def test_a_touch_on_a_language_wakes_and_speaks_it(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    scene = wait_until_it_begins(kiosk, station, clock)
    layout = arrange((800, 480), scene, (16, 9)).attract
    assert layout is not None
    (rect,) = [rect for rect, tile in layout.languages if tile.label == "Deutsch"]
    press = arrange((800, 480), scene, (16, 9)).press_at(*rect.centre)
    assert press == Picked("language", "de")
    kiosk.press(press)
    assert GERMAN("button.capture") in [button.label for button in look(kiosk, station).buttons]
    clock.pass_s(IDLE_S + 1)
    look(kiosk, station)
    clock.pass_s(1)
    kiosk.press(Action.WAKE)  # The next guest is greeted in the first language.
    assert ENGLISH("button.capture") in [button.label for button in look(kiosk, station).buttons]


def test_it_waits_for_a_portrait_under_review_and_never_hides_a_fault(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.press(Action.CAPTURE)
    station.expose()
    look(kiosk, station)
    station.finish("review", kept=False)
    look(kiosk, station)
    clock.pass_s(IDLE_S + 1)
    assert look(kiosk, station).review is not None
    assert look(kiosk, station).attract is None
    clock.pass_s(100)
    look(kiosk, station)
    clock.pass_s(IDLE_S + 1)
    assert look(kiosk, station).attract is not None
    station.fill_disk()
    assert look(kiosk, station).attract is None
    assert look(kiosk, station).banners


def test_without_a_time_it_never_begins(station: FakeStation, clock: Clock) -> None:
    station.see(Hint.NOBODY)
    kiosk = Kiosk(station, WindowSettings(), ENGLISH, clock)
    look(kiosk, station)
    clock.pass_s(100_000)
    assert look(kiosk, station).attract is None


def test_a_guest_chooses_among_many_languages_in_a_menu(station: FakeStation, clock: Clock) -> None:
    station.see()
    settings = WindowSettings.model_validate({"languages": ["de", "fr", "tr"], "operator_pin": "4711"})
    kiosk = Kiosk(station, settings, ENGLISH, clock)
    assert actions(look(kiosk, station)) == {Action.LANGUAGE, Action.CAPTURE}
    kiosk.press(Action.LANGUAGE)
    menu = look(kiosk, station).menu
    assert menu is not None
    assert [tile.label for tile in menu.tiles] == ["English", "Deutsch", "Français", "Türkçe"]
    assert [tile.chosen for tile in menu.tiles] == [True, False, False, False]
    for press in (Action.FOCUS_NEXT, Action.FOCUS_NEXT, Action.FOCUSED):  # By key.
        clock.pass_s(1)
        kiosk.press(press)
    scene = look(kiosk, station)
    assert scene.menu is None
    assert GERMAN("button.capture") in [button.label for button in scene.buttons]


def test_a_capture_and_time_close_the_menu_of_languages(station: FakeStation, clock: Clock) -> None:
    station.see()
    settings = WindowSettings.model_validate({"languages": ["de", "fr", "tr"]})
    kiosk = Kiosk(station, settings, ENGLISH, clock)
    kiosk.press(Action.LANGUAGE)
    assert look(kiosk, station).menu is not None
    assert station.auto_from_s > clock()  # Nothing starts hands free meanwhile.
    station.capture()
    assert look(kiosk, station).menu is None
    station.finish()
    assert look(kiosk, station).review is not None
    clock.pass_s(60)
    look(kiosk, station)
    clock.pass_s(1)
    kiosk.press(Action.LANGUAGE)
    clock.pass_s(60)
    look(kiosk, station)
    assert look(kiosk, station).menu is None


def test_an_operator_reads_the_first_language(station: FakeStation, clock: Clock) -> None:
    station.see()
    settings = WindowSettings.model_validate({"languages": ["de"], "operator_pin": "4711"})
    kiosk = Kiosk(station, settings, ENGLISH, clock)
    kiosk.press(Picked("language", "de"))
    kiosk.press(Action.OPERATOR)
    pad = look(kiosk, station).pin_pad
    assert pad is not None
    assert pad.title == ENGLISH("operator.pin")


def test_a_logo_is_shown_where_it_is_transparent_on_the_windows_colour(
    canvas, station: FakeStation, clock: Clock, tmp_path: Path
) -> None:
    from capture_station.frontends.window.drawing import draw
    from capture_station.frontends.window.picture_files import picture

    logo = np.zeros((200, 400, 4), np.uint8)
    logo[:, :200] = (0, 0, 255, 255)  # BGR: half of it is red, and the rest transparent black.
    cv2.imwrite(str(tmp_path / "logo.png"), logo)
    station.see(Hint.NOBODY)
    settings = WindowSettings(idle_s=IDLE_S, logo=tmp_path / "logo.png")
    kiosk = Kiosk(station, settings, ENGLISH, clock)
    scene = wait_until_it_begins(kiosk, station, clock)
    draw(canvas, scene, (), picture)
    image = canvas.pixels()
    red = np.abs(image.astype(int) - (255, 0, 0)).max(axis=2) < 30
    assert red.mean() > 0.02
    assert not (image.max(axis=2) < 10).any()


def test_an_accent_is_on_the_buttons_and_its_text_is_legible(canvas, station: FakeStation) -> None:
    yellow = accent_of((250, 204, 21))
    scene = Scene("t", buttons=(look_button(),), accent=yellow)
    image, layout = shown(canvas, scene, station)
    rect = layout.buttons[0][0]
    face = image[rect.y + 6 : rect.y + rect.h - 6, rect.x + rect.h : rect.x + rect.w - rect.h]
    assert (np.abs(face.astype(int) - yellow.face).max(axis=2) < 12).mean() > 0.5
    assert face.min() < 60  # Dark text on a light button.


def look_button():
    from capture_station.frontends.window.scene import Button

    return Button(Action.CAPTURE, "Take portrait", primary=True)


def test_contrast_is_the_wcags() -> None:
    assert contrast((0, 0, 0), WHITE) == pytest.approx(21)
    assert contrast((118, 118, 118), WHITE) == pytest.approx(4.54, abs=0.01)
    assert contrast(DEFAULT_ACCENT.face, DEFAULT_ACCENT.ink) >= LEGIBLE


@pytest.mark.parametrize(
    ("colour", "words"), [([255, 221, 0], ""), ([120, 120, 120], "contrast of"), ([30, 34, 40], "hardly differs")]
)
def test_a_colour_that_is_hard_to_see_is_told(colour: list[int], words: str) -> None:
    told = " ".join(problems(WindowSettings.model_validate({"accent": colour})))
    assert (words in told) if words else not told


def test_a_logo_that_is_no_picture_is_told(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>")
    (told,) = problems(WindowSettings(logo=tmp_path / "logo.svg"))
    assert "PNG" in told


def test_while_nobody_is_there_the_window_asks_for_no_picture(station: FakeStation) -> None:
    station.see(Hint.NOBODY)
    with running(station, WindowSettings(driver="dummy", size_px=(320, 240), idle_s=0.2)):
        assert station.await_statuses(20)
        looks = station.looks
        assert station.await_statuses(5)
        assert station.looks == looks
        station.see()
        assert station.await_looks()
