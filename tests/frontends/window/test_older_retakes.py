"""A portrait of somebody who is gone is taken again while the next person is checked in at the kiosk."""

from __future__ import annotations

import pytest

from capture_station.frames import Flaw
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.checking_in import MESSAGES, kiosk_of_two, person, press, take_good
from tests.frontends.window.looking import actions, look


@pytest.fixture
def older(station: FakeStation, clock: Clock) -> tuple[Kiosk, str]:
    """A kiosk at which Bo is checked in, and the id of Ada's portrait, of which a phone wants another one."""
    kiosk = kiosk_of_two(station, clock)
    take_good(kiosk, station, clock)
    press(kiosk, clock, Action.KEEP)
    kiosk.scan("20418")
    look(kiosk, station)
    shot_id = max(station.archive)
    clock.pass_s(1)
    station.capture(retakes=shot_id)
    assert look(kiosk, station).person == "Ada Lovelace, 20417"
    return kiosk, shot_id


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        ("refused", "No portrait: nobody was found in the picture"),
        ("failed", "That did not work. Please try again"),
        ("cancelled", "The portrait from before stays"),
    ],
)
def test_a_retake_that_came_to_nothing_says_whose_it_was_and_the_next_press_takes_nobody_else(
    older: tuple[Kiosk, str], station: FakeStation, clock: Clock, happens: str, told: str
) -> None:
    kiosk, shot_id = older
    clock.pass_s(1)
    if happens == "refused":
        station.refuse(Flaw("nobody"))
    elif happens == "failed":
        station.fail("the camera is gone")
    else:
        kiosk.press(Action.CANCEL)
    scene = look(kiosk, station)
    assert scene.review is not None
    assert scene.review.person == "Ada Lovelace, 20417"
    assert scene.following == "Next: Bo, 20418"
    assert [(banner.title, banner.detail) for banner in scene.banners] == [
        ("No new portrait of Ada Lovelace, 20417", told)
    ]
    assert Action.CAPTURE not in actions(scene)
    assert station.captures_from_s > clock()  # A push button waits as well.
    press(kiosk, clock, Action.CAPTURE)
    assert station.requests == 2
    scene = look(kiosk, station)
    assert (scene.review, scene.person) == (None, "Bo, 20418")
    assert station.archive[shot_id].kept


def test_the_retake_that_came_to_nothing_is_one_touch_away(
    older: tuple[Kiosk, str], station: FakeStation, clock: Clock
) -> None:
    kiosk, shot_id = older
    station.refuse(Flaw("nobody"))
    look(kiosk, station)
    press(kiosk, clock, Action.RETAKE)
    assert look(kiosk, station).person == "Ada Lovelace, 20417"
    station.finish()
    scene = look(kiosk, station)
    assert scene.review is not None
    assert (scene.review.person, scene.banners) == ("Ada Lovelace, 20417", ())
    assert station.retaken == [shot_id]


def test_a_portrait_that_is_only_shown_again_is_filed_no_second_time(
    older: tuple[Kiosk, str], station: FakeStation, clock: Clock
) -> None:
    kiosk, _ = older
    station.subjects.check_out("20418")
    station.subjects.check_in("20417")  # She has come again.
    station.refuse(Flaw("nobody"))
    assert look(kiosk, station).review is not None
    clock.pass_s(7)
    scene = look(kiosk, station)
    assert scene.review is None
    assert scene.hint != MESSAGES("notice.kept")
    assert person(station) == "20417"


@pytest.mark.parametrize("waits", ["", "20418"])
def test_who_scans_again_after_a_retake_that_came_to_nothing_is_there_for_another_try(
    station: FakeStation, clock: Clock, waits: str
) -> None:
    kiosk = kiosk_of_two(station, clock)
    take_good(kiosk, station, clock, meanwhile=waits)
    press(kiosk, clock, Action.RETAKE)
    look(kiosk, station)
    station.refuse(Flaw("nobody"))
    assert look(kiosk, station).review is not None
    clock.pass_s(1)
    kiosk.scan("20417")
    look(kiosk, station)
    scene = look(kiosk, station)
    assert (scene.review, scene.person) == (None, "Ada Lovelace, 20417 \u00b7 Photographed")
    assert scene.hint != MESSAGES("notice.kept")
    assert person(station) == "20417"
    assert scene.following == ("Next: Bo, 20418" if waits else "")


def test_somebody_else_who_scans_after_a_retake_that_came_to_nothing_comes_next(
    station: FakeStation, clock: Clock
) -> None:
    kiosk = kiosk_of_two(station, clock)
    take_good(kiosk, station, clock)
    press(kiosk, clock, Action.RETAKE)
    look(kiosk, station)
    station.refuse(Flaw("nobody"))
    look(kiosk, station)
    kiosk.scan("20418")
    clock.pass_s(3)
    look(kiosk, station)
    scene = look(kiosk, station)
    assert (scene.review, scene.person) == (None, "Bo, 20418")
