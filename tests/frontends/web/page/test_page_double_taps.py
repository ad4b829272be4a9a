"""A finger or key that comes down twice: the second time does nothing to what has come there since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from capture_station.subjects.subject import Subject
from tests.frontends.fake_station import FakeStation

from .browsing import PHONE, Browsing, expect, scan
from .people_steps import ADA, BO, CY, HOLD_TIMERS, RUN_TIMERS, SAY, UNKNOWN, page_with_ada, photographed

if TYPE_CHECKING:
    from playwright.sync_api import Page

AT_ONCE_MS = 400
"""A second press within this time belongs to the first."""
KEY_IS_DONE = "() => new Promise((done) => setTimeout(done, 81))"
"""A key acts 80 ms after it was pressed, unless a scanner goes on."""
OTHERS = [Subject(f"{number}", f"Pupil {number}") for number in range(100, 120)]
"""They fill the list, so that its lines stay where they are when one of them goes."""
DONE = "fetch('/api/v1/state').then((answer) => answer.text())"
"""What was asked of the station before is done."""
BIN = f"[title='{SAY('person.delete', name='Ada Lovelace, 20417')}']"


@pytest.fixture(autouse=True)
def roster(station: FakeStation) -> None:
    station.subjects.use("required", ADA, BO, CY, *OTHERS)


def tap_again(page: Page, selector: str, until: str, text: str) -> None:
    """Tap there, and once more at the same place as soon as an element says this."""
    page.locator(selector).first.click(trial=True)  # It takes taps.
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    page.evaluate(HOLD_TIMERS, AT_ONCE_MS)
    for _ in range(2):
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.locator(until).first).to_have_text(text)
    page.evaluate(DONE)
    page.evaluate(RUN_TIMERS)


def present(station: FakeStation) -> list[str]:
    """Who is checked in, and who waits."""
    subjects = station.status().subjects
    return [one.id for one in (subjects.current, *subjects.waiting) if one is not None]


@pytest.mark.parametrize("by", ["finger", "key"])
def test_a_double_press_on_keep_takes_no_portrait_of_who_still_stands_there(
    browser: Browsing, url: str, station: FakeStation, by: str
) -> None:
    for one in (ADA, BO):
        station.subjects.check_in(one.id)
    with browser.open(url) as page:
        expect(page.locator("#person-name")).to_have_text(ADA.name)
        taken = photographed(page, station)
        if by == "finger":
            tap_again(page, "#keep", "#person-name", BO.name)
        else:
            expect(page.locator("#keep")).to_be_focused()
            page.evaluate(HOLD_TIMERS, AT_ONCE_MS)
            page.keyboard.press("Enter")
            expect(page.locator("#review")).to_be_hidden()
            page.keyboard.press("Enter")
            page.evaluate(RUN_TIMERS)
            expect(page.locator("#capture")).to_be_focused()
        expect(page.locator("#person-name")).to_have_text(BO.name)
        assert station.requests == 1
        page.click("#capture")
        assert station.await_requests(2)
    assert station.archive[taken].kept


def test_a_double_tap_on_keep_opens_no_older_portrait_on_a_phone(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    for _ in range(8):
        station.save(portrait=station.portrait)
    with page_with_ada(browser, url, station, PHONE) as page:
        photographed(page, station)
        tap_again(page, "#keep", "#last-name", SAY("person.kept", name="Ada Lovelace, 20417"))
        expect(page.locator("#portrait")).to_be_hidden()
        page.locator(".thumbnail").nth(3).click()
        expect(page.locator("#portrait")).to_be_visible()


def test_the_shutter_works_at_once_where_no_review_covered_it(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.show_for(0)
    with page_with_ada(browser, url, station) as page:
        station.subjects.check_in(BO.id)
        page.evaluate(HOLD_TIMERS, AT_ONCE_MS)
        station.capture()
        station.finish()
        expect(page.locator("#person-name")).to_have_text(BO.name)
        page.click("#capture")
        assert station.await_requests(2)


def test_a_scan_takes_the_focus_off_keep_for_good(browser: Browsing, url: str, station: FakeStation) -> None:
    with page_with_ada(browser, url, station) as page:
        taken = photographed(page, station, "review")
        page.locator("#keep").click(trial=True)  # It takes taps.
        page.locator("#keep").focus()
        page.evaluate(HOLD_TIMERS, AT_ONCE_MS)
        page.keyboard.press("Enter")
        expect(page.locator("#keep")).to_have_text(SAY("button.keep-sure"))
        scan(page, BO.id)
        expect(page.locator("#review-first-title")).to_be_visible()
        page.evaluate(RUN_TIMERS)
        expect(page.locator("#keep")).not_to_be_focused()
    assert not station.archive[taken].kept


def test_a_scan_during_a_review_moves_the_focus_from_the_search_to_the_shutter(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with page_with_ada(browser, url, station) as page:
        photographed(page, station)
        page.locator("#person-query").focus()
        page.evaluate(HOLD_TIMERS, AT_ONCE_MS)
        scan(page, BO.id)
        expect(page.locator("#person-name")).to_have_text(BO.name)
        expect(page.locator("#capture")).to_be_focused()


def test_a_double_tap_keeps_no_doubtful_portrait(browser: Browsing, url: str, station: FakeStation) -> None:
    with page_with_ada(browser, url, station, PHONE) as page:
        taken = photographed(page, station, "review")
        expect(page.locator("#keep")).to_have_text(SAY("button.keep-anyway"))
        tap_again(page, "#keep", "#keep", SAY("button.keep-sure"))
        expect(page.locator("#review")).to_be_visible()
        assert not station.archive[taken].kept
        page.click("#keep")
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator("#person-now")).to_be_hidden()
    assert station.archive[taken].kept


@pytest.mark.parametrize(
    ("asking", "sure"),
    [("#portrait-delete", "#sure"), ("#portrait-retake", "#sure-retake"), (BIN, "#delete-person-sure")],
)
def test_a_second_tap_confirms_nothing_that_has_just_been_asked(
    browser: Browsing, url: str, station: FakeStation, asking: str, sure: str
) -> None:
    """Where the confirmation comes depends on the screen: here it always comes under the finger."""
    with page_with_ada(browser, url, station) as page:
        taken = photographed(page, station)
        page.click("#keep")
        if asking == BIN:
            page.click("#open-people")
            page.click("#people-states [data-state=ok]")
        else:
            page.locator(".thumbnail").first.click()
        page.locator(asking).click(trial=True)  # It takes taps.
        page.evaluate(HOLD_TIMERS, AT_ONCE_MS)
        page.click(asking)
        expect(page.locator(sure)).to_be_visible()
        box = page.locator(sure).bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.evaluate(DONE)
        assert (taken in station.archive, station.requests) == (True, 1)
        page.evaluate(RUN_TIMERS)
        page.click(sure)
        expect(page.locator(sure)).to_be_hidden()
        page.evaluate(DONE)
        assert (taken in station.archive, station.requests) != (True, 1)


@pytest.mark.parametrize(
    ("field", "title"), [("#person-query", "#unknown-title"), ("#assign-query", "#assign-unknown-title")]
)
def test_a_second_enter_takes_no_id_that_is_not_on_the_list(
    browser: Browsing, url: str, station: FakeStation, field: str, title: str
) -> None:
    portrait = station.save(portrait=station.portrait)
    with browser.open(url, allow=UNKNOWN) as page:
        if field == "#assign-query":
            page.locator(".thumbnail").first.click()
            page.click("#portrait-wrong")
        page.fill(field, "99999")
        page.evaluate(HOLD_TIMERS, AT_ONCE_MS)
        page.keyboard.press("Enter")
        expect(page.locator(title)).to_have_text(SAY("banner.unknown", id="99999"))
        page.keyboard.press("Enter")
        page.evaluate(DONE)
        assert present(station) == []
        assert station.archive[portrait.id].subject is None


def test_a_key_that_is_held_keeps_no_doubtful_portrait(browser: Browsing, url: str, station: FakeStation) -> None:
    with page_with_ada(browser, url, station) as page:
        taken = photographed(page, station, "review")
        page.locator("#keep").click(trial=True)  # It takes taps.
        page.locator("#keep").focus()
        page.evaluate(HOLD_TIMERS, AT_ONCE_MS)
        page.keyboard.down("Enter")
        expect(page.locator("#keep")).to_have_text(SAY("button.keep-sure"))
        page.evaluate(RUN_TIMERS)
        page.keyboard.down("Enter")  # The keyboard repeats it.
        page.evaluate(DONE)
        page.keyboard.up("Enter")
        assert not station.archive[taken].kept
        page.keyboard.press("Enter")
        expect(page.locator("#review")).to_be_hidden()
        page.evaluate(DONE)
    assert station.archive[taken].kept


@pytest.mark.parametrize(
    ("button", "name", "after", "left"),
    [
        ("#person-leave", "#person-name", BO.name, [BO.id, CY.id]),
        ("#following-leave", "#following-name", SAY("person.following", person="Cy, FQ-3"), [ADA.id, CY.id]),
        ("#queue-list button", "#queue-list strong", CY.name, [ADA.id, CY.id]),
    ],
)
def test_a_double_tap_sends_away_only_one(
    browser: Browsing, url: str, station: FakeStation, button: str, name: str, after: str, left: list[str]
) -> None:
    for one in (ADA, BO, CY, *OTHERS):
        station.subjects.check_in(one.id)
    with browser.open(url) as page:
        expect(page.locator("#person-name")).to_have_text(ADA.name)
        if "queue" in button:
            page.click("#open-queue")
        tap_again(page, button, name, after)
        assert present(station)[: len(left)] == left
        page.locator(button).first.click()
        expect(page.locator(name).first).not_to_have_text(after)


@pytest.mark.parametrize(
    ("button", "waiting", "gone", "left"),
    [
        ("#person-leave", [BO], "Ada Lovelace, 20417", [BO.id]),
        ("#following-leave", [BO, CY], "Bo Adamczyk, 20418", [ADA.id, CY.id]),
        ("#following-leave", [BO], "Bo Adamczyk, 20418", [ADA.id]),
    ],
)
def test_a_second_space_on_a_cross_takes_nobodys_portrait(
    browser: Browsing, url: str, station: FakeStation, button: str, waiting: list[Subject], gone: str, left: list[str]
) -> None:
    for one in (ADA, *waiting):
        station.subjects.check_in(one.id)
    with browser.open(url) as page:
        expect(page.locator("#person-name")).to_have_text(ADA.name)
        cross = page.locator(f"{button}[title='{SAY('person.let-go', name=gone)}']")
        cross.click(trial=True)  # It takes taps.
        cross.focus()
        page.evaluate(HOLD_TIMERS, AT_ONCE_MS)
        page.keyboard.press("Space")
        expect(cross).to_be_hidden()
        page.keyboard.press("Space")
        page.evaluate(KEY_IS_DONE)
        page.evaluate(DONE)
        assert station.requests == 0
    assert present(station) == left


def test_a_list_to_which_somebody_is_added_takes_taps_at_once(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    for one in (ADA, BO, CY):
        station.subjects.check_in(one.id)
    with browser.open(url) as page:
        page.click("#open-queue")
        expect(page.locator("#queue-list strong")).to_have_text([BO.name, CY.name])
        page.evaluate(HOLD_TIMERS, AT_ONCE_MS)
        station.subjects.check_in(OTHERS[0].id)
        expect(page.locator("#queue-list strong")).to_have_text([BO.name, CY.name, OTHERS[0].name])
        page.locator("#queue-list button").first.click()
        expect(page.locator("#queue-list strong")).to_have_text([CY.name, OTHERS[0].name])
