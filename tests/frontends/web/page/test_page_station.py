"""The page with a complete station: demo camera, real models, archive on disk, unplugged camera."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from capture_station.camera.fault_injection import FaultInjector
from capture_station.config import StationSettings
from capture_station.locales.messages import Messages
from capture_station.station.station import Station
from tests.frontends.web.serving import serving

from .browsing import Browsing, expect

SAY = Messages("en")


@pytest.fixture
def faults() -> FaultInjector:
    return FaultInjector()


@pytest.fixture
def whole_station(tmp_path: Path, faults: FaultInjector) -> Iterator[Station]:
    settings = StationSettings.model_validate(
        {
            "camera": {
                "kind": "demo",
                "size_px": [640, 480],
                "preview_size_px": [320, 240],
                "fps": 10,
                "read_timeout_s": 0.5,
                "reopen_first_s": 0.05,
                "reopen_longest_s": 0.2,
            },
            "capture": {"countdown_s": 0, "burst": 1},
            "window": {"review_s": 120},
            "archive": {"folder": str(tmp_path / "archive"), "keep_free_bytes": 0},
        }
    )
    with Station(settings, faults) as station:
        yield station


def test_a_visit(browser: Browsing, whole_station: Station, faults: FaultInjector) -> None:
    with serving(whole_station) as server, browser.open(server.url) as page:
        expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
        seen = page.evaluate(f"{SEEN}()")
        page.wait_for_function(f"(seen) => {SEEN}() !== seen", arg=seen)

        page.click("#capture")
        expect(page.locator("#review")).to_be_visible()
        expect(page.locator(".thumbnail")).to_have_count(1)
        saved = whole_station.saved(1)[0]
        assert Path(saved.pictures["portrait"]).is_file()
        assert page.evaluate("() => document.getElementById('review-picture').naturalWidth") > 0
        page.click("#keep")

        faults.unplug()
        expect(page.locator(".banner")).to_contain_text(SAY("banner.no-camera"))
        faults.plug()
        expect(page.locator(".banner")).to_have_count(0)
        seen = page.evaluate(f"{SEEN}()")
        page.wait_for_function(f"(seen) => {SEEN}() !== seen", arg=seen)


SEEN = '(() => document.getElementById("preview").toDataURL())'
"""Returns the picture on the canvas."""
