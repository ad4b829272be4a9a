"""Faults that a kiosk tells until they are over."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from capture_station.config import WindowSettings
from capture_station.errors import Trouble
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action
from capture_station.locales.messages import Messages
from capture_station.station.status import State
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.looking import actions, look

MESSAGES = Messages("en")


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    station.see()
    return Kiosk(station, WindowSettings(), MESSAGES, clock)


def test_what_a_camera_lacks_is_in_the_window_s_language_where_it_is_known(station: FakeStation, clock: Clock) -> None:
    kiosk = Kiosk(station, WindowSettings(), Messages("de"), clock)
    station.unplug("none is attached", Trouble("none"))
    assert look(kiosk, station).banners[0].detail.startswith("Keine Kamera ist angeschlossen. Es geht von selbst")
    station.unplug("picamera2 cannot be used here")
    assert look(kiosk, station).banners[0].detail.startswith("picamera2 cannot be used here. Es geht von selbst")
    station.unplug("no answer", Trouble("unanswered", {"camera": "http://127.0.0.1:9/video"}))
    assert look(kiosk, station).banners[0].detail.startswith("http://127.0.0.1:9/video lässt sich nicht öffnen")


def test_sentences_end_as_their_language_does(station: FakeStation, clock: Clock) -> None:
    say = Messages("ja")
    kiosk = Kiosk(station, WindowSettings(), say, clock)
    station.see()
    station.use_printer(problems=("media-empty", "other"))
    (banner,) = look(kiosk, station).banners
    assert banner.detail == f"{say('printer.media-empty')}。{say('printer.other')}。"


def test_a_demo_that_stands_in_for_a_camera_says_so(kiosk: Kiosk, station: FakeStation) -> None:
    assert not look(kiosk, station).banners
    station.become(passed_over=("webcam: none is attached",))
    assert [banner.title for banner in look(kiosk, station).banners] == [MESSAGES("banner.demo")]
    station.unplug("/dev/video0 is held", Trouble("held", {"camera": "/dev/video0"}), then=State.RUNNING)
    (banner,) = look(kiosk, station).banners
    assert banner.title == MESSAGES("banner.demo-instead")
    assert "/dev/video0 cannot be opened: another program is using it. This is a demonstration." in banner.detail
    station.become(kind="webcam")
    assert not look(kiosk, station).banners


def test_a_failed_capture_is_said_whoever_asked_for_it(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.capture()
    station.expose()
    look(kiosk, station)
    station.fail("the segmenter failed")
    assert look(kiosk, station).hint == MESSAGES("notice.failed")
    clock.pass_s(10)
    assert look(kiosk, station).hint == ""


def test_a_lost_camera_is_shown_and_goes_away(kiosk: Kiosk, station: FakeStation) -> None:
    before = station.preview()
    station.unplug("/dev/video0 is gone.")
    lost = kiosk.scene(before)
    assert not lost.is_live  # The last guest is not left on the screen.
    assert [banner.title for banner in lost.banners] == ["No camera"]
    assert lost.banners[0].detail.startswith("/dev/video0 is gone. The station continues by itself")
    assert not lost.guide
    assert Action.CAPTURE not in actions(lost)
    station.see()
    assert not kiosk.scene(before).is_live
    back = look(kiosk, station)
    assert back.is_live
    assert back.banners == ()
    assert Action.CAPTURE in actions(back)


def test_a_full_disk_is_shown_beside_a_lost_camera(kiosk: Kiosk, station: FakeStation) -> None:
    station.fill_disk(free_bytes=12_000_000)
    low = look(kiosk, station)
    assert "12 MB" in low.banners[0].detail
    assert Action.CAPTURE not in actions(low)
    station.unplug("gone")
    assert len(look(kiosk, station).banners) == 2


def test_used_up_inodes_are_shown_as_that(kiosk: Kiosk, station: FakeStation) -> None:
    station.use_up_inodes(52_000_000)
    shown = look(kiosk, station)
    assert [banner.title for banner in shown.banners] == [MESSAGES("banner.disk-files")]
    assert "inode" in shown.banners[0].detail
    assert Action.CAPTURE not in actions(shown)


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


def test_a_roster_that_could_not_be_read_again_is_told_to_the_operator_only(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    reason = "people.csv: line 42 of the roster has the id '20405' of line 7"
    station.show_subjects(replace(station.status().subjects, mode="required", roster_error=reason))
    banner = look(kiosk, station).banners[0]
    assert banner.title == "The list of people was not read again"
    assert reason[1:] in banner.detail
    guests = Kiosk(station, WindowSettings(operator_pin="4711"), MESSAGES, clock)
    assert not look(guests, station).banners
