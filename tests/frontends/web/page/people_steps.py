"""What the tests of people on the page share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from capture_station.locales.messages import Messages
from capture_station.subjects.subject import Subject
from tests.frontends.fake_station import FakeStation

from .browsing import Browsing, expect, scan

SAY = Messages("en")
ADA, BO, CY = Subject("20417", "Ada Lovelace"), Subject("20418", "Bo Adamczyk"), Subject("FQ-3", "Cy")
UNKNOWN = ("404",)
"""The browser's console tells every response that is an error."""
HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""
LATER = "(later_s) => { const now = Date.now; Date.now = () => now() + later_s * 1000; }"
HOLD_TIMERS = """(held_ms) => {
    const [set, clear] = [window.setTimeout, window.clearTimeout];
    window.held = [];
    window.setTimeout = (action, ms) => ms === held_ms ? -held.push(action) : set(action, ms);
    window.clearTimeout = (timer) => timer < 0 ? held[-timer - 1] = null : clear(timer);
}"""
"""What is to happen after just this time happens with ``RUN_TIMERS``."""
RUN_TIMERS = "() => held.forEach((action, index) => { held[index] = null; action?.(); })"
CONSENT = "My picture is printed on my card. It is deleted when I leave."


@contextmanager
def page_with_ada(
    browser: Browsing, url: str, station: FakeStation, *size: dict[str, int], allow: tuple[str, ...] = ()
) -> Iterator[Any]:
    """An open page, at which Ada is checked in."""
    station.subjects.check_in("20417")
    with browser.open(url, *size, allow=allow) as page:
        expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
        yield page


def photographed(page: Any, station: FakeStation, verdict: str = "ok") -> str:
    """Take a portrait of who is checked in; it is shown for review. A doubtful one waits for an answer."""
    before = station.requests
    page.click("#capture")
    assert station.await_requests(before + 1)
    taken = station.finish(verdict, kept=verdict == "ok")
    expect(page.locator("#review")).to_be_visible()
    return taken.id


def scanned_and_photographed(page: Any, station: FakeStation) -> str:
    """Ada's badge is scanned on a page that has just been opened, and her good portrait is shown for review."""
    expect(page.locator("#person-query")).to_be_visible()
    scan(page, "20417")
    expect(page.locator("#person-name")).to_have_text("Ada Lovelace")
    return photographed(page, station)


def whose(station: FakeStation, capture_id: str) -> str | None:
    subject = station.archive[capture_id].subject
    return None if subject is None else subject.id
