"""The portrait that was kept last, on a page beside other screens: whose it is, and who is let go by it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.frontends.fake_station import FakeStation

from .browsing import PHONE, Browsing, expect, scan
from .people_steps import ADA, BO, CY, LATER, SAY, page_with_ada, photographed, whose


@pytest.fixture(autouse=True)
def roster(station: FakeStation) -> None:
    station.subjects.use("required", ADA, BO, CY)


@pytest.mark.parametrize("dialog", [False, True])
def test_the_page_names_who_was_kept_last_wherever_that_was(
    browser: Browsing, url: str, station: FakeStation, dialog: bool
) -> None:
    with page_with_ada(browser, url, station, PHONE) as page:
        photographed(page, station)
        page.click("#keep")
        expect(page.locator("#last-name")).to_have_text(SAY("person.kept", name="Ada Lovelace, 20417"))
        if dialog:
            page.locator(".thumbnail").first.click()
        station.subjects.check_in("20418")  # In the window, as all that follows.
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        station.capture()
        taken = station.finish()
        expect(page.locator(".thumbnail")).to_have_count(2)
        if dialog:
            page.click("#portrait [data-closes]")
        else:
            expect(page.locator("#review")).to_be_visible()
        station.subjects.check_out("20418")
        expect(page.locator("#last-name")).to_have_text(SAY("person.kept", name="Bo Adamczyk, 20418"))
        expect(page.locator("#last")).to_be_visible()
        page.click("#last-wrong")
        expect(page.locator("#portrait-picture")).to_have_attribute("src", re.compile(taken.id))


def test_the_name_can_be_corrected_also_where_the_next_person_waits_until_the_next_portrait_is_taken(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station, PHONE) as page:
        photographed(page, station)
        page.click("#keep")
        expect(page.locator("#last")).to_be_visible()
        station.subjects.check_in("20418")
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        expect(page.locator("#last-name")).to_have_text(SAY("person.kept", name="Ada Lovelace, 20417"))
        page.click("#last-wrong")
        expect(page.locator("#portrait-name")).to_have_text("Ada Lovelace")
        expect(page.locator("#assign")).to_be_visible()
        page.click("#portrait [data-closes]")
        page.click("#capture")
        assert station.await_requests(2)
        station.finish()
        expect(page.locator("#review-name")).to_have_text("Bo Adamczyk")
        station.subjects.check_out("20418")
        expect(page.locator("#last-name")).to_have_text(SAY("person.kept", name="Bo Adamczyk, 20418"))


def test_a_doubtful_portrait_that_the_window_keeps_is_named(browser: Browsing, url: str, station: FakeStation) -> None:
    with page_with_ada(browser, url, station, PHONE) as page:
        taken = photographed(page, station, "review")
        station.keep(taken)
        station.subjects.check_out("20417")
        expect(page.locator("#last-name")).to_have_text(SAY("person.kept", name="Ada Lovelace, 20417"))
        expect(page.locator("#last")).to_be_visible()


def test_a_page_that_keeps_late_does_not_let_go_who_has_come_again(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station, PHONE) as page:
        photographed(page, station)
        page.click("#review-title")  # It is held here.
        station.subjects.check_out("20417")  # The window keeps it, and she comes again for a better one.
        expect(page.locator("#person-now")).to_have_js_property("hidden", True)
        station.subjects.check_in("20417")
        expect(page.locator("#person-now")).to_have_js_property("hidden", False)
        with page.expect_response("**/check-in?*"):
            page.click("#keep")
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        current = station.status().subjects.current
        assert current is not None
        assert current.id == "20417"


def test_who_is_kept_is_let_go_although_the_network_loses_the_first_request(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station, allow=("ERR_FAILED",)) as page:
        photographed(page, station)
        page.route("**/check-in?*", lambda route: route.abort(), times=1)
        page.click("#keep")
        expect(page.locator("#person-now")).to_have_js_property("hidden", True)
    assert station.status().subjects.current is None


def test_the_page_tells_that_who_is_kept_could_not_be_let_go(browser: Browsing, url: str, station: FakeStation) -> None:
    with page_with_ada(browser, url, station, allow=("500",)) as page:
        photographed(page, station)
        page.route("**/check-in?*", lambda route: route.fulfill(status=500, json={"code": 73}), times=1)
        page.click("#keep")
        expect(page.locator("#hint")).to_have_text(SAY("failure.73"))


def test_a_question_whose_it_is_that_is_left_open_is_not_answered_by_the_next_badge(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station) as page:
        taken = photographed(page, station)
        page.click("#keep")
        page.click("#last-wrong")
        expect(page.locator("#assign-query")).to_be_focused()
        page.evaluate(LATER, 50)
        page.keyboard.press("B")
        page.evaluate(LATER, 50)
        expect(page.locator("#portrait")).to_be_visible()
        page.evaluate(LATER, 15)
        expect(page.locator("#portrait")).to_be_hidden()
        scan(page, BO.id)
        expect(page.locator("#person-name")).to_have_text(BO.name)
    assert whose(station, taken) == ADA.id


def keep_doubtful(page: Any) -> None:
    page.click("#keep")
    expect(page.locator("#keep")).to_have_text(SAY("button.keep-sure"))
    page.click("#keep")


@pytest.mark.parametrize("dialog", [False, True])
def test_a_doubtful_portrait_is_kept_although_the_network_loses_the_first_request(
    browser: Browsing, url: str, station: FakeStation, dialog: bool
) -> None:
    with page_with_ada(browser, url, station, allow=("ERR_FAILED",)) as page:
        taken = photographed(page, station, "review")
        page.route("**/keep", lambda route: route.abort(), times=1)
        if dialog:
            page.click("#review-wrong")
            page.click("#assign-not")
            page.click("#portrait-keep")
            expect(page.locator("#portrait-retake")).to_be_visible()
        else:
            keep_doubtful(page)
            expect(page.locator("#person-now")).to_have_js_property("hidden", True)
    assert station.archive[taken].kept


def test_a_doubtful_portrait_that_could_not_be_kept_is_asked_about_again(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station, allow=("ERR_FAILED",)) as page:
        taken = photographed(page, station, "review")
        page.route("**/keep", lambda route: route.abort())
        keep_doubtful(page)
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator("#review")).to_be_visible()
        expect(page.locator("#review-name")).to_have_text("Ada Lovelace")
        # Only the answer may be lost: nothing is said about whether it is kept.
        expect(page.locator("#review-first")).to_have_text(SAY("failure.0"))
        assert not station.archive[taken].kept
        page.unroute("**/keep")
        keep_doubtful(page)
        expect(page.locator("#last-name")).to_have_text(SAY("person.kept", name="Ada Lovelace, 20417"))
    assert station.archive[taken].kept
    assert station.status().subjects.current is None


@pytest.mark.parametrize("happens", ["kept", "somebody else"])
def test_a_portrait_that_the_page_heard_nothing_more_of_does_not_ask_where_that_is_out_of_date(
    browser: Browsing, url: str, station: FakeStation, happens: str
) -> None:
    with page_with_ada(browser, url, station, allow=("500",)) as page:
        taken = photographed(page, station, "review")
        waiting: list[Any] = []
        page.route("**/keep", lambda route: waiting.append(route), times=1)
        keep_doubtful(page)
        expect(page.locator("#review")).to_be_hidden()
        if happens == "kept":
            station.keep(taken)
        else:
            station.capture(subject_id=BO.id)
            expect(page.locator("#countdown")).to_be_visible()
            station.cancel()
            expect(page.locator("#countdown")).to_be_hidden()
        expect(page.locator(".thumbnail.not-kept")).to_have_count(0 if happens == "kept" else 1)
        (route,) = waiting
        with page.expect_response("**/keep"):
            route.fulfill(status=500, json={"code": 73})
        expect(page.locator("#hint")).to_have_text(SAY("notice.kept" if happens == "kept" else "failure.73"))
        expect(page.locator("#review")).to_be_hidden()
    assert (station.status().subjects.current is None) == (happens == "kept")
