"""After Keep: a QR code to take the portrait home, and a print, until somebody else is there."""

from __future__ import annotations

from datetime import datetime

import cv2
import numpy as np
import pytest

from capture_station.config import WindowSettings
from capture_station.errors import NotReleased, UnfitForPrint
from capture_station.frontends.web.share_links import ShareLink
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action, Code, Scene, TakeHome
from capture_station.locales.messages import Messages
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.checking_in import ADA, BO, press, take_agreed, take_good
from tests.frontends.window.looking import actions, look, take
from tests.frontends.window.test_drawing import canvas, shown

MESSAGES = Messages("en")
URL = "http://192.168.1.20:8480/share/20260131-120000-000000-00000000.6b0b4937.53062cadb95e25c07574760a8b"

__all__ = ["canvas"]


def code(capture_id: str) -> Code:
    assert capture_id
    return ShareLink(URL, datetime.now().astimezone()).qr_modules


@pytest.fixture
def kiosk(station: FakeStation, clock: Clock) -> Kiosk:
    station.see()
    return Kiosk(station, WindowSettings(), MESSAGES, clock, share=code)


def keep(kiosk: Kiosk, station: FakeStation, clock: Clock) -> Scene:
    take(kiosk, station)
    clock.pass_s(1)
    kiosk.press(Action.KEEP)
    clock.pass_s(1)
    return look(kiosk, station)


