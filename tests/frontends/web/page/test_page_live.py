"""The visitor's view in a real browser: live picture, hints, countdown, new portrait."""

from __future__ import annotations

import re

import numpy as np
import pytest

from capture_station.frames import Flaw
from capture_station.locales.messages import Messages
from capture_station.station.status import Hint
from tests.frontends.conftest import PERSON, ROOM
from tests.frontends.fake_station import FakeStation

from .browsing import PHONE, PHONE_ON_ITS_SIDE, SCREEN, Browsing, await_live, expect, painted

WHITE = (255, 255, 255)
SAY = Messages("en")
IN_ROOM = (0.8, 0.5)


def test_the_preview_moves(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        await_live(page, *IN_ROOM, WHITE)
        await_live(page, 0.39, 0.5, PERSON)
        station.white_rgb = np.full_like(station.white_rgb, 90)
        station.see()
        await_live(page, *IN_ROOM, (90, 90, 90))


def test_the_white_background_can_be_switched_off(browser: Browsing, url: str) -> None:
    with browser.open(url) as page:
        await_live(page, *IN_ROOM, WHITE)
        page.click("#white")
        expect(page.locator("#white")).to_have_attribute("aria-pressed", "false")
        await_live(page, *IN_ROOM, ROOM)


def test_a_phone_shows_the_portrait_whole_and_the_room_large(browser: Browsing, url: str, station: FakeStation) -> None:
    def shape() -> float:
        panel = page.locator("#panel").bounding_box()
        return float(panel["width"] / panel["height"])

    station.white_rgb = np.full((1000, 800, 3), WHITE, np.uint8)
    with browser.open(url, PHONE) as page:
        await_live(page, *IN_ROOM, WHITE)
        assert shape() == pytest.approx(0.8, abs=0.01)
        page.click("#white")
        await_live(page, *IN_ROOM, ROOM)
        assert shape() < 1


def test_the_preview_is_mirrored_unless_set_otherwise(browser: Browsing, url: str, station: FakeStation) -> None:
    def person_x(page: object) -> float:
        row = painted(page, "#preview")[400].astype(int)
        return float(np.flatnonzero(np.abs(row - PERSON).max(axis=1) < 30).mean() / len(row))

    with browser.open(url) as page:
        station.adjust(guide=False)
        await_live(page, 0.39, 0.5, PERSON)
        expect(page.locator("#guide")).to_have_class(re.compile("gone"))
        assert person_x(page) > 0.55
        station.adjust(mirrored=False)
        expect(page.locator("#stage")).not_to_have_class(re.compile("mirrored"))
        assert person_x(page) < 0.45


def test_the_guide_shows_where_the_head_belongs(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        guide = page.locator("#guide")
        expect(guide).to_have_class("guide aligned")
        panel, oval = (page.locator(one).bounding_box() for one in ("#panel", "#guide .line ellipse"))
        assert abs(oval["x"] + oval["width"] / 2 - panel["x"] - panel["width"] / 2) < 2
        assert abs((oval["y"] + oval["height"] / 2 - panel["y"]) / panel["height"] - 0.43) < 0.01
        assert abs(oval["height"] / panel["height"] - 0.5) < 0.02
        page.click("#guided")
        expect(guide).to_have_class(re.compile("gone"))
        assert not station.status().adjustments.guide


def test_the_guide_hides_without_a_head(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        guide = page.locator("#guide")
        expect(guide).to_have_class("guide aligned")
        for missing in (Hint.NOBODY, Hint.NO_FACE):
            station.see(missing)
            expect(guide).to_have_class(re.compile("gone"))
            station.see()
            expect(guide).to_have_class("guide aligned")


def test_the_raw_picture_shows_the_frame_of_the_portrait(browser: Browsing, url: str, station: FakeStation) -> None:
    station.crop = ((0.25, 0.2), (0.55, 0.2), (0.55, 0.9), (0.25, 0.9))
    station.see()
    with browser.open(url) as page:
        page.click("#white")
        await_live(page, 0.25, 0.5, WHITE)
        await_live(page, 0.4, 0.9, WHITE)
        await_live(page, *IN_ROOM, ROOM)
        expect(page.locator("#guide")).to_have_class(re.compile("whole"))
        page.click("#white")
        expect(page.locator("#guide")).not_to_have_class(re.compile("whole"))


def test_the_ring_fills_while_the_framing_is_held(browser: Browsing, url: str, station: FakeStation) -> None:
    left = "() => getComputedStyle(document.getElementById('countdown')).getPropertyValue('--left')"
    with browser.open(url) as page:
        ring = page.locator("#countdown")
        expect(page.locator("#guide")).to_have_class("guide aligned")
        expect(ring).to_be_hidden()
        station.hold(0.7)
        expect(ring).to_be_visible()
        expect(page.locator("#seconds")).to_have_text("")
        assert page.evaluate(left) == "0.7"
        station.hold(0.0)
        expect(ring).to_be_hidden()
        station.capture()
        expect(page.locator("#seconds")).to_have_text(re.compile("[123]"))
        expect(ring).not_to_have_class(re.compile("holding"))


APART_MS = 120
"""A person holds a key for so long; keystrokes that are closer may come from a scanner."""


def test_keys_do_what_they_do_in_the_window(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        expect(page.locator("#capture")).to_have_attribute("aria-disabled", "false")
        page.keyboard.press("v", delay=APART_MS)
        expect(page.locator("#white")).to_have_attribute("aria-pressed", "false")
        page.keyboard.press("v", delay=APART_MS)
        expect(page.locator("#white")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("g", delay=APART_MS)
        expect(page.locator("#guided")).to_have_attribute("aria-pressed", "false")
        page.locator("#open-settings").click()
        page.keyboard.press("v", delay=APART_MS)
        page.keyboard.press("Escape")
        expect(page.locator("#settings")).to_be_hidden()
        page.evaluate("() => document.activeElement.blur()")
        page.keyboard.press("Space")
        assert station.await_requests(1)
        expect(page.locator("#white")).to_have_attribute("aria-pressed", "true")


def test_the_first_tap_of_a_guest_does_not_switch_the_view(browser: Browsing, url: str) -> None:
    with browser.open(url) as page:
        page.locator("#white").tap()
        expect(page.locator("#capture")).to_have_attribute("aria-disabled", "false")
        expect(page.locator("#white")).to_have_attribute("aria-pressed", "true")
        page.locator("#white").tap()
        expect(page.locator("#white")).to_have_attribute("aria-pressed", "false")


def test_a_doubtful_portrait_is_kept_by_a_second_touch(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        page.click("#capture")
        assert station.await_requests(1)
        saved = station.finish("review", (Flaw("face-dark"),), kept=False)
        keep = page.locator("#keep")
        expect(keep).to_have_text(SAY("button.keep-anyway"))
        expect(page.locator("#review-reasons li").last).to_have_text(SAY("review.undecided"))
        expect(page.locator("#retake")).to_have_class(re.compile("primary"))
        assert page.evaluate("() => document.getElementById('keep').getAnimations({subtree: true}).length") == 0
        expect(page.locator("#review")).to_be_focused()  # Neither answer looks chosen.
        keep.click()
        expect(keep).to_have_text(SAY("button.keep-sure"))
        assert not station.archive[saved.id].kept
        keep.click()
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator("#hint")).to_have_text(SAY("notice.kept"))
        assert station.archive[saved.id].kept


def test_hints_have_an_arrow_that_matches_the_mirroring(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        hint, arrow = page.locator("#hint"), page.locator("#arrow")
        expect(hint).to_be_hidden()
        for said in (Hint.NOBODY, Hint.STEP_CLOSER):
            station.see(said)
            expect(hint).to_have_text(SAY(f"hint.{said.value}"))
            expect(arrow).to_be_hidden()
        expect(page.locator("#said")).to_have_text(SAY("hint.step-closer"))
        station.see(Hint.MOVE_LEFT)
        expect(arrow).to_be_visible()
        expect(hint).to_have_class(re.compile("leftward"))
        station.adjust(mirrored=False)
        expect(hint).not_to_have_class(re.compile("leftward"))


def test_capture_from_the_button_to_the_portrait(browser: Browsing, url: str, portraits: FakeStation) -> None:
    with browser.open(url) as page:
        expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
        page.click("#capture")
        expect(page.locator("#countdown")).to_be_visible()
        expect(page.locator("#seconds")).to_have_text(re.compile("[123]"))
        expect(page.locator("#said")).to_have_text(re.compile(SAY("page.countdown", seconds=3)))
        expect(page.locator("#capture")).to_have_text(SAY("button.cancel"))
        portraits.expose()
        expect(page.locator("#flash")).to_have_class(re.compile("fires"))
        expect(page.locator("#hint")).to_have_text(SAY("notice.capturing"))
        portraits.finish("review", (Flaw("face-dark"), Flaw("face-small", {"px": 41})))
        expect(page.locator("#review-title")).to_have_text(SAY("review.review"))
        expect(page.locator("#review-verdict")).to_have_attribute("data-verdict", "review")
        assert page.locator("#review-reasons li").all_text_contents() == [
            "The face is too dark.",
            "The face is small: 41 px between the eyes.",
        ]
        expect(page.locator("#keep")).to_be_focused()
        page.keyboard.press("Shift")  # Any input stops the automatic keeping.
        np.testing.assert_allclose(painted(page, "#review-picture")[100, 100], PERSON, atol=6)
        expect(page.locator(".thumbnail")).to_have_count(4)
        page.keyboard.press("Enter")
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator("#hint")).to_have_text(SAY("notice.kept"))
        expect(page.locator("#capture")).to_be_focused()
    assert portraits.retaken == []


@pytest.mark.parametrize("size", [SCREEN, PHONE, PHONE_ON_ITS_SIDE])
def test_the_countdown_covers_nothing_of_the_picture(
    browser: Browsing, url: str, station: FakeStation, size: dict[str, int]
) -> None:
    station.white_rgb = np.full((1000, 800, 3), WHITE, np.uint8)
    with browser.open(url, size) as page:
        await_live(page, *IN_ROOM, WHITE)
        page.click("#capture")
        expect(page.locator("#countdown")).to_be_visible()
        picture = page.locator("#panel").bounding_box()
        for part in ("#countdown", "#hint"):
            box = page.locator(part).bounding_box()
            assert box["y"] + box["height"] <= picture["y"]
        assert picture["height"] > 0.4 * page.locator("#stage").bounding_box()["height"]


def test_a_retake_marks_the_old_portrait_when_the_new_one_is_saved(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        page.click("#capture")
        assert station.await_requests(1)
        old = station.finish()
        expect(page.locator("#review-title")).to_have_text(SAY("review.ok"))
        expect(page.locator("#review-verdict")).to_have_attribute("data-verdict", "ok")
        expect(page.locator("#review-previous")).to_be_hidden()
        page.click("#retake")
        assert station.await_requests(2)
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator("#countdown")).to_be_visible()
        assert station.archive[old.id].kept
        station.expose()
        new = station.finish()
        expect(page.locator(".thumbnail.not-kept")).to_have_count(1)
        assert [saved.id for saved in station.saved(9) if saved.kept] == [new.id]
        expect(page.locator("#review-previous")).to_have_text(SAY("review.previous"))
        assert old.id in page.locator("#review-previous img").get_attribute("src")


def test_a_cancelled_retake_changes_no_portrait(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        page.click("#capture")
        assert station.await_requests(1)
        station.finish()
        page.click("#retake")
        assert station.await_requests(2)
        expect(page.locator("#countdown")).to_be_visible()
        with page.expect_response(lambda answer: "/requests/" in answer.url):
            page.keyboard.press("Escape")
        expect(page.locator("#countdown")).to_be_hidden()
        station.capture()
        station.finish()
        expect(page.locator(".thumbnail")).to_have_count(2)
        expect(page.locator(".not-kept")).to_have_count(0)
    assert station.retaken == []


def test_a_capture_requested_elsewhere_is_reviewed_and_kept_automatically(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        expect(page.locator("#no-portraits")).to_be_visible()
        station.capture()
        expect(page.locator("#countdown")).to_be_visible()
        station.finish()
        expect(page.locator("#review")).to_be_visible()
        expect(page.locator("#review-verdict")).to_have_attribute("data-verdict", "ok")
        page.evaluate("() => document.getAnimations().forEach((animation) => animation.finish())")
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator(".thumbnail")).to_have_count(1)
    assert station.retaken == []


def test_a_portrait_is_shown_for_the_configured_time(browser: Browsing, url: str, station: FakeStation) -> None:
    station.show_for(90)
    with browser.open(url) as page:
        page.click("#capture")
        assert station.await_requests(1)
        station.finish()
        expect(page.locator("#review")).to_be_visible()
        duration = "() => document.getElementById('keep').getAnimations({subtree: true})[0].effect.getTiming().duration"
        assert page.evaluate(duration) == 90_000
        station.show_for(0)
        station.capture()
        expect(page.locator("#review")).to_be_hidden()
        station.finish()
        expect(page.locator("#hint")).to_have_text(SAY("notice.kept"))
        expect(page.locator(".thumbnail")).to_have_count(2)
        expect(page.locator("#review")).to_be_hidden()


def test_escape_cancels_a_countdown(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        page.click("#capture")
        expect(page.locator("#countdown")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#countdown")).to_be_hidden()
        expect(page.locator("#capture")).to_have_text(SAY("button.capture"))
        expect(page.locator("#hint")).to_be_hidden()
    assert station.status().captures.countdown_left_s is None
