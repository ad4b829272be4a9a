"""The interface as its own OpenAPI describes it, asked everything that schemathesis can think of."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from requests.adapters import HTTPAdapter
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth

from tests.frontends.fake_station import FakeStation

from .conftest import TOKEN
from .serving import Serving

ENDLESS = r"/api/v1/(events|preview\.mjpeg)"
OPEN = r"/(healthz|readyz|api/v1/(words|login|logout))"
CASES = 12

SETTINGS = hypothesis.settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class _ManyClients(HTTPAdapter):
    """Every request comes from another address of loopback, so that none is asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self._addresses = (f"127.1.{block}.{number}" for block in itertools.count(1) for number in range(1, 250))

    def send(self, *arguments: Any, **keywords: Any) -> requests.Response:
        self.poolmanager.clear()
        self.poolmanager.connection_pool_kw["source_address"] = (next(self._addresses), 0)
        return super().send(*arguments, **keywords)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount("http://", _ManyClients())
        yield session


def everything(served: Serving, without: str) -> Iterator[Any]:
    """Strategies of right and of wrong requests to all that the description names."""
    schema = schemathesis.openapi.from_url(f"{served.url}api/v1/openapi.json").exclude(path_regex=without)
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            yield operation.as_strategy(generation_mode=mode)


@contextlib.contextmanager
def taking(station: FakeStation) -> Iterator[None]:
    """Every capture asked for is done at once."""
    stop = threading.Event()

    def take() -> None:
        taken = 0
        while not stop.is_set():
            if station.await_requests(taken + 1, 0.1):
                taken += 1
                station.finish()

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_every_answer_is_as_described_and_none_is_a_fault(
    locked: Serving, station: FakeStation, session: requests.Session
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    station.see()
    with taking(station):
        for cases in everything(locked, ENDLESS):

            @SETTINGS
            @hypothesis.given(case=cases)
            def ask(case: Any) -> None:
                case.call_and_validate(session=session, headers=headers, excluded_checks=[ignored_auth])

            with contextlib.suppress(Unsatisfiable):  # What takes nothing cannot be asked wrongly.
                ask()


def test_nothing_is_done_without_the_token(locked: Serving, station: FakeStation, session: requests.Session) -> None:
    station.save()
    before = station.status()
    for cases in everything(locked, f"{ENDLESS}|{OPEN}"):

        @SETTINGS
        @hypothesis.given(case=cases)
        def ask(case: Any) -> None:
            assert case.call(session=session, headers={"Authorization": "Bearer wrong"}).status_code in (401, 405, 413)

        with contextlib.suppress(Unsatisfiable):  # What takes nothing cannot be asked wrongly.
            ask()
    assert station.requests == 0
    assert station.status() == before
    assert len(station.archive) == 1
