"""Taking a portrait home: the page shows a QR code, and a phone that reads it gets this portrait."""

from __future__ import annotations

import cv2
import numpy as np
import zxingcpp

from capture_station.locales.messages import Messages
from tests.frontends.fake_station import FakeStation
from tests.frontends.web.serving import serving

from .browsing import Browsing, expect

SAY = Messages("en")
PHONE = {"width": 390, "height": 844}


def test_a_phone_that_reads_the_code_gets_the_portrait(browser: Browsing, portraits: FakeStation) -> None:
    portraits.see()
    with serving(portraits, share={"minutes": 30, "address": "http://127.0.0.1:1"}) as server:
        with browser.open(server.url) as page:
            page.locator(".thumbnail").first.click()
            page.click("#portrait-share")
            expect(page.locator("#share-title")).to_have_text(SAY("share.scan"))
            picture = page.locator("#share-code").screenshot()
            page.locator("#share [data-closes]").click()
            expect(page.locator("#portrait")).to_be_visible()
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
        link = zxingcpp.read_barcodes(image)[0].text
        assert link.startswith("http://127.0.0.1:1/share/")
        with browser.open(link.replace("http://127.0.0.1:1/", server.url), PHONE) as phone:
            expect(phone.locator("h1")).to_have_text(SAY("share.yours"))
            assert phone.evaluate("() => document.querySelector('img').naturalWidth") == 300
            assert phone.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"]


def test_a_code_that_leads_to_the_upload_says_from_when_on(browser: Browsing, portraits: FakeStation) -> None:
    portraits.see()
    share = {"target_url": "https://photos.example.org/{capture}.jpg"}
    with (
        serving(portraits, share=share, upload={"url": "/mnt/nas/booth"}) as server,
        browser.open(server.url) as page,
    ):
        page.locator(".thumbnail").first.click()
        page.click("#portrait-share")
        expect(page.locator("#share-detail")).to_have_text(SAY("share.uploaded"))


def test_without_the_setting_there_is_no_button(browser: Browsing, url: str, portraits: FakeStation) -> None:
    assert portraits.archive
    with browser.open(url) as page:
        page.locator(".thumbnail").first.click()
        expect(page.locator("#portrait-download")).to_be_visible()
        expect(page.locator("#portrait-share")).to_be_hidden()
