"""The next badge is scanned while a portrait is taken, or waits for an answer."""

from __future__ import annotations

import pytest

from capture_station.errors import Busy
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action, Banner
from capture_station.station.status import Person
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.checking_in import (
    ADA,
    BO,
    MESSAGES,
    kiosk_of_two,
    look,
    press,
    take_agreed,
    take_doubtful,
    take_good,
)
from tests.frontends.window.looking import labels


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    return kiosk_of_two(station, clock)


def test_the_next_badge_keeps_a_good_portrait(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    reviewed = take_good(kiosk, station, clock)
    clock.pass_s(1)
    kiosk.scan("20418")
    for _ in range(2):  # Its person has the time to see it, and to touch Retake.
        scene = look(kiosk, station)
        assert (scene.review, scene.following) == (reviewed.review, "Next: Bo, 20418")
        assert labels(scene) == labels(reviewed)
        clock.pass_s(1)
    look(kiosk, station)
    scene = look(kiosk, station)
    assert (scene.review, scene.person, scene.following) == (None, "Bo, 20418", "")


def test_a_badge_that_joins_a_queue_leaves_the_review_of_a_good_portrait_as_it_is(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.subjects.use("required", ADA, BO, Subject("FQ-3", "Cy"))
    reviewed = take_good(kiosk, station, clock, "20418")
    clock.pass_s(4)
    kiosk.scan("FQ-3")
    clock.pass_s(1)
    scene = look(kiosk, station)
    assert (scene.review, scene.following) == (reviewed.review, "Next: Bo, 20418 \u00b7 then 1 more")
    clock.pass_s(1)
    look(kiosk, station)
    assert look(kiosk, station).person == "Bo, 20418"


@pytest.mark.parametrize("waiting", ["", "20418"])
def test_a_second_scan_of_who_looks_at_their_portrait_keeps_it_and_asks_for_no_other(
    kiosk: Kiosk, station: FakeStation, clock: Clock, waiting: str
) -> None:
    take_good(kiosk, station, clock, waiting)
    kiosk.scan("20417")
    kept = MESSAGES("person.kept", name="Ada Lovelace, 20417") if waiting else MESSAGES("notice.kept")
    assert look(kiosk, station).hint == kept
    clock.pass_s(3)
    look(kiosk, station)
    scene = look(kiosk, station)
    assert scene.review is None
    assert (scene.person, scene.following) == ("Bo, 20418" if waiting else "Please scan your badge", "")
    kiosk.scan("20417")
    scene = look(kiosk, station)
    assert "Ada Lovelace, 20417" in (scene.following if waiting else scene.person)


def test_a_doubtful_portrait_is_answered_before_the_next_badge(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_doubtful(kiosk, station, clock)
    kiosk.scan("20418")
    scene = look(kiosk, station)
    assert scene.banners == (Banner("First keep or retake the portrait of Ada Lovelace, 20417", "Then scan again."),)
    assert scene.review is not None
    assert scene.review.person == "Ada Lovelace, 20417"
    assert station.status().subjects.current == Person("20417", "Ada Lovelace")
    press(kiosk, clock, Action.KEEP)
    press(kiosk, clock, Action.KEEP)
    kiosk.scan("20418")
    scene = look(kiosk, station)
    assert scene.person == "Bo, 20418"
    assert not scene.banners
    press(kiosk, clock, Action.CAPTURE)
    assert station.requests == 2


def test_after_a_badge_that_came_too_early_the_next_person_s_key_takes_no_picture(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_doubtful(kiosk, station, clock)
    clock.pass_s(55)
    kiosk.scan("20418")
    for _ in range(3):
        clock.pass_s(3)
        kiosk.press(Action.CAPTURE)  # Space, Enter.
        look(kiosk, station)
        with pytest.raises(Busy):
            station.capture()  # A push button.
    assert station.requests == 1
    clock.pass_s(4)
    assert look(kiosk, station).review is not None  # It was about to be forgotten, but somebody is here.
    kiosk.press(Action.CAPTURE)
    assert station.requests == 2


def test_after_a_badge_that_came_too_early_another_question_s_end_lets_no_push_button_take_the_next_person(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_doubtful(kiosk, station, clock)
    press(kiosk, clock, Action.SEARCH)
    kiosk.scan("999")
    look(kiosk, station)
    clock.pass_s(1)
    kiosk.scan("20418")
    look(kiosk, station)
    kiosk.press(Action.NEXT)
    look(kiosk, station)
    clock.pass_s(2)
    look(kiosk, station)
    with pytest.raises(Busy):
        station.capture()  # A push button.
    clock.pass_s(2)
    look(kiosk, station)
    station.capture()
    assert station.requests == 2


def test_after_a_badge_that_came_too_early_the_portrait_can_be_taken_again_at_once(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_doubtful(kiosk, station, clock)
    kiosk.scan("20418")
    press(kiosk, clock, Action.RETAKE)
    assert station.requests == 2
    assert not look(kiosk, station).banners


def test_a_nameless_doubtful_portrait_is_answered_before_the_next_badge(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.subjects.use("optional", ADA, BO)
    press(kiosk, clock, Action.CAPTURE)
    station.finish("review", kept=False)
    look(kiosk, station)
    kiosk.scan("20418")
    (banner,) = look(kiosk, station).banners
    assert banner.title == "First keep or retake this portrait"


def test_a_retake_shows_the_same_person_whoever_held_up_a_badge_meanwhile(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_doubtful(kiosk, station, clock)
    station.subjects.read_code("20418", "checked-in")
    look(kiosk, station)
    press(kiosk, clock, Action.RETAKE)
    shot = station.finish()
    assert shot.subject == Person("20417", "Ada Lovelace")
    assert look(kiosk, station).review is not None
    press(kiosk, clock, Action.KEEP)
    assert look(kiosk, station).person == "Bo, 20418"


def test_a_code_held_up_to_the_camera_keeps_a_good_portrait(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    assert take_good(kiosk, station, clock).review is not None
    station.subjects.check_out()  # Somebody let the person go on another screen.
    station.subjects.read_code("20418", "checked-in")
    assert look(kiosk, station).review is not None
    clock.pass_s(3)
    scene = look(kiosk, station)
    assert scene.review is None
    assert scene.person == "Bo, 20418"


def test_a_scan_during_the_countdown_says_who_is_next(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    kiosk.scan("20417")
    press(kiosk, clock, Action.CAPTURE)
    kiosk.scan("20418")
    scene = look(kiosk, station)
    assert scene.countdown
    assert (scene.person, scene.following) == ("Ada Lovelace, 20417", "Next: Bo, 20418")
    station.expose()
    scene = look(kiosk, station)
    assert (scene.person, scene.following) == ("Ada Lovelace, 20417", "Next: Bo, 20418")
    assert station.finish().subject == Person("20417", "Ada Lovelace")
    scene = look(kiosk, station)
    assert scene.review is not None
    assert (scene.review.person, scene.following) == ("Ada Lovelace, 20417", "Next: Bo, 20418")
    press(kiosk, clock, Action.RETAKE)
    assert station.finish().subject == Person("20417", "Ada Lovelace")
    look(kiosk, station)
    press(kiosk, clock, Action.KEEP)
    scene = look(kiosk, station)
    assert (scene.person, scene.following) == ("Bo, 20418", "")


def test_while_somebody_waits_the_capture_key_keeps_a_good_portrait_before_it_takes_the_next_one(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_good(kiosk, station, clock, "20418")
    with pytest.raises(Busy):
        station.capture()  # A push button, or hands free.
    press(kiosk, clock, Action.CAPTURE)
    scene = look(kiosk, station)
    assert (station.requests, scene.review, scene.person) == (1, None, "Bo, 20418")
    press(kiosk, clock, Action.CAPTURE)
    assert station.finish().subject == Person("20418", "Bo")


def test_while_somebody_waits_a_doubtful_portrait_is_answered_for_by_its_own_keys_only(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.scan("20417")
    press(kiosk, clock, Action.CAPTURE)
    kiosk.scan("20418")
    station.finish(verdict="review", kept=False)
    for _ in range(3):
        look(kiosk, station)
        clock.pass_s(5)
        kiosk.press(Action.CAPTURE)
    scene = look(kiosk, station)
    assert station.requests == 1
    told = Banner("First keep or retake the portrait of Ada Lovelace, 20417", "Next: Bo, 20418")
    assert scene.banners == (told,)
    press(kiosk, clock, Action.RETAKE)
    assert look(kiosk, station).person == "Ada Lovelace, 20417"
    assert station.finish().subject == Person("20417", "Ada Lovelace")


def test_a_retake_says_whose_it_is_whoever_is_checked_in_meanwhile(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_doubtful(kiosk, station, clock)
    station.subjects.check_in("20418", replaces=True)  # By a program.
    press(kiosk, clock, Action.RETAKE)
    scene = look(kiosk, station)
    assert scene.countdown
    assert scene.person == "Ada Lovelace, 20417"


def test_a_retake_from_the_phone_runs_under_the_name_of_whom_it_is_of(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_good(kiosk, station, clock)
    press(kiosk, clock, Action.KEEP)
    kiosk.scan("20418")
    station.capture(retakes=max(station.archive))
    scene = look(kiosk, station)
    assert scene.countdown
    assert scene.person == "Ada Lovelace, 20417"
    station.finish()
    look(kiosk, station)
    press(kiosk, clock, Action.KEEP)
    scene = look(kiosk, station)
    assert (scene.hint, scene.person) == ("Saved: Ada Lovelace, 20417", "Bo, 20418")


def test_who_was_scanned_during_the_countdown_is_not_lost_when_another_name_is_corrected(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_good(kiosk, station, clock, "20418")
    press(kiosk, clock, Action.WRONG_PERSON)
    kiosk.scan("20417")  # It was her after all.
    scene = look(kiosk, station)
    assert scene.review is not None
    assert scene.review.person == "Ada Lovelace, 20417"
    press(kiosk, clock, Action.KEEP)
    assert look(kiosk, station).person == "Bo, 20418"


def test_a_badge_that_is_scanned_before_the_countdown_takes_nobody_s_place(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.scan("20417")
    station.subjects.elsewhere["20418"] = "booth-1"
    kiosk.scan("20418")
    scene = look(kiosk, station)
    assert (scene.person, scene.following) == ("Ada Lovelace, 20417", "Next: Bo, 20418 · Photographed at booth-1")
    assert not scene.hint
    press(kiosk, clock, Action.CAPTURE)
    assert station.finish().subject == Person("20417", "Ada Lovelace")
    look(kiosk, station)
    press(kiosk, clock, Action.KEEP)
    assert look(kiosk, station).person == "Bo, 20418 · Photographed at booth-1"


def test_who_reads_the_text_stays_when_the_next_badge_is_scanned_and_may_leave(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.subjects.use("required", ADA, BO, consent={"en": "Agreed?"})
    kiosk.scan("20417")
    look(kiosk, station)
    clock.pass_s(5)
    kiosk.scan("20418")
    scene = look(kiosk, station)
    assert scene.question is not None
    assert (scene.question.title, scene.following) == ("Ada Lovelace, 20417", "Next: Bo, 20418")
    press(kiosk, clock, Action.NEXT)
    scene = look(kiosk, station)
    assert scene.question is not None
    assert (scene.question.title, scene.following) == ("Bo, 20418", "")


def test_who_walks_away_from_a_doubtful_portrait_keeps_nobody_waiting(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_doubtful(kiosk, station, clock)
    clock.pass_s(61)
    look(kiosk, station)
    kiosk.scan("20418")
    assert look(kiosk, station).person == "Bo, 20418"


def test_who_was_scanned_during_a_cancelled_countdown_comes_after_the_person_has_left(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.scan("20417")
    press(kiosk, clock, Action.CAPTURE)
    station.subjects.read_code("20418", "waits")
    look(kiosk, station)
    press(kiosk, clock, Action.CANCEL)
    scene = look(kiosk, station)
    assert (scene.person, scene.following) == ("Ada Lovelace, 20417", "Next: Bo, 20418")
    press(kiosk, clock, Action.NEXT)
    scene = look(kiosk, station)
    assert (scene.person, scene.following) == ("Bo, 20418", "")


def test_who_taps_twice_to_keep_a_portrait_agrees_to_nothing_for_the_next_person(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take_agreed(kiosk, station, clock, "20418")
    press(kiosk, clock, Action.KEEP)
    scene = look(kiosk, station)
    assert scene.question is not None
    assert [button.enabled for button in scene.buttons] == [False, False]
    for _ in range(2):
        clock.pass_s(0.45)
        kiosk.press(Action.AGREE)  # It has come up under the finger.
        assert look(kiosk, station).question is not None
    press(kiosk, clock, Action.KEEP)  # The key, for the portrait before.
    scene = look(kiosk, station)
    assert scene.question is not None
    assert [button.enabled for button in scene.buttons] == [True, True]
    press(kiosk, clock, Action.AGREE)
    assert look(kiosk, station).question is None


def test_an_id_that_is_taken_anyway_is_asked_for_consent_by_a_touch_of_its_own(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.subjects.use("required", ADA, BO, consent={"en": "Agreed?"})
    kiosk.scan("999")
    look(kiosk, station)
    press(kiosk, clock, Action.CONFIRM)
    look(kiosk, station)
    clock.pass_s(0.2)
    kiosk.press(Action.AGREE)
    assert look(kiosk, station).question is not None


def test_an_unknown_code_during_the_countdown_is_asked_about_after_it(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.scan("20417")
    press(kiosk, clock, Action.CAPTURE)
    kiosk.scan("999")
    scene = look(kiosk, station)
    assert [banner.title for banner in scene.banners] == ["999 is not on the list"]
    assert [button.action for button in scene.buttons] == [Action.CANCEL]
    station.finish()
    assert Action.CONFIRM in {button.action for button in look(kiosk, station).buttons}
    press(kiosk, clock, Action.NEXT)
    review = look(kiosk, station).review
    assert review is not None
    assert review.person == "Ada Lovelace, 20417"
