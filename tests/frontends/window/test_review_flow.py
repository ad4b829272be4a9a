"""The portrait under review: kept by itself, kept on purpose, taken again."""

from __future__ import annotations

import pytest

from capture_station.config import WindowSettings
from capture_station.frames import Flaw
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action
from capture_station.locales.messages import Messages
from capture_station.station.status import Guide, Hint
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.looking import actions, labels, look, take

MESSAGES = Messages("en")


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    station.see()
    return Kiosk(station, WindowSettings(), MESSAGES, clock)


def test_a_press_becomes_a_countdown_a_flash_and_a_review(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    assert actions(look(kiosk, station)) == {Action.CAPTURE, Action.VIEW, Action.GUIDE}
    kiosk.press(Action.CAPTURE)
    clock.pass_s(1.5)
    station.count_down(2.4)
    counting = look(kiosk, station)
    assert counting.countdown == "3"
    assert counting.countdown_share == pytest.approx(0.4)
    assert actions(counting) == {Action.CANCEL}
    assert not counting.guide  # Now the camera is to be looked at, not the screen.
    station.count_down(0.1)
    assert look(kiosk, station).flash
    station.expose()
    assert look(kiosk, station).flash == 1.0
    clock.pass_s(5)
    station.render()
    working = look(kiosk, station)
    assert working.flash == 0.0
    assert not working.countdown
    assert Action.CAPTURE not in actions(working)
    station.finish()
    review = look(kiosk, station)
    assert review.review is not None
    assert review.review.good
    assert review.review.portrait == station.portrait
    assert actions(review) == {Action.KEEP, Action.RETAKE}


def test_a_tap_in_the_moment_of_the_review_does_not_answer_it(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    kiosk.press(Action.CAPTURE)
    clock.pass_s(3)
    station.expose()
    look(kiosk, station)
    station.finish()
    look(kiosk, station)
    clock.pass_s(0.1)
    kiosk.press(Action.RETAKE)
    assert station.requests == 1
    clock.pass_s(1)
    kiosk.press(Action.RETAKE)
    assert station.requests == 2


def test_a_review_is_kept_by_itself(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    take(kiosk, station)
    clock.pass_s(3)
    halfway = look(kiosk, station)
    assert max(button.filled for button in halfway.buttons) == pytest.approx(0.5)
    clock.pass_s(3.1)
    after = look(kiosk, station)
    assert after.review is None
    assert after.hint == MESSAGES("notice.kept")
    assert station.retaken == []


def test_retake_starts_again_and_discards_the_shot_when_there_is_another(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    old_id = take(kiosk, station)
    clock.pass_s(1)
    kiosk.press(Action.RETAKE)
    assert look(kiosk, station).countdown
    assert station.archive[old_id].kept
    station.expose()
    new_id = station.finish().id
    assert [saved.id for saved in station.saved(9) if saved.kept] == [new_id]


def test_a_doubtful_retake_replaces_nothing_until_somebody_keeps_it(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    old_id = take(kiosk, station)
    clock.pass_s(1)
    kiosk.press(Action.RETAKE)
    station.finish("review", (Flaw("face-dark"),), kept=False)
    look(kiosk, station)
    clock.pass_s(1)
    kiosk.press(Action.RETAKE)
    new_id = station.finish("review", (Flaw("face-dark"),), kept=False).id
    look(kiosk, station)
    assert [saved.id for saved in station.saved(9) if saved.kept] == [old_id]
    for _ in range(2):
        clock.pass_s(1)
        kiosk.press(Action.KEEP)
    assert [saved.id for saved in station.saved(9) if saved.kept] == [new_id]


@pytest.mark.parametrize("happens", ["cancelled", "failed", "refused"])
def test_after_a_retake_that_came_to_nothing_the_portrait_before_is_shown_again(
    kiosk: Kiosk, station: FakeStation, clock: Clock, happens: str
) -> None:
    old_id = take(kiosk, station)
    clock.pass_s(1)
    if happens == "refused":
        station.unplug("gone")
    kiosk.press(Action.RETAKE)
    clock.pass_s(1)
    if happens == "cancelled":
        kiosk.press(Action.CANCEL)
    elif happens == "failed":
        station.fail("the model failed")
    assert look(kiosk, station).review is not None
    assert station.archive[old_id].kept
    clock.pass_s(1)
    kiosk.press(Action.KEEP)
    assert look(kiosk, station).review is None
    # A later one that nobody wanted instead changes nothing.
    station.see()
    clock.pass_s(1)
    take(kiosk, station)
    assert station.retaken == []


def test_a_retake_that_a_phone_asked_for_and_somebody_cancels_comes_back_to_the_review(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    before = take(kiosk, station)
    clock.pass_s(1)
    kiosk.press(Action.KEEP)
    clock.pass_s(1)
    taken = take(kiosk, station)
    station.capture(retakes=taken)
    assert look(kiosk, station).review is None
    clock.pass_s(1)
    kiosk.press(Action.CANCEL)
    review = look(kiosk, station).review
    assert review is not None
    clock.pass_s(1)
    kiosk.press(Action.KEEP)
    station.capture(retakes=before)
    assert look(kiosk, station).countdown
    clock.pass_s(1)
    kiosk.press(Action.CANCEL)
    scene = look(kiosk, station)
    assert scene.review is not None
    assert [banner.title for banner in scene.banners] == ["The portrait from before stays"]
    assert station.retaken == []


def test_retake_of_a_shot_that_was_removed_on_another_screen_goes_on(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    take(kiosk, station)
    clock.pass_s(1)
    station.removed = True
    kiosk.press(Action.RETAKE)
    scene = look(kiosk, station)
    assert scene.review is None
    assert scene.countdown
    station.expose()
    station.finish()
    assert look(kiosk, station).review is not None


def test_capture_in_a_review_keeps_it_and_takes_the_next(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    take(kiosk, station)
    clock.pass_s(1)
    kiosk.press(Action.CAPTURE)
    scene = look(kiosk, station)
    assert scene.review is None
    assert scene.countdown
    assert station.retaken == []


def test_what_a_review_says_is_in_the_window_s_language(station: FakeStation, clock: Clock) -> None:
    station.see()
    kiosk = Kiosk(station, WindowSettings(), Messages("de"), clock)
    take(kiosk, station, "review", (Flaw("face-dark"), Flaw("several-people", {"count": 2})))
    review = look(kiosk, station).review
    assert review is not None
    assert review.reasons == (
        "Das Gesicht ist zu dunkel.",
        "2 Personen sind im Bild; wer abseits steht, fehlt im Porträt.",
    )


def test_a_shot_taken_before_the_window_opened_is_no_news(station: FakeStation, clock: Clock) -> None:
    station.see()
    station.capture()
    station.finish()
    kiosk = Kiosk(station, WindowSettings(), MESSAGES, clock)
    assert look(kiosk, station).review is None


def test_without_review_time_the_portrait_is_kept_at_once(station: FakeStation, clock: Clock) -> None:
    station.see()
    kiosk = Kiosk(station, WindowSettings(review_s=0), MESSAGES, clock)
    take(kiosk, station)
    scene = look(kiosk, station)
    assert scene.review is None
    assert scene.hint == MESSAGES("notice.kept")


def test_a_doubtful_portrait_is_kept_only_by_two_touches(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    kiosk.press(Action.CAPTURE)
    shot = station.finish("review", (Flaw("face-dark"),), kept=False)
    look(kiosk, station)
    clock.pass_s(30)
    scene = look(kiosk, station)
    assert scene.review is not None
    assert labels(scene) == [(MESSAGES("button.retake"), True), (MESSAGES("button.keep-anyway"), False)]
    assert not any(button.filled for button in scene.buttons)
    kiosk.press(Action.KEEP)
    assert (MESSAGES("button.keep-sure"), False) in labels(look(kiosk, station))
    assert not station.archive[shot.id].kept
    clock.pass_s(1)
    kiosk.press(Action.KEEP)
    after = look(kiosk, station)
    assert after.review is None
    assert after.hint == MESSAGES("notice.kept")
    assert station.archive[shot.id].kept


def test_what_is_decided_on_another_screen_is_not_asked_in_the_window(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.subjects.use("optional", Subject("20417", "Ada"))
    kiosk.press(Action.CAPTURE)
    shot = station.finish("review", (Flaw("face-dark"),), kept=False)
    assert look(kiosk, station).review is not None
    station.subjects.assign(shot.id, "20417", "web")
    review = look(kiosk, station).review
    assert review is not None
    assert review.person == "Ada, 20417"
    station.keep(shot.id)
    assert look(kiosk, station).review is None
    clock.pass_s(1)
    kiosk.press(Action.CAPTURE)
    assert station.requests == 2


def test_a_doubtful_portrait_that_nobody_answers_for_goes_unkept(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.press(Action.CAPTURE)
    shot = station.finish("review", (Flaw("face-dark"),), kept=False)
    look(kiosk, station)
    clock.pass_s(61)
    assert look(kiosk, station).review is None
    assert not station.archive[shot.id].kept


def test_a_refused_picture_says_why_and_the_next_try_is_one_touch_away(kiosk: Kiosk, station: FakeStation) -> None:
    kiosk.press(Action.CAPTURE)
    station.refuse(Flaw("uncropped-no-face"))
    scene = look(kiosk, station)
    assert scene.review is None
    assert scene.hint == "No portrait: your face was not seen; please look into the camera"
    assert Action.CAPTURE in actions(scene)


def test_after_a_retake_the_previous_take_is_beside_the_new_one(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.portrait = "/first.jpg"
    take(kiosk, station)
    review = look(kiosk, station).review
    assert review is not None
    assert review.previous == ""
    clock.pass_s(1)
    kiosk.press(Action.RETAKE)
    station.expose()
    look(kiosk, station)
    station.portrait = "/second.jpg"
    station.finish()
    review = look(kiosk, station).review
    assert review is not None
    assert (review.portrait, review.previous) == ("/second.jpg", "/first.jpg")


def test_after_a_retake_from_the_phone_the_previous_take_is_beside_the_new_one_too(
    kiosk: Kiosk, station: FakeStation
) -> None:
    station.portrait = "/first.jpg"
    first = take(kiosk, station)
    station.capture(retakes=first)
    assert look(kiosk, station).countdown
    station.portrait = "/second.jpg"
    station.finish()
    review = look(kiosk, station).review
    assert review is not None
    assert (review.portrait, review.previous) == ("/second.jpg", "/first.jpg")


def test_a_retake_that_was_cancelled_is_no_previous_take(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    take(kiosk, station)
    clock.pass_s(1)
    kiosk.press(Action.RETAKE)
    look(kiosk, station)
    clock.pass_s(1)
    kiosk.press(Action.CANCEL)
    look(kiosk, station)
    clock.pass_s(1)
    kiosk.press(Action.KEEP)
    clock.pass_s(1)
    take(kiosk, station)
    review = look(kiosk, station).review
    assert review is not None
    assert review.previous == ""


def test_a_tap_shows_the_face_and_another_the_whole_portrait(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    kiosk.press(Action.CAPTURE)
    look(kiosk, station)
    station.finish(guide=Guide(0.4, 0.46, (0.34, 0.47), (0.38, 0.62), 0.5))
    seen = []
    for _ in range(3):
        review = look(kiosk, station).review
        assert review is not None
        assert review.ranges is not None
        assert review.ranges.eye_lines == (0.34, 0.47)
        seen.append(review.zoomed)
        clock.pass_s(1)
        kiosk.press(Action.ZOOM)
    assert seen == [False, True, False]


@pytest.mark.parametrize(("kept", "touch", "almost_s"), [(True, Action.ZOOM, 5.5), (False, Action.KEEP, 59)])
def test_a_portrait_stays_while_somebody_looks_at_it_closely_or_decides(
    kiosk: Kiosk, station: FakeStation, clock: Clock, kept: bool, touch: Action, almost_s: float
) -> None:
    kiosk.press(Action.CAPTURE)
    station.finish("ok" if kept else "review", kept=kept)
    look(kiosk, station)
    for _ in range(2):
        clock.pass_s(almost_s)
        assert look(kiosk, station).review is not None
        kiosk.press(touch)
    assert all(saved.kept for saved in station.saved(9))


def test_a_flaw_that_names_a_place_is_boxed(kiosk: Kiosk, station: FakeStation) -> None:
    place: dict[str, int | str] = {"left_px": 400, "top_px": 100, "width_px": 80, "height_px": 200}
    take(kiosk, station, "review", (Flaw("face-dark"), Flaw("outline-uncertain", place)))
    review = look(kiosk, station).review
    assert review is not None
    assert review.boxes == ((0.5, 0.1, 0.1, 0.2),)
    assert len(review.reasons) == 2


def test_in_a_review_nobody_is_told_how_to_stand(kiosk: Kiosk, station: FakeStation) -> None:
    take(kiosk, station)
    station.see(Hint.STEP_CLOSER)
    scene = look(kiosk, station)
    assert scene.review is not None
    assert scene.hint == ""


def test_a_refusal_is_not_shown_any_longer_to_whoever_steps_in_front_of_the_camera(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.press(Action.CAPTURE)
    station.see(Hint.NOBODY)
    station.refuse(Flaw("nobody"))
    refusal = MESSAGES("notice.refused", reason=MESSAGES("flaw.nobody"))
    assert look(kiosk, station).hint == refusal
    clock.pass_s(1.5)
    assert look(kiosk, station).hint == refusal
    station.see(Hint.STEP_CLOSER)
    assert look(kiosk, station).hint == MESSAGES("hint.step-closer")
