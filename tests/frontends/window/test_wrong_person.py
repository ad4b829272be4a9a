"""Portraits at the kiosk that are of somebody else than they say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action, Chosen, Typed
from capture_station.station.status import CodeOutcome
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.checking_in import ADA, BO, MESSAGES, kiosk_of_two, person, press, take_agreed
from tests.frontends.window.looking import actions, labels, look

LUKASZ = Subject("FQ-7", "\u0141ukasz Adamczyk")


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    kiosk = kiosk_of_two(station, clock)
    station.subjects.use("required", ADA, BO, LUKASZ)
    return kiosk


def photograph(kiosk: Kiosk, station: FakeStation, clock: Clock, code: str) -> str:
    kiosk.scan(code)
    press(kiosk, clock, Action.CAPTURE)
    shot = station.finish()
    look(kiosk, station)
    return shot.id


def keep(kiosk: Kiosk, station: FakeStation, clock: Clock) -> str:
    """Ada's portrait has just been kept."""
    shot_id = photograph(kiosk, station, clock, "20417")
    press(kiosk, clock, Action.KEEP)
    return shot_id


def owner(station: FakeStation, shot_id: str) -> str | None:
    subject = station.archive[shot_id].subject
    return None if subject is None else subject.id


def test_the_wrong_person_is_corrected_by_two_touches(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    shot_id = photograph(kiosk, station, clock, "20417")
    review = look(kiosk, station).review
    assert review is not None
    assert review.person == "Ada Lovelace, 20417"
    press(kiosk, clock, Action.WRONG_PERSON)
    search = look(kiosk, station).search
    assert search is not None
    taken_at = station.archive[shot_id].taken_at
    assert taken_at is not None
    asked = "Filed under Ada Lovelace, 20417", f"{taken_at.astimezone():%H:%M}", "Type a part of the name, or the ID"
    assert (search.notice, search.portrait) == (" \u00b7 ".join(asked), review.portrait)
    clock.pass_s(20)  # The portrait is not kept by itself meanwhile.
    kiosk.press(Typed("b"))
    kiosk.press(Chosen("20418"))
    assert owner(station, shot_id) == "20418"
    scene = look(kiosk, station)
    assert scene.review is not None
    assert scene.review.person == "Bo, 20418"
    assert person(station) == "20418"  # A retake would be filed under the right name, too.
    press(kiosk, clock, Action.KEEP)
    assert look(kiosk, station).person == "Please scan your badge"


@pytest.mark.parametrize("kept_before", [False, True])
def test_a_touch_of_wrong_person_that_is_cancelled_changes_nothing(
    kiosk: Kiosk, station: FakeStation, clock: Clock, kept_before: bool
) -> None:
    shot_id = photograph(kiosk, station, clock, "20417")
    if kept_before:
        press(kiosk, clock, Action.KEEP)
    before = look(kiosk, station), station.archive[shot_id], person(station)
    press(kiosk, clock, Action.WRONG_PERSON)
    assert owner(station, shot_id) == "20417"
    press(kiosk, clock, Action.NEXT)
    scene = look(kiosk, station)
    assert (scene.review, scene.person, station.archive[shot_id], person(station)) == (
        before[0].review,
        before[0].person,
        *before[1:],
    )
    press(kiosk, clock, Action.WRONG_PERSON)  # It can still be corrected.
    kiosk.press(Chosen("20418"))
    assert owner(station, shot_id) == "20418"


def test_a_name_is_removed_where_nobody_knows_whose_portrait_it_is(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    shot_id = photograph(kiosk, station, clock, "20417")
    press(kiosk, clock, Action.WRONG_PERSON)
    press(kiosk, clock, Action.REMOVE_NAME)
    assert owner(station, shot_id) is None
    assert person(station) is None
    scene = look(kiosk, station)
    assert scene.hint == "Nobody is named"
    clock.pass_s(20)  # Where a name is required, it is waited for.
    scene = look(kiosk, station)
    assert scene.review is not None
    assert (scene.review.person, scene.review.good, scene.review.title) == ("", False, "Something is missing")
    assert scene.review.reasons == ("Without a name it is not exported; say whose it is.",)
    press(kiosk, clock, Action.WRONG_PERSON)
    assert Action.REMOVE_NAME not in actions(look(kiosk, station))
    kiosk.press(Chosen("20418"))
    assert owner(station, shot_id) == "20418"
    scene = look(kiosk, station)
    assert scene.review is not None
    assert scene.review.good


def test_the_portrait_kept_just_before_can_be_corrected(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    shot_id = keep(kiosk, station, clock)
    assert Action.WRONG_PERSON in actions(look(kiosk, station))
    press(kiosk, clock, Action.WRONG_PERSON)
    kiosk.press(Chosen("20418"))
    assert owner(station, shot_id) == "20418"
    scene = look(kiosk, station)
    assert scene.hint == "Filed under Bo, 20418"
    assert person(station) is None  # They may have left.


def test_the_portrait_kept_just_before_can_be_corrected_also_where_the_next_person_waits(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    shot_id = keep(kiosk, station, clock)
    kiosk.scan("FQ-7")
    assert Action.WRONG_PERSON in actions(look(kiosk, station))
    press(kiosk, clock, Action.WRONG_PERSON)
    search = look(kiosk, station).search
    assert search is not None
    assert "Ada Lovelace, 20417" in search.notice
    kiosk.press(Chosen("20418"))
    assert (owner(station, shot_id), person(station)) == ("20418", "FQ-7")


def test_who_waits_for_another_portrait_still_does_after_the_correction_of_an_older_one(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    shot_id = keep(kiosk, station, clock)
    press(kiosk, clock, Action.WRONG_PERSON)
    station.subjects.check_in("FQ-7")
    station.subjects.check_in("20417")
    kiosk.press(Chosen("20418"))
    assert owner(station, shot_id) == "20418"
    assert look(kiosk, station).following == "Next: Ada Lovelace, 20417"


def test_a_portrait_from_another_screen_comes_before_the_question_whose_the_last_one_is(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    shot_id = keep(kiosk, station, clock)
    press(kiosk, clock, Action.WRONG_PERSON)
    kiosk.press(Typed("b"))
    station.subjects.check_in("FQ-7")
    station.capture()
    assert look(kiosk, station).countdown
    other = station.finish()
    scene = look(kiosk, station)
    assert (scene.review is not None, scene.search) == (True, None)
    press(kiosk, clock, Action.KEEP)
    search = look(kiosk, station).search
    assert search is not None
    assert (search.prompt, search.text) == (MESSAGES("person.whose"), "b")
    kiosk.press(Action.SUBMIT)
    assert (owner(station, shot_id), owner(station, other.id)) == ("20418", "FQ-7")


def test_whoever_types_when_a_portrait_comes_in_front_gives_no_commands(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    keep(kiosk, station, clock)
    press(kiosk, clock, Action.WRONG_PERSON)
    station.capture(subject_id="FQ-7", countdown_s=0)
    for wait_s in (1, 1, 1):
        kiosk.press(Typed("k"))
        clock.pass_s(wait_s)
        assert look(kiosk, station).typing
    station.finish()
    kiosk.press(Typed("k"))
    assert look(kiosk, station).typing
    clock.pass_s(2)  # They look up.
    scene = look(kiosk, station)
    assert (scene.typing, scene.review is not None) == (False, True)
    press(kiosk, clock, Action.KEEP)
    assert look(kiosk, station).search is not None


@pytest.mark.parametrize("outcome", ["checked-in", "ask"])
def test_a_badge_held_up_meanwhile_leaves_the_question_whose_the_portrait_is(
    kiosk: Kiosk, station: FakeStation, clock: Clock, outcome: CodeOutcome
) -> None:
    shot_id = photograph(kiosk, station, clock, "20417")
    press(kiosk, clock, Action.WRONG_PERSON)
    kiosk.press(Typed("b"))
    station.subjects.read_code("FQ-7" if outcome == "checked-in" else "999", outcome)
    scene = look(kiosk, station)
    assert scene.search is not None
    assert (scene.search.text, scene.banners) == ("b", ())
    kiosk.press(Action.SUBMIT)
    assert owner(station, shot_id) == "20418"
    scene = look(kiosk, station)
    if outcome == "ask":
        assert [banner.title for banner in scene.banners] == ["999 is not on the list"]
        clock.pass_s(1)
        assert Action.CONFIRM in actions(look(kiosk, station))
    else:
        press(kiosk, clock, Action.KEEP)
        assert look(kiosk, station).person == "\u0141ukasz Adamczyk, FQ-7"


@pytest.mark.parametrize("held_up", ["999", "FQ-7"])
def test_what_is_asked_and_the_button_beside_it_are_about_the_same_person(
    kiosk: Kiosk, station: FakeStation, clock: Clock, held_up: str
) -> None:
    station.subjects.use("required", ADA, BO, replace(LUKASZ, refused="Photo consent: no"))
    photograph(kiosk, station, clock, "20417")
    press(kiosk, clock, Action.WRONG_PERSON)
    station.subjects.read_code(held_up, "ask" if held_up == "999" else "not-permitted")
    look(kiosk, station)
    chosen = "FQ-7" if held_up == "999" else "777"
    kiosk.press(Typed("7"))
    kiosk.press(Chosen(chosen))
    look(kiosk, station)
    clock.pass_s(1)
    scene = look(kiosk, station)
    asked, refused = "777 is not on the list", MESSAGES("banner.not-permitted", person="\u0141ukasz Adamczyk, FQ-7")
    told = [banner.title for banner in scene.banners], Action.CONFIRM in actions(scene)
    assert told == (([asked], True) if chosen == "777" else ([refused], False))


@pytest.mark.parametrize("held_up", ["20418", "888"])
def test_a_badge_in_view_leaves_the_question_whether_a_portrait_is_filed_anyway(
    kiosk: Kiosk, station: FakeStation, clock: Clock, held_up: str
) -> None:
    shot_id = photograph(kiosk, station, clock, "20417")
    press(kiosk, clock, Action.WRONG_PERSON)
    for key in "777":
        kiosk.press(Typed(key))
    kiosk.press(Action.NOT_LISTED)
    for _ in range(5):  # It is read again and again.
        station.subjects.read_code(held_up, "checked-in" if held_up == "20418" else "ask")
        scene = look(kiosk, station)
        assert [banner.title for banner in scene.banners] == ["777 is not on the list"]
        clock.pass_s(0.25)
    assert (MESSAGES("button.assign-anyway"), True) in labels(look(kiosk, station))
    kiosk.press(Action.CONFIRM)
    assert owner(station, shot_id) == "777"
    asked = ["888 is not on the list"] if held_up == "888" else []
    assert [banner.title for banner in look(kiosk, station).banners] == asked


def test_whoever_types_the_next_name_when_a_badge_is_held_up_gives_no_commands(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    press(kiosk, clock, Action.SEARCH)
    kiosk.press(Typed("m"))
    station.subjects.read_code("20418", "checked-in")
    clock.pass_s(1)
    scene = look(kiosk, station)
    assert (scene.search, scene.typing, scene.person) == (None, True, "Bo, 20418")
    clock.pass_s(1)  # They look up.
    assert not look(kiosk, station).typing
    press(kiosk, clock, Action.CAPTURE)
    assert not look(kiosk, station).typing


def test_what_came_of_a_correction_is_not_said_of_the_next_portrait(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    keep(kiosk, station, clock)
    press(kiosk, clock, Action.WRONG_PERSON)
    station.capture(subject_id="FQ-7", countdown_s=0)
    kiosk.press(Chosen("20418"))
    look(kiosk, station)
    station.finish()
    scene = look(kiosk, station)
    assert scene.review is not None
    assert (scene.review.person, scene.hint) == ("\u0141ukasz Adamczyk, FQ-7", "")


def test_a_question_that_nobody_goes_on_with_does_not_come_back(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    keep(kiosk, station, clock)
    press(kiosk, clock, Action.WRONG_PERSON)
    station.capture(subject_id="FQ-7")
    look(kiosk, station)
    clock.pass_s(61)
    station.finish()
    look(kiosk, station)
    clock.pass_s(7)
    scene = look(kiosk, station)
    assert (scene.review, scene.search) == (None, None)


@pytest.mark.parametrize("asked", [False, True])
def test_a_portrait_that_is_deleted_elsewhere_is_nobody_s_any_more(
    kiosk: Kiosk, station: FakeStation, clock: Clock, asked: bool
) -> None:
    shot_id = keep(kiosk, station, clock)
    clock.pass_s(5)
    if asked:
        press(kiosk, clock, Action.WRONG_PERSON)
    station.remove(shot_id)
    if asked:
        kiosk.press(Chosen("20418"))
        assert look(kiosk, station).hint == "This portrait was deleted meanwhile"
    assert Action.WRONG_PERSON not in actions(look(kiosk, station))


def test_long_after_it_was_kept_a_portrait_is_corrected_elsewhere(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    shot_id = keep(kiosk, station, clock)
    clock.pass_s(61)
    assert Action.WRONG_PERSON not in actions(look(kiosk, station))
    press(kiosk, clock, Action.WRONG_PERSON)
    assert owner(station, shot_id) == "20417"


def test_a_portrait_can_be_given_to_somebody_who_is_not_on_the_list(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    shot_id = photograph(kiosk, station, clock, "20417")
    press(kiosk, clock, Action.WRONG_PERSON)
    for character in "999":
        kiosk.press(Typed(character))
    press(kiosk, clock, Action.NOT_LISTED)
    assert owner(station, shot_id) == "20417"
    look(kiosk, station)
    press(kiosk, clock, Action.CONFIRM)
    assert owner(station, shot_id) == "999"


def test_a_portrait_without_a_name_is_not_taken_again_under_the_name_of_who_comes_next(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    photograph(kiosk, station, clock, "20417")
    station.subjects.check_in("20418")
    press(kiosk, clock, Action.WRONG_PERSON)
    kiosk.press(Action.REMOVE_NAME)
    scene = look(kiosk, station)
    assert (person(station), scene.following) == ("20418", "Next: Bo, 20418")
    assert station.captures_from_s > clock()  # A push button waits.
    press(kiosk, clock, Action.RETAKE)
    scene = look(kiosk, station)
    assert station.requests == 1
    assert scene.search is not None, "it asks whose portrait it is"
    assert scene.search.notice.startswith("Nobody is named")


@pytest.mark.parametrize("waits", [False, True])
def test_who_is_to_be_photographed_again_and_has_not_agreed_yet_is_asked_first(
    kiosk: Kiosk, station: FakeStation, clock: Clock, waits: bool
) -> None:
    take_agreed(kiosk, station, clock)
    if waits:
        station.subjects.check_in("999", confirmed=True)
    press(kiosk, clock, Action.WRONG_PERSON)
    kiosk.press(Chosen("20418"))
    look(kiosk, station)
    press(kiosk, clock, Action.RETAKE)
    scene = look(kiosk, station)
    assert station.requests == 1
    if waits:
        assert scene.hint == "Consent is missing; check the person in and retake"
        assert scene.review is not None, "Bo is not there, and the portrait can still be answered for"
        assert (scene.review.person, scene.question) == ("Bo, 20418", None)
        return
    assert scene.review is None
    assert scene.question is not None
    assert scene.question.title.startswith("Bo, 20418")
    press(kiosk, clock, Action.AGREE)
    press(kiosk, clock, Action.CAPTURE)
    assert station.requests == 2


def test_while_a_portrait_without_a_name_is_taken_again_nobody_is_named(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.subjects.use("optional", ADA, BO)
    photograph(kiosk, station, clock, "20417")
    press(kiosk, clock, Action.WRONG_PERSON)
    kiosk.press(Action.REMOVE_NAME)
    station.subjects.check_in("20418")
    look(kiosk, station)
    press(kiosk, clock, Action.RETAKE)
    scene = look(kiosk, station)
    assert station.requests == 2
    assert (scene.person, scene.following) == ("", "Next: Bo, 20418")
