"""What the page says when something is missing or fails, and how it goes on afterwards."""

from __future__ import annotations

import json
import re

import numpy as np

from capture_station.errors import Trouble
from capture_station.locales.messages import Messages
from capture_station.station.status import State
from tests.frontends.fake_station import FakeStation
from tests.frontends.web.serving import Serving, serving

from .browsing import PATIENCE_MS, PHONE, Browsing, await_live, expect, overflow_px
from .people_steps import ADA, BO, CONSENT, HIDE, page_with_ada, photographed

WHITE = (255, 255, 255)
SAY = Messages("en")
IN_ROOM = (0.8, 0.5)
AWAY = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING")


def test_a_demo_that_stands_in_for_a_camera_says_so(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
        expect(page.locator(".banner")).to_have_count(0)
        station.become(passed_over=("webcam: none is attached",))
        expect(page.locator(".banner")).to_contain_text(SAY("banner.demo"))
        station.unplug("/dev/video0 is held", Trouble("held", {"camera": "/dev/video0"}), then=State.RUNNING)
        expect(page.locator(".banner")).to_contain_text(SAY("banner.demo-instead"))
        expect(page.locator(".banner")).to_contain_text("another program is using it. This is a demonstration.")


def test_failures_are_explained(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        page.click("#capture")
        assert station.await_requests(1)
        station.expose()
        expect(page.locator("#hint")).to_have_text(SAY("notice.capturing"))
        page.click("#capture", force=True)
        station.fail("the interpreter is gone")
        expect(page.locator("#hint")).to_have_text(SAY("failure.70"))
        station.fill_disk()
        expect(page.locator(".banner")).to_contain_text(SAY("banner.disk-low"))
        expect(page.locator(".banner")).to_contain_text("12\u00a0MB")
        expect(page.locator("#capture")).to_have_attribute("aria-disabled", "true")
        page.locator("#capture").press("Enter")  # By key, because the banner has just moved the button.
        expect(page.locator("#hint")).to_have_text(SAY("failure.74"))
    assert station.requests == 1


def test_used_up_inodes_are_reported_as_that(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        station.use_up_inodes()
        expect(page.locator(".banner")).to_contain_text(SAY("banner.disk-files"))
        expect(page.locator(".banner")).to_contain_text("52\u00a0MB")
        expect(page.locator("#condition")).to_have_text(SAY("banner.disk-files"))


def test_an_archive_that_is_away_is_reported(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url, PHONE, allow=("500",)) as page:  # The strip may be asked for only now.
        expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
        station.archive_away = True
        expect(page.locator(".banner")).to_contain_text(SAY("banner.archive-away"))
        expect(page.locator("#condition")).to_have_text(SAY("banner.archive-away"))
        assert overflow_px(page) == 0
        page.locator("#capture").press("Enter")
        expect(page.locator("#hint")).to_have_text(SAY("failure.73"))
        station.archive_away = False
        expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
    assert station.requests == 0


def test_a_page_that_is_opened_while_the_archive_is_away_shows_the_portraits_once_it_is_back(
    browser: Browsing, url: str, portraits: FakeStation
) -> None:
    portraits.archive_away = True
    with browser.open(url, allow=("500",)) as page:
        expect(page.locator("#condition")).to_have_text(SAY("banner.archive-away"))
        expect(page.locator(".thumbnail")).to_have_count(0)
        portraits.archive_away = False
        expect(page.locator(".thumbnail")).to_have_count(3)


def test_portraits_that_cannot_be_read_at_first_are_shown_later(
    browser: Browsing, url: str, portraits: FakeStation
) -> None:
    with browser.open(url, allow=("500",)) as page:
        expect(page.locator(".thumbnail")).to_have_count(3)
        portraits.save(portrait=portraits.portrait)
        page.route("**/captures?limit=*", lambda route: route.fulfill(status=500), times=1)
        page.reload()
        expect(page.locator(".thumbnail")).to_have_count(4)


def test_a_video_that_has_ended_is_reported(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        station.unplug("it has ended", Trouble("over", {"camera": "/fair.mp4"}))
        expect(page.locator(".banner strong")).to_have_text(SAY("banner.over"))
        expect(page.locator(".banner p")).to_have_text(
            "/fair.mp4: the file has ended. Restart the station to play it again."
        )


def test_a_refused_press_does_not_block_the_next(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        expect(page.locator("#capture")).to_have_attribute("aria-disabled", "false")
        station.unplug("gone")
        expect(page.locator("#capture")).to_have_attribute("aria-disabled", "true")
        page.locator("#capture").press("Enter")
        expect(page.locator("#hint")).to_have_text(SAY("failure.66"))
        station.see()
        page.click("#capture")
        assert station.await_requests(1)


def test_a_camera_that_goes_and_comes_back(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        await_live(page, *IN_ROOM, WHITE)
        station.unplug("demo camera: unplugged")
        expect(page.locator(".banner")).to_contain_text("demo camera: unplugged")
        expect(page.locator("#stage")).to_have_class(re.compile("stale"))
        expect(page.locator("#capture")).to_have_attribute("aria-disabled", "true")
        station.white_rgb = np.full_like(station.white_rgb, 90)
        station.see()
        expect(page.locator(".banner")).to_have_count(0)
        await_live(page, *IN_ROOM, (90, 90, 90))


def test_the_page_reconnects_to_a_restarted_station(browser: Browsing, served: Serving, station: FakeStation) -> None:
    with browser.open(served.url, allow=AWAY) as page:
        await_live(page, *IN_ROOM, WHITE)
        served.end()
        expect(page.locator("#waiting-text")).to_have_text(SAY("page.lost"))
        expect(page.locator("#condition")).to_have_text(SAY("page.offline"))
        for _ in range(2):
            page.wait_for_event("requestfailed", lambda request: request.url.endswith("/state"), timeout=PATIENCE_MS)
        station.white_rgb = np.full_like(station.white_rgb, 90)
        station.see()
        station.save(portrait=station.portrait)
        with serving(station, listen=served.url.removeprefix("http://").rstrip("/")):
            expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
            await_live(page, *IN_ROOM, (90, 90, 90))
            expect(page.locator(".thumbnail")).to_have_count(1)


def test_a_portrait_that_a_restart_of_the_station_interrupted_has_failed(
    browser: Browsing, served: Serving, station: FakeStation
) -> None:
    with browser.open(served.url, allow=(*AWAY, "404")) as page:
        page.click("#capture")
        expect(page.locator("#countdown")).to_be_visible()
        served.end()
        expect(page.locator("#condition")).to_have_text(SAY("page.offline"))
        station.cancel()
        with serving(station, listen=served.url.removeprefix("http://").rstrip("/")):
            expect(page.locator("#hint")).to_have_text(SAY("notice.failed"))


def test_a_portrait_that_was_opened_while_the_station_was_away_is_shown_once_it_is_back(
    browser: Browsing, served: Serving, portraits: FakeStation
) -> None:
    with browser.open(served.url, allow=AWAY) as page:
        expect(page.locator(".thumbnail")).to_have_count(3)
        served.end()
        expect(page.locator("#condition")).to_have_text(SAY("page.offline"))
        page.locator(".thumbnail").first.click()
        page.click("#portrait-delete")
        page.click("#sure")
        expect(page.locator("#portrait-trouble")).to_have_text(SAY("failure.0"))
        with serving(portraits, listen=served.url.removeprefix("http://").rstrip("/")):
            page.wait_for_function("() => document.getElementById('portrait-picture').naturalWidth > 0")
            expect(page.locator("#portrait-trouble")).to_be_empty()
    assert len(portraits.archive) == 3


def test_an_error_is_seen_also_where_consent_or_a_review_is_shown(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.use("required", ADA, BO, consent={"en": CONSENT})
    with page_with_ada(browser, url, station, allow=("500",)) as page:
        page.route("**/check-in*", lambda route: route.fulfill(status=500, json={"code": 73}))
        page.route("**/check-in/consent", lambda route: route.fulfill(status=500, json={"code": 74}))
        page.click("#consent-agree")
        expect(page.locator("#hint")).to_have_text(SAY("failure.74"))
        expect(page.locator("#hint")).to_be_visible()
        page.unroute("**/check-in/consent")
        page.click("#consent-agree")
        expect(page.locator("#consent")).to_be_hidden()
        page.locator("#person-query").fill("Bo")
        photographed(page, station)
        expect(page.locator("#hint")).not_to_be_visible()
        page.locator("#person-query").press("Enter")
        expect(page.locator("#hint")).to_have_text(SAY("failure.73"))
        expect(page.locator("#hint")).to_be_visible()
        page.unroute("**/check-in*")


def test_a_page_that_was_open_during_an_upgrade_is_loaded_anew(browser: Browsing, url: str) -> None:
    with browser.open(url) as page:
        expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
        state = page.evaluate("() => fetch('api/v1/state').then((response) => response.json())")
        upgraded = {**state, "version": "99.0"}
        event = f"event: state\ndata: {json.dumps(upgraded)}\n\n"
        page.route("**/events", lambda route: route.fulfill(content_type="text/event-stream", body=event), times=1)
        with page.expect_event("load"):
            page.evaluate(HIDE, True)
            page.evaluate(HIDE, False)
        expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
