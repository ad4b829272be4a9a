"""Accessibility of the page: keyboard, touch, screen sizes, screen readers, translated texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import capture_station.frontends.web
from capture_station.frames import Flaw
from capture_station.locales.messages import Messages
from capture_station.station.status import Hint
from tests.frontends.fake_station import FakeStation
from tests.frontends.web.serving import Serving

from .browsing import (
    KIOSK,
    PHONE,
    PHONE_ON_ITS_SIDE,
    SCREEN,
    SMALL_PHONE,
    Browsing,
    expect,
    overflow_px,
    small_targets,
    violations,
)

PAGE = Path(capture_station.frontends.web.__file__).with_name("page")
SAY = Messages("en")
FLAWS = (Flaw("face-dark"), Flaw("uncropped-cut-bottom", {"preset": "passport-35x45"}))


def states(page: Any, station: FakeStation, say: Messages = SAY) -> Iterator[str]:
    """Take the page through all its states."""
    expect(page.locator("#condition")).to_have_text(say("page.ready"))
    yield "ready"
    station.see(Hint.MOVE_LEFT)
    expect(page.locator("#arrow")).to_be_visible()
    yield "hint"
    station.capture()
    expect(page.locator("#countdown")).to_be_visible()
    yield "countdown"
    station.expose()
    expect(page.locator("#hint")).to_have_text(say("notice.capturing"))
    yield "capturing"
    station.finish("review", FLAWS)
    expect(page.locator("#keep")).to_be_focused()
    page.keyboard.press("Shift")
    yield "review"
    page.click("#keep")
    expect(page.locator("#review")).to_be_hidden()
    page.locator(".thumbnail").first.click()
    expect(page.locator("#portrait-picture")).to_be_visible()
    yield "portrait"
    page.click("#portrait-delete")
    yield "deleting"
    page.click("#sure-not")
    page.click("#portrait [data-closes]")
    page.click("#open-settings")
    expect(page.locator("#settings")).to_be_visible()
    yield "settings"
    page.click("#settings [data-closes]")
    station.unplug("demo camera: the cable was pulled, or the hub it hangs on has lost its power")
    station.fill_disk()
    expect(page.locator(".banner")).to_have_count(2)
    yield "trouble"
    station.stop()
    expect(page.locator("#hint")).to_have_text(say("state.stopping"))
    yield "stopping"


def test_every_state_is_accessible_on_every_screen(browser: Browsing, url: str, portraits: FakeStation) -> None:
    with browser.open(url) as page:
        for state in states(page, portraits):
            for size in (PHONE, SMALL_PHONE, PHONE_ON_ITS_SIDE, KIOSK, SCREEN):
                page.set_viewport_size(size)
                assert overflow_px(page) <= 0, (state, size)
                assert small_targets(page) == [], (state, size)
                for button in page.locator("#bar button:visible, .review button:visible").all():
                    box = button.bounding_box()
                    assert 0 <= box["y"] <= size["height"] - box["height"], (state, size)
            assert violations(page) == [], state


def test_the_login_is_accessible(browser: Browsing, locked: Serving) -> None:
    with browser.open(locked.url, allow=("401",)) as page:
        expect(page.locator("#locked")).to_be_visible()
        assert violations(page) == []


def test_the_keyboard_alone_is_enough(browser: Browsing, url: str, portraits: FakeStation) -> None:
    def tab_to(selector: str) -> None:
        """Press Tab until the element has the focus, which must be visible."""
        focused: Callable[[], bool] = lambda: page.locator(selector).evaluate("one => one === document.activeElement")  # noqa: E731
        for _ in range(20):
            if focused():
                break
            page.keyboard.press("Tab")
        assert focused(), selector
        assert page.locator(selector).evaluate("one => getComputedStyle(one).outlineStyle") == "solid"

    with browser.open(url) as page:
        expect(page.locator("#capture")).to_be_focused()
        expect(page.locator("#capture")).to_have_attribute("aria-disabled", "false")
        page.keyboard.press("Space")
        assert portraits.await_requests(1)
        portraits.finish()
        expect(page.locator("#keep")).to_be_focused()
        page.keyboard.press("Space")
        expect(page.locator("#bar")).not_to_have_class(re.compile("resting"))
        tab_to("#guided")
        page.keyboard.press("Space")
        expect(page.locator("#guided")).to_have_attribute("aria-pressed", "false")
        tab_to("li:nth-child(2) .thumbnail")
        page.keyboard.press("Enter")
        tab_to("#portrait-delete")
        page.keyboard.press("Enter")
        tab_to("#sure")
        expect(page.locator("#portrait-sure")).not_to_have_class(re.compile("resting"))
        page.keyboard.press("Enter")
        expect(page.locator(".thumbnail")).to_have_count(3)
        tab_to("#open-settings")
        page.keyboard.press("Enter")
        tab_to("#countdown-s")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#countdown-said")).to_have_text("4 s")
        page.keyboard.press("Escape")
        expect(page.locator("#settings")).to_be_hidden()
        expect(page.locator("#open-settings")).to_be_focused()


def test_every_text_is_translatable_and_none_is_in_the_html() -> None:
    keys = set(SAY.texts)
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.js"))
    named = set(re.findall(r'data-(?:text|label|alt|hint)="([^"]+)"', html))
    named |= set(re.findall(r'"((?:page|person|state|notice|button|banner|review)\.[a-z-]+)"', scripts))
    assert len(named) > 50
    assert named <= keys
    assert {key for key in keys if key.startswith("page.")} <= named
    assert not re.search(r">\s*[^<\s]", html.partition("<body")[2].partition(">")[2])
