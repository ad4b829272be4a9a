"""What a page that was asleep or covered shows when somebody looks at it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.frontends.fake_station import FakeStation

from .browsing import Browsing, expect, scan
from .people_steps import ADA, BO, HIDE, LATER, SAY, UNKNOWN, page_with_ada, photographed, whose

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route


@contextmanager
def asleep(page: Page) -> Iterator[None]:
    """The page hears nothing meanwhile."""
    page.evaluate(HIDE, True)
    yield
    with page.expect_response("**/captures?limit=*"):
        page.evaluate(HIDE, False)


@pytest.fixture(autouse=True)
def roster(station: FakeStation) -> None:
    station.subjects.use("required", ADA, BO)


@pytest.mark.parametrize("meanwhile", ["kept", "deleted", "overtaken"])
def test_a_page_that_wakes_up_does_not_ask_about_a_portrait_that_others_have_dealt_with(
    browser: Browsing, url: str, station: FakeStation, meanwhile: str
) -> None:
    with page_with_ada(browser, url, station, allow=UNKNOWN) as page:
        taken = photographed(page, station, "review")
        with asleep(page):
            if meanwhile == "kept":
                station.keep(taken)
            elif meanwhile == "deleted":
                station.remove(taken)
            else:
                station.subjects.check_in(BO.id, replaces=True)
                station.capture()
                station.finish()
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator("#capture")).to_be_visible()


def test_a_page_that_wakes_up_still_asks_about_the_newest_portrait(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station) as page:
        photographed(page, station, "review")
        with asleep(page):
            pass
        page.click("#keep")
        expect(page.locator("#keep")).to_have_text(SAY("button.keep-sure"))


def test_who_leaves_a_doubtful_portrait_without_an_answer_is_let_go_after_a_minute(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station) as page:
        taken = photographed(page, station, "review")
        page.evaluate(LATER, 50)
        page.click("#review-title")  # Somebody is still there.
        page.evaluate(LATER, 50)
        with page.expect_response("**/captures?limit=*"):
            page.evaluate(HIDE, True)
            page.evaluate(HIDE, False)
        expect(page.locator("#review")).to_be_visible()
        page.evaluate(LATER, 15)
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator("#person-now")).to_have_js_property("hidden", True)
        expect(page.locator("#last")).to_be_hidden()
    assert not station.archive[taken].kept
    assert station.status().subjects.current is None


def test_the_next_scan_restarts_the_minute_of_a_doubtful_portrait(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station) as page:
        photographed(page, station, "review")
        page.evaluate(LATER, 50)
        scan(page, BO.id)
        expect(page.locator("#review-first-title")).to_be_visible()
        page.evaluate(LATER, 50)
        page.click("#keep")
        expect(page.locator("#keep")).to_have_text(SAY("button.keep-sure"))


def test_the_open_portrait_is_up_to_date_when_the_page_wakes_up(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    taken = station.save(portrait=station.portrait).id
    with page_with_ada(browser, url, station, allow=UNKNOWN) as page:
        page.locator(".thumbnail").click()
        expect(page.locator("#portrait-retake")).to_be_visible()
        with asleep(page):
            station.retake(taken)
        expect(page.locator("#portrait-keep")).to_be_visible()
        with asleep(page):
            station.remove(taken)
        expect(page.locator("#portrait")).to_be_hidden()


def test_a_page_that_wakes_up_long_after_a_portrait_says_nothing_of_it_and_lets_nobody_go(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station) as page:
        with page.expect_response("**/captures/2*"), asleep(page):
            station.capture()
            station.finish()
        page.evaluate("fetch('/api/v1/state').then((answer) => answer.text())")  # What the page does then is done.
        expect(page.locator("#last")).to_be_hidden()
        expect(page.locator("#review")).to_be_hidden()
    current = station.status().subjects.current
    assert current is not None
    assert current.id == ADA.id


def test_a_page_that_wakes_up_does_not_ask_about_a_code_that_was_held_up_meanwhile(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        expect(page.locator("#person-query")).to_be_visible()
        with asleep(page):
            station.subjects.read_code("99999", "ask")
            station.subjects.check_in(ADA.id)
        expect(page.locator("#person-name")).to_have_text(ADA.name)
        assert page.locator("#unknown").is_hidden()
        station.subjects.read_code("88888", "ask")
        expect(page.locator("#unknown-title")).to_have_text(SAY("banner.unknown", id="88888"))


@pytest.mark.parametrize("sent", ["check-in", "name"])
def test_what_a_page_sent_before_it_slept_is_not_sent_again_when_it_wakes_up(
    browser: Browsing, url: str, station: FakeStation, sent: str
) -> None:
    station.save(portrait=station.portrait)
    under_way: list[Route] = []
    with browser.open(url, allow=("ERR_FAILED",)) as page:
        expect(page.locator("#person-query")).to_be_visible()
        page.route(
            "**/check-in" if sent == "check-in" else "**/subject", lambda route: under_way.append(route), times=1
        )
        if sent == "name":
            page.locator(".thumbnail").click()
            page.click("#portrait-wrong")
        with page.expect_request(lambda request: request.method == "PUT"):
            scan(page, ADA.id)
        (route,) = under_way
        route.fetch()  # The station does it, but its answer comes to a phone that sleeps.
        station.subjects.check_out(ADA.id)
        for capture in station.archive:
            station.subjects.assign(capture, None, "window")
        page.evaluate(LATER, 20)  # The question whose portrait it is stays open.
        route.abort()
        expect(page.locator("#hint" if sent == "check-in" else "#portrait-trouble")).to_have_text(SAY("failure.0"))
    assert station.status().subjects.current is None
    assert whose(station, max(station.archive)) is None


def test_a_keep_from_before_the_page_slept_undoes_no_portrait_that_was_taken_since(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    under_way: list[Route] = []
    with page_with_ada(browser, url, station, allow=("ERR_FAILED",)) as page:
        doubtful = photographed(page, station, "review")
        page.route("**/keep", lambda route: under_way.append(route), times=1)
        page.click("#keep")
        expect(page.locator("#keep")).to_have_text(SAY("button.keep-sure"))
        with page.expect_request("**/keep"):
            page.click("#keep")
        with asleep(page):
            station.capture()
            good = station.finish().id
            station.subjects.check_out(ADA.id)
            page.evaluate(LATER, 20)
        expect(page.locator(".thumbnail")).to_have_count(2)
        page.evaluate("fetch('/api/v1/state').then((answer) => answer.text())")  # What the page does then is done.
        (route,) = under_way
        route.abort()
        expect(page.locator("#hint")).to_have_text(SAY("failure.0"))
        expect(page.locator("#review")).to_be_hidden()
    assert station.archive[good].kept
    assert not station.archive[doubtful].kept


@pytest.mark.parametrize("happens", ["cancelled", "taken"])
def test_a_page_that_slept_through_the_end_of_a_retake_does_not_take_the_next_person_for_it(
    browser: Browsing, url: str, station: FakeStation, happens: str
) -> None:
    with page_with_ada(browser, url, station) as page:
        station.capture(retakes=photographed(page, station))
        expect(page.locator("#countdown")).to_be_visible()
        with asleep(page):
            if happens == "cancelled":
                station.cancel()
            else:
                station.finish()
            station.subjects.check_out(ADA.id)
            station.subjects.check_in(BO.id)
            station.capture()
        expect(page.locator("#person-name")).to_have_text(BO.name)
        if happens == "cancelled":
            station.cancel()
            expect(page.locator("#countdown")).to_be_hidden()
            assert page.locator("#person-name").inner_text() == BO.name
            expect(page.locator("#hint")).not_to_contain_text(ADA.name)
            expect(page.locator("#review")).to_be_hidden()
        else:
            station.finish()
            expect(page.locator("#review-name")).to_have_text(BO.name)
            expect(page.locator("#review")).to_be_visible()
            expect(page.locator("#review-previous")).to_be_hidden()


def taken_behind_the_settings(page: Page, station: FakeStation, verdict: str = "ok") -> str:
    """Ada's portrait, which is taken hands free while the settings are open."""
    page.click("#open-settings")
    station.capture()
    taken = station.finish(verdict, kept=verdict == "ok").id
    expect(page.locator(".thumbnail")).to_have_count(1)
    return taken


