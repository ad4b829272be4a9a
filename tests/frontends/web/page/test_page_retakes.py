"""Whose portrait is taken, on the page: somebody else's than who is checked in, or of whom the list says no."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from capture_station.frames import Flaw
from tests.frontends.fake_station import FakeStation

from .browsing import PHONE, Browsing, expect, scan
from .people_steps import ADA, BO, CONSENT, SAY, photographed, scanned_and_photographed

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

NAMES = """() => {
    const [name, review] = ["person-name", "review"].map((id) => document.getElementById(id));
    window.names = [];
    new MutationObserver(() => {
        if (name.textContent !== "Ada Lovelace" && review.hidden) names.push(name.textContent);
    }).observe(name, {childList: true, characterData: true, subtree: true});
}"""
"""Note every other name that the page shows beside the live picture."""


@pytest.fixture(autouse=True)
def roster(station: FakeStation) -> None:
    station.subjects.use("required", ADA, BO)


def test_whoever_the_list_says_no_of_meanwhile_is_not_photographed(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.check_in("20417")
    with browser.open(url, PHONE, allow=("409",)) as page:
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        station.subjects.relist(replace(ADA, refused="Photo consent: no"), BO)
        expect(page.locator("#person-state")).to_have_text(SAY("person.not-permitted"))
        page.click("#capture")
        expect(page.locator("#hint")).to_contain_text("Ada Lovelace, 20417 must not be photographed")
    assert station.requests == 0


def test_a_retake_of_somebody_else_than_who_is_checked_in_runs_under_their_name(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.check_in("20417")
    with browser.open(url) as page:
        photographed(page, station)
        page.click("#keep")
        expect(page.locator("#last-name")).to_have_text(SAY("person.kept", name="Ada Lovelace, 20417"))
        station.subjects.check_in("20418")
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        page.locator(".thumbnail").click()
        page.click("#portrait-retake")
        sure = SAY("person.retake-sure", name="Ada Lovelace")
        other = SAY("person.retake-other", person="Bo Adamczyk, 20418")
        expect(page.locator("#sure-text")).to_have_text(f"{other} {sure}")
        station.subjects.check_out()
        expect(page.locator("#sure-text")).to_have_text(sure)
        station.subjects.check_in("20418")
        page.click("#sure-retake")
        expect(page.locator("#countdown")).to_be_visible()
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        expect(page.locator("#person-leave")).to_be_hidden()
        station.finish()
        expect(page.locator("#review-name")).to_have_text("Ada Lovelace")
        page.click("#keep")
        expect(page.locator("#hint")).to_have_text(SAY("person.kept", name="Ada Lovelace, 20417"))
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        expect(page.locator("#person-state")).to_have_text("")


def test_a_retake_that_is_cancelled_on_any_screen_comes_back_to_the_review(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.check_in("20417")
    with browser.open(url, PHONE) as page:
        taken = photographed(page, station)
        page.click("#retake")
        expect(page.locator("#countdown")).to_be_visible()
        station.cancel()
        expect(page.locator("#review")).to_be_visible()
        station.capture(retakes=taken)
        expect(page.locator("#countdown")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#review")).to_be_visible()
        page.click("#keep")
        expect(page.locator("#last-name")).to_be_visible()
        page.locator(".thumbnail").click()
        page.click("#portrait-retake")
        page.click("#sure-retake")
        expect(page.locator("#countdown")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#review")).to_be_visible()
    assert station.archive[taken].kept


def retaken(page: Any, station: FakeStation) -> str:
    """Ada's portrait is kept, Bo is checked in, and a retake of Ada is asked for here; returns its id."""
    expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
    taken = photographed(page, station)
    page.click("#keep")
    station.subjects.check_in("20418")
    expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
    page.locator(".thumbnail").click()
    page.click("#portrait-retake")
    page.click("#sure-retake")
    return taken


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        ("refused", "No portrait: nobody was found in the picture"),
        ("failed", SAY("notice.failed")),
        ("cancelled", SAY("notice.stays")),
    ],
)
def test_a_retake_that_came_to_nothing_says_whose_it_was_and_is_not_followed_by_somebody_else(
    browser: Browsing, url: str, station: FakeStation, happens: str, told: str
) -> None:
    station.subjects.check_in("20417")
    with browser.open(url, PHONE) as page:
        taken = retaken(page, station)
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        if happens == "refused":
            station.refuse(Flaw("nobody"))
        elif happens == "failed":
            station.fail("the camera is gone")
        else:
            station.cancel()
        expect(page.locator("#review")).to_be_visible()
        expect(page.locator("#review-name")).to_have_text("Ada Lovelace")
        expect(page.locator("#review-first-title")).to_have_text("No new portrait of Ada Lovelace, 20417")
        expect(page.locator("#review-first-detail")).to_have_text(told)
        expect(page.locator("#capture")).to_be_hidden()
        page.click("#retake")
        assert station.await_requests(3)
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        station.refuse(Flaw("nobody"))
        expect(page.locator("#review")).to_be_visible()
        page.click("#keep")
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
    assert station.archive[taken].kept


