"""The page in every language on phones: nothing is wider than the screen, and no word on a button is cut off."""

from __future__ import annotations

from typing import Any

import pytest

from capture_station.locales.messages import CODES, Messages
from capture_station.subjects.subject import Subject
from tests.frontends.fake_station import FakeStation
from tests.frontends.web.serving import Serving, serving

from . import test_page_everybody as everybody
from . import test_page_people as people
from .browsing import PHONE, SMALL_PHONE, Browsing, expect, overflow_px, scan

CUT_OFF = """() => [...document.querySelectorAll("button, h2, h3, label, .condition")]
    .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
    .map((one) => `${one.id} ${one.textContent}`)"""
# What an empty field says has to fit as well; its width is that of the same text in a copy without limits.
CUT_OFF_HINTS = """() => [...document.querySelectorAll("input[placeholder]")].filter((one) => {
    if (!one.checkVisibility()) return false;
    const text = document.createElement("span");
    text.style.cssText = "position: absolute; white-space: nowrap";
    text.style.font = getComputedStyle(one).font;
    text.textContent = one.placeholder;
    document.body.append(text);
    const style = getComputedStyle(one);
    const room = one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const needed = text.getBoundingClientRect().width;
    text.remove();
    return needed > room + 1;
}).map((one) => one.placeholder)"""

LEFT_PX = """([selector, part]) => {
    const words = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT).nextNode();
    const range = document.createRange();
    range.setStart(words, words.data.indexOf(part));
    range.setEnd(words, words.data.indexOf(part) + part.length);
    return range.getBoundingClientRect().left;
}"""


def look(page: Any, state: str) -> None:
    for size in (PHONE, SMALL_PHONE):
        page.set_viewport_size(size)
        assert overflow_px(page) <= 0, (state, size)
        assert page.evaluate(CUT_OFF) == [], (state, size)
    page.set_viewport_size(PHONE)
    assert page.evaluate(CUT_OFF_HINTS) == [], state


@pytest.mark.parametrize("language", CODES)
def test_every_state_fits_a_phone(browser: Browsing, portraits: FakeStation, language: str) -> None:
    portraits.see()
    say = Messages(language)
    with serving(portraits, language=language) as server, browser.open(server.url, PHONE) as page:
        for state in everybody.states(page, portraits, say):
            look(page, state)


@pytest.mark.parametrize("language", CODES)
def test_every_state_with_people_fits_a_phone(browser: Browsing, station: FakeStation, language: str) -> None:
    station.see()
    station.subjects.use("required", people.ADA, people.BO, people.CY, consent={"en": people.CONSENT})
    with serving(station, language=language) as server, browser.open(server.url, PHONE, people.UNKNOWN) as page:
        for state in people.states(page, station):
            look(page, state)


def test_languages_are_listed_by_their_own_names(browser: Browsing, url: str) -> None:
    with browser.open(url) as page:
        page.click("#open-settings")
        names = page.locator("#language option").all_text_contents()
        assert {"Deutsch", "English", "Français", "Türkçe"} <= set(names)
        assert len(names) == len(CODES)
        page.select_option("#language", label="Türkçe")
        expect(page.locator("#settings-title")).to_have_text(Messages("tr")("page.settings"))


def test_an_open_page_follows_a_station_that_is_started_again_in_another_language(
    browser: Browsing, served: Serving, station: FakeStation
) -> None:
    with browser.open(served.url, allow=("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING")) as page:
        expect(page.locator("#condition")).to_have_text(Messages("en")("page.ready"))
        served.end()
        german = Messages("de")
        with serving(station, language="de", listen=served.url.removeprefix("http://").rstrip("/")):
            expect(page.locator("#condition")).to_have_text(german("page.ready"))
            expect(page.locator("#capture")).to_have_text(german("button.capture"))
            assert page.locator("html").get_attribute("lang") == "de"


def test_presets_are_listed_in_the_language_of_the_page(browser: Browsing, station: FakeStation) -> None:
    station.see()
    station.offer((("badge", "Badge (CR80 card), 25x32 mm"), ("team", "Our team")))
    with serving(station, language="fr") as server, browser.open(server.url) as page:
        page.click("#open-settings")
        expect(page.locator("#preset option")).to_have_text(["Badge (carte CR80), 25x32 mm", "Our team"])
        page.select_option("#language", label="Deutsch")
        expect(page.locator("#preset option")).to_have_text(["Ausweis (CR80-Karte), 25x32 mm", "Our team"])


def test_ids_and_names_are_read_in_their_own_direction(browser: Browsing, station: FakeStation) -> None:
    station.see()
    muhammad = Subject("20-419", "محمد الفاتح")
    station.subjects.use("required", people.ADA, muhammad)
    with serving(station, language="ar") as server, browser.open(server.url, allow=people.UNKNOWN) as page:
        expect(page.locator("#person-query")).to_be_visible()
        scan(page, "12-345")
        expect(page.locator("#unknown-title")).to_be_visible()
        assert page.evaluate(LEFT_PX, ["#unknown-title", "12"]) < page.evaluate(LEFT_PX, ["#unknown-title", "345"])
    station.subjects.check_in(people.ADA.id)
    station.subjects.check_in(muhammad.id)
    with serving(station) as server, browser.open(server.url) as page:
        following = "#following-name"
        expect(page.locator(following)).to_contain_text(muhammad.name)
        order = [page.evaluate(LEFT_PX, [following, part]) for part in ("محمد", "20", "419")]
        assert order == sorted(order)
