"""Printing from the page: a button where there is a printer, and what the printer needs."""

from __future__ import annotations

import pytest

from capture_station.locales.messages import Messages
from tests.frontends.fake_station import FakeStation
from tests.frontends.web.serving import serving

from .browsing import Browsing, expect, late

SAY = Messages("en")


def test_a_portrait_is_printed_with_one_button(browser: Browsing, url: str, portraits: FakeStation) -> None:
    printer = portraits.use_printer()
    newest = max(portraits.archive)
    with browser.open(url) as page:
        page.locator(".thumbnail").first.click()
        page.click("#portrait-print")
        expect(page.locator("#hint")).to_have_text(SAY("notice.printing"))
    assert [job.captures for job in printer.jobs()] == [(newest,)]


def test_a_second_tap_prints_no_second_sheet(browser: Browsing, url: str, portraits: FakeStation) -> None:
    printer = portraits.use_printer()
    with browser.open(url) as page:
        page.locator(".thumbnail").first.click()
        with late(page, "**/prints"):
            page.dblclick("#portrait-print")
        expect(page.locator("#hint")).to_have_text(SAY("notice.printing"))
        page.locator(".thumbnail").first.click()
        with page.expect_response("**/prints"):
            page.click("#portrait-print")
    assert len(printer.jobs()) == 2


@pytest.mark.usefixtures("portraits")
def test_without_a_printer_there_is_no_button(browser: Browsing, url: str) -> None:
    with browser.open(url) as page:
        page.locator(".thumbnail").first.click()
        expect(page.locator("#portrait-download")).to_be_visible()
        expect(page.locator("#portrait-print")).to_be_hidden()


def test_a_portrait_that_was_not_kept_has_no_print_button(browser: Browsing, url: str, portraits: FakeStation) -> None:
    portraits.use_printer()
    portraits.retake(max(portraits.archive))
    with browser.open(url) as page:
        page.locator(".thumbnail").first.click()
        expect(page.locator("#portrait-keep")).to_be_visible()
        expect(page.locator("#portrait-print")).to_be_hidden()


def test_what_the_printer_needs_is_divided_as_the_language_does(browser: Browsing, station: FakeStation) -> None:
    station.see()
    station.use_printer(problems=("media-empty", "never-heard-of"))
    say = Messages("ja")
    with serving(station, language="ja") as server, browser.open(server.url) as page:
        expect(page.locator("#banners")).to_contain_text(f"{say('printer.media-empty')}。{say('printer.other')}")


def test_the_page_says_what_the_printer_needs(browser: Browsing, url: str, station: FakeStation) -> None:
    station.use_printer(problems=("media-empty", "never-heard-of"))
    with browser.open(url) as page:
        expect(page.locator("#banners")).to_contain_text(SAY("banner.printer"))
        expect(page.locator("#banners")).to_contain_text(SAY("printer.media-empty"))
        expect(page.locator("#banners")).to_contain_text(SAY("printer.other"))
        station.use_printer(problems=(), trouble="printer Booth: lpstat did not answer within 10 s")
        expect(page.locator("#banners")).to_contain_text(SAY("printer.unreachable"))
        station.use_printer(trouble="")
        expect(page.locator("#banners")).to_be_empty()