@pytest.mark.parametrize("verdict", ["ok", "review"])
def test_a_portrait_that_comes_behind_a_dialog_is_shown_when_that_closes(
    browser: Browsing, url: str, station: FakeStation, verdict: str
) -> None:
    with page_with_ada(browser, url, station) as page:
        taken = taken_behind_the_settings(page, station, verdict)
        expect(page.locator("#review")).to_be_hidden()
        page.click("#settings [data-closes]")
        expect(page.locator("#review-name")).to_have_text(ADA.name)
        page.click("#keep")
        if verdict == "review":
            page.click("#keep")
        expect(page.locator("#person-now")).to_have_js_property("hidden", True)
    assert station.archive[taken].kept
    assert station.status().subjects.current is None


def test_a_portrait_that_was_decided_behind_a_dialog_is_not_shown_any_more(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station) as page:
        taken = taken_behind_the_settings(page, station, "review")
        station.keep(taken)  # In the window.
        expect(page.locator("#hint")).to_have_text(SAY("notice.kept"))
        page.click("#settings [data-closes]")
        page.click("#open-people")
        expect(page.locator("#people")).to_be_visible()
        expect(page.locator("#review")).to_be_hidden()


@pytest.mark.parametrize("verdict", ["ok", "review"])
def test_who_is_chosen_from_the_list_comes_after_the_portrait_behind_it_is_dealt_with(
    browser: Browsing, url: str, station: FakeStation, verdict: str
) -> None:
    with page_with_ada(browser, url, station) as page:
        taken_behind_the_settings(page, station, verdict)
        page.evaluate("document.getElementById('open-people').click()")
        page.locator("#people-list button", has_text=BO.name).click()
        page.evaluate("document.getElementById('settings').close()")
        if verdict == "ok":
            expect(page.locator("#person-name")).to_have_text(BO.name)
            expect(page.locator("#last-name")).to_have_text(SAY("person.kept", name="Ada Lovelace, 20417"))
        else:
            expect(page.locator("#review-first-title")).to_have_text(
                SAY("banner.undecided", person="Ada Lovelace, 20417")
            )
    current = station.status().subjects.current
    assert current is not None
    assert current.id == (BO.id if verdict == "ok" else ADA.id)
