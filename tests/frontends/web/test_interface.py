"""Fuzzes the interface with schemathesis, by its own OpenAPI document."""

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
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth

from tests.frontends.fake_station import FakeStation

from .conftest import TOKEN
from .serving import Serving

ENDLESS_PATHS = r"/api/v1/(events|preview\.mjpeg)"
PUBLIC_PATHS = r"/(healthz|readyz|api/v1/(words|login|pair|logout))"
CASES = 12
REJECTIONS = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
"""schemathesis's own, and 413: a list can be too long for a request's body before it is too long for its schema."""

SETTINGS = hypothesis.settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class _ManyClients(HTTPAdapter):
    """Sends every request from another loopback address, so that no rate limit applies."""

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


def strategies(served: Serving, excluded: str) -> Iterator[Any]:
    """Yield strategies of valid and of invalid requests to every documented operation."""
    config = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REJECTIONS}}})
    url = f"{served.url}api/v1/openapi.json"
    schema = schemathesis.openapi.from_url(url, config=config).exclude(path_regex=excluded)
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            yield operation.as_strategy(generation_mode=mode)


@contextlib.contextmanager
def finishing_captures(station: FakeStation) -> Iterator[None]:
    """Finish every requested capture at once."""
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


def test_every_response_matches_the_document_and_none_is_a_server_error(
    locked: Serving, station: FakeStation, session: requests.Session
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    station.see()
    with finishing_captures(station):
        for cases in strategies(locked, ENDLESS_PATHS):

            @SETTINGS
            @hypothesis.given(case=cases)
            def ask(case: Any) -> None:
                case.call_and_validate(session=session, headers=headers, excluded_checks=[ignored_auth])

            with contextlib.suppress(Unsatisfiable):  # An operation without parameters has no invalid requests.
                ask()


def test_nothing_changes_without_the_token(locked: Serving, station: FakeStation, session: requests.Session) -> None:
    station.save()
    before = station.status()
    for cases in strategies(locked, f"{ENDLESS_PATHS}|{PUBLIC_PATHS}"):

        @SETTINGS
        @hypothesis.given(case=cases)
        def ask(case: Any) -> None:
            # 403: some invented headers are those of a foreign page.
            answer = case.call(session=session, headers={"Authorization": "Bearer wrong"})
            assert answer.status_code in (401, 403, 405, 413)

        with contextlib.suppress(Unsatisfiable):  # An operation without parameters has no invalid requests.
            ask()
    assert station.requests == 0
    assert station.status() == before
    assert len(station.archive) == 1
