from __future__ import annotations

import re
import string

import pytest

from capture_station.config import WindowSettings
from capture_station.errors import Trouble
from capture_station.frames import Flaw
from capture_station.frontends.window.keys import ACTION_OF
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action, Arrow, Scene, View
from capture_station.locales.messages import Messages
from capture_station.station.status import Hint
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation

MESSAGES = Messages("en")


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    station.see()
    return Kiosk(station, WindowSettings(), MESSAGES, clock)


def look(kiosk: Kiosk, station: FakeStation) -> Scene:
    return kiosk.scene(station.preview())


def actions(scene: Scene) -> set[Action]:
    return {button.action for button in scene.buttons if button.enabled}


def take(kiosk: Kiosk, station: FakeStation, verdict: str = "ok", flaws: tuple[Flaw, ...] = ()) -> str:
    """A capture from the press to the review; the shot's id."""
    kiosk.press(Action.CAPTURE)
    look(kiosk, station)
    station.expose()
    look(kiosk, station)
    shot = station.finish(verdict, flaws)
    look(kiosk, station)
    return shot.id


def test_a_press_becomes_a_countdown_a_flash_and_a_review(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    assert actions(look(kiosk, station)) == {Action.CAPTURE, Action.VIEW, Action.GUIDE}
    kiosk.press(Action.CAPTURE)
    station.count_down(2.4)
    counting = look(kiosk, station)
    assert counting.countdown == "3"
    assert counting.countdown_share == pytest.approx(0.4)
    assert actions(counting) == {Action.CANCEL}
    assert not counting.guide  # Now the camera is to be looked at, not the screen.
    station.expose()
    assert look(kiosk, station).flash == 1.0
    clock.pass_s(5)
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


def test_two_presses_in_quick_succession_are_one(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    kiosk.press(Action.CAPTURE)
    clock.pass_s(0.1)
    kiosk.press(Action.CANCEL)  # The cancel button has taken the capture button's place under the finger.
    assert station.status().captures.countdown_left_s is not None
    assert station.requests == 1
    clock.pass_s(1)
    kiosk.press(Action.CANCEL)
    assert station.status().captures.countdown_left_s is None


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


@pytest.mark.parametrize("happens", ["cancelled", "failed", "refused"])
def test_a_retake_that_comes_to_nothing_costs_no_portrait(
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
    assert look(kiosk, station).review is None
    assert station.archive[old_id].kept
    # A later one that nobody wanted instead changes nothing.
    station.see()
    clock.pass_s(1)
    take(kiosk, station)
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


def test_keys_that_have_nothing_to_answer_do_nothing(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    for action in (Action.KEEP, Action.RETAKE, Action.CANCEL):
        kiosk.press(action)
        clock.pass_s(1)
    assert station.requests == 0
    assert look(kiosk, station).hint == ""


def test_a_capture_from_elsewhere_looks_the_same(kiosk: Kiosk, station: FakeStation) -> None:
    station.capture()
    assert look(kiosk, station).countdown
    station.expose()
    assert look(kiosk, station).flash == 1.0
    station.finish("review", (Flaw("face-dark"),))
    review = look(kiosk, station).review
    assert review is not None
    assert not review.good
    assert review.reasons == ("The face is too dark.",)


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


def test_what_a_camera_lacks_is_in_the_window_s_language_where_it_is_known(station: FakeStation, clock: Clock) -> None:
    kiosk = Kiosk(station, WindowSettings(), Messages("de"), clock)
    station.unplug("none is attached", Trouble("none"))
    assert look(kiosk, station).banners[0].detail.startswith("Keine Kamera ist angeschlossen. Es geht von selbst")
    station.unplug("picamera2 cannot be used here")
    assert look(kiosk, station).banners[0].detail.startswith("picamera2 cannot be used here. Es geht von selbst")


def test_a_shot_taken_before_the_window_opened_is_no_news(station: FakeStation, clock: Clock) -> None:
    station.see()
    station.capture()
    station.finish()
    kiosk = Kiosk(station, WindowSettings(), MESSAGES, clock)
    assert look(kiosk, station).review is None


def test_a_demo_that_stands_in_for_a_camera_says_so(kiosk: Kiosk, station: FakeStation) -> None:
    assert not look(kiosk, station).banners
    station.become(passed_over=("webcam: none is attached",))
    assert [banner.title for banner in look(kiosk, station).banners] == [MESSAGES("banner.demo")]
    station.become(kind="webcam")
    assert not look(kiosk, station).banners


def test_without_review_time_the_portrait_is_kept_at_once(station: FakeStation, clock: Clock) -> None:
    station.see()
    kiosk = Kiosk(station, WindowSettings(review_s=0), MESSAGES, clock)
    take(kiosk, station)
    scene = look(kiosk, station)
    assert scene.review is None
    assert scene.hint == MESSAGES("notice.kept")


def test_a_failed_capture_is_said_whoever_asked_for_it(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.capture()
    station.expose()
    look(kiosk, station)
    station.fail("the segmenter failed")
    assert look(kiosk, station).hint == MESSAGES("notice.failed")
    clock.pass_s(10)
    assert look(kiosk, station).hint == ""


def test_a_second_capture_while_one_runs_is_answered_in_words(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.capture()
    station.expose()
    kiosk.press(Action.CAPTURE)
    station.finish()
    clock.pass_s(0.1)
    assert look(kiosk, station).hint == MESSAGES("notice.busy")


def test_a_lost_camera_is_shown_and_goes_away(kiosk: Kiosk, station: FakeStation) -> None:
    station.unplug("/dev/video0 is gone.")
    lost = look(kiosk, station)
    assert lost.stale
    assert [banner.title for banner in lost.banners] == ["No camera"]
    assert lost.banners[0].detail.startswith("/dev/video0 is gone. The station continues by itself")
    assert not lost.guide
    assert Action.CAPTURE not in actions(lost)
    station.see()
    back = look(kiosk, station)
    assert not back.stale
    assert back.banners == ()
    assert Action.CAPTURE in actions(back)


def test_a_full_disk_is_shown_beside_a_lost_camera(kiosk: Kiosk, station: FakeStation) -> None:
    station.fill_disk(free_bytes=12_000_000)
    low = look(kiosk, station)
    assert "12 MB" in low.banners[0].detail
    assert Action.CAPTURE not in actions(low)
    station.unplug("gone")
    assert len(look(kiosk, station).banners) == 2


def test_an_archive_that_is_away_is_shown_as_that(kiosk: Kiosk, station: FakeStation) -> None:
    station.archive_away = True
    away = look(kiosk, station)
    assert [banner.title for banner in away.banners] == [MESSAGES("banner.archive-away")]
    assert Action.CAPTURE not in actions(away)
    station.archive_away = False
    assert not look(kiosk, station).banners


def test_a_video_that_has_ended_promises_nothing(kiosk: Kiosk, station: FakeStation) -> None:
    station.unplug("it has ended", Trouble("over", {"camera": "/fair.mp4"}))
    (banner,) = look(kiosk, station).banners
    assert banner.title == MESSAGES("banner.over")
    assert banner.detail == "/fair.mp4: the file has ended. Restart the station to play it again."


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_banner_has_two_marks_at_the_end_of_a_sentence(station: FakeStation, clock: Clock, language: str) -> None:
    messages = Messages(language)
    kiosk = Kiosk(station, WindowSettings(), messages, clock)
    for key in messages.texts:
        if key.startswith("trouble."):
            values = dict.fromkeys(re.findall(r"{(\w+)}", messages.texts[key]), "x")
            station.unplug("gone", Trouble(key.removeprefix("trouble."), values))
            (banner,) = look(kiosk, station).banners
            assert not re.search(r"[?!.][?!.]", banner.detail), banner.detail


def test_before_the_first_picture_it_says_that_the_camera_starts(station: FakeStation, clock: Clock) -> None:
    scene = Kiosk(station, WindowSettings(), MESSAGES, clock).scene(None)
    assert scene.hint == MESSAGES("state.starting")
    assert Action.CAPTURE not in actions(scene)


@pytest.mark.parametrize(
    ("mirrored", "hint", "arrow"),
    [
        (True, Hint.MOVE_LEFT, Arrow.LEFT),
        (True, Hint.MOVE_RIGHT, Arrow.RIGHT),
        (False, Hint.MOVE_LEFT, Arrow.RIGHT),
        (False, Hint.MOVE_RIGHT, Arrow.LEFT),
        (True, Hint.STEP_BACK, None),
    ],
)
def test_left_is_the_persons_own_and_the_arrow_is_right_in_the_picture(
    station: FakeStation, clock: Clock, mirrored: bool, hint: Hint, arrow: Arrow | None
) -> None:
    station.see(hint)
    station.adjust(mirrored=mirrored)
    scene = look(Kiosk(station, WindowSettings(), MESSAGES, clock), station)
    assert scene.hint == MESSAGES(f"hint.{hint.value}")
    assert scene.arrow is arrow


def test_toggles_go_round(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    seen = []
    for _ in range(4):
        seen.append(look(kiosk, station).view)
        kiosk.press(Action.VIEW)
        clock.pass_s(1)
    assert seen == [View.WHITE, View.BOTH, View.RAW, View.WHITE]
    kiosk.press(Action.GUIDE)
    kiosk.press(Action.FPS)
    scene = look(kiosk, station)
    assert not scene.guide
    assert scene.corner.startswith("30 fps")


def test_esc_ends_a_countdown_and_never_the_window(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    kiosk.press(Action.CAPTURE)
    clock.pass_s(1)
    kiosk.press(ACTION_OF["escape"])
    assert station.status().captures.countdown_left_s is None
    clock.pass_s(1)
    kiosk.press(ACTION_OF["escape"])
    assert not kiosk.closed


@pytest.mark.parametrize("full_screen", [True, False])
def test_no_single_character_ends_the_window_or_leaves_full_screen(
    station: FakeStation, clock: Clock, full_screen: bool
) -> None:
    kiosk = Kiosk(station, WindowSettings(full_screen=full_screen), MESSAGES, clock)
    station.see()
    for key in (*string.printable, "enter", "escape", "tab"):
        if key in ACTION_OF:
            kiosk.press(ACTION_OF[key])
            clock.pass_s(1)
    assert not kiosk.closed
    assert look(kiosk, station).full_screen == full_screen
    kiosk.press(ACTION_OF["ctrl+q"])
    assert kiosk.closed


def labels(scene: Scene) -> list[tuple[str, bool]]:
    return [(button.label, button.primary) for button in scene.buttons]


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
    assert MESSAGES.flaws((Flaw("uncropped-no-face"),))[0][1:] in scene.hint
    assert Action.CAPTURE in actions(scene)
