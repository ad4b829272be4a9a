"""The page in a real browser, behind a reverse proxy and below a path."""

from __future__ import annotations

import pytest

from capture_station.locales.messages import Messages
from tests.frontends.fake_station import FakeStation
from tests.frontends.web.conftest import TOKEN
from tests.frontends.web.serving import serving

from .browsing import Browsing, await_live, download, expect
from .reverse_proxy import proxied

SAY = Messages("en")


@pytest.mark.parametrize("host", [None, "localhost", "127.0.0.1:1"], ids=["$http_host", "$host", "plain proxy_pass"])
def test_behind_a_proxy_the_page_works_and_asks_for_the_token(
    browser: Browsing, portraits: FakeStation, token_file: object, host: str | None
) -> None:
    portraits.see()
    with (
        serving(portraits, token_file=str(token_file), host_names=["localhost"]) as served,
        proxied(served.url, host) as url,
        browser.open(url, allow=("401",)) as page,
    ):
        expect(page.locator("#token")).to_be_focused()
        page.keyboard.type(TOKEN)
        page.keyboard.press("Enter")
        expect(page.locator("#condition")).to_have_text(SAY("page.ready"))
        await_live(page, 0.8, 0.5, (255, 255, 255))
        page.click("#capture")
        assert portraits.await_requests(1)
        portraits.finish()
        page.click("#keep")
        page.locator(".thumbnail").first.click()
        assert page.evaluate("() => document.getElementById('portrait-picture').decode().then(() => true)")
        download(page, "#portrait-download")
        page.click("#portrait [data-closes]")
        page.click("#open-settings")
        page.fill("#day", "2026-01-31")
        download(page, "#export button")
