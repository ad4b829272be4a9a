"""What a page that was asleep or covered shows when somebody looks at it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.frontends.fake_station import FakeStation

from .browsing import Browsing, expect
from .people_steps import ADA, BO, SAY, UNKNOWN, page_with_ada, photographed

if TYPE_CHECKING:
    from playwright.sync_api import Page

HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


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
