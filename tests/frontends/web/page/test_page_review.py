"""The review in a real browser: what the preset allows stands beside the portrait, and a refusal says why."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import numpy as np
import pytest

from capture_station.frames import Flaw
from capture_station.station.status import Guide
from tests.frontends.fake_station import FakeStation

from .browsing import PHONE, SCREEN, Browsing, expect, overflow_px, painted
from .people_steps import ADA, BO, HIDE, LATER, SAY, photographed

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Page, Route

FULL_HD = {"width": 1920, "height": 1080}
PASSPORT = Guide(0.45, 0.76, (0.40, 0.51), (0.712, 0.799))


def take(page: Page, station: FakeStation, guide: Guide | None = None, retakes: bool = False) -> None:
    """Take a portrait by a click, the first or one that replaces it."""
    page.click("#retake" if retakes else "#capture")
    assert station.await_requests(2 if retakes else 1)
    station.expose()
    station.finish(guide=guide)


def set_clock_back(station: FakeStation) -> None:
    """The only portrait in the archive is dated two hours ahead."""
    ahead = datetime.now(timezone.utc) + timedelta(hours=2)
    dated = f"{ahead:%Y%m%d-%H%M%S}-000000-00000000"
    saved = replace(station.save(portrait=station.portrait), id=dated, taken_at=ahead)
    station.archive = {saved.id: saved}


@pytest.mark.parametrize("size", [SCREEN, PHONE])
def test_the_review_draws_what_the_preset_allows(
    browser: Browsing, url: str, station: FakeStation, size: dict[str, int]
) -> None:
    with browser.open(url, size) as page:
        take(page, station, PASSPORT)
        ranges = page.locator("#review-ranges")
        expect(ranges).to_be_visible()
        expect(ranges).to_have_text(SAY("review.ranges"))
        bands = ranges.locator("rect").evaluate_all(
            "bands => bands.map(band => [Number(band.getAttribute('y')), Number(band.getAttribute('height'))])"
        )
        eyes_from, eyes_height = bands[1]
        assert (eyes_from, eyes_from + eyes_height) == (pytest.approx(0.40), pytest.approx(0.51))
        crown_from, crown_height = bands[0]
        assert (crown_from, crown_from + crown_height) == (
            pytest.approx(0.45 - 0.799 / 2),
            pytest.approx(0.45 - 0.712 / 2),
        )
        assert ranges.locator("line.right").count() == 3
        small, lines = (ranges.locator(one).bounding_box() for one in ("img", "svg"))
        assert lines["width"] == pytest.approx(small["width"], abs=1)  # They end where the picture does.
        assert overflow_px(page) == 0


def test_a_line_outside_its_band_is_told_apart_and_without_a_preset_nothing_is_drawn(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        take(page, station, Guide(0.60, 0.76, (0.40, 0.51), (0.712, 0.799)))
        expect(page.locator("#review-ranges line.wrong")).to_have_count(1)
        take(page, station, retakes=True)
        expect(page.locator("#review-previous")).to_be_visible()
        expect(page.locator("#review-ranges")).to_be_hidden()


def test_a_retake_that_is_there_before_its_request_is_answered_has_the_old_portrait_beside_it(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        take(page, station)
        late: list[tuple[Route, APIResponse]] = []
        page.route("**/captures", lambda route: late.append((route, route.fetch())), times=1)
        take(page, station, retakes=True)
        expect(page.locator("#review-previous")).to_be_visible()
        ((route, response),) = late
        with page.expect_response("**/requests/*"):
            route.fulfill(response=response)


def test_the_portrait_before_is_not_somebody_elses_while_it_loads(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        take(page, station)
        take(page, station, retakes=True)
        before = page.locator("#review-previous img")
        expect(before).not_to_have_js_property("naturalWidth", 0)
        loaded = painted(page, "#review-previous")
        late: list[Route] = []
        page.route("**/portrait?width=400", lambda route: late.append(route))
        page.click("#retake")
        assert station.await_requests(3)
        newest = station.finish().id
        expect(page.locator("#review")).to_be_visible()
        expect(page.locator("#review-picture")).to_have_attribute("src", re.compile(newest))
        expect(page.locator("#review-previous")).to_be_visible()
        assert not np.array_equal(painted(page, "#review-previous"), loaded)
        for route in late:
            route.continue_()
        expect(before).not_to_have_js_property("naturalWidth", 0)
        page.unroute("**/portrait?width=400")


def test_a_doubtful_portrait_still_asks_after_a_reload_but_not_when_its_person_is_long_gone(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    now = datetime.now(timezone.utc)
    with browser.open(url) as page:
        page.click("#capture")
        assert station.await_requests(1)
        taken = station.finish("review", (Flaw("face-dark"),), kept=False).id
        expect(page.locator("#keep")).to_have_text(SAY("button.keep-anyway"))
        station.archive[taken] = replace(station.archive[taken], taken_at=now)
        page.reload()
        expect(page.locator("#keep")).to_have_text(SAY("button.keep-anyway"))
        station.archive[taken] = replace(station.archive[taken], taken_at=now - timedelta(minutes=2))
        with page.expect_response(f"**/captures/{taken}"):
            page.reload()
        expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
        expect(page.locator("#review")).to_be_hidden()


def test_a_good_portrait_is_still_shown_after_a_reload_until_its_person_is_let_go(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.use("required", ADA)
    station.subjects.check_in(ADA.id)
    with browser.open(url) as page:
        expect(page.locator("#person-name")).to_have_text(ADA.name)
        taken = photographed(page, station)
        station.archive[taken] = replace(station.archive[taken], taken_at=datetime.now(timezone.utc))
        page.reload()
        expect(page.locator("#review-name")).to_have_text(ADA.name)
        expect(page.locator("#capture")).to_be_hidden()
        station.subjects.check_out(ADA.id)  # The window keeps it.
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator("#last-name")).to_have_text(SAY("person.kept", name="Ada Lovelace, 20417"))
        with page.expect_response(f"**/captures/{taken}"):
            page.reload()
        expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
        expect(page.locator("#review")).to_be_hidden()


def test_a_good_portrait_of_nobody_is_still_shown_after_a_reload_for_the_rest_of_its_time(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        page.click("#capture")
        assert station.await_requests(1)
        taken = station.finish().id
        expect(page.locator("#review")).to_be_visible()
        begun = datetime.now(timezone.utc) - timedelta(seconds=station.status().review_s - 30)
        station.archive[taken] = replace(station.archive[taken], taken_at=begun)
        page.reload()
        expect(page.locator("#review")).to_be_visible()
        assert page.evaluate("document.getAnimations()[0].effect.getTiming().duration") < 60_000


def test_a_portrait_from_before_the_clock_was_set_back_is_not_taken_for_the_newest(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    set_clock_back(station)
    with browser.open(url) as page:
        expect(page.locator(".thumbnail")).to_have_count(1)
        page.evaluate("fetch('/api/v1/state').then((answer) => answer.text())")  # What the page does then is done.
        expect(page.locator("#capture")).to_be_enabled()
        page.click("#capture")
        assert station.await_requests(1)
        station.finish("review", kept=False)
        expect(page.locator("#review")).to_be_visible()
        with page.expect_response("**/captures?limit=*"):
            page.evaluate(HIDE, True)
            page.evaluate(HIDE, False)
        page.click("#keep")
        expect(page.locator("#keep")).to_have_text(SAY("button.keep-sure"))


@pytest.mark.parametrize("kept", [True, False])
def test_a_portrait_that_somebody_decides_about_elsewhere_asks_nothing_here_any_more(
    browser: Browsing, url: str, station: FakeStation, kept: bool
) -> None:
    with browser.open(url) as page:
        page.click("#capture")
        assert station.await_requests(1)
        taken = station.finish("ok" if not kept else "review", kept=not kept).id
        expect(page.locator("#review")).to_be_visible()
        (station.keep if kept else station.retake)(taken)  # In the window.
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator(".thumbnail.not-kept")).to_have_count(0 if kept else 1)


@pytest.mark.parametrize("happens", ["cancelled", "refused"])
def test_an_old_portrait_that_changes_after_a_capture_came_to_nothing_is_not_shown_as_the_new_one(
    browser: Browsing, url: str, station: FakeStation, happens: str
) -> None:
    oldest, *_, newest = [station.save(portrait=station.portrait).id for _ in range(25)]
    with browser.open(url) as page:
        expect(page.locator(".thumbnail")).to_have_count(20)
        page.click("#capture")
        expect(page.locator("#countdown")).to_be_visible()
        if happens == "cancelled":
            station.cancel()
        else:
            station.refuse(Flaw("nobody"))
        expect(page.locator("#countdown")).to_be_hidden()
        station.retake(oldest)  # In the window.
        station.retake(newest)
        expect(page.locator(".thumbnail.not-kept")).to_have_count(1)
        expect(page.locator(".thumbnail")).to_have_count(20)
        expect(page.locator("#review")).to_be_hidden()


@pytest.mark.parametrize("size", [SCREEN, FULL_HD])
def test_on_a_wide_screen_a_small_portrait_has_the_full_height(
    browser: Browsing, url: str, station: FakeStation, size: dict[str, int]
) -> None:
    with browser.open(url, size) as page:
        page.click("#capture")
        assert station.await_requests(1)
        station.finish()  # Of 300x400 pixels.
        expect(page.locator("#review")).to_be_visible()
        picture = page.locator("#review-picture").bounding_box()
        keep = page.locator("#keep").bounding_box()
        assert picture["width"] / picture["height"] == pytest.approx(3 / 4, abs=0.01)
        assert picture["height"] > 0.8 * size["height"]
        assert picture["x"] + picture["width"] < keep["x"]
        assert picture["y"] + picture["height"] == pytest.approx(keep["y"] + keep["height"], abs=2)


def test_a_refused_picture_says_why(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        page.click("#capture")
        assert station.await_requests(1)
        station.expose()
        station.refuse(Flaw("nobody"))
        expect(page.locator("#hint")).to_have_text(SAY("notice.refused", reason=SAY("flaw.nobody")))


def test_a_refusal_tells_the_guest_what_to_do(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        page.click("#capture")
        assert station.await_requests(1)
        station.expose()
        station.refuse(Flaw("uncropped-small", {"preset": "portrait-4x5"}), Flaw("outline-uncertain"))
        expect(page.locator("#hint")).to_have_text("No portrait: you are too far away; please come closer")


def test_a_refusal_that_is_there_before_its_request_is_answered_says_why_too(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        late: list[tuple[Route, APIResponse]] = []
        page.route("**/captures", lambda route: late.append((route, route.fetch())), times=1)
        page.click("#capture")
        assert station.await_requests(1)
        expect(page.locator("#capture")).to_have_attribute("aria-busy", "false")
        station.expose()
        expect(page.locator("#capture")).to_have_attribute("aria-busy", "true")
        station.refuse(Flaw("nobody"))
        expect(page.locator("#capture")).to_have_attribute("aria-busy", "false")
        ((route, response),) = late
        route.fulfill(response=response)
        expect(page.locator("#hint")).to_have_text(SAY("notice.refused", reason=SAY("flaw.nobody")))


@pytest.mark.parametrize("meanwhile", ["long", "somebody else"])
def test_a_doubtful_portrait_is_asked_about_no_more_when_its_person_may_have_left_during_the_question_whose_it_is(
    browser: Browsing, url: str, station: FakeStation, meanwhile: str
) -> None:
    station.subjects.use("required", ADA, BO)
    station.subjects.check_in(ADA.id)
    with browser.open(url) as page:
        photographed(page, station, "review")
        page.click("#review-wrong")
        expect(page.locator("#review")).to_be_hidden()
        if meanwhile == "somebody else":
            station.capture(subject_id=BO.id)
            bos = station.finish().id
            expect(page.locator(".thumbnail")).to_have_count(2)
            station.retake(bos)
            expect(page.locator(".thumbnail.not-kept")).to_have_count(2)
        with page.expect_response(lambda answer: answer.request.method == "DELETE"):
            if meanwhile == "long":
                page.evaluate(LATER, 61)
            else:
                page.click("#portrait [data-closes]")
        expect(page.locator("#portrait")).to_be_hidden()
        expect(page.locator("#person-now")).to_be_hidden()
        expect(page.locator("#review")).to_be_hidden()
    assert station.status().subjects.current is None


def asked_whose_it_is(page: Page, station: FakeStation) -> None:
    """A doubtful portrait whose review comes back after the question whose it is."""
    photographed(page, station, "review")
    page.click("#review-wrong")
    expect(page.locator("#review")).to_be_hidden()
    page.click("#portrait [data-closes]")
    expect(page.locator("#review")).to_be_visible()


def test_a_doubtful_portrait_still_has_to_be_decided_after_the_question_whose_it_is(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.use("required", ADA)
    station.subjects.check_in(ADA.id)
    with browser.open(url) as page:
        asked_whose_it_is(page, station)
        page.click("#review-wrong")
        page.click("#assign-not")
        page.click("#portrait-keep")
        expect(page.locator("#portrait-keep")).to_be_hidden()
        with page.expect_response("**/captures/*"):
            page.click("#portrait [data-closes]")
        expect(page.locator("#review")).to_be_hidden()


def test_a_doubtful_portrait_still_has_to_be_decided_after_that_question_where_the_clock_was_set_back(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    set_clock_back(station)
    station.subjects.use("required", ADA)
    station.subjects.check_in(ADA.id)
    with browser.open(url) as page:
        asked_whose_it_is(page, station)
