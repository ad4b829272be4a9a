"""An operator's phone reads the code in the window and operates the station, without typing anything."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
import zxingcpp

from capture_station.commands.run import pairing
from capture_station.config import WindowSettings
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.operator.services import OperatorServices
from capture_station.frontends.window.scene import Action, Picked, Typed
from capture_station.locales.messages import Messages
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.web.conftest import TOKEN
from tests.frontends.web.serving import Serving, serving

from .browsing import Browsing, expect

pytest.importorskip("pygame", reason="the window needs pygame-ce (extra [kiosk])")

from capture_station.frontends.window.canvas import Canvas
from capture_station.frontends.window.drawing import draw

SAY = Messages("en")
PHONE = {"width": 390, "height": 844}
BOOTH = "http://127.0.0.1:1"


def read_from_the_screen(station: FakeStation, served: Serving, clock: Clock) -> str:
    """The address in the code that the window shows to an operator."""
    settings = WindowSettings.model_validate({"operator_pin": "4711"})
    services = OperatorServices(pair=lambda: pairing(served.server))
    kiosk = Kiosk(station, settings, SAY, clock, services=services)
    for press in (Action.OPERATOR, *map(Typed, "4711"), Action.SUBMIT, Picked("page", "phone")):
        clock.pass_s(1)
        kiosk.press(press)
    with Canvas("dummy") as canvas:
        canvas.screen_wh = 800, 480
        canvas.open(False, (800, 480), "test")
        draw(canvas, kiosk.scene(station.preview()), (), lambda *_: None)
        screenshot = cv2.cvtColor(canvas.pixels(), cv2.COLOR_RGB2GRAY)
    return zxingcpp.read_barcodes(screenshot)[0].text


def test_a_phone_that_reads_the_code_is_let_in_once(
    browser: Browsing, portraits: FakeStation, clock: Clock, token_file: Path
) -> None:
    portraits.see()
    with serving(portraits, share={"address": BOOTH}, token_file=str(token_file)) as served:
        link = read_from_the_screen(portraits, served, clock).replace(f"{BOOTH}/", served.url)
        assert "#pair=" in link
        with browser.open(link, PHONE) as phone:
            expect(phone.locator(".thumbnail")).to_have_count(3)
            expect(phone.locator("#locked")).to_be_hidden()
            assert "#" not in phone.url  # Nobody sends the code on with the address.
        with browser.open(link, PHONE, allow=("401", "403")) as stranger:
            expect(stranger.locator("#locked")).to_be_visible()
            expect(stranger.locator(".thumbnail")).to_have_count(0)


def test_a_code_that_is_over_is_told_where_the_token_is_asked_for_or_else_on_the_page(
    browser: Browsing, locked: Serving
) -> None:
    with browser.open(f"{locked.url}#pair=abcdefgh", PHONE, allow=("401", "403")) as stranger:
        expect(stranger.locator("#locked-trouble")).to_have_text(SAY("page.pairing-over"))
        expect(stranger.locator("#locked-trouble")).to_be_visible()
        expect(stranger.locator("#hint")).not_to_have_text(SAY("page.pairing-over"))
        stranger.fill("#token", TOKEN)
        stranger.keyboard.press("Enter")
        expect(stranger.locator("#locked")).to_be_hidden()
        expect(stranger.locator("#condition")).to_have_text(SAY("page.ready"))
        expect(stranger.locator("#hint")).not_to_have_text(SAY("page.pairing-over"))
        stranger.goto(f"{locked.url}#pair=abcdefgh")
        expect(stranger.locator("#hint")).to_have_text(SAY("page.pairing-over"))
