"""Printing over HTTP: asked for, listed, cancelled, and refused with a reason."""

from __future__ import annotations

import httpx
import pytest

from tests.frontends.fake_printing import FakePrinting
from tests.frontends.fake_station import FakeStation


@pytest.fixture
def printer(station: FakeStation) -> FakePrinting:
    return station.use_printer()


def test_captures_are_printed_as_the_request_says(
    client: httpx.Client, station: FakeStation, printer: FakePrinting
) -> None:
    ids = [station.save().id, station.save().id]
    asked = {"captures": ids, "copies": 2, "paper": "a4", "size": "35x45", "each": 4}
    accepted = client.post("/api/v1/prints", json=asked)
    assert accepted.status_code == 202
    assert accepted.json()["captures"] == ids
    assert printer.asked == [("a4", "35x45", 4)]
    assert client.get("/api/v1/prints").json()["prints"] == [accepted.json()]
    assert client.get("/api/v1/state").json()["printing"]["waiting"] == 1


def test_a_job_can_be_cancelled_once(client: httpx.Client, station: FakeStation, printer: FakePrinting) -> None:
    job = client.post("/api/v1/prints", json={"captures": [station.save().id]}).json()
    assert client.delete(f"/api/v1/prints/{job['id']}").status_code == 204
    assert not printer.jobs()
    assert client.delete(f"/api/v1/prints/{job['id']}").status_code == 404


def test_a_portrait_that_was_not_kept_is_not_printed(
    client: httpx.Client, station: FakeStation, printer: FakePrinting
) -> None:
    capture = station.save().id
    station.retake(capture)
    refused = client.post("/api/v1/prints", json={"captures": [capture]})
    assert refused.status_code == 409
    assert refused.json()["code"] == 76
    assert not printer.jobs()


@pytest.mark.parametrize(
    "asked",
    [{}, {"captures": []}, {"captures": ["../x"]}, {"copies": 0}, {"copies": 21}, {"paper": "a3"}, {"size": "x"}],
)
def test_a_request_that_makes_no_sense_is_refused(
    client: httpx.Client, station: FakeStation, printer: FakePrinting, asked: dict[str, object]
) -> None:
    wanted = {} if not asked else {"captures": [station.save().id], **asked}
    assert client.post("/api/v1/prints", json=wanted).status_code == 422
    assert not printer.jobs()


def test_a_station_without_a_printer_says_so(client: httpx.Client, station: FakeStation) -> None:
    refused = client.post("/api/v1/prints", json={"captures": [station.save().id]})
    assert refused.status_code == 404
    assert "printing.printer" in refused.json()["error"]
    assert client.get("/api/v1/state").json()["printing"] is None
