"""People on the page: searched, asked to agree, photographed, corrected, counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation

from .browsing import (
    PHONE,
    PHONE_ON_ITS_SIDE,
    SCREEN,
    SMALL_PHONE,
    Browsing,
    expect,
    overflow_px,
    scan,
    small_targets,
    violations,
)
from .people_steps import (
    ADA,
    BO,
    CONSENT,
    CY,
    SAY,
    UNKNOWN,
    page_with_ada,
    photographed,
    scanned_and_photographed,
    whose,
)


@pytest.fixture(autouse=True)
def roster(station: FakeStation) -> None:
    station.subjects.use("required", ADA, BO, CY)


def test_somebody_is_searched_by_name_photographed_and_filed(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        expect(page.locator("#hint")).to_have_text(SAY("person.search"))
        expect(page.locator("#capture")).to_have_attribute("aria-disabled", "true")
        page.locator("#person-query").press_sequentially("ada", delay=300)
        expect(page.locator("#person-found li")).to_have_count(2)
        assert page.locator("#person-found li").first.inner_text().split("\n") == [
            "Ada Lovelace", "20417", SAY("person.is-missing"),
        ]  # fmt: skip
        page.locator("#person-found li").first.click()
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        expect(page.locator("#person-id")).to_have_text("20417")
        expect(page.locator("#capture")).to_be_focused()
        taken = photographed(page, station)
        expect(page.locator("#review-name")).to_have_text("Ada Lovelace")
        page.click("#keep")
        expect(page.locator("#person-query")).to_be_visible()
        expect(page.locator("#last-name")).to_have_text(SAY("person.kept", name="Ada Lovelace, 20417"))
    assert whose(station, taken) == "20417"
    assert station.status().subjects.current is None


def test_enter_takes_nobody_who_could_be_another(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        field = page.locator("#person-query")
        field.press_sequentially("ada", delay=300)
        field.press("Enter")
        expect(page.locator("#person-found li").first).to_have_attribute("aria-selected", "true")
        assert station.status().subjects.current is None
        field.press("ArrowDown")
        field.press("Enter")
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")


def test_a_colleague_checks_in_who_comes_next_and_takes_nobody_s_place(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.check_in("20417")  # At the booth.
    with browser.open(url, PHONE) as page:
        following = page.locator("#following-name")
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        expect(page.locator("#person-query")).to_have_attribute("placeholder", SAY("button.next"))
        page.fill("#person-query", "20418")
        page.locator("#person-found li").click()
        expect(following).to_have_text(SAY("person.following", person="Bo Adamczyk, 20418"))
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        page.get_by_label(SAY("person.let-go", name="Ada Lovelace, 20417")).click()
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        expect(page.locator("#following")).to_be_hidden()


@pytest.mark.parametrize("held", [False, True])
def test_a_portrait_that_is_kept_on_another_screen_leaves_the_page_unless_somebody_looks_at_it(
    browser: Browsing, url: str, station: FakeStation, held: bool
) -> None:
    with page_with_ada(browser, url, station) as page:
        photographed(page, station)
        expect(page.locator("#review")).to_have_js_property("inert", False)
        if held:
            page.click("#review-title")
        station.subjects.check_out("20417")  # The window keeps the portrait.
        expect(page.locator("#person-now")).to_have_js_property("hidden", True)
        expect(page.locator("#review")).to_be_visible(visible=held)


def test_whoever_types_the_next_name_is_not_interrupted_by_the_portrait(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station, PHONE) as page:
        station.capture()
        page.fill("#person-query", "20418")
        station.finish()
        expect(page.locator("#review-name")).to_have_text("Ada Lovelace")
        expect(page.locator("#review")).to_have_js_property("inert", False)
        expect(page.locator("#person-query")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#following-name")).to_contain_text("Bo Adamczyk")
        expect(page.locator("#review")).to_be_visible()
        page.click("#keep")
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")


@contextmanager
def page_that_asks_ada(browser: Browsing, url: str, station: FakeStation) -> Iterator[Any]:
    """An open page at which Ada has been scanned, who has to agree."""
    station.subjects.use("required", ADA, BO, consent={"en": CONSENT})
    with browser.open(url) as page:
        expect(page.locator("#person-query")).to_be_visible()
        scan(page, "20417")
        yield page


def test_who_has_to_agree_reads_the_text_first(browser: Browsing, url: str, station: FakeStation) -> None:
    with page_that_asks_ada(browser, url, station) as page:
        expect(page.locator("#consent-title")).to_have_text("Ada Lovelace, 20417")
        expect(page.locator("#consent-text")).to_have_text(CONSENT)
        expect(page.locator("#capture")).to_be_hidden()
        page.click("#consent-cancel")
        expect(page.locator("#consent")).to_be_hidden()
        scan(page, "20417")
        page.click("#consent-agree")
        expect(page.locator("#consent")).to_be_hidden()
        expect(page.locator("#capture")).to_have_attribute("aria-disabled", "false")
        photographed(page, station)


def test_keys_and_taps_that_were_meant_for_something_else_do_not_agree(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_that_asks_ada(browser, url, station) as page:
        consent = page.locator("#consent")
        expect(page.locator("#consent-text")).to_have_text(CONSENT)
        expect(consent).to_have_js_property("inert", True)
        page.locator("#consent-agree").click(force=True)
        expect(consent.locator(".text")).to_be_focused()
        expect(consent).to_have_js_property("inert", False)
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("#consent-cancel")).to_be_focused()
        page.keyboard.press("Tab")
        expect(consent).to_be_visible()
        page.keyboard.press("Enter")
        expect(consent).to_be_hidden()
        expect(page.locator("#capture")).to_have_attribute("aria-disabled", "false")


def test_who_comes_again_sees_that_there_is_a_portrait_and_has_it_beside_the_new_one(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_that_asks_ada(browser, url, station) as page:
        expect(page.locator("#consent-state")).to_be_hidden()
        page.click("#consent-agree")
        expect(page.locator("#consent")).to_be_hidden()
        first = photographed(page, station)
        expect(page.locator("#review-previous")).to_be_hidden()
        page.click("#keep")
        scan(page, "20417")
        expect(page.locator("#consent-state")).to_have_text(SAY("person.is-ok"))
        page.click("#consent-agree")
        expect(page.locator("#consent")).to_be_hidden()
        photographed(page, station)
        expect(page.locator("#review-previous")).to_have_text(SAY("review.previous"))
        assert first in page.locator("#review-previous img").get_attribute("src")


def test_who_leaves_without_agreeing_takes_their_name_along(
    browser: Browsing, url: str, station: FakeStation, clock: Clock
) -> None:
    with page_that_asks_ada(browser, url, station) as page:
        expect(page.locator("#consent-text")).to_have_text(CONSENT)
        clock.pass_s(50)
        with page.expect_response("**/check-in/stay"):
            page.locator("#consent-text").click()  # Whoever touches the text is still there.
        clock.pass_s(50)
        assert station.status().subjects.current is not None
        expect(page.locator("#consent")).to_be_visible()
        clock.pass_s(10)
        expect(page.locator("#consent")).to_be_hidden()
        expect(page.locator("#person-query")).to_be_visible()
    assert station.status().subjects.current is None


@pytest.mark.parametrize("button", ["#review-wrong", "#last-wrong"])
def test_the_wrong_name_is_corrected_and_stays_until_then(
    browser: Browsing, url: str, station: FakeStation, button: str
) -> None:
    with browser.open(url) as page:
        taken = scanned_and_photographed(page, station)
        if button == "#last-wrong":
            page.click("#keep")
        page.click(button)
        expect(page.locator("#assign-query")).to_be_focused()
        expect(page.locator("#portrait-name")).to_be_visible()
        expect(page.locator("#portrait-wrong")).to_be_hidden()
        page.click("#assign-not")
        expect(page.locator("#portrait-name")).to_have_text("Ada Lovelace")
        page.click("#portrait [data-closes]")
        assert whose(station, taken) == "20417"
        page.click("#last-wrong")
        expect(page.locator("#assign-query")).to_be_focused()
        scan(page, "20418")
        expect(page.locator("#portrait-name")).to_have_text("Bo Adamczyk")
        assert whose(station, taken) == "20418"
        page.click("#portrait-wrong")
        page.click("#assign-nobody")
        expect(page.locator("#portrait-name")).to_have_text(SAY("person.of-nobody"))
        assert whose(station, taken) is None
        page.click("#portrait-wrong")
        expect(page.locator("#assign-nobody")).to_be_hidden()
        page.click("#portrait [data-closes]")
        expect(page.locator("#person-query")).to_be_visible()
        expect(page.locator("#last")).to_be_hidden()


@pytest.mark.usefixtures("portraits")
def test_an_older_portrait_is_given_to_somebody_else(browser: Browsing, url: str) -> None:
    with browser.open(url, allow=UNKNOWN) as page:
        page.locator(".thumbnail").first.click()
        expect(page.locator("#portrait-name")).to_have_text(SAY("person.of-nobody"))
        page.click("#portrait-wrong")
        page.locator("#assign-query").press_sequentially("no such", delay=100)
        expect(page.locator("#assign-found")).to_have_text(SAY("person.nobody"))
        page.keyboard.press("Enter")
        expect(page.locator("#assign-unknown-title")).to_have_text(SAY("banner.unknown", id="no such"))
        page.locator("#assign-query").fill("lovelace")
        page.locator("#assign-found li").click()
        expect(page.locator("#portrait-name")).to_have_text("Ada Lovelace")
        page.click("#portrait [data-closes]")
        expect(page.locator(".thumbnail").first).to_have_attribute("aria-label", re.compile("Ada Lovelace, 20417"))


def test_a_portrait_of_somebody_who_has_not_agreed_is_marked(browser: Browsing, url: str, station: FakeStation) -> None:
    with page_that_asks_ada(browser, url, station) as page:
        page.click("#consent-agree")
        expect(page.locator("#consent")).to_be_hidden()
        photographed(page, station)
        page.click("#keep")
        expect(page.locator(".thumbnail .badge")).to_have_count(0)
        page.click("#last-wrong")
        expect(page.locator("#assign-query")).to_be_focused()
        scan(page, "20418")
        expect(page.locator("#portrait-reasons")).to_have_text("Consent is missing; check the person in and retake.")
        page.click("#portrait [data-closes]")
        expect(page.locator(".thumbnail .badge")).to_have_count(1)


def test_who_must_not_be_photographed_is_told_so(browser: Browsing, url: str, station: FakeStation) -> None:
    station.subjects.use("required", ADA, Subject("7", "Cy", refused="Photo consent: no"))
    with browser.open(url, PHONE, allow=("409",)) as page:
        page.fill("#person-query", "cy")
        expect(page.locator("#person-found li")).to_contain_text(SAY("person.not-permitted"))
        page.locator("#person-found li").click()
        expect(page.locator("#unknown-title")).to_have_text("Cy, 7 must not be photographed")
        expect(page.locator("#unknown-detail")).to_have_text("The list says: Photo consent: no")
        expect(page.locator("#unknown-take")).to_be_hidden()
        page.locator("#unknown").get_by_role("button", name="OK", exact=True).click()
        expect(page.locator("#person-query")).to_be_visible()
        station.subjects.read_code("7", "not-permitted")
        expect(page.locator("#unknown-title")).to_have_text("Cy, 7 must not be photographed")


def test_a_whole_class_is_found_and_scrolled(browser: Browsing, url: str, station: FakeStation) -> None:
    pupils = [Subject(str(n), f"Pupil {n}", {"class": "5b"}) for n in range(100, 132)]
    station.subjects.use("required", *pupils, columns={"namesakes": "class"})
    with browser.open(url, PHONE) as page:
        page.fill("#person-query", "5b")
        found = page.locator("#person-found li")
        expect(found).to_have_count(32)
        expect(found.first).to_contain_text("Pupil 100100 · 5b")
        found.last.scroll_into_view_if_needed()
        found.last.click()
        expect(page.locator("#person-name")).to_have_text("Pupil 131")


@pytest.mark.parametrize("lost", ["**/page/person.js", "**/api/v1/check-in"])
def test_a_request_that_is_lost_on_the_way_is_sent_again(browser: Browsing, url: str, lost: str) -> None:
    with browser.open(url, allow=("Failed to", "net::ERR_FAILED")) as page:
        page.route(lost, lambda route: route.abort(), times=1)
        page.reload()
        page.wait_for_selector("body:not(.untranslated)")
        scan(page, "20417")
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")


def test_a_code_that_is_scanned_before_the_station_has_responded_counts(browser: Browsing, url: str) -> None:
    late: list[Any] = []
    with browser.open(url) as page:
        page.route("**/api/v1/state", lambda route: late.append(route), times=1)
        page.reload()
        page.wait_for_selector("body:not(.untranslated)")
        scan(page, "20417")
        late[0].continue_()
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")


def states(page: Any, station: FakeStation) -> Any:
    """Take the page through everything that it shows about people."""
    expect(page.locator("#person-query")).to_be_visible()
    yield "who is next"
    page.locator("#person-query").press_sequentially("ad", delay=100)
    expect(page.locator("#person-found li")).to_have_count(2)
    yield "found"
    page.locator("#person-query").fill("")
    scan(page, "99999")
    expect(page.locator("#unknown")).to_be_visible()
    yield "unknown"
    scan(page, "20417")
    expect(page.locator("#consent-text")).to_have_text(CONSENT)
    yield "consent"
    page.click("#consent-agree")
    expect(page.locator("#person-state")).to_be_attached()
    expect(page.locator("#consent")).to_be_hidden()
    yield "checked in"
    for waiting in ("FQ-3", "20418"):
        station.subjects.check_in(waiting)
    expect(page.locator("#following-name")).to_contain_text("FQ-3")
    expect(page.locator("#open-queue")).to_be_visible()
    yield "two people wait"
    page.click("#open-queue")
    expect(page.locator("#queue-list li")).to_have_count(2)
    yield "who waits"
    page.locator("#queue-list button").first.click()
    expect(page.locator("#queue-list li")).to_have_count(1)
    page.click("#queue [data-closes]")
    yield "somebody waits"
    page.click("#following-leave")
    expect(page.locator("#following")).to_be_hidden()
    photographed(page, station)
    page.keyboard.press("Shift")
    yield "review"
    page.click("#keep")
    expect(page.locator("#last")).to_be_visible()
    yield "kept"
    page.click("#open-people")
    expect(page.locator("#people-list li:visible")).to_have_count(2)
    yield "people"
    page.click("#people-states [data-state=ok]")
    page.locator("#people-list .round").first.click()
    expect(page.locator("#delete-person-text")).not_to_be_empty()
    yield "deletion"
    page.click("#delete-person-not")
    page.click("#people [data-closes]")
    page.click("#last-wrong")
    expect(page.locator("#assign-query")).to_be_focused()
    page.locator("#assign-query").press_sequentially("ad", delay=100)
    expect(page.locator("#assign-found li")).to_have_count(2)
    yield "assign"


def test_every_state_with_people_is_accessible_on_every_screen(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.use("required", ADA, BO, CY, consent={"en": CONSENT})
    with browser.open(url, allow=UNKNOWN) as page:
        for state in states(page, station):
            for size in (PHONE, SMALL_PHONE, PHONE_ON_ITS_SIDE, SCREEN):
                page.set_viewport_size(size)
                assert overflow_px(page) <= 0, (state, size)
                assert small_targets(page) == [], (state, size)
                for button in page.locator(
                    "#bar button:visible, .review button:visible, .consent button:visible"
                ).all():
                    box = button.bounding_box()
                    assert 0 <= box["y"] <= size["height"] - box["height"], (state, size)
            assert violations(page) == [], state
