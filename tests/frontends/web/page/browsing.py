"""Drives a real browser for the page's tests: console errors, painted pixels, accessibility checks."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from capture_station.frames import Image

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000
MODIFIERS = {"Alt": 1, "Control": 2}
"""As Chromium's protocol numbers them."""
# The machine's network changed, which interrupts even requests to the machine itself. The page tries again.
NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"

PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 320, "height": 568}
PHONE_ON_ITS_SIDE = {"width": 844, "height": 390}
KIOSK = {"width": 1080, "height": 1920}
SCREEN = {"width": 1280, "height": 800}

AXE = """() => axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations
    .filter(({impact}) => ["serious", "critical"].includes(impact))
    .map(({id, nodes}) => `${id}: ${nodes.map(({html, any}) => html + any.map(({message}) => message)).join("; ")}`))"""

PIXEL = """([x, y]) => {
    const canvas = document.getElementById("preview");
    const pixel = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
    pixel.drawImage(canvas, -Math.floor(x * canvas.width), -Math.floor(y * canvas.height));
    return [...pixel.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}"""


class Browsing:
    """A browser with one page that all tests share, because starting a browser is slow."""

    def __init__(self, browser: Any) -> None:
        self._context = browser.new_context(has_touch=True, reduced_motion="reduce")
        self._context.set_default_timeout(PATIENCE_MS)
        self._page = self._context.new_page()

    @contextmanager
    def open(self, url: str, size: dict[str, int] = SCREEN, allow: tuple[str, ...] = ()) -> Iterator[Any]:
        """Open the page without data of earlier tests.

        A console error or warning fails the test, unless it contains a text of ``allow``.
        """
        page, messages = self._page, []

        def on_console(message: Any) -> None:
            if message.type in ("error", "warning"):
                messages.append(message.text)

        def on_error(error: Any) -> None:
            messages.append(str(error))

        self._context.clear_cookies()
        page.set_viewport_size(size)
        page.on("console", on_console)
        page.on("pageerror", on_error)
        try:
            page.goto(url)
            page.wait_for_selector("body:not(.untranslated)")
            yield page
        except Exception:
            print(*messages, sep="\n")  # They often say why the test failed.
            raise
        finally:
            page.goto("about:blank")
            page.remove_listener("console", on_console)
            page.remove_listener("pageerror", on_error)
        unexpected = [text for text in messages if not any(allowed in text for allowed in (*allow, NETWORK_CHANGED))]
        assert not unexpected, "\n".join(unexpected)


@contextmanager
def browsing() -> Iterator[Browsing]:
    """Start Chromium. Skips the test if Chromium or playwright is missing."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is missing (extra [test])")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        yield Browsing(playwright.chromium.launch(executable_path=program, args=FLAGS))


def scan(page: Any, code: Iterable[str], gap_s: float = 0.005, end: str = "\r") -> None:
    """Type a code as a scanner does, with Enter or other keys at the end.

    Among the characters may be keys by their names; Alt and Control are held until the next character is pressed.

    The events say when their keys were pressed, because a slow machine delivers them later.
    """
    session = page.context.new_cdp_session(page)
    pressed_s, held = time.time(), 0
    for character in (*code, *end):
        pressed_s += gap_s
        key = {"\r": "Enter", "\t": "Tab"}.get(character, character)
        virtual = ord(character.upper()) if len(character) == 1 else 0
        event = {"key": key, "windowsVirtualKeyCode": virtual, "timestamp": pressed_s, "modifiers": held}
        pressed = {"type": "keyDown", "text": character} if len(character) == 1 else {"type": "rawKeyDown"}
        held = held | MODIFIERS.get(character, 0) if len(character) > 1 else 0
        session.send("Input.dispatchKeyEvent", {**pressed, **event})
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})
    session.detach()
    page.wait_for_timeout(100)  # Nobody scans twice in a tenth of a second, and the page takes it for one code.


@contextmanager
def late(page: Any, path: str) -> Iterator[None]:
    """The next answer of this path comes only after what is done meanwhile."""
    waiting: list[Any] = []
    page.route(path, lambda route: waiting.append(route), times=1)
    yield
    (route,) = waiting
    with page.expect_response(path):
        route.continue_()


def expect(locator: Any) -> Any:
    """Return playwright's assertions, which retry until they hold."""
    from playwright import sync_api

    sync_api.expect.set_options(timeout=PATIENCE_MS)
    return sync_api.expect(locator)


def await_live(page: Any, x: float, y: float, colour: tuple[int, ...]) -> None:
    """Wait until the live picture has about this colour at (x, y), given as fractions of its size."""
    close = f"([x, y, wanted]) => ({PIXEL})([x, y]).every((value, index) => Math.abs(value - wanted[index]) < 12)"
    page.wait_for_function(close, arg=[x, y, list(colour)])


def painted(page: Any, selector: str) -> Image:
    """Return a screenshot of an element, shape (h, w, 3), uint8 RGB."""
    data = np.frombuffer(page.locator(selector).screenshot(), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)


def violations(page: Any) -> list[str]:
    """Return the serious accessibility violations that axe-core finds."""
    package = "axe_playwright_python"
    pytest.importorskip(package, reason="axe-playwright-python is missing (extra [test])")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate((resources.files(package) / "axe.min.js").read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(AXE)
    return found


def overflow_px(page: Any) -> int:
    """Return by how many pixels the page is wider than its window, or the contents of a dialog wider than it."""
    script = """() => Math.max(
        document.documentElement.scrollWidth - window.innerWidth,
        ...[...document.querySelectorAll("dialog[open]")].map((one) => one.scrollWidth - one.clientWidth))"""
    width: int = page.evaluate(script)
    return width


def small_targets(page: Any) -> list[str]:
    """Return the controls that are smaller than 48 px."""
    script = """() => [...document.querySelectorAll("button, select, input:not([type=checkbox]), label:has(input)")]
        .filter((one) => one.checkVisibility())
        .filter((one) => one.getBoundingClientRect().height < 48 || one.getBoundingClientRect().width < 48)
        .map((one) => one.outerHTML)"""
    found: list[str] = page.evaluate(script)
    return found


def download(page: Any, selector: str) -> tuple[str, Path]:
    """Click an element and return the name and path of the downloaded file."""
    with page.expect_download() as coming:
        page.click(selector)
    return coming.value.suggested_filename, Path(coming.value.path())
