"""The window asks whose a portrait is, or whether it is filed under an unlisted id, and something happens meanwhile."""

from __future__ import annotations

import pytest

from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action, Chosen, Scene, Typed
from capture_station.station.status import Person
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.checking_in import ADA, BO, MESSAGES, kiosk_of_two, press
from tests.frontends.window.looking import actions, labels, look
from tests.frontends.window.test_wrong_person import LUKASZ, owner, photograph

UNLISTED = ["777 is not on the list"]
FILE_ANYWAY = MESSAGES("button.assign-anyway"), True


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    kiosk = kiosk_of_two(station, clock)
    station.subjects.use("required", ADA, BO, LUKASZ)
    return kiosk


def titles(scene: Scene) -> list[str]:
    return [banner.title for banner in scene.banners]


def ask_to_file(kiosk: Kiosk, station: FakeStation, clock: Clock) -> Scene:
    """It is asked whether the portrait is filed under 777, and the buttons act."""
    press(kiosk, clock, Action.WRONG_PERSON)
    for key in "777":
        kiosk.press(Typed(key))
    kiosk.press(Action.NOT_LISTED)
    look(kiosk, station)
    clock.pass_s(1)
    scene = look(kiosk, station)
    assert (titles(scene), FILE_ANYWAY in labels(scene)) == (UNLISTED, True)
    return scene


def take_from_the_page(kiosk: Kiosk, station: FakeStation, verdict: str = "ok", **asked: str) -> str:
    station.capture(**asked)  # type: ignore[arg-type]
    look(kiosk, station)
    station.expose()
    look(kiosk, station)
    shot = station.finish(verdict, kept=verdict == "ok")
    look(kiosk, station)
    return shot.id