def test_a_retake_that_is_refused_at_once_comes_back_to_its_portrait(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.check_in("20417")
    with browser.open(url, PHONE, allow=("503",)) as page:
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        photographed(page, station)
        page.click("#keep")
        station.subjects.check_in("20418")
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        page.locator(".thumbnail").click()
        page.click("#portrait-retake")
        station.unplug("the camera is gone")
        page.click("#sure-retake")
        expect(page.locator("#review-first-title")).to_have_text("No new portrait of Ada Lovelace, 20417")
    assert station.requests == 1


def test_a_portrait_without_a_countdown_is_not_shown_beside_the_one_that_was_retaken_before(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.check_in("20417")
    with browser.open(url) as page:
        retaken(page, station)
        assert station.await_requests(2)
        station.finish()
        expect(page.locator("#review-previous")).to_be_visible()
        page.click("#keep")
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        station.capture(countdown_s=0)  # By a program.
        expect(page.locator("#capture")).to_have_attribute("aria-busy", "true")
        station.finish()
        expect(page.locator("#review-name")).to_have_text("Bo Adamczyk")
        expect(page.locator("#review-previous")).to_be_hidden()


def test_a_portrait_that_is_deleted_during_its_retake_is_not_named_beside_the_new_one(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.check_in("20417")
    with browser.open(url, allow=("404",)) as page:
        before = retaken(page, station)
        assert station.await_requests(2)
        station.amend(before, pictures={})  # Whoever deletes it begins with them.
        station.finish()
        expect(page.locator("#review")).to_be_visible()
        expect(page.locator("#review-previous")).to_be_hidden()


def test_every_page_says_whose_retake_failed(browser: Browsing, url: str, station: FakeStation) -> None:
    station.subjects.check_in("20417")
    station.capture()
    taken = station.finish()
    station.subjects.check_out()
    station.subjects.check_in("20418")
    with browser.open(url, PHONE) as page:
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        station.capture(retakes=taken.id)
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        station.refuse(Flaw("nobody"))
        expect(page.locator("#review-first-title")).to_have_text("No new portrait of Ada Lovelace, 20417")
        expect(page.locator("#review-first-detail")).to_have_text("No portrait: nobody was found in the picture")


def test_nobody_else_is_named_between_a_retake_and_its_review(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.check_in("20417")
    with browser.open(url, PHONE) as page:
        retaken(page, station)
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        page.evaluate(NAMES)
        station.finish()
        expect(page.locator("#review")).to_be_visible()
        assert page.evaluate("() => names") == []
        page.click("#keep")
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")


def refused_retake(page: Page, station: FakeStation) -> None:
    """A retake of Ada's portrait, in which nobody is to be seen."""
    page.click("#retake")
    expect(page.locator("#capture")).to_have_text(SAY("button.cancel"))
    station.refuse(Flaw("nobody"))
    expect(page.locator("#review-first-title")).to_have_text("No new portrait of Ada Lovelace, 20417")


def test_who_scans_again_after_a_retake_that_came_to_nothing_is_there_for_another_try(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        scanned_and_photographed(page, station)
        refused_retake(page, station)
        with page.expect_response(lambda answer: answer.request.method == "PUT"):
            scan(page, "20417")
        scan(page, "20418")
        expect(page.locator("#following-name")).to_contain_text("Bo Adamczyk")
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")


def test_who_scans_again_after_a_retake_that_came_to_nothing_comes_before_who_waits(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        scanned_and_photographed(page, station)
        station.subjects.check_in("20418")
        refused_retake(page, station)
        late: list[Route] = []
        page.route("**/check-in", lambda route: late.append(route), times=1)
        with page.expect_request("**/check-in"):
            scan(page, "20417")
        page.evaluate("fetch('/api/v1/state').then((answer) => answer.text())")  # A slow station has her scan last.
        with page.expect_response(lambda answer: answer.request.method == "DELETE"):
            late[0].continue_()
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator("#following-name")).to_contain_text("Bo Adamczyk")
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
    current = station.status().subjects.current
    assert current is not None
    assert current.id == ADA.id


def test_while_a_portrait_without_a_name_is_taken_again_nobody_is_named_or_asked_to_agree(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.use("optional", ADA, BO, consent={"en": CONSENT})
    nobodys = station.save(portrait=station.portrait)
    station.subjects.check_in("20417")
    with browser.open(url) as page:
        expect(page.locator("#consent")).to_be_visible()
        station.capture(retakes=nobodys.id)  # On another screen.
        expect(page.locator("#countdown")).to_be_visible()
        expect(page.locator("#consent")).to_be_hidden()
        expect(page.locator("#person-now")).to_be_hidden()
        expect(page.locator("#following-name")).to_have_text(SAY("person.following", person="Ada Lovelace, 20417"))
        station.cancel()
        expect(page.locator("#consent")).to_be_visible()
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")


def test_a_retake_of_a_portrait_without_a_name_asks_whose_it_is_first(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.check_in("20417")
    with browser.open(url) as page:
        taken = photographed(page, station, "review")
        station.subjects.assign(taken, None, "window")
        expect(page.locator("#review-name")).to_be_hidden()
        page.click("#retake")
        expect(page.locator("#assign-query")).to_be_focused()
        scan(page, "20418")
        expect(page.locator("#portrait-name")).to_have_text("Bo Adamczyk")
        page.click("#portrait [data-closes]")
        expect(page.locator("#review-name")).to_have_text("Bo Adamczyk")
        page.click("#retake")
        assert station.await_requests(2)


def test_in_its_dialog_a_retake_of_a_portrait_without_a_name_asks_whose_it_is_first(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.save(portrait=station.portrait)
    with browser.open(url) as page:
        page.locator(".thumbnail").click()
        page.click("#portrait-retake")
        expect(page.locator("#assign-query")).to_be_focused()
        expect(page.locator("#portrait-sure")).to_be_hidden()
        scan(page, "20418")
        expect(page.locator("#portrait-name")).to_have_text("Bo Adamczyk")
        page.click("#portrait-retake")
        expect(page.locator("#sure-text")).to_have_text(SAY("person.retake-sure", name="Bo Adamczyk"))
