"""Several people wait at the kiosk: who comes next, and in which order."""

from __future__ import annotations

import pytest

from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action, Chosen, Typed
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.checking_in import ADA, BO, kiosk_of_two, look, person, press, take_good, taken

CY, DI = Subject("FQ-3", "Cy"), Subject("FQ-4", "Di")


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    kiosk = kiosk_of_two(station, clock)
    station.subjects.use("required", ADA, BO, CY, DI)
    return kiosk


def test_those_who_wait_come_in_their_order(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    told = []
    for code in ("20417", "20418", "FQ-3", "FQ-4", "FQ-3"):
        kiosk.scan(code)
        told.append(look(kiosk, station).hint)
    assert told == ["", "", "Cy, FQ-3 is waiting", "Di, FQ-4 is waiting", "Cy, FQ-3 is waiting already"]
    seen = []
    for _ in range(4):
        taken(kiosk, station, clock, "")
        scene = look(kiosk, station)
        assert scene.review is not None
        seen.append((scene.review.person, scene.following))
        press(kiosk, clock, Action.KEEP)
    assert seen == [
        ("Ada Lovelace, 20417", "Next: Bo, 20418 \u00b7 then 2 more"),
        ("Bo, 20418", "Next: Cy, FQ-3 \u00b7 then 1 more"),
        ("Cy, FQ-3", "Next: Di, FQ-4"),
        ("Di, FQ-4", ""),
    ]


def test_a_full_queue_is_told(kiosk: Kiosk, station: FakeStation) -> None:
    station.subjects.use("required")
    for number in range(51):
        kiosk.scan(f"FQ-{number}")
    assert look(kiosk, station).following == "Next: FQ-1 \u00b7 then 49 more"
    kiosk.scan("late")
    scene = look(kiosk, station)
    assert scene.hint == "Too many people are waiting. Please try again later"
    assert scene.following == "Next: FQ-1 \u00b7 then 49 more"


def test_whoever_is_checked_in_comes_before_those_who_wait_when_an_older_portrait_is_taken_again(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_good(kiosk, station, clock)
    press(kiosk, clock, Action.KEEP)
    for code in ("20418", "FQ-3"):
        kiosk.scan(code)
    assert look(kiosk, station).following == "Next: Cy, FQ-3"
    station.capture(retakes=max(station.archive))
    for step in (lambda: None, station.expose, station.finish):
        step()
        scene = look(kiosk, station)
        shown = scene.person if scene.review is None else scene.review.person
        assert (shown, scene.following) == ("Ada Lovelace, 20417", "Next: Bo, 20418 \u00b7 then 1 more")
    press(kiosk, clock, Action.KEEP)
    scene = look(kiosk, station)
    assert (scene.person, scene.following) == ("Bo, 20418", "Next: Cy, FQ-3")


@pytest.mark.parametrize("ends", ["kept", "kept-by-itself", "taken-again-on-the-phone", "next-badge"])
def test_a_second_tap_on_keep_does_not_throw_the_next_person_out(
    kiosk: Kiosk, station: FakeStation, clock: Clock, ends: str
) -> None:
    take_good(kiosk, station, clock, "" if ends == "next-badge" else "20418")
    if ends == "kept":
        press(kiosk, clock, Action.KEEP)
    elif ends == "kept-by-itself":
        clock.pass_s(6.1)
    elif ends == "next-badge":
        clock.pass_s(3)
        kiosk.scan("20418")
    else:
        clock.pass_s(1)
        station.amend(max(station.archive), kept=False)
        station.subjects.check_out("20417")
    look(kiosk, station)
    scene = look(kiosk, station)
    assert (scene.review, scene.person) == (None, "Bo, 20418")
    clock.pass_s(0.2)
    kiosk.press(Action.NEXT)  # Where *Keep* was.
    assert person(station) == "20418"
    press(kiosk, clock, Action.NEXT)
    assert person(station) is None


def test_whoever_came_up_after_the_last_picture_is_not_let_go_in_place_of_who_was_shown(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.scan("20417")
    kiosk.scan("20418")
    look(kiosk, station)
    station.subjects.check_out("20417")  # On another screen.
    press(kiosk, clock, Action.NEXT)
    assert person(station) == "20418"


def test_a_check_in_on_another_screen_ends_no_search_and_who_is_chosen_comes_after_it(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    press(kiosk, clock, Action.SEARCH)
    kiosk.press(Typed("b"))
    look(kiosk, station)
    station.subjects.check_in("20417")
    scene = look(kiosk, station)
    assert scene.search is not None
    assert [one.id for one in scene.search.people] == ["20418"]
    kiosk.press(Chosen("20418"))
    scene = look(kiosk, station)
    assert (scene.search, scene.person, scene.following) == (None, "Ada Lovelace, 20417", "Next: Bo, 20418")


def test_who_was_scanned_again_for_another_portrait_is_not_let_go_with_the_one_before(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_good(kiosk, station, clock)
    clock.pass_s(1)
    station.subjects.check_in("20417")  # On another screen.
    kiosk.press(Action.KEEP)
    assert person(station) == "20417"


@pytest.mark.parametrize("held_up", [False, True])
def test_an_unanswered_question_about_an_unlisted_id_does_not_vanish_without_a_word(
    kiosk: Kiosk, station: FakeStation, clock: Clock, held_up: bool
) -> None:
    kiosk.scan("999")
    look(kiosk, station)
    clock.pass_s(5)
    kiosk.scan("999")  # The same question again.
    assert look(kiosk, station).hint == ""
    if held_up:
        station.subjects.read_code("20418", "checked-in")
    else:
        kiosk.scan("20418")
    scene = look(kiosk, station)
    assert (scene.person, scene.hint, scene.banners) == ("Bo, 20418", "999 was not checked in", ())
    clock.pass_s(1.4)
    kiosk.press(Action.CAPTURE)  # It has come under the finger.
    assert not look(kiosk, station).countdown
    press(kiosk, clock, Action.CAPTURE)
    assert look(kiosk, station).countdown