def test_while_it_is_asked_to_file_a_portrait_no_key_takes_it_again(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    first = photograph(kiosk, station, clock, "20417")
    ask_to_file(kiosk, station, clock)
    press(kiosk, clock, Action.RETAKE)
    assert (station.requests, titles(look(kiosk, station))) == (1, UNLISTED)
    kiosk.press(Action.CONFIRM)
    assert (owner(station, first), station.archive[first].kept) == ("777", True)


@pytest.mark.parametrize("typing", [False, True])
def test_a_portrait_that_the_phone_took_again_is_not_filed_in_place_of_the_new_one(
    kiosk: Kiosk, station: FakeStation, clock: Clock, typing: bool
) -> None:
    first = photograph(kiosk, station, clock, "20417")
    if typing:
        press(kiosk, clock, Action.WRONG_PERSON)
    else:
        ask_to_file(kiosk, station, clock)
    again = take_from_the_page(kiosk, station, retakes=first)
    clock.pass_s(2)
    scene = look(kiosk, station)
    assert scene.review is not None
    assert (scene.review.person, titles(scene)) == ("Ada Lovelace, 20417", [])
    assert {Action.RETAKE, Action.WRONG_PERSON, Action.KEEP} <= actions(scene), "the new portrait has its own answers"
    press(kiosk, clock, Action.KEEP)
    scene = look(kiosk, station)
    assert (scene.search, titles(scene)) == (None, []), "nothing is asked about a portrait that counts no more"
    press(kiosk, clock, Action.WRONG_PERSON)
    kiosk.scan("20418")
    assert (owner(station, first), owner(station, again)) == ("20417", "20418")


def test_a_portrait_that_still_counts_after_its_retake_is_asked_about_again(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    first = photograph(kiosk, station, clock, "20417")
    ask_to_file(kiosk, station, clock)
    take_from_the_page(kiosk, station, "review", retakes=first)
    clock.pass_s(30)
    kiosk.press(Action.VIEW)  # Somebody is there.
    clock.pass_s(31)  # Nobody keeps it, so the first one counts.
    search = look(kiosk, station).search
    assert search is not None
    assert (search.text, search.notice) == ("777", MESSAGES("search.nobody"))
    press(kiosk, clock, Action.NOT_LISTED)
    look(kiosk, station)
    press(kiosk, clock, Action.CONFIRM)
    assert owner(station, first) == "777"


def test_another_person_s_portrait_is_not_shown_beside_the_question_to_file_the_one_before(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    first = photograph(kiosk, station, clock, "20417")
    ask_to_file(kiosk, station, clock)
    other = take_from_the_page(kiosk, station, subject_id="FQ-7")
    clock.pass_s(1)
    scene = look(kiosk, station)
    assert (titles(scene), Action.CONFIRM in actions(scene), Action.KEEP in actions(scene)) == ([], False, True)
    press(kiosk, clock, Action.KEEP)
    search = look(kiosk, station).search
    assert search is not None
    assert search.text == "777"
    press(kiosk, clock, Action.NOT_LISTED)
    look(kiosk, station)
    press(kiosk, clock, Action.CONFIRM)
    assert (owner(station, first), owner(station, other)) == ("777", "FQ-7")


@pytest.mark.parametrize("verdict", ["ok", "review", "kept"])
@pytest.mark.parametrize("code", ["777", "20418", "888"])
def test_a_code_that_is_scanned_while_it_is_asked_to_file_a_portrait_changes_nothing(
    kiosk: Kiosk, station: FakeStation, clock: Clock, verdict: str, code: str
) -> None:
    kiosk.scan("20417")
    press(kiosk, clock, Action.CAPTURE)
    shot = station.finish("review" if verdict == "review" else "ok", kept=verdict != "review")
    look(kiosk, station)
    if verdict == "kept":
        press(kiosk, clock, Action.KEEP)
    press(kiosk, clock, Action.WRONG_PERSON)
    kiosk.scan("777")
    look(kiosk, station)
    clock.pass_s(1)
    before = look(kiosk, station)
    kiosk.scan(code)  # The scanner reads it twice, or the next person is early.
    scene = look(kiosk, station)
    assert scene.hint == ("" if code == "777" else "Then scan again.")
    assert (titles(scene), FILE_ANYWAY in labels(scene), scene.review) == (UNLISTED, True, before.review)
    assert station.status().subjects.next is None
    kiosk.press(Action.CONFIRM)
    assert owner(station, shot.id) == "777"
    scene = look(kiosk, station)
    assert (scene.review is None) == (verdict == "kept")
    if verdict != "review":
        kiosk.scan("20418")
        clock.pass_s(3)
        look(kiosk, station)
        assert look(kiosk, station).person == "Bo, 20418"


def test_a_portrait_stays_while_it_is_asked_whether_it_is_filed_under_another_id(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    shot_id = photograph(kiosk, station, clock, "20417")
    ask_to_file(kiosk, station, clock)
    station.subjects.check_in("20418")
    for _ in range(5):
        clock.pass_s(8)
        scene = look(kiosk, station)
        assert scene.review is not None
        assert (scene.review.person, titles(scene)) == ("Ada Lovelace, 20417", UNLISTED)
    kiosk.press(Action.CONFIRM)
    scene = look(kiosk, station)
    assert scene.review is not None
    assert (scene.review.person, owner(station, shot_id)) == ("777", "777")
    press(kiosk, clock, Action.RETAKE)
    assert look(kiosk, station).person == "777"


def test_a_portrait_goes_when_nobody_says_whether_it_is_filed_under_another_id(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    shot_id = photograph(kiosk, station, clock, "20417")
    ask_to_file(kiosk, station, clock)
    clock.pass_s(60)
    assert titles(look(kiosk, station)) == []
    clock.pass_s(7)
    scene = look(kiosk, station)
    assert (scene.review, owner(station, shot_id)) == (None, "20417")


def test_after_a_badge_that_came_too_early_the_buttons_stand_below_the_question_that_they_answer(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.scan("20417")
    press(kiosk, clock, Action.CAPTURE)
    station.finish("review", kept=False)
    look(kiosk, station)
    kiosk.scan("20418")
    early = [MESSAGES("banner.undecided", person="Ada Lovelace, 20417")]
    assert titles(look(kiosk, station)) == early
    ask_to_file(kiosk, station, clock)
    press(kiosk, clock, Action.NEXT)
    scene = look(kiosk, station)
    assert (titles(scene), Action.RETAKE in actions(scene)) == (early, True)


@pytest.mark.parametrize("elsewhere", [True, False])
@pytest.mark.parametrize("kept", [True, False])
def test_who_held_up_a_badge_during_the_question_and_was_checked_in_or_left_since_is_not_asked_about_it(
    kiosk: Kiosk, station: FakeStation, clock: Clock, elsewhere: bool, kept: bool
) -> None:
    shot_id = photograph(kiosk, station, clock, "20417")
    if kept:
        press(kiosk, clock, Action.KEEP)
    press(kiosk, clock, Action.WRONG_PERSON)
    station.subjects.read_code("999", "ask")
    look(kiosk, station)
    for _ in range(2):
        clock.pass_s(20 if elsewhere else 30)
        kiosk.press(Typed("q"))
        look(kiosk, station)
    if elsewhere:
        station.subjects.check_in("20418")  # On the page, by name.
        look(kiosk, station)
    kiosk.press(Chosen("FQ-7"))
    assert owner(station, shot_id) == "FQ-7"
    assert titles(look(kiosk, station)) == []
    if not kept:
        press(kiosk, clock, Action.KEEP)
    clock.pass_s(1)
    scene = look(kiosk, station)
    assert (titles(scene), Action.CONFIRM in actions(scene)) == ([], False)
    if elsewhere:
        press(kiosk, clock, Action.CAPTURE)
        assert station.finish().subject == Person("20418", "Bo")


@pytest.mark.parametrize("to_file", [False, True])
@pytest.mark.parametrize("kept", [True, False])
def test_nothing_is_asked_about_a_portrait_that_is_deleted_elsewhere(
    kiosk: Kiosk, station: FakeStation, clock: Clock, to_file: bool, kept: bool
) -> None:
    photograph(kiosk, station, clock, "20417")
    if kept:
        press(kiosk, clock, Action.KEEP)
    if to_file:
        ask_to_file(kiosk, station, clock)
    else:
        press(kiosk, clock, Action.WRONG_PERSON)
        kiosk.press(Typed("b"))
    station.subjects.remove("20417", "web")
    scene = look(kiosk, station)
    assert (scene.search, scene.review, titles(scene)) == (None, None, [])
    assert (scene.hint, scene.typing) == (MESSAGES("notice.deleted"), not to_file)
    clock.pass_s(1)
    assert not {Action.CONFIRM, Action.WRONG_PERSON} & actions(look(kiosk, station))


def test_a_wrong_answer_is_corrected_within_a_minute_of_its_own(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    shot_id = photograph(kiosk, station, clock, "20417")
    press(kiosk, clock, Action.KEEP)
    clock.pass_s(50)
    for wrong in ("20418", "FQ-7"):
        press(kiosk, clock, Action.WRONG_PERSON)
        kiosk.press(Chosen(wrong))
        assert owner(station, shot_id) == wrong
        clock.pass_s(58)
        assert Action.WRONG_PERSON in actions(look(kiosk, station))
    press(kiosk, clock, Action.WRONG_PERSON)
    search = look(kiosk, station).search
    assert search is not None
    assert "Filed under \u0141ukasz Adamczyk, FQ-7" in search.notice
    kiosk.press(Chosen("20417"))
    assert owner(station, shot_id) == "20417"
    clock.pass_s(60)
    assert Action.WRONG_PERSON not in actions(look(kiosk, station))
