from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.frontends.fake_station import FakeStation
from tests.frontends.web.serving import Serving

from .browsing import Browsing, browsing


@pytest.fixture(scope="package")
def browser() -> Iterator[Browsing]:
    """One Chromium for all tests of the page. Closing it also ends playwright's event loop in this thread."""
    with browsing() as browser:
        yield browser


@pytest.fixture
def portraits(station: FakeStation) -> FakeStation:
    """The station with three portraits in its archive."""
    for _ in range(3):
        station.save(portrait=station.portrait)
    return station


@pytest.fixture
def url(served: Serving) -> str:
    return served.url
