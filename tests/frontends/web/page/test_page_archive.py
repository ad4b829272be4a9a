"""The operator's view in a real browser: old portraits, settings, language, login."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import date

import cv2

from capture_station.errors import Trouble
from capture_station.locales.messages import Messages
from capture_station.station.adjustments import CameraOption
from capture_station.station.status import Person
from capture_station.subjects.subject import Subject
from tests.frontends.fake_station import FakeStation
from tests.frontends.web.conftest import TOKEN
from tests.frontends.web.serving import Serving

from .browsing import Browsing, await_live, download, expect

SAY = Messages("en")
SAY_GERMAN = Messages("de")


def test_an_old_portrait_is_opened_marked_and_downloaded(browser: Browsing, url: str, portraits: FakeStation) -> None:
    newest = max(portraits.archive)
    with browser.open(url) as page:
        page.locator(".thumbnail").first.click()
        expect(page.locator("#portrait-said")).to_have_text(SAY("review.ok"))
        name, path = download(page, "#portrait-download")
        assert name == f"{newest}.png"
        assert cv2.imread(str(path)).shape == (400, 300, 3)
        page.click("#portrait-retake")
        page.click("#sure-retake")
        expect(page.locator("#portrait")).to_be_hidden()
        assert portraits.await_requests(1)
        expect(page.locator("#countdown")).to_be_visible()
        assert portraits.archive[newest].kept
        portraits.finish()
        page.locator("#keep").click()
        page.locator(".thumbnail.not-kept").click()
        expect(page.locator("#portrait-reasons")).to_contain_text(SAY("page.is-not-kept"))
        page.click("#portrait-keep")
        expect(page.locator("#portrait-retake")).to_be_focused()
        expect(page.locator(".not-kept")).to_have_count(0)
    assert portraits.archive[newest].kept


def test_an_old_portrait_is_taken_again_only_when_somebody_says_so(
    browser: Browsing, url: str, portraits: FakeStation
) -> None:
    newest = max(portraits.archive)
    with browser.open(url) as page:
        page.locator(".thumbnail").first.click()
        page.click("#portrait-retake")
        expect(page.locator("#sure-text")).to_have_text(SAY("page.retake-sure"))
        expect(page.locator("#sure")).to_be_hidden()
        page.locator("#sure-not").click(trial=True)  # It takes taps and keys.
        page.keyboard.press("Enter")
        expect(page.locator("#portrait-retake")).to_be_focused()
        expect(page.locator("#portrait-sure")).to_be_hidden()
        portraits.archive[newest] = replace(portraits.archive[newest], subject=Person("20417", "Ada"))
        page.reload()
        page.locator(".thumbnail").first.click()
        page.click("#portrait-retake")
        expect(page.locator("#sure-text")).to_have_text(SAY("person.retake-sure", name="Ada"))
    assert portraits.requests == 0
    assert portraits.archive[newest].kept


def test_deleting_asks_for_confirmation(browser: Browsing, url: str, portraits: FakeStation) -> None:
    newest = max(portraits.archive)
    with browser.open(url) as page:
        page.locator(".thumbnail").first.click()
        page.click("#portrait-delete")
        expect(page.locator("#sure-not")).to_be_focused()
        page.locator("#sure-not").click(trial=True)  # It takes taps and keys.
        page.keyboard.press("Enter")
        expect(page.locator("#portrait-delete")).to_be_focused()
        assert newest in portraits.archive
        page.keyboard.press("Enter")
        page.click("#sure")
        expect(page.locator("#portrait")).to_be_hidden()
        expect(page.locator(".thumbnail")).to_have_count(2)
        expect(page.locator("#hint")).to_have_text(SAY("page.deleted"))
    assert newest not in portraits.archive


def test_captures_removed_by_retention_or_purge_disappear_from_the_page(
    browser: Browsing, url: str, portraits: FakeStation
) -> None:
    oldest, *_, newest = sorted(portraits.archive)
    with browser.open(url) as page:
        expect(page.locator(".thumbnail")).to_have_count(3)
        page.locator(".thumbnail").first.click()
        expect(page.locator("#portrait")).to_be_visible()
        assert portraits.await_listings()
        portraits.remove(oldest)
        expect(page.locator(".thumbnail")).to_have_count(2)
        expect(page.locator("#portrait")).to_be_visible()
        portraits.remove(newest)
        expect(page.locator("#portrait")).to_be_hidden()
        expect(page.locator(".thumbnail")).to_have_count(1)


def test_what_is_decided_elsewhere_is_seen_at_once(browser: Browsing, url: str, portraits: FakeStation) -> None:
    newest = max(portraits.archive)
    portraits.subjects.use("optional", Subject("20417", "Ada"), Subject("20418", "Bo"))
    with browser.open(url) as page, page.context.new_page() as other:
        other.goto(url)
        for one in (page, other):
            expect(one.locator(".thumbnail")).to_have_count(3)
        page.locator(".thumbnail").first.click()
        expect(page.locator("#portrait-retake")).to_be_visible()
        portraits.retake(newest)  # In the window.
        expect(page.locator("#portrait-keep")).to_be_visible()
        expect(page.locator("#portrait-reasons")).to_contain_text(SAY("page.is-not-kept"))
        expect(other.locator(".thumbnail.not-kept")).to_have_count(1)
        page.click("#portrait-keep")
        expect(other.locator(".thumbnail.not-kept")).to_have_count(0)
        portraits.subjects.assign(newest, "20417", "window")
        expect(page.locator("#portrait-name")).to_have_text("Ada")
        expect(other.locator(".thumbnail").first).to_have_attribute("aria-label", re.compile("Ada, 20417"))
        page.click("#portrait-retake")
        expect(page.locator("#sure-text")).to_have_text(SAY("person.retake-sure", name="Ada"))
        portraits.subjects.assign(newest, "20418", "window")
        expect(page.locator("#portrait-name")).to_have_text("Bo")
        expect(page.locator("#portrait-sure")).to_be_hidden()


def test_more_portraits_load_on_request(browser: Browsing, url: str, station: FakeStation) -> None:
    for _ in range(25):
        station.save(portrait=station.portrait)
    with browser.open(url) as page:
        expect(page.locator(".thumbnail")).to_have_count(20)
        page.click(".more button")
        expect(page.locator(".thumbnail")).to_have_count(25)
        expect(page.locator(".more")).to_have_count(0)


def test_settings_change_the_station_and_follow_it(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        page.click("#open-settings")
        beyond = (
            "() => document.getElementById('settings').scrollWidth - document.getElementById('settings').clientWidth"
        )
        assert page.evaluate(beyond) <= 0  # Also with the long name of a preset.
        page.get_by_label(SAY("page.mirrored")).uncheck()
        page.get_by_label(SAY("page.countdown-setting")).fill("5")
        page.get_by_label(SAY("page.smoothing")).fill("0.2")
        expect(page.locator("#countdown-said")).to_have_text("5 s")
        expect(page.locator("#smoothing-said")).to_have_text("20 %")
        page.wait_for_function("() => !document.getElementById('stage').classList.contains('mirrored')")
        station.adjust(guide=False, countdown_s=20)
        expect(page.get_by_label(SAY("page.guide"))).not_to_be_checked()
        expect(page.locator("#countdown-said")).to_have_text("20 s")
    adjusted = station.status().adjustments
    assert (adjusted.mirrored, adjusted.smoothing) == (False, 0.2)


def test_the_camera_is_chosen_in_the_settings(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        page.click("#open-settings")
        cameras = page.locator("#camera option")
        expect(cameras).to_have_text([SAY("operator.automatic"), "Webcam", "DSLR"])
        page.locator("#camera").select_option("DSLR")
        page.locator("#camera-size").select_option("1280x960")
        page.get_by_label(SAY("operator.lock")).check()
        page.click("#settings-keep")
        expect(page.locator("#kept-said")).to_have_text(SAY("page.settings-kept"))
        webcam, slr = station.attached
        station.attached = [webcam, replace(slr, attached=False), CameraOption("webcam:/dev/video4", "Microscope")]
        expect(cameras).to_have_count(4)  # The open dialog follows what is plugged in and out.
        expect(cameras.nth(2)).to_have_text(f"DSLR ({SAY('operator.not-connected')})")
        expect(page.locator("#camera")).to_have_value("webcam:/dev/video2")
    adjusted = station.status().adjustments
    assert (adjusted.camera, adjusted.camera_size, adjusted.camera_held) == ("webcam:/dev/video2", "1280x960", True)


def test_a_day_is_downloaded_as_zip(browser: Browsing, url: str, portraits: FakeStation) -> None:
    with browser.open(url) as page:
        page.click("#open-settings")
        assert page.input_value("#day") == f"{date.today()}"
        page.fill("#day", "2025-12-31")
        page.click("#export button")
        expect(page.locator("#export-trouble")).to_have_text(SAY("page.empty-day"))
        page.fill("#day", "2026-01-31")
        name, path = download(page, "#export button")
        expect(page.locator("#export-trouble")).to_be_empty()
        assert name == "capture-station-2026-01-31.zip"
        assert {entry.split("/")[0] for entry in zipfile.ZipFile(path).namelist()} == set(portraits.archive)
        portraits.retake(max(portraits.archive))
        download(page, "#export button")
        expect(page.locator("#export-said")).to_have_text(SAY("page.not-kept-count", count=1))


def test_the_settings_of_a_page_that_stays_open_offer_the_day_of_today(browser: Browsing, url: str) -> None:
    with browser.open(url) as page:
        page.click("#open-settings")
        page.fill("#day", "2026-01-31")
        page.click("#settings [data-closes]")
        page.evaluate("() => { window.Date = class extends Date { constructor() { super('2031-05-06T12:00'); } }; }")
        page.click("#open-settings")
        expect(page.locator("#day")).to_have_value("2031-05-06")


def test_the_page_remembers_its_language(browser: Browsing, url: str, station: FakeStation) -> None:
    with browser.open(url) as page:
        page.click("#open-settings")
        page.select_option("#language", label="Deutsch")
        expect(page.locator("#settings-title")).to_have_text(SAY_GERMAN("page.settings"))
        page.reload()
        expect(page.locator("#capture")).to_have_text(SAY_GERMAN("button.capture"))
        assert page.locator("html").get_attribute("lang") == "de"
        assert page.title() == SAY_GERMAN("window.title")
        station.unplug("it is black", Trouble("black", {"camera": "die Webcam", "seconds": "3"}))
        expect(page.locator(".banner")).to_contain_text(SAY_GERMAN("banner.no-camera"))
        expect(page.locator(".banner")).to_contain_text("Die Webcam: das Bild ist seit 3 s schwarz")


def test_login_with_the_token_and_logout(browser: Browsing, locked: Serving) -> None:
    with browser.open(locked.url, allow=("401",)) as page:
        expect(page.locator("#token")).to_be_focused()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.keyboard.type("not the token")
        expect(page.locator("#token")).to_have_attribute("type", "password")
        page.get_by_label(SAY("page.show-token")).check()
        expect(page.locator("#token")).to_have_attribute("type", "text")
        page.locator("#token").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#locked-trouble")).to_have_text(SAY("page.wrong-token"))
        page.keyboard.type(TOKEN)
        page.keyboard.press("Enter")
        expect(page.locator("#locked")).to_be_hidden()
        await_live(page, 0.8, 0.5, (255, 255, 255))
        page.reload()
        expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
        page.click("#open-settings")
        page.click("#lock")
        expect(page.locator("#locked")).to_be_visible()


def test_settings_can_be_kept_for_the_next_start(browser: Browsing, url: str) -> None:
    with browser.open(url) as page:
        page.click("#open-settings")
        expect(page.locator("#kept-said")).to_have_text(SAY("page.settings-not-kept"))
        page.click("#settings-keep")
        expect(page.locator("#kept-said")).to_have_text(SAY("page.settings-kept"))
        page.click("#settings-forget")
        expect(page.locator("#kept-said")).to_have_text(SAY("page.settings-not-kept"))
        expect(page.locator("#settings-forget")).to_be_hidden()
