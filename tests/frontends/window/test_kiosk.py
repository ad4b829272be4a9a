"""What a press, a key and the station change on the screen."""

from __future__ import annotations

import string

import numpy as np
import pytest

from capture_station.config import WindowSettings
from capture_station.frames import Flaw, Head
from capture_station.frontends.window.keys import ACTION_OF
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.layout import arrange
from capture_station.frontends.window.scene import Action, Arrow, View
from capture_station.locales.messages import Messages
from capture_station.station.status import Hint
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.looking import actions, look

MESSAGES = Messages("en")


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    station.see()
    return Kiosk(station, WindowSettings(), MESSAGES, clock)


def test_two_presses_in_quick_succession_are_one(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    kiosk.press(Action.CAPTURE)
    clock.pass_s(0.1)
    kiosk.press(Action.CANCEL)  # The cancel button has taken the capture button's place under the finger.
    assert station.status().captures.countdown_left_s is not None
    assert station.requests == 1
    clock.pass_s(1)
    kiosk.press(Action.CANCEL)
    assert station.status().captures.countdown_left_s is None


def test_a_finger_that_goes_on_tapping_for_a_portrait_does_not_cancel_it(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    def tap() -> None:
        scene = look(kiosk, station)
        layout = arrange((1280, 800), scene, (16, 9))
        kiosk.press(layout.press_at(600, 736))

    kiosk.press(Action.CAPTURE)
    for _ in range(7):
        clock.pass_s(0.4)
        tap()
        assert look(kiosk, station).countdown
    clock.pass_s(1)
    tap()
    assert not look(kiosk, station).countdown


def test_a_countdown_that_nobody_here_asked_for_is_cancelled_by_the_first_touch(
    kiosk: Kiosk, station: FakeStation
) -> None:
    station.capture()  # Hands free, or a push button.
    assert actions(look(kiosk, station)) == {Action.CANCEL}


def test_keys_that_have_nothing_to_answer_do_nothing(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    for action in (Action.KEEP, Action.RETAKE, Action.CANCEL):
        kiosk.press(action)
        clock.pass_s(1)
    assert station.requests == 0
    assert look(kiosk, station).hint == ""


def test_a_capture_from_elsewhere_looks_the_same(kiosk: Kiosk, station: FakeStation) -> None:
    station.capture()
    assert look(kiosk, station).countdown
    station.count_down(0.1)
    assert look(kiosk, station).flash
    station.expose()
    assert look(kiosk, station).flash == 1.0
    station.finish("review", (Flaw("face-dark"),))
    review = look(kiosk, station).review
    assert review is not None
    assert not review.good
    assert review.reasons == ("The face is too dark.",)


def test_a_second_capture_while_one_runs_is_answered_in_words(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.capture()
    station.expose()
    kiosk.press(Action.CAPTURE)
    station.finish()
    clock.pass_s(0.1)
    assert look(kiosk, station).hint == MESSAGES("notice.busy")


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
    station.head = Head(np.full((6, 2), 0.5, np.float32), 0.9)
    assert look(kiosk, station).guide
    kiosk.press(Action.GUIDE)
    kiosk.press(Action.FPS)
    scene = look(kiosk, station)
    assert not scene.guide
    assert scene.corner.startswith("30 fps")


def test_the_guide_is_for_somebody(kiosk: Kiosk, station: FakeStation) -> None:
    assert not look(kiosk, station).guide
    station.head = Head(np.full((6, 2), 0.5, np.float32), 0.9)
    assert look(kiosk, station).guide


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


def test_the_light_of_the_flash_does_not_change_during_the_burst(kiosk: Kiosk, station: FakeStation) -> None:
    kiosk.press(Action.CAPTURE)
    station.count_down(0.5)
    assert not look(kiosk, station).flash
    for left_s in (0.2, 0.15, 0.05):
        station.count_down(left_s)
        assert look(kiosk, station).flash
    station.expose()
    assert look(kiosk, station).flash
    station.render()
    scene = look(kiosk, station)
    assert not scene.flash
    assert scene.hint == MESSAGES("notice.capturing")


def test_a_flash_that_was_not_on_before_the_burst_stays_off(kiosk: Kiosk, station: FakeStation) -> None:
    station.capture(countdown_s=0)
    station.expose()  # Nothing was on the screen in time: to begin now would change the light between two frames.
    assert not look(kiosk, station).flash


def test_a_lost_camera_ends_the_countdown_and_only_the_banner_says_why(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    kiosk.press(Action.CAPTURE)
    assert look(kiosk, station).countdown
    clock.pass_s(1)
    station.unplug("the cable is out")
    scene = look(kiosk, station)
    assert (scene.countdown, scene.hint) == ("", "")
    assert [banner.title for banner in scene.banners] == [MESSAGES("banner.no-camera")]


def test_a_camera_that_is_lost_during_the_exposure_leaves_no_white_screen(kiosk: Kiosk, station: FakeStation) -> None:
    kiosk.press(Action.CAPTURE)
    station.count_down(0.1)
    assert look(kiosk, station).flash
    station.expose()
    station.unplug("the cable is out")
    scene = look(kiosk, station)
    assert not scene.flash
    assert [banner.title for banner in scene.banners] == [MESSAGES("banner.no-camera")]
    station.see()  # It is back, and to begin now would change the light between two frames.
    assert not look(kiosk, station).flash


def test_the_flash_can_be_left_out(station: FakeStation, clock: Clock) -> None:
    station.see()
    kiosk = Kiosk(station, WindowSettings(flash=False), MESSAGES, clock)
    kiosk.press(Action.CAPTURE)
    station.count_down(0.1)
    assert not look(kiosk, station).flash
    station.expose()
    assert not look(kiosk, station).flash


@pytest.mark.parametrize(("camera_at", "arrow"), [("top", Arrow.UP), ("left", Arrow.LEFT), ("bottom", Arrow.DOWN)])
def test_the_countdown_is_at_the_cameras_edge(station: FakeStation, clock: Clock, camera_at: str, arrow: Arrow) -> None:
    station.see()
    settings = WindowSettings.model_validate({"camera_at": camera_at})
    assert look(Kiosk(station, settings, MESSAGES, clock), station).camera_at is arrow
