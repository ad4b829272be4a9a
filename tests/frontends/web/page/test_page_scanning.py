"""Codes on the page: from a scanner, typed, or held up to the camera."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capture_station.subjects.subject import Subject
from tests.frontends.fake_station import FakeStation

from .browsing import (
    PHONE,
    Browsing,
    expect,
    scan,
)
from .people_steps import (
    ADA,
    BO,
    CY,
    HOLD_TIMERS,
    RUN_TIMERS,
    SAY,
    UNKNOWN,
    photographed,
    scanned_and_photographed,
    whose,
)


@pytest.fixture(autouse=True)
def roster(station: FakeStation) -> None:
    station.subjects.use("required", ADA, BO, CY)


def test_only_where_a_scanner_or_the_camera_reads_codes_a_badge_is_asked_for(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        expect(page.locator("#hint")).to_have_text(SAY("person.search"))
        scan(page, "20417")
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        page.click("#person-leave")
        expect(page.locator("#hint")).to_have_text(SAY("person.scan"))
    station.subjects.use("required", ADA, camera_codes=True)
    with browser.open(url) as page:
        expect(page.locator("#hint")).to_have_text(SAY("person.hold-up"))


@pytest.mark.parametrize("focus", ["#capture", "#person-query", "#open-settings"])
def test_a_scanner_is_no_command_wherever_the_focus_is(
    browser: Browsing, url: str, station: FakeStation, focus: str
) -> None:
    station.subjects.use("required", ADA, Subject("FQ 20417 qrkpvig", "Eve"))
    with browser.open(url) as page:
        page.locator(focus).focus()
        scan(page, "FQ 20417 qrkpvig")
        expect(page.locator("#person-name")).to_have_text("Eve")
        expect(page.locator("#settings")).to_be_hidden()
        assert page.locator("#person-query").input_value() == ""
    assert station.requests == station.refusals == 0


@pytest.mark.parametrize("end", ["\r\r", "\t", "\t\r"])
def test_a_scanner_that_ends_its_codes_in_another_way_takes_no_picture(
    browser: Browsing, url: str, station: FakeStation, end: str
) -> None:
    with browser.open(url) as page:
        page.locator("#open-settings").focus()
        scan(page, "20417", end=end)
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        scan(page, "20418", end=end)
        expect(page.locator("#following-name")).to_contain_text("Bo Adamczyk")
        expect(page.locator("#settings")).to_be_hidden()
    assert station.requests == station.refusals == 0


@pytest.mark.parametrize("keys", [["AltGraph"], ["Alt"], ["Control", "Alt"]])
def test_a_code_with_a_character_that_takes_several_keys_is_whole(
    browser: Browsing, url: str, station: FakeStation, keys: list[str]
) -> None:
    station.subjects.use("required", ADA, Subject("anna@schule.de", "Anna"), Subject("@schule.de", "Eve"))
    with browser.open(url) as page:
        expect(page.locator("#person-query")).to_be_visible()
        scan(page, [*"anna", *keys, *"@schule.de"])
        expect(page.locator("#person-name")).to_have_text("Anna")


@pytest.mark.parametrize("key", ["Dead", "Unidentified"])
def test_a_code_with_a_key_that_nobody_knows_is_to_be_scanned_again(browser: Browsing, url: str, key: str) -> None:
    with browser.open(url) as page:
        expect(page.locator("#person-query")).to_be_visible()
        scan(page, ["F", key, *"20417"])
        expect(page.locator("#hint")).to_have_text(SAY("notice.cut-off"))
        scan(page, "20418")
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")


def test_a_person_presses_a_button_with_space_as_before(browser: Browsing, url: str) -> None:
    with browser.open(url) as page:
        expect(page.locator("#person")).to_be_visible()
        page.locator("#open-settings").focus()
        page.keyboard.press("Space")
        expect(page.locator("#settings")).to_be_visible()


@pytest.mark.parametrize(("setting", "code"), [("preset", "350"), ("guide", "FQ 350")])
def test_a_badge_that_is_scanned_over_the_settings_changes_none(
    browser: Browsing, url: str, station: FakeStation, setting: str, code: str
) -> None:
    station.subjects.use("required", ADA, Subject(code, "Eve"))
    before = station.status().adjustments
    with browser.open(url) as page:
        page.click("#open-settings")
        page.locator(f"#settings [name={setting}]").focus()
        scan(page, code)
        expect(page.locator("#person-name")).to_have_text("Eve")
        expect(page.locator("#settings")).to_be_hidden()
    assert station.status().adjustments == before


@pytest.mark.parametrize(("setting", "key"), [("preset", "ArrowUp"), ("guide", "Space")])
def test_settings_are_changed_with_the_keyboard_where_badges_are_scanned(
    browser: Browsing, url: str, station: FakeStation, setting: str, key: str
) -> None:
    before = getattr(station.status().adjustments, setting)
    with browser.open(url) as page:
        page.click("#open-settings")
        page.locator(f"#settings [name={setting}]").focus()
        with page.expect_response("**/settings"):
            page.keyboard.press(key)
    assert getattr(station.status().adjustments, setting) != before


def test_the_next_scan_keeps_the_portrait_that_is_shown(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        scanned_and_photographed(page, station)
        scan(page, "20418")
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        expect(page.locator("#review")).to_be_hidden()


def test_a_long_code_over_a_portrait_checks_its_person_in(browser: Browsing, url: str, station: FakeStation) -> None:
    station.subjects.use("required", ADA, BO, code_pattern="([0-9]+)$")
    with browser.open(url) as page:
        scanned_and_photographed(page, station)
        expect(page.locator("#keep")).to_be_focused()
        scan(page, f"https://school.example/{'badges/' * 15}{BO.id}")
        expect(page.locator("#person-name")).to_have_text(BO.name)


def test_a_second_scan_of_who_looks_at_their_portrait_keeps_it_and_asks_for_no_other(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        scanned_and_photographed(page, station)
        with page.expect_response(lambda answer: answer.url.endswith("/check-in?subject=20417")):
            scan(page, "20417")
        expect(page.locator("#review")).to_be_hidden()
        expect(page.locator("#person-now")).to_be_hidden()
        assert station.status().subjects.current is None
        scan(page, "20417")  # For another one.
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")


def test_a_doubtful_portrait_is_answered_before_the_next_scan(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url) as page:
        scan(page, "20417")
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        photographed(page, station, "review")
        scan(page, "20418")
        expect(page.locator("#review-first")).to_contain_text(SAY("banner.undecided", person="Ada Lovelace, 20417"))
        expect(page.locator("#review-first")).to_contain_text(SAY("banner.undecided-detail"))
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect(page.locator("#keep")).to_have_text(SAY("button.keep-anyway"))
        station.subjects.check_in("20418", replaces=True)  # A program does so.
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        page.click("#retake")
        assert station.await_requests(2)
        again = station.finish()
        expect(page.locator("#review-title")).to_have_text(SAY("review.ok"))
        expect(page.locator("#review-first")).to_be_hidden()
        assert whose(station, again.id) == "20417"


def test_a_scan_during_the_countdown_says_who_is_next(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        expect(page.locator("#person-query")).to_be_visible()
        scan(page, "20417")
        expect(page.locator("#capture")).to_be_focused()
        page.keyboard.press("Space")
        expect(page.locator("#capture-text")).to_have_text(SAY("button.cancel"))
        scan(page, "20418")  # Its Enter does not press the button that cancels.
        following = page.locator("#following")
        expect(page.locator("#following-name")).to_have_text(SAY("person.following", person="Bo Adamczyk, 20418"))
        expect(page.locator("#said")).to_have_text(SAY("person.following", person="Bo Adamczyk, 20418"))
        expect(page.locator("#capture-text")).to_have_text(SAY("button.cancel"))
        taken = station.finish()
        expect(page.locator("#review-name")).to_have_text("Ada Lovelace")
        expect(following).to_be_visible()
        page.click("#keep")
        expect(page.locator("#person-name")).to_have_text("Bo Adamczyk")
        expect(following).to_be_hidden()
    assert whose(station, taken.id) == "20417"
    assert station.requests == 1


def test_an_unknown_code_is_taken_only_when_somebody_says_so(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url, allow=UNKNOWN) as page:
        expect(page.locator("#person-query")).to_be_visible()
        scan(page, "99999")
        expect(page.locator("#unknown-title")).to_have_text(SAY("banner.unknown", id="99999"))
        page.locator("#unknown").get_by_role("button", name=SAY("button.cancel"), exact=True).click()
        expect(page.locator("#person-query")).to_be_focused()
        scan(page, "99999")
        page.click("#unknown-take")
        expect(page.locator("#person-name")).to_have_text("99999")
        station.subjects.use("required", ADA, unknown="refuse")
        expect(page.locator("#person-query")).to_be_visible()
        scan(page, "88888")
        expect(page.locator("#unknown-detail")).to_have_text(SAY("banner.declined-detail"))
        expect(page.locator("#unknown-take")).to_be_hidden()


def test_a_question_that_nobody_answers_leaves_the_page_after_a_minute(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.use("required", ADA, replace(BO, refused="Photo consent: no"))
    with browser.open(url, allow=(*UNKNOWN, "409")) as page:
        expect(page.locator("#person-query")).to_be_visible()
        page.evaluate(HOLD_TIMERS, 60_000)
        for code in ("99999", BO.id):
            scan(page, code)
            expect(page.locator("#unknown-title")).to_contain_text(code)
            page.evaluate(RUN_TIMERS)
            expect(page.locator("#unknown")).to_be_hidden()
            expect(page.locator("#person-query")).to_be_visible()


def test_who_is_typed_and_not_on_the_list_is_one_question(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url, PHONE, allow=UNKNOWN) as page:
        expect(page.locator("#person-query")).to_be_visible()
        page.locator("#person-query").press_sequentially("new 1", delay=100)
        page.locator("#person-found li").tap()  # A phone's keyboard need not have Enter.
        expect(page.locator("#unknown-title")).to_have_text("new 1 is not on the list")
        expect(page.locator("#unknown-detail")).to_have_text("Use this ID anyway?")
        page.tap("#unknown-take")
        expect(page.locator("#person-name")).to_have_text("new 1")
        station.subjects.use("required", ADA, unknown="refuse")
        expect(page.locator("#person-query")).to_be_visible()
        page.locator("#person-query").press_sequentially("new 2", delay=100)
        expect(page.locator("#person-found")).to_have_text(SAY("search.refused"))
        page.keyboard.press("Enter")
        expect(page.locator("#person-found")).to_be_visible()
        expect(page.locator("#unknown")).to_be_hidden()


def test_a_search_that_failed_says_so_and_takes_nothing_for_an_id(browser: Browsing, url: str) -> None:
    with browser.open(url, allow=("ERR_FAILED",)) as page:
        expect(page.locator("#person-query")).to_be_visible()
        page.route("**/subjects?*", lambda route: route.abort())
        page.fill("#person-query", "Bo")
        page.keyboard.press("Enter")
        expect(page.locator("#person-found li")).to_have_text(SAY("failure.0"))
        expect(page.locator("#person-found li")).to_have_attribute("aria-disabled", "true")
        page.locator("#person-found li").click(force=True)
        expect(page.locator("#person-query")).to_have_value("Bo")
        page.unroute("**/subjects?*")
        page.keyboard.press("Enter")
        expect(page.locator("#person-name")).to_have_text(BO.name)


def test_a_name_that_was_left_in_the_field_is_no_unknown_id(browser: Browsing, url: str) -> None:
    with browser.open(url) as page:
        field = page.locator("#person-query")
        field.fill("ada")
        expect(page.locator("#person-found li")).to_have_count(2)
        field.blur()
        expect(page.locator("#person-found")).to_be_hidden()
        field.press("Enter")
        expect(page.locator("#person-found li").first).to_have_attribute("aria-selected", "true")
        expect(page.locator("#unknown")).to_be_hidden()


def test_a_code_held_up_to_the_camera_asks_on_the_page_as_well(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    station.subjects.use("required", ADA, BO, code_pattern=r"^(\d+)\d$")  # It is not looked for in the id once more.
    with browser.open(url) as page:
        expect(page.locator("#person-query")).to_be_visible()
        page.locator("#capture").focus()
        station.subjects.read_code("99999", "ask")
        expect(page.locator("#unknown-title")).to_have_text(SAY("banner.unknown", id="99999"))
        expect(page.locator("#capture")).to_be_focused()
        page.click("#unknown-take")
        expect(page.locator("#person-name")).to_have_text("99999")


def test_who_is_typing_goes_on_when_a_code_is_held_up_to_the_camera(
    browser: Browsing, url: str, station: FakeStation
) -> None:
    with browser.open(url, allow=UNKNOWN) as page:
        page.locator("#person-query").press_sequentially("Bo", delay=100)
        station.subjects.read_code("99999", "ask")
        expect(page.locator("#unknown-title")).to_have_text(SAY("banner.unknown", id="99999"))
        expect(page.locator("#unknown-take")).to_be_enabled()
        page.keyboard.type(" Adamczyk", delay=100)
        page.keyboard.press("Enter")
        expect(page.locator("#person-name")).to_have_text(BO.name)
        expect(page.locator("#unknown")).to_be_hidden()
