"""Whose portrait is taken, on the page: somebody else's than who is checked in, or of whom the list says no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.frontends.fake_station import FakeStation

from .browsing import PHONE, Browsing, expect
from .people_steps import ADA, BO, SAY, photographed


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
        expect(page.locator("#hint")).to_have_text(SAY("notice.stays"))
        expect(page.locator("#review")).to_be_hidden()
    assert station.archive[taken].kept
