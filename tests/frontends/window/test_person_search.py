"""People searched at the kiosk: typed, touched, not on the list."""

from __future__ import annotations

import pytest

from capture_station.config import WindowSettings
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.people.touch_keyboard import keyboard
from capture_station.frontends.window.scene import Action, Chosen, Scene, Search, Typed
from capture_station.locales.messages import CODES, Messages
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.checking_in import person
from tests.frontends.window.looking import look

MESSAGES = Messages("en")
ADA, BO, LUKASZ = Subject("20417", "Ada Lovelace"), Subject("20418", "Bo"), Subject("FQ-7", "\u0141ukasz Adamczyk")


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    station.see()
    station.subjects.use("required", ADA, BO, LUKASZ)
    return Kiosk(station, WindowSettings(review_s=6), MESSAGES, clock)


def press(kiosk: Kiosk, clock: Clock, action: Action) -> None:
    clock.pass_s(1)
    kiosk.press(action)


def find(kiosk: Kiosk, station: FakeStation, clock: Clock, text: str) -> Search:
    press(kiosk, clock, Action.SEARCH)
    for character in text:
        kiosk.press(Typed(character))
    search = look(kiosk, station).search
    assert search is not None
    return search


def offers(scene: Scene, action: Action) -> bool:
    return any(button.action is action and button.enabled for button in scene.buttons)


