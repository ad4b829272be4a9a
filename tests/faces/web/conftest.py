from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.faces.fake_station import FakeStation

from .serving import Serving, serving


@pytest.fixture
def served(station: FakeStation) -> Iterator[Serving]:
    """A station with a picture, and its server."""
    station.see()
    with serving(station) as server:
        yield server


@pytest.fixture
def client(served: Serving) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client
