"""Whose portrait is taken, on the page: somebody else's than who is checked in, or of whom the list says no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.frontends.fake_station import FakeStation

from .browsing import PHONE, Browsing, expect
from .people_steps import ADA, BO, SAY


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