def test_whoever_is_typed_and_touched_is_checked_in(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    assert offers(look(kiosk, station), Action.SEARCH)
    search = find(kiosk, station, clock, "ad")
    assert [(one.id, one.state) for one in search.people] == [("20417", "no portrait yet"), ("FQ-7", "no portrait yet")]
    kiosk.press(Chosen("FQ-7"))
    scene = look(kiosk, station)
    assert scene.search is None
    assert scene.person == "\u0141ukasz Adamczyk, FQ-7"


@pytest.mark.parametrize(("text", "found"), [
    ("love", ["20417"]), ("LUKASZ", ["FQ-7"]), ("fq-7", ["FQ-7"]), ("041", ["20417", "20418"]), ("", []), ("zz", []),
])  # fmt: skip
def test_names_and_ids_are_found_by_any_part(
    kiosk: Kiosk, station: FakeStation, clock: Clock, text: str, found: list[str]
) -> None:
    assert [one.id for one in find(kiosk, station, clock, text).people] == found


def test_namesakes_are_told_apart(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    namesakes = Subject("7", "Anna Smith", detail="Physics"), Subject("8", "Anna Smith", detail="Law")
    station.subjects.use("required", *namesakes)
    found = find(kiosk, station, clock, "anna").people
    assert [(one.name, one.detail) for one in found] == [("Anna Smith", "Physics"), ("Anna Smith", "Law")]
    kiosk.press(Chosen("8"))
    assert look(kiosk, station).person == "Anna Smith, 8, Law"


def test_a_class_is_turned_over_page_by_page(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    pupils = [Subject(str(n), f"Pupil {n}", {"class": "5b"}) for n in range(100, 132)]
    station.subjects.use("required", *pupils, columns={"namesakes": "class"})
    search = find(kiosk, station, clock, "5b")
    seen, labels = [], []
    for _ in range(4):
        assert search.more is not None
        assert {one.detail for one in search.people} == {"5b"}
        seen += [one.id for one in search.people]
        labels.append(search.more.label)
        press(kiosk, clock, search.more.action)
        shown = look(kiosk, station).search
        assert shown is not None
        search = shown
    assert seen == [one.id for one in pupils]
    assert labels == ["and 23 more", "and 14 more", "and 5 more", "1 \u2013 9 / 32"]
    assert search.people[0].id == "100"
    press(kiosk, clock, Action.MORE)
    kiosk.press(Typed(" "))
    kiosk.press(Typed("3"))
    shown = look(kiosk, station).search
    assert shown is not None
    assert (shown.people[0].id, shown.more) == ("103", None), "another text begins at the top"
    kiosk.press(Chosen("131"))
    assert person(station) == "131"


def test_the_list_says_who_has_a_portrait(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.capture(subject_id="20418")
    station.finish()
    look(kiosk, station)
    (bo,) = find(kiosk, station, clock, "bo").people
    assert (bo.state, bo.good) == ("photographed", True)
    station.subjects.elsewhere["20418"] = "booth-1"
    kiosk.press(Action.NEXT)
    clock.pass_s(1)
    (bo,) = find(kiosk, station, clock, "20418").people
    assert (bo.state, bo.good) == ("photographed at booth-1", True)


def test_the_list_says_who_must_not_be_photographed(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.subjects.use("required", ADA, Subject("7", "Cy", refused="Photo consent: no"))
    (cy,) = find(kiosk, station, clock, "cy").people
    assert (cy.state, cy.good) == ("must not be photographed", False)
    kiosk.press(Chosen("7"))
    assert [one.title for one in look(kiosk, station).banners] == ["Cy, 7 must not be photographed"]
    assert person(station) is None


def test_the_list_is_searched_anew_each_time(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    assert find(kiosk, station, clock, "bo").people[0].good is None
    press(kiosk, clock, Action.NEXT)
    station.capture(subject_id="20418")
    station.finish()
    look(kiosk, station)
    press(kiosk, clock, Action.KEEP)
    assert find(kiosk, station, clock, "bo").people[0].good


def test_the_same_letter_twice_is_two_letters_and_backspace_takes_one(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    search = find(kiosk, station, clock, "aall")
    assert search.text == "aall"
    kiosk.press(Typed("backspace"))
    kiosk.press(Typed("f5"))  # A key without a character.
    search_now = look(kiosk, station).search
    assert search_now is not None
    assert search_now.text == "aal"


@pytest.mark.parametrize(("text", "chosen"), [("20417", "20417"), ("lukasz", "FQ-7"), ("ad", None), ("", None)])
def test_enter_takes_who_is_meant_beyond_doubt(
    kiosk: Kiosk, station: FakeStation, clock: Clock, text: str, chosen: str | None
) -> None:
    find(kiosk, station, clock, text)
    kiosk.press(Action.SUBMIT)
    assert person(station) == chosen
    assert (look(kiosk, station).search is None) == (chosen is not None)


def test_a_scan_during_a_search_is_a_scan(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    find(kiosk, station, clock, "adFQ-7")
    kiosk.scan("FQ-7")
    assert person(station) == "FQ-7"
    assert look(kiosk, station).search is None


@pytest.mark.parametrize(("policy", "taken"), [("accept", True), ("ask", True), ("refuse", False)])
def test_who_is_not_on_the_list_is_taken_by_policy(
    kiosk: Kiosk, station: FakeStation, clock: Clock, policy: str, taken: bool
) -> None:
    station.subjects.use("required", ADA, unknown=policy)
    find(kiosk, station, clock, "new 1")
    press(kiosk, clock, Action.NOT_LISTED)
    scene = look(kiosk, station)
    assert scene.search is None
    assert bool(scene.banners) == (policy != "accept")
    if policy == "ask":
        press(kiosk, clock, Action.CONFIRM)
    assert person(station) == ("new 1" if taken else None)


def test_who_is_not_on_the_list_is_one_question_and_not_told_to_scan_again(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    find(kiosk, station, clock, "new 1")
    press(kiosk, clock, Action.NOT_LISTED)
    scene = look(kiosk, station)
    assert [(one.title, one.detail) for one in scene.banners] == [("new 1 is not on the list", "Use this ID anyway?")]
    assert [button.label for button in scene.buttons] == ["Cancel", "Take anyway"]


def test_where_only_people_on_the_list_are_taken_no_other_way_is_offered(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.subjects.use("required", ADA, unknown="refuse")
    search = find(kiosk, station, clock, "new 1")
    assert search.notice == "Nobody found. Please ask somebody to add the person"
    assert not offers(look(kiosk, station), Action.NOT_LISTED)


def test_a_search_can_be_left(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    find(kiosk, station, clock, "ad")
    press(kiosk, clock, Action.NEXT)
    assert look(kiosk, station).search is None
    assert find(kiosk, station, clock, "").text == ""
    clock.pass_s(61)  # Nobody goes on.
    assert look(kiosk, station).search is None


def test_where_names_do_not_matter_nobody_is_searched(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.subjects.use("off")
    look(kiosk, station)
    press(kiosk, clock, Action.SEARCH)
    scene = look(kiosk, station)
    assert scene.search is None
    assert not offers(scene, Action.SEARCH)


@pytest.mark.parametrize("language", CODES)
def test_the_touch_keyboard_has_every_letter_and_digit_once(language: str) -> None:
    for shifted in (False, True):
        # Where the first keys are of another script, the second ones are Latin.
        second = Messages(language)("direction") == "rtl"
        keys = [key.action for row in keyboard(Messages(language), shifted, second) for key in row]
        typed = [key.key for key in keys if isinstance(key, Typed)]
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if shifted else "abcdefghijklmnopqrstuvwxyz"
        assert {*letters, *"0123456789", " ", "backspace"} <= set(typed)
        assert len(typed) == len(set(typed))
    arabic = {key.label for row in keyboard(Messages("ar"), False, second=False) for key in row}
    assert {*"\u0627\u0628\u062a\u062b\u062c\u062d\u062e\u062f\u0630\u0631\u0632\u0633\u0634\u0635"} <= arabic
    assert {*"\u0636\u0637\u0638\u0639\u063a\u0641\u0642\u0643\u0644\u0645\u0646\u0647\u0648\u064a"} <= arabic
    accented = {key.label for row in keyboard(Messages("en"), False, second=True) for key in row}
    assert {*"\u00e9\u00e8\u00f1\u00e7\u00df\u0142\u00f8\u00e5\u017e\u00fc"} <= accented
