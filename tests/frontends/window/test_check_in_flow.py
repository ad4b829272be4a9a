"""People at the kiosk: scanned, unknown, asked to agree, photographed, gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capture_station.config import WindowSettings
from capture_station.errors import Busy
from capture_station.frontends.window.keys import ACTION_OF
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.checking_in import (
    ADA,
    BO,
    MESSAGES,
    kiosk_of_two,
    look,
    may_capture,
    press,
    take_agreed,
    take_doubtful,
    take_good,
)


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    return kiosk_of_two(station, clock)


def test_first_a_badge_is_scanned_then_a_portrait_is_taken(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    scene = look(kiosk, station)
    assert scene.person == "Please scan your badge"
    assert not may_capture(scene)
    kiosk.scan("20417")
    scene = look(kiosk, station)
    assert scene.person == "Ada Lovelace, 20417"
    assert may_capture(scene)
    press(kiosk, clock, Action.CAPTURE)
    assert station.requests == 1


def test_a_kept_portrait_makes_room_for_the_next_person(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    take_good(kiosk, station, clock)
    press(kiosk, clock, Action.KEEP)
    assert look(kiosk, station).person == "Please scan your badge"


def test_whoever_the_list_says_no_of_meanwhile_is_not_photographed(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.scan("20417")
    station.subjects.relist(replace(ADA, refused="Photo consent: no"), BO)
    assert look(kiosk, station).person == "Ada Lovelace, 20417 · Must not be photographed"
    press(kiosk, clock, Action.CAPTURE)
    assert look(kiosk, station).hint == "Ada Lovelace, 20417 must not be photographed"
    assert station.requests == 0


def test_somebody_who_has_a_portrait_already_is_told(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.subjects.elsewhere["20417"] = "booth-1"
    kiosk.scan("20417")
    assert look(kiosk, station).hint == "Photographed at booth-1"
    clock.pass_s(60)
    assert look(kiosk, station).person == "Ada Lovelace, 20417 · Photographed at booth-1"
    station.subjects.use("required", ADA, BO, consent={"en": "Agreed?"})
    kiosk.scan("20417")
    question = look(kiosk, station).question
    assert question is not None
    assert question.title == "Ada Lovelace, 20417 · Photographed at booth-1"
    station.subjects.use("required", ADA, BO)
    clock.pass_s(60)
    kiosk.scan("20418")
    assert look(kiosk, station).hint != "Photographed"
    press(kiosk, clock, Action.CAPTURE)
    station.finish()
    look(kiosk, station)
    press(kiosk, clock, Action.KEEP)
    clock.pass_s(60)
    station.subjects.read_code("20418", "checked-in")
    assert look(kiosk, station).hint == "Photographed"
    assert look(kiosk, station).person == "Bo, 20418 · Photographed"


def test_somebody_whose_doubtful_portrait_was_kept_has_one(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    take_doubtful(kiosk, station, clock)
    press(kiosk, clock, Action.KEEP)
    press(kiosk, clock, Action.KEEP)
    kiosk.scan("20417")
    assert look(kiosk, station).person == "Ada Lovelace, 20417 · Photographed"


def test_after_a_retake_it_is_still_the_same_person(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    take_good(kiosk, station, clock)
    press(kiosk, clock, Action.RETAKE)
    assert station.requests == 2
    assert station.status().subjects.current is not None


def test_whoever_a_portrait_is_given_to_has_not_agreed_by_that(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_agreed(kiosk, station, clock)
    press(kiosk, clock, Action.WRONG_PERSON)
    kiosk.scan("20418")
    assert look(kiosk, station).hint == "Filed under Bo, 20418, who has not agreed yet"


def test_somebody_who_is_not_on_the_list_is_taken_when_confirmed(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.scan("999")
    scene = look(kiosk, station)
    assert [banner.title for banner in scene.banners] == ["999 is not on the list"]
    assert [button.action for button in scene.buttons] == [Action.NEXT, Action.CONFIRM]
    press(kiosk, clock, Action.CONFIRM)
    assert look(kiosk, station).person == "999"


@pytest.mark.parametrize("unknown", [True, False])
def test_while_something_is_asked_nobody_is_told_to_scan(
    kiosk: Kiosk, station: FakeStation, clock: Clock, unknown: bool
) -> None:
    station.subjects.use("required", ADA, BO, consent={"en": "Agreed?"})
    kiosk.scan("999" if unknown else "20417")
    look(kiosk, station)
    press(kiosk, clock, Action.CAPTURE)  # Enter.
    scene = look(kiosk, station)
    assert (scene.person, scene.hint) == ("", "")
    assert Action.NEXT in {button.action for button in scene.buttons}


@pytest.mark.parametrize("answer", [Action.NEXT, Action.CONFIRM])
def test_while_an_unknown_id_is_asked_about_a_push_button_takes_nobody(
    kiosk: Kiosk, station: FakeStation, clock: Clock, answer: Action
) -> None:
    kiosk.scan("20417")
    kiosk.scan("999")  # Ada has walked off.
    look(kiosk, station)
    with pytest.raises(Busy):
        station.capture()
    press(kiosk, clock, answer)
    look(kiosk, station)
    station.capture()
    assert station.requests == 1


def test_somebody_who_is_not_on_the_list_can_be_sent_away(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    kiosk.scan("999")
    press(kiosk, clock, Action.NEXT)
    scene = look(kiosk, station)
    assert not scene.banners
    assert scene.person == "Please scan your badge"


def test_where_the_list_decides_nothing_can_be_confirmed(kiosk: Kiosk, station: FakeStation) -> None:
    station.subjects.use("required", ADA, unknown="refuse")
    kiosk.scan("999")
    scene = look(kiosk, station)
    assert scene.banners
    assert Action.CONFIRM not in {button.action for button in scene.buttons}
    kiosk.scan("20417")
    assert not look(kiosk, station).banners


def test_the_text_is_agreed_to_before_the_first_picture(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.subjects.use("required", ADA, consent={"en": "My picture goes on my card."})
    kiosk.scan("20417")
    scene = look(kiosk, station)
    assert scene.question is not None
    assert scene.question.text == "My picture goes on my card."
    assert not scene.person  # The question has the name.
    assert not may_capture(scene)
    press(kiosk, clock, Action.AGREE)
    scene = look(kiosk, station)
    assert scene.question is None
    assert may_capture(scene)


def test_who_leaves_without_agreeing_takes_their_name_along(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.subjects.use("required", ADA, BO, consent={"en": "My picture goes on my card."})
    kiosk.scan("20417")
    clock.pass_s(50)
    press(kiosk, clock, Action.VIEW)  # Any touch shows that somebody is there.
    clock.pass_s(50)
    assert look(kiosk, station).question is not None
    clock.pass_s(10)
    scene = look(kiosk, station)
    assert (scene.question, scene.person) == (None, "Please scan your badge")
    assert station.status().subjects.current is None


def test_the_wrong_person_can_be_let_go(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    kiosk.scan("20417")
    look(kiosk, station)
    press(kiosk, clock, Action.NEXT)
    assert station.status().subjects.current is None


@pytest.mark.parametrize("code", ["", "x" * 500, "a\x00b"])
def test_a_code_that_cannot_be_an_id_is_told(kiosk: Kiosk, station: FakeStation, code: str) -> None:
    kiosk.scan(code)
    assert look(kiosk, station).hint == "This code is not an ID. Please scan again"


def test_a_code_that_is_cut_off_is_to_be_scanned_again(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    press(kiosk, clock, Action.CUT_OFF)
    assert look(kiosk, station).hint == "This code was incomplete. Please scan again"
    clock.pass_s(60)
    station.subjects.use("off")
    look(kiosk, station)
    press(kiosk, clock, Action.CUT_OFF)
    assert not look(kiosk, station).hint


def test_a_code_held_up_to_the_camera_is_as_good_as_a_scanned_one(kiosk: Kiosk, station: FakeStation) -> None:
    station.subjects.read_code("20417", "checked-in")
    assert look(kiosk, station).person == "Ada Lovelace, 20417"
    station.subjects.check_out()
    station.subjects.read_code("999", "ask")
    scene = look(kiosk, station)
    assert [banner.title for banner in scene.banners] == ["999 is not on the list"]
    assert Action.CONFIRM in {button.action for button in scene.buttons}
    station.subjects.read_code("999", "refuse")
    scene = look(kiosk, station)
    assert scene.banners
    assert Action.CONFIRM not in {button.action for button in scene.buttons}
    station.subjects.read_code("x", "unreadable")
    scene = look(kiosk, station)
    assert not scene.banners
    assert scene.hint == "This code is not an ID. Please scan again"


def test_who_must_not_be_photographed_is_told_so(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.subjects.use("required", ADA, Subject("7", "Cy", refused="Photo consent: no"))
    station.subjects.check_in("20417")

    def told() -> list[tuple[str, str]]:
        return [(banner.title, banner.detail) for banner in look(kiosk, station).banners]

    sentence = [("Cy, 7 must not be photographed", "The list says: Photo consent: no")]
    kiosk.scan("7")
    assert told() == sentence
    assert Action.CONFIRM not in {button.action for button in look(kiosk, station).buttons}
    kiosk.scan("20417")
    assert told() == []
    station.subjects.read_code("7", "not-permitted")
    assert told() == sentence
    press(kiosk, clock, Action.NEXT)
    assert told() == []


@pytest.mark.parametrize("badge", ["777", "7"])
def test_what_is_told_of_a_badge_is_gone_when_its_owner_has_left(
    kiosk: Kiosk, station: FakeStation, clock: Clock, badge: str
) -> None:
    station.subjects.use("required", ADA, Subject("7", "Cy", refused="Photo consent: no"))
    kiosk.scan(badge)
    assert look(kiosk, station).banners
    clock.pass_s(59)
    kiosk.scan(badge)  # They are still there.
    clock.pass_s(59)
    assert look(kiosk, station).banners
    clock.pass_s(60)
    scene = look(kiosk, station)
    assert not scene.banners
    assert Action.CONFIRM not in {button.action for button in scene.buttons}


def test_whoever_is_checked_in_on_another_screen_is_not_asked_about_the_badge_before(
    kiosk: Kiosk, station: FakeStation
) -> None:
    kiosk.scan("777")
    assert look(kiosk, station).banners
    station.subjects.check_in("20417")  # By an attendant, on the page.
    scene = look(kiosk, station)
    assert (scene.banners, scene.person, may_capture(scene)) == ((), "Ada Lovelace, 20417", True)


def test_a_badge_that_is_scanned_during_a_search_means_nobody_whose_id_only_contains_it(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.subjects.use("required", ADA, Subject("1417", "Cy"))
    press(kiosk, clock, Action.SEARCH)
    kiosk.scan("417")
    assert [banner.title for banner in look(kiosk, station).banners] == ["417 is not on the list"]
    assert station.status().subjects.current is None


def test_while_somebody_says_who_they_are_nothing_starts_hands_free(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    press(kiosk, clock, Action.SEARCH)
    look(kiosk, station)
    assert station.auto_from_s > clock()


def test_a_badge_that_is_scanned_meanwhile_ends_no_countdown(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    kiosk.scan("20417")
    press(kiosk, clock, Action.CAPTURE)
    kiosk.scan("777")
    look(kiosk, station)
    assert station.auto_from_s <= clock()


def test_while_a_doubtful_portrait_is_asked_about_nothing_starts_hands_free(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.scan("20417")
    press(kiosk, clock, Action.CAPTURE)
    station.finish("review", kept=False)
    assert look(kiosk, station).review is not None
    look(kiosk, station)
    assert station.auto_from_s > clock()


def test_where_the_camera_reads_codes_the_badge_belongs_before_it(kiosk: Kiosk, station: FakeStation) -> None:
    station.subjects.use("required", ADA, camera_codes=True)
    assert look(kiosk, station).person == "Hold your badge up to the camera"


def test_where_names_do_not_matter_a_scan_does_nothing(kiosk: Kiosk, station: FakeStation) -> None:
    station.subjects.use("off")
    before = look(kiosk, station)
    kiosk.scan("FQ-20417")
    assert look(kiosk, station) == before
    assert station.requests == 0


def test_what_was_told_of_one_person_is_not_said_to_the_next(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    take_good(kiosk, station, clock)
    press(kiosk, clock, Action.KEEP)
    assert look(kiosk, station).hint == MESSAGES("notice.kept")
    kiosk.scan("20418")
    assert look(kiosk, station).hint != MESSAGES("notice.kept")


def test_keys_answer_what_buttons_ask(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.subjects.use("required", ADA, BO, consent={"en": "Agreed?"})
    kiosk.scan("20417")
    press(kiosk, clock, Action.CAPTURE)  # The second Enter of a scanner agrees to nothing.
    assert look(kiosk, station).question is not None
    press(kiosk, clock, Action.CANCEL)
    assert look(kiosk, station).person == "Please scan your badge"
    kiosk.scan("20417")
    look(kiosk, station)
    press(kiosk, clock, ACTION_OF["y"])
    scene = look(kiosk, station)
    assert (scene.question, may_capture(scene)) == (None, True)
    press(kiosk, clock, ACTION_OF["y"])  # Nothing is asked any more.
    press(kiosk, clock, Action.CANCEL)  # It cancels countdowns: the person stays.
    assert look(kiosk, station).person == "Ada Lovelace, 20417"
    press(kiosk, clock, Action.NEXT)
    kiosk.scan("777")
    assert look(kiosk, station).banners
    press(kiosk, clock, Action.CANCEL)
    assert not look(kiosk, station).banners
    kiosk.scan("777")
    look(kiosk, station)
    press(kiosk, clock, ACTION_OF["y"])
    question = look(kiosk, station).question
    assert question is not None
    assert question.title == "777"


def test_without_names_there_is_no_wrong_person(station: FakeStation, clock: Clock) -> None:
    station.see()
    kiosk = Kiosk(station, WindowSettings(), MESSAGES, clock)
    press(kiosk, clock, Action.CAPTURE)
    station.finish()
    look(kiosk, station)
    press(kiosk, clock, Action.WRONG_PERSON)
    assert look(kiosk, station).search is None


def test_the_id_that_is_taken_anyway_is_the_one_that_was_asked_about(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    people = Subject("2041", "Ada Lovelace"), Subject("20417", "Bo")
    station.subjects.use("required", *people, code_pattern=r"^(\d+)\d$")  # The last digit checks the others.
    kiosk.scan("204180")
    assert [banner.title for banner in look(kiosk, station).banners] == ["20418 is not on the list"]
    press(kiosk, clock, Action.CONFIRM)
    assert look(kiosk, station).person == "20418"
