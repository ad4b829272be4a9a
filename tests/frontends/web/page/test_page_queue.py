"""Several people wait: who comes next, in which order, and how one of them is let go."""

from __future__ import annotations

from typing import Any

import pytest

from capture_station.subjects.subject import Subject
from tests.frontends.fake_station import FakeStation

from .browsing import PHONE, Browsing, expect
from .people_steps import ADA, BO, CONSENT, CY, SAY, page_with_ada, photographed

DI = Subject("FQ-4", "Di")


@pytest.fixture(autouse=True)
def roster(station: FakeStation) -> None:
    station.subjects.use("required", ADA, BO, CY, DI)


def search(page: Any, subject_id: str) -> None:
    """Check somebody in by hand."""
    page.fill("#person-query", subject_id)
    page.locator("#person-found li").click()


def following(name: str) -> str:
    return SAY("person.following", person=name)


def test_three_who_are_sent_to_the_chairs_come_in_their_order(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station, PHONE) as page:
        for subject_id, said in (
            ("20418", following("Bo Adamczyk, 20418")),
            ("FQ-3", SAY("person.waits", person="Cy, FQ-3")),
            ("FQ-4", SAY("person.waits", person="Di, FQ-4")),
            ("FQ-3", SAY("person.waits-already", person="Cy, FQ-3")),
        ):
            search(page, subject_id)
            expect(page.locator("#following-name")).to_have_text(said)
        expect(page.locator("#open-queue")).to_have_text(SAY("person.following-more", count=2))
        expect(page.locator("#following-name")).to_have_text(following("Bo Adamczyk, 20418"))
        for name in ("Bo Adamczyk", "Cy", "Di"):
            photographed(page, station)
            page.click("#keep")
            expect(page.locator("#person-name")).to_have_text(name)
        expect(page.locator("#following")).to_be_hidden()


def test_whoever_does_not_come_is_taken_out_of_the_list_of_those_who_wait(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.use("required", ADA, BO, CY, DI, consent={"en": CONSENT})
    station.subjects.check_in("20417")
    for one in (BO, CY, DI):
        station.subjects.check_in(one.id)
    with browser.open(url, PHONE) as page:
        expect(page.locator("#consent-text")).to_have_text(CONSENT)  # Ada reads; that takes nothing from the list.
        page.click("#open-queue")
        names = page.locator("#queue-list strong")
        expect(names).to_have_text(["Bo Adamczyk", "Cy", "Di"])
        page.locator("#queue").get_by_label(SAY("person.let-go", name="Cy, FQ-3")).click()
        expect(names).to_have_text(["Bo Adamczyk", "Di"])
        for one in ("Bo Adamczyk, 20418", "Di, FQ-4"):
            page.locator("#queue").get_by_label(SAY("person.let-go", name=one)).click()
        expect(page.locator("#queue")).to_be_hidden()
        expect(page.locator("#following")).to_be_hidden()
        expect(page.locator("#consent-title")).to_have_text("Ada Lovelace, 20417")


def test_a_full_queue_says_so(browser: Browsing, url: str, station: FakeStation) -> None:
    people = [Subject(f"{number}", f"Pupil {number}") for number in range(100, 151)]
    station.subjects.use("required", ADA, *people)
    for one in (ADA, *people[:50]):
        station.subjects.check_in(one.id)
    with browser.open(url, PHONE, allow=("409",)) as page:
        expect(page.locator("#open-queue")).to_have_text(SAY("person.following-more", count=49))
        search(page, "150")
        expect(page.locator("#following-name")).to_have_text(SAY("notice.queue-full"))
        expect(page.locator("#following-name")).to_have_text(following("Pupil 100, 100"))


def test_whoever_is_checked_in_comes_before_those_who_wait_when_an_older_portrait_is_taken_again(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station) as page:
        photographed(page, station)
        page.click("#keep")
        expect(page.locator("#last")).to_be_visible()
        for one in (BO, CY):
            station.subjects.check_in(one.id)
        expect(page.locator("#following-name")).to_have_text(following("Cy, FQ-3"))
        station.capture(retakes=max(station.archive))
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        expect(page.locator("#following-name")).to_have_text(following("Bo Adamczyk, 20418"))
        expect(page.locator("#open-queue")).to_have_text(SAY("person.following-more", count=1))
        station.finish()
        expect(page.locator("#review-name")).to_have_text("Ada Lovelace")
        expect(page.locator("#following-name")).to_have_text(following("Bo Adamczyk, 20418"))
        page.click("#keep")
        expect(page.locator("#following-name")).to_have_text(following("Cy, FQ-3"))
        expect(page.locator("#open-queue")).to_be_hidden()


def test_nobody_waits_any_more_where_people_are_no_longer_photographed_by_name(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station) as page:
        station.subjects.check_in(BO.id)
        expect(page.locator("#following-name")).to_have_text(following("Bo Adamczyk, 20418"))
        station.subjects.use("off")
        expect(page.locator("#following")).to_be_hidden()
