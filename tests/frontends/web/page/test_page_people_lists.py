"""The page's lists of people: who is missing, photographed, not on the list; and their deletion."""

from __future__ import annotations

import re

import pytest

from capture_station.subjects.subject import Subject
from tests.frontends.fake_station import FakeStation

from .browsing import (
    SMALL_PHONE,
    Browsing,
    download,
    expect,
    late,
    scan,
)
from .people_steps import ADA, BO, CY, SAY, photographed, scanned_and_photographed


@pytest.fixture(autouse=True)
def roster(station: FakeStation) -> None:
    station.subjects.use("required", ADA, BO, CY)


def test_the_first_of_the_list_is_seen_as_a_whole_on_a_small_phone_on_its_side(browser: Browsing, url: str) -> None:
    size = {"width": SMALL_PHONE["height"], "height": SMALL_PHONE["width"]}
    with browser.open(url, size) as page:
        page.click("#open-people")
        row = page.locator("#people-list button").first
        expect(row).to_be_visible()
        expect(row).to_be_in_viewport(ratio=1)
        page.locator("#people-csv").scroll_into_view_if_needed()
        expect(page.locator("#people-csv")).to_be_in_viewport(ratio=1)


def test_who_is_missing_is_listed_and_downloaded(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        scanned_and_photographed(page, station)
        page.click("#keep")
        expect(page.locator("#progress")).to_have_text(SAY("person.progress", count=1, size=3))
        page.click("#open-people")
        expect(page.locator("#people-list li:visible")).to_have_count(2)
        name, file = download(page, "#people-csv")
        assert name == "missing.csv"
        assert file.read_text(encoding="utf-8-sig").splitlines() == ["id,name", "20418,Bo Adamczyk", "FQ-3,Cy"]
        page.click("#people-states [data-state=review]")
        expect(page.locator("#people-none")).to_have_text(SAY("person.none-review"))
        page.click("#people-states [data-state=missing]")
        page.locator("#people-list li:visible button:not(.round)").last.click()
        expect(page.locator("#person-name")).to_have_text("Cy")


def test_a_name_in_the_list_of_the_photographed_opens_the_portrait(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.elsewhere["FQ-3"] = "hall"
    with browser.open(url) as page:
        taken = scanned_and_photographed(page, station)
        page.click("#keep")
        page.click("#open-people")
        page.click("#people-states [data-state=ok]")
        people = page.locator("#people-list li:visible button:not(.round)")
        people.filter(has_text="Cy").click()
        expect(page.locator("#people-trouble")).to_have_text(SAY("person.delete-none"))
        people.filter(has_text="Ada").click()
        expect(page.locator("#portrait-name")).to_have_text("Ada Lovelace")
        assert taken in page.locator("#portrait-picture").get_attribute("src")
        assert station.status().subjects.current is None
        page.click("#portrait-retake")
        page.click("#sure-retake")
        expect(page.locator("#countdown")).to_be_visible()
        expect(page.locator("#people")).to_be_hidden()
        station.finish()
        expect(page.locator("#review-name")).to_have_text("Ada Lovelace")


def test_what_lacks_a_name_or_consent_is_to_review(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        expect(page.locator("#person-query")).to_be_visible()
        taken = []
        for code, name in (("20417", "Ada Lovelace"), ("20418", "Bo Adamczyk")):
            scan(page, code)
            expect(page.locator("#person-name")).to_have_text(name)
            taken.append(photographed(page, station))
            page.click("#keep")
        station.subjects.assign(taken[0], None, "web")
        expect(page.locator(".thumbnail .badge")).to_have_count(1)
        station.subjects.use("required", ADA, BO, CY, consent={"en": "Agreed?"})
        station.subjects.assign(taken[1], "FQ-3", "web")
        expect(page.locator(".thumbnail .badge")).to_have_count(2)
        page.click("#open-people")
        page.click("#people-states [data-state=review]")
        lines = page.locator("#people-list li:visible button:not(.round)")
        expect(lines).to_have_count(2)
        expect(lines.last).to_contain_text(SAY("lacks.consent")[1:])
        expect(lines.first).to_contain_text(SAY("person.of-nobody"))
        lines.first.click()
        expect(page.locator("#portrait-said")).to_have_text(SAY("review.incomplete"))
        expect(page.locator("#portrait-reasons")).to_contain_text(SAY("lacks.name-required")[1:])
        page.fill("#assign-query", "lovelace")
        page.locator("#assign-found li").click()
        expect(page.locator("#portrait-name")).to_have_text("Ada Lovelace")
        expect(lines).to_have_count(2)
        expect(lines.first).to_contain_text("Ada Lovelace")
        for state, count in (("missing", 1), ("review", 2), ("ok", 0)):
            button = page.locator(f"#people-states [data-state={state}]")
            expect(button).to_have_text(f"{SAY(f'person.{state}')} {count}")


def test_namesakes_are_told_apart(browser: Browsing, url: str, station: FakeStation) -> None:
    namesakes = Subject("7", "Anna Smith", detail="Physics"), Subject("8", "Anna Smith", detail="Law")
    station.subjects.use("required", *namesakes)
    with browser.open(url) as page:
        page.click("#open-people")
        expect(page.locator("#people-list li:visible").first).to_have_text("Anna Smith7 · Physics")
        page.locator("#people-list li:visible button:not(.round)").last.click()
        expect(page.locator("#person-id")).to_have_text("8 · Law")
        photographed(page, station)
        expect(page.locator("#review-id")).to_have_text("8 · Law")
        page.click("#keep")
        page.click("#open-people")
        page.click("#people-states [data-state=ok]")
        page.get_by_role("button", name=SAY("person.delete", name="Anna Smith, 8, Law")).click()
        expect(page.locator("#delete-person-title")).to_have_text("Anna Smith, 8, Law")


def test_a_long_list_grows_on_request(browser: Browsing, url: str, station: FakeStation) -> None:
    station.subjects.use("required", *(Subject(str(number)) for number in range(1, 251)))
    with browser.open(url) as page:
        page.click("#open-people")
        expect(page.locator("#people-list li:visible")).to_have_count(201)
        expect(page.locator("#people-more")).to_have_text(SAY("person.more", count=50))
        page.click("#people-more-button")
        expect(page.locator("#people-list li:visible")).to_have_count(250)
        expect(page.locator("#people-more")).to_be_hidden()
        expect(page.locator("#people-list li:visible").last).to_contain_text("250")


def test_a_long_list_stays_as_it_is_while_portraits_come_in(browser: Browsing, url: str, station: FakeStation) -> None:
    station.subjects.use("required", *(Subject(str(number)) for number in range(1, 651)))
    with browser.open(url) as page:
        page.click("#open-people")
        lines = page.locator("#people-list li:not(#people-more)")
        expect(lines).to_have_count(200)
        page.locator("#people-more-button").dblclick()
        expect(page.locator("#people-more")).to_have_text(SAY("person.more", count=250))
        expect(lines).to_have_count(400)
        page.locator("#people-list").evaluate("list => (list.scrollTop = 9000)")
        station.capture(subject_id="7")
        station.finish()
        expect(lines.nth(6)).to_contain_text("8")
        expect(lines).to_have_count(400)
        assert page.locator("#people-list").evaluate("list => list.scrollTop") == 9000
        page.click("#people-states [data-state=ok]")
        expect(lines).to_have_count(1)


def test_before_a_portrait_is_deleted_it_is_told_which_one_counts_then(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        expect(page.locator("#person-query")).to_be_visible()
        for _ in range(2):
            scan(page, "20417")
            expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
            photographed(page, station)
            page.click("#keep")
        page.locator(".thumbnail").first.click()
        page.click("#portrait-delete")
        expect(page.locator("#sure-older")).to_have_text(
            re.compile("^Then the portrait of Ada Lovelace from .* counts")
        )
        page.click("#sure")
        expect(page.locator(".thumbnail")).to_have_count(1)
        page.locator(".thumbnail").click()
        with page.expect_response("**/subjects/20417"):
            page.click("#portrait-delete")
        expect(page.locator("#sure-older")).to_be_empty()


def test_after_an_earlier_take_is_kept_it_is_told_that_a_newer_one_still_counts(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    for _ in range(2):
        station.capture(subject_id="20417")
        station.finish()
    earlier, newer = sorted(station.archive)
    station.retake(earlier)
    with browser.open(url) as page:
        page.locator(".thumbnail").last.click()
        page.click("#portrait-keep")
        expect(page.locator("#portrait-trouble")).to_have_text(
            re.compile("^The newer portrait of Ada Lovelace from .* still counts")
        )
        page.click("#portrait [data-closes]")
        station.retake(newer)
        page.locator(".thumbnail").first.click()
        with page.expect_response("**/subjects/20417"):
            page.click("#portrait-keep")
        expect(page.locator("#portrait-trouble")).to_be_empty()


def test_all_pictures_of_a_person_are_deleted_once_that_is_confirmed(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        for _ in range(2):
            scan(page, "20417")
            expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
            photographed(page, station)
            page.click("#keep")
        scan(page, "20418")
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        other = photographed(page, station)
        page.click("#keep")
        page.click("#open-people")
        page.click("#people-states [data-state=ok]")
        bin = page.get_by_role("button", name=SAY("person.delete", name="Ada Lovelace, 20417"))
        bin.click()
        expect(page.locator("#delete-person-text")).to_have_text(SAY("person.delete-sure", count=2))
        page.click("#delete-person-not")
        expect(page.locator("#delete-person")).to_be_hidden()
        assert len(station.archive) == 3
        bin.click()
        page.click("#delete-person-sure")
        expect(page.locator("#people-list li:visible")).to_have_count(1)
        assert set(station.archive) == {other}
        page.locator("#people-list .round").click()
        name, _ = download(page, "#deletions")
        assert name == "deletions.csv"
        page.click("#delete-person-not")
        station.retake(other)
        page.click("#people-states [data-state=missing]")
        expect(page.locator("#people-list li:visible")).to_have_count(3)
        bins = page.locator("#people-list .round")  # Only where there are pictures.
        expect(bins).to_have_count(1)
        expect(bins).to_have_attribute("aria-label", SAY("person.delete", name="Bo Adamczyk, 20418"))
        page.click("#people [data-closes]")
        page.locator(".thumbnail").first.click()
        page.click("#portrait-delete")
        page.click("#sure-person")
        expect(page.locator("#delete-person-title")).to_have_text("Bo Adamczyk, 20418")
        page.click("#delete-person-sure")
        expect(page.locator(".thumbnail")).to_have_count(0)
    assert not station.archive


def test_a_second_tap_deletes_once_and_says_how_many_pictures(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        scanned_and_photographed(page, station)
        page.click("#keep")
        page.locator(".thumbnail").click()
        page.click("#portrait-delete")
        page.click("#sure-person")
        expect(page.locator("#delete-person-sure")).to_be_visible()
        with late(page, "**/subjects/20417"):
            page.dblclick("#delete-person-sure")
        expect(page.locator("#delete-person")).to_be_hidden()
        page.evaluate("fetch('/api/v1/state').then((answer) => answer.text())")  # What the page does then is done.
        assert page.locator("#hint").text_content() == SAY("person.deleted", count=1)


def test_who_is_not_on_the_list_is_among_the_people_and_shown_as_that(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        expect(page.locator("#person-query")).to_be_visible()
        station.subjects.check_in("99999", confirmed=True)
        photographed(page, station)
        page.click("#keep")
        page.click("#open-people")
        page.click("#people-states [data-state=ok]")
        expect(page.locator("#people-list li:visible")).to_have_text(
            [f"99999{SAY('button.not-listed')}{SAY('person.is-ok')}"]
        )
