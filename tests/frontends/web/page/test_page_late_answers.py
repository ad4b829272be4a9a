"""Answers that come late, when the page shows another portrait already."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from capture_station.station.status import Person
from tests.frontends.fake_station import FakeStation
from tests.frontends.web.serving import serving

from .browsing import Browsing, expect, late
from .people_steps import ADA, BO, CONSENT, CY, HOLD_TIMERS, RUN_TIMERS, SAY, UNKNOWN, whose

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Page, Route


def open_other(page: Page, other: str) -> None:
    """Close the open portrait and open another one."""
    page.click("#portrait [data-closes]")
    page.locator(".thumbnail").nth(1).click()
    expect(page.locator("#portrait-picture")).to_have_attribute("src", re.compile(other))


@pytest.fixture
def other(portraits: FakeStation) -> str:
    """The portrait before the newest."""
    portraits.subjects.use("required", ADA, BO, CY, unknown="ask")
    return sorted(portraits.archive)[-2]


@pytest.mark.parametrize("answer", ["name", "keep"])
def test_what_is_done_to_a_portrait_is_done_to_the_one_on_the_screen(
    browser: Browsing, url: str, portraits: FakeStation, other: str, answer: str
) -> None:
    newest = max(portraits.archive)
    if answer == "keep":
        portraits.retake(newest)
    with browser.open(url) as page:
        page.locator(".thumbnail").first.click()
        if answer == "name":
            page.click("#portrait-wrong")
        with late(page, "**/subject" if answer == "name" else "**/keep"):
            if answer == "name":
                page.fill("#assign-query", "20417")
                page.keyboard.press("Enter")
                expect(page.locator("#assign-query")).to_have_value("")
            else:
                page.click("#portrait-keep")
            open_other(page, other)
        page.click("#portrait-delete")
        page.click("#sure")
        expect(page.locator(".thumbnail")).to_have_count(2)
    assert newest in portraits.archive
    assert other not in portraits.archive


def test_an_unknown_id_is_not_asked_about_at_another_portrait(
    browser: Browsing, url: str, portraits: FakeStation, other: str
) -> None:
    with browser.open(url, allow=UNKNOWN) as page:
        page.locator(".thumbnail").first.click()
        page.click("#portrait-wrong")
        with late(page, "**/subject"):
            page.fill("#assign-query", "9999")
            page.keyboard.press("Enter")
            expect(page.locator("#assign-query")).to_have_value("")
            open_other(page, other)
            page.click("#portrait-wrong")
        page.fill("#assign-query", "Ada")
        expect(page.locator("#assign-found")).to_contain_text(ADA.name)
        expect(page.locator("#assign-unknown")).to_be_hidden()
    assert whose(portraits, other) is None


def test_the_code_of_another_portrait_is_not_shown(browser: Browsing, portraits: FakeStation, other: str) -> None:
    share = {"minutes": 30, "address": "http://127.0.0.1:1"}
    with serving(portraits, share=share) as server, browser.open(server.url) as page:
        page.locator(".thumbnail").first.click()
        with late(page, "**/share"):
            page.click("#portrait-share")
            open_other(page, other)
        page.click("#portrait-delete")
        expect(page.locator("#sure")).to_be_visible()
        expect(page.locator("#share")).to_be_hidden()


def test_who_is_found_late_is_listed_only_when_the_field_is_used_again(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.use("required", ADA, BO)
    with browser.open(url) as page:
        field = page.locator("#person-query")
        with late(page, "**/subjects?*"):
            with page.expect_request("**/subjects?*"):
                field.fill("Ada")
            field.blur()
        expect(page.locator("#person-found")).to_contain_text(ADA.name)
        expect(page.locator("#person-found")).to_be_hidden()
        field.focus()
        expect(page.locator("#person-found")).to_be_visible()


def test_of_two_people_that_are_tapped_the_last_one_is_opened(
    browser: Browsing, url: str, portraits: FakeStation, other: str
) -> None:
    newest = max(portraits.archive)
    for capture, person in ((newest, ADA), (other, BO)):
        portraits.archive[capture] = replace(portraits.archive[capture], subject=Person(person.id, person.name))
    portraits.subjects.count()
    with browser.open(url) as page:
        page.click("#open-people")
        page.click("#people-states [data-state=ok]")
        with late(page, f"**/subjects/{ADA.id}"):
            page.get_by_role("button", name=re.compile(f"^{ADA.name}")).click()
            page.get_by_role("button", name=re.compile(f"^{BO.name}")).click()
            expect(page.locator("#portrait-name")).to_have_text(BO.name)
        page.click("#portrait-delete")
        expect(page.locator("#sure-person")).to_have_text(SAY("person.delete", name=BO.name))


def test_nobody_agrees_in_the_place_of_who_has_come_up_meanwhile(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.use("required", ADA, BO, consent={"en": CONSENT})
    station.subjects.check_in(ADA.id)
    with browser.open(url, allow=("409",)) as page:
        expect(page.locator("#consent-title")).to_contain_text(ADA.name)
        with late(page, "**/check-in/consent"):
            page.click("#consent-agree")
            station.subjects.check_in(BO.id, replaces=True)
        expect(page.locator("#consent-title")).to_contain_text(BO.name)
    current = station.status().subjects.current
    assert current is not None
    assert current.id == BO.id
    assert current.must_agree


def test_who_comes_up_has_the_time_to_read_before_the_button_counts(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.use("required", ADA, BO, consent={"en": CONSENT})
    with browser.open(url) as page:
        expect(page.locator("#person-query")).to_be_visible()
        page.evaluate(HOLD_TIMERS, 1000)
        station.subjects.check_in(ADA.id)
        expect(page.locator("#consent-text")).to_have_text(CONSENT)
        with late(page, "**/check-in/consent?*"):
            station.subjects.check_in(BO.id, replaces=True)
            expect(page.locator("#consent-title")).to_contain_text(BO.name)
            page.evaluate(RUN_TIMERS)
        expect(page.locator("#consent-text")).to_have_text(CONSENT)
        expect(page.locator("#consent")).to_have_js_property("inert", True)
        page.evaluate(RUN_TIMERS)
        page.click("#consent-agree")
        expect(page.locator("#consent")).to_be_hidden()


@pytest.mark.parametrize("answer", ["**/captures/2*", "**/captures?limit=*"])
def test_a_portrait_that_comes_while_a_page_loads_is_not_covered_by_the_one_before(
    browser: Browsing, url: str, station: FakeStation, answer: str
) -> None:
    station.subjects.use("required", ADA)
    station.subjects.check_in(ADA.id)
    station.capture()
    before = station.finish("review", kept=False).id
    station.archive[before] = replace(station.archive[before], taken_at=datetime.now(timezone.utc))
    with browser.open(url) as page:
        expect(page.locator("#review")).to_be_visible()
        answers: list[tuple[Route, APIResponse]] = []
        page.route(answer, lambda route: answers.append((route, route.fetch())), times=1)
        with page.expect_request(answer):
            page.reload()
        expect(page.locator("#person-name")).to_have_text(ADA.name)
        station.capture(retakes=before)
        newest = station.finish().id
        expect(page.locator("#review")).to_be_visible()
        expect(page.locator("#review-picture")).to_have_attribute("src", re.compile(newest))
        ((route, response),) = answers
        with page.expect_response(answer):
            route.fulfill(response=response)
        page.evaluate("fetch('/api/v1/state').then((answer) => answer.text())")  # What the page does then is done.
        expect(page.locator(".thumbnail")).to_have_count(2)
        expect(page.locator("#review-picture")).to_have_attribute("src", re.compile(newest))
        expect(page.locator("#review")).to_be_visible()
