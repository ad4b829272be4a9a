"""Taking a portrait home: a link shows one portrait, for a while, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import httpx
import numpy as np
import pytest
from pydantic import ValidationError

from capture_station.config import ShareSettings, StationSettings
from capture_station.frontends.web.auth import TokenAuth
from capture_station.frontends.web.share_links import ShareLinks
from capture_station.frontends.web.sockets import listen
from capture_station.station.status import Person
from tests.frontends.fake_station import FakeStation

from .conftest import TOKEN
from .serving import Serving, serving

ADDRESS = "https://booth.example.org/"


@pytest.fixture
def sharing(station: FakeStation, token_file: Path) -> Iterator[Serving]:
    station.see()
    with serving(station, share={"minutes": 30, "address": ADDRESS}, token_file=str(token_file)) as server:
        yield server


@pytest.fixture
def operator(sharing: Serving) -> Iterator[httpx.Client]:
    with sharing.client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client


@pytest.fixture
def guest(sharing: Serving) -> Iterator[httpx.Client]:
    """Somebody without the token."""
    with sharing.client() as client:
        yield client


@pytest.fixture
def capture(station: FakeStation, tmp_path: Path) -> str:
    path = tmp_path / "portrait.png"
    cv2.imwrite(str(path), np.full((40, 30, 3), 200, np.uint8))
    return station.save(portrait=str(path)).id


def path_of(operator: httpx.Client, capture: str) -> str:
    url = operator.post(f"/api/v1/captures/{capture}/share").json()["url"]
    assert url.startswith(f"{ADDRESS}share/")
    return urlsplit(url).path


def test_a_link_shows_the_portrait_to_a_guest(
    operator: httpx.Client, guest: httpx.Client, capture: str, tmp_path: Path
) -> None:
    path = path_of(operator, capture)
    page = guest.get(path)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    picture = guest.get(f"{path}/portrait")
    assert picture.content == (tmp_path / "portrait.png").read_bytes()
    assert 'filename="portrait.png"' in picture.headers["content-disposition"]


def test_a_link_opens_nothing_else(
    operator: httpx.Client, guest: httpx.Client, station: FakeStation, capture: str
) -> None:
    other = station.save().id
    path = path_of(operator, capture)
    forged = path.replace(capture, other)
    assert guest.get(forged).status_code == 404
    assert guest.get(f"{forged}/portrait").status_code == 404
    assert guest.get(f"/api/v1/captures/{capture}").status_code == 401
    assert guest.post(f"/api/v1/captures/{capture}/share").status_code == 401


@pytest.mark.parametrize("token", ["x", "..%2F..", "a.b.c", f"20260131-120000-000000-00000000.ffffffff.{'0' * 26}"])
def test_a_made_up_link_shows_nothing(guest: httpx.Client, token: str) -> None:
    page = guest.get(f"/share/{token}")
    assert page.status_code == 404
    assert "/portrait" not in page.text


def test_a_portrait_that_is_retaken_or_deleted_is_gone_from_its_link(
    operator: httpx.Client, guest: httpx.Client, station: FakeStation, capture: str
) -> None:
    path = path_of(operator, capture)
    station.retake(capture)
    assert guest.get(path).status_code == 404
    refused = operator.post(f"/api/v1/captures/{capture}/share")
    assert (refused.status_code, refused.json()["code"]) == (409, 79)
    station.keep(capture)
    assert guest.get(path).status_code == 200
    station.remove(capture)
    assert guest.get(f"{path}/portrait").status_code == 404


def test_what_is_never_uploaded_has_no_link_and_no_code(station: FakeStation, capture: str) -> None:
    station.see()
    share = {"target_url": "https://photos.example.org/{capture}.jpg"}
    settings = {"share": share, "upload": {"url": "/mnt/nas/booth"}, "subjects": {"mode": "required"}}
    with serving(station, **settings) as server, server.client() as client:  # type: ignore[arg-type]
        nameless = client.post(f"/api/v1/captures/{capture}/share")
        assert (nameless.status_code, nameless.json()["code"]) == (409, 79)
        assert server.server.share_code(capture) is None
        station.amend(capture, subject=Person("20417"))
        assert client.post(f"/api/v1/captures/{capture}/share").status_code == 200
        assert server.server.share_code(capture)
        station.amend(capture, by_demo=True)
        assert client.post(f"/api/v1/captures/{capture}/share").json()["code"] == 79
        assert server.server.share_code(capture) is None
        station.remove(capture)
        assert client.post(f"/api/v1/captures/{capture}/share").status_code == 404
        assert server.server.share_code(capture) is None


def test_guessing_is_slowed_down(guest: httpx.Client) -> None:
    answers = [guest.get("/share/x").status_code for _ in range(25)]
    assert answers[0] == 404
    assert 429 in answers


@pytest.mark.parametrize("corrected_s", [0, 3 * 3600, -24 * 3600])
def test_a_link_ends_with_its_time_and_with_the_token_whatever_the_clock_does(corrected_s: float) -> None:
    now_s = wrong_s = 1_000_000.0
    listener = listen("127.0.0.1:0")
    try:
        settings = ShareSettings(minutes=10, address=ADDRESS)
        links = ShareLinks(settings, TokenAuth(TOKEN).sign, [listener], lambda: wrong_s, lambda: now_s)
        token = links.link("20260131-120000-000000-00000000").url.rpartition("/")[2]
        assert links.capture_of(token) == "20260131-120000-000000-00000000"
        restarted = ShareLinks(settings, TokenAuth(TOKEN).sign, [listener], lambda: now_s)
        assert restarted.capture_of(token)
        assert not ShareLinks(settings, TokenAuth(f"{TOKEN}!").sign, [listener], lambda: now_s).capture_of(token)
        wrong_s += corrected_s
        now_s += 599
        assert links.capture_of(token) == "20260131-120000-000000-00000000"
        now_s += 2
        assert links.capture_of(token) is None
        restarted_later = ShareLinks(settings, TokenAuth(TOKEN).sign, [listener], lambda: 1_000_601.0)
        assert restarted_later.capture_of(token) is None
    finally:
        listener.close()


def test_a_link_may_lead_to_the_upload(station: FakeStation, capture: str) -> None:
    share = {"target_url": "https://photos.example.org/{day}/{capture}/{capture}-portrait.jpg"}
    with serving(station, share=share, upload={"url": "/mnt/nas/booth"}) as server, server.client() as client:
        assert not server.server.problems
        link = client.post(f"/api/v1/captures/{capture}/share").json()
        assert link["url"] == f"https://photos.example.org/2026-01-31/{capture}/{capture}-portrait.jpg"
        assert link["expires_at"] is None
        assert client.get(f"/share/{capture}.ffffffff.{'0' * 26}").status_code == 404
    with pytest.raises(ValidationError, match=r"it needs upload\.url, and upload\.names: folders"):
        StationSettings.model_validate({"share": share})


def test_a_page_that_phones_cannot_reach_is_said_so(station: FakeStation) -> None:
    with serving(station, share={"minutes": 30}) as server:
        assert any("web.listen=0.0.0.0:8480" in problem for problem in server.server.problems)


def test_without_the_setting_nothing_is_shared(client: httpx.Client, station: FakeStation) -> None:
    capture = station.save().id
    assert client.post(f"/api/v1/captures/{capture}/share").status_code == 404
    assert client.get("/share/x").status_code == 404
    assert client.get("/api/v1/state").json()["sharing"] is False
