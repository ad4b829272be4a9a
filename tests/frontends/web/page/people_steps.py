"""What the tests of people on the page share."""

from __future__ import annotations

from typing import Any

from capture_station.locales.messages import Messages
from capture_station.subjects.subject import Subject
from tests.frontends.fake_station import FakeStation

from .browsing import expect

SAY = Messages("en")
ADA, BO, CY = Subject("20417", "Ada Lovelace"), Subject("20418", "Bo Adamczyk"), Subject("FQ-3", "Cy")
UNKNOWN = ("404",)
"""The browser's console tells every response that is an error."""
CONSENT = "My picture is printed on my card. It is deleted when I leave."


def photographed(page: Any, station: FakeStation, verdict: str = "ok") -> str:
    """Take a portrait of who is checked in; it is shown for review. A doubtful one waits for an answer."""
    before = station.requests
    page.click("#capture")
    assert station.await_requests(before + 1)
    taken = station.finish(verdict, kept=verdict == "ok")
    expect(page.locator("#review")).to_be_visible()
    return taken.id


def whose(station: FakeStation, capture_id: str) -> str | None:
    subject = station.archive[capture_id].subject
    return None if subject is None else subject.id