def test_a_kept_portrait_can_be_taken_home(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    scene = keep(kiosk, station, clock)
    assert scene.take_home is not None
    assert scene.take_home.title == MESSAGES("share.scan")
    assert actions(scene) == {Action.DONE}
    kiosk.press(Action.DONE)
    assert look(kiosk, station).take_home is None
    assert Action.CAPTURE in actions(look(kiosk, station))


def test_a_portrait_that_is_deleted_elsewhere_is_not_offered_any_more(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    assert keep(kiosk, station, clock).take_home is not None
    station.remove(max(station.archive))
    scene = look(kiosk, station)
    assert (scene.take_home, Action.DONE in actions(scene)) == (None, False)


@pytest.mark.parametrize("key", [Action.KEEP, Action.CANCEL])
def test_a_key_ends_it_as_well(kiosk: Kiosk, station: FakeStation, clock: Clock, key: Action) -> None:
    assert keep(kiosk, station, clock).take_home is not None
    kiosk.press(key)
    assert look(kiosk, station).take_home is None


@pytest.mark.parametrize("pin", ["", "4711"])
def test_guests_are_offered_no_print_while_the_printer_does_not_work(
    station: FakeStation, clock: Clock, pin: str
) -> None:
    station.see()
    station.use_printer(problems=("toner-low",))
    settings = WindowSettings.model_validate({"operator_pin": pin})
    kiosk = Kiosk(station, settings, MESSAGES, clock)
    assert Action.PRINT in actions(keep(kiosk, station, clock))  # It still prints.
    station.use_printer(problems=("toner-low", "media-empty"))
    scene = look(kiosk, station)
    assert (Action.PRINT in actions(scene)) == (not pin)
    titles = [banner.title for banner in scene.banners]
    assert titles == ([] if pin else [MESSAGES("banner.printer")])
    clock.pass_s(1)
    kiosk.press(Action.DONE)
    assert (keep(kiosk, station, clock).take_home is None) == bool(pin)


def test_it_ends_by_itself(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    keep(kiosk, station, clock)
    clock.pass_s(31)
    assert look(kiosk, station).take_home is None


def test_the_next_capture_ends_it(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    keep(kiosk, station, clock)
    station.capture()
    assert look(kiosk, station).take_home is None


def test_the_next_persons_badge_ends_it(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.subjects.use("optional", Subject("20417", "Ada"))
    keep(kiosk, station, clock)
    kiosk.scan("20417")
    assert look(kiosk, station).take_home is None


def test_whoever_is_checked_in_on_another_screen_finds_nobody_else_s_portrait(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.subjects.use("optional", ADA, BO)
    kiosk.scan("20417")
    clock.pass_s(1)
    assert keep(kiosk, station, clock).take_home is not None
    station.subjects.check_in("20418")
    scene = look(kiosk, station)
    assert (scene.take_home, scene.person) == (None, "Bo, 20418")


@pytest.mark.parametrize("touched", [True, False])
def test_the_next_person_in_the_queue_is_asked_to_agree_after_the_code_was_shown(
    kiosk: Kiosk, station: FakeStation, clock: Clock, touched: bool
) -> None:
    station.subjects.use("required", ADA, BO, consent={"en": "Agreed?"})
    take_agreed(kiosk, station, clock, "20418")
    press(kiosk, clock, Action.KEEP)
    for _ in range(2):
        scene = look(kiosk, station)
        assert scene.take_home is not None
        assert (scene.take_home.code, scene.question, actions(scene)) == (code("x"), None, {Action.DONE})
        clock.pass_s(14)
    if touched:
        kiosk.press(Action.DONE)
    else:
        clock.pass_s(3)
    scene = look(kiosk, station)
    assert (scene.take_home, actions(scene)) == (None, set())  # Whoever taps agrees to nothing yet.
    clock.pass_s(59)
    scene = look(kiosk, station)
    assert scene.question is not None
    assert (scene.question.title, actions(scene)) == ("Bo, 20418", {Action.AGREE, Action.NEXT})


def test_it_says_the_right_name_once_another_screen_has_corrected_it(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.use_printer()
    station.subjects.use("required", ADA, BO)
    take_good(kiosk, station, clock)
    press(kiosk, clock, Action.KEEP)
    station.subjects.assign(max(station.archive), "20418", by="page")
    look(kiosk, station)
    scene = look(kiosk, station)
    assert scene.take_home is not None
    assert scene.take_home.person == "Bo, 20418"


def test_it_says_whose_portrait_it_is_and_who_is_next(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.use_printer()
    station.subjects.use("required", ADA, BO, Subject("20419", "Cy"))
    take_good(kiosk, station, clock, meanwhile="20418")
    station.subjects.check_in("20419")
    press(kiosk, clock, Action.KEEP)
    scene = look(kiosk, station)
    assert scene.take_home is not None
    assert (scene.take_home.person, scene.person) == ("Ada Lovelace, 20417", "")
    assert scene.following == "Next: Bo, 20418 · then 1 more"
    press(kiosk, clock, Action.DONE)
    scene = look(kiosk, station)
    assert (scene.take_home, scene.person, scene.following) == (None, "Bo, 20418", "Next: Cy, 20419")


def test_the_name_stands_above_the_portrait(canvas: object, station: FakeStation) -> None:
    portrait = np.full((500, 400, 3), 200, np.uint8)

    def drawn(person: str) -> np.ndarray:
        scene = Scene("", take_home=TakeHome("Saved", "kept.jpg", None, person))
        return shown(canvas, scene, station, portrait)[0].astype(int)  # type: ignore[arg-type]

    bare, named = drawn(""), drawn("Ada Lovelace, 20417")
    rows = np.flatnonzero((named > 240).all(axis=2).any(axis=1))
    letters, portraits = rows.max(), np.flatnonzero((named == 200).all(axis=2).any(axis=1)).min()
    assert letters < portraits
    assert letters > np.flatnonzero((bare > 240).all(axis=2).any(axis=1)).max()


def test_a_badge_during_the_review_offers_its_owner_nobody_else_s_portrait(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.subjects.use("optional", Subject("20417", "Ada"))
    take(kiosk, station)
    kiosk.scan("20417")
    clock.pass_s(3)
    scene = look(kiosk, station)
    assert (scene.review, scene.take_home, scene.person) == (None, None, "Ada, 20417")


def test_a_tap_for_the_screen_before_does_not_act_on_what_has_come_by_itself(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    printer = station.use_printer()
    take(kiosk, station)
    clock.pass_s(6.1)
    assert Action.PRINT in actions(look(kiosk, station))
    clock.pass_s(0.2)
    kiosk.press(Action.PRINT)  # Where *Retake* was.
    assert not printer.jobs()
    clock.pass_s(1)
    kiosk.press(Action.PRINT)
    assert printer.jobs()


def test_a_portrait_is_printed_once(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    printer = station.use_printer()
    scene = keep(kiosk, station, clock)
    assert actions(scene) == {Action.PRINT, Action.DONE}
    kiosk.press(Action.PRINT)
    clock.pass_s(1)
    scene = look(kiosk, station)
    assert scene.hint == MESSAGES("notice.printing")
    assert actions(scene) == {Action.DONE}
    assert [job.captures for job in printer.jobs()] == [tuple(station.archive)]


def test_a_print_that_fails_is_said(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    printer = station.use_printer()
    keep(kiosk, station, clock)
    station.archive.clear()
    kiosk.press(Action.PRINT)
    assert look(kiosk, station).hint == MESSAGES("failure.76")
    assert not printer.jobs()


def test_a_portrait_that_does_not_have_the_shape_of_the_print_is_to_be_retaken(
    kiosk: Kiosk, station: FakeStation, clock: Clock
) -> None:
    station.use_printer().refusal = UnfitForPrint("it was saved uncropped")
    keep(kiosk, station, clock)
    kiosk.press(Action.PRINT)
    assert look(kiosk, station).hint == MESSAGES("failure.77")


def test_an_operator_reads_why_a_portrait_must_not_be_printed(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    station.use_printer().refusal = NotReleased("the demo camera took it")
    keep(kiosk, station, clock)
    kiosk.press(Action.PRINT)
    assert look(kiosk, station).hint == MESSAGES("failure.79")


def test_without_links_and_printer_it_goes_on_at_once(station: FakeStation, clock: Clock) -> None:
    station.see()
    kiosk = Kiosk(station, WindowSettings(), MESSAGES, clock)
    assert keep(kiosk, station, clock).take_home is None


def test_a_portrait_that_stays_in_the_station_has_no_code(station: FakeStation, clock: Clock) -> None:
    station.see()
    kiosk = Kiosk(station, WindowSettings(), MESSAGES, clock, share=lambda _: None)
    assert keep(kiosk, station, clock).take_home is None
    station.use_printer()
    scene = keep(kiosk, station, clock)
    assert scene.take_home is not None
    assert (scene.take_home.code, scene.take_home.title) == (None, MESSAGES("notice.kept"))


def test_a_phone_reads_the_code_on_the_screen(canvas: object, station: FakeStation) -> None:
    portrait = np.full((500, 400, 3), 200, np.uint8)
    image, _ = shown(canvas, Scene("", take_home=TakeHome("Scan", "kept.jpg", code("x"))), station, portrait)  # type: ignore[arg-type]
    assert cv2.QRCodeDetector().detectAndDecode(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))[0] == URL
