"""Captures over HTTP: take, list, show, mark, delete, export."""

from __future__ import annotations

import struct
import threading
import tracemalloc
import zlib
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from capture_station.frames import Flaw
from capture_station.frontends.web.routes.captures import MAX_DECODERS
from capture_station.station.status import Saved
from tests.frontends.conftest import PERSON
from tests.frontends.fake_station import FakeStation

from .serving import PATIENCE_S, Serving

NOWHERE = "20260131-000000-000000-ffffffff"

LARGE_BYTES = 1600 * 3200 * 3
OTHER_BYTES = 20_000_000
UNREADABLE = "/proc/self/mem"
"""A regular file that can be opened; reading its first byte fails as a bad sector does."""


@pytest.fixture
def large(station: FakeStation, tmp_path: Path) -> Saved:
    """A capture whose portrait has 5 MP."""
    path = tmp_path / "large.jpg"
    cv2.imwrite(str(path), np.full((3200, 1600, 3), PERSON[::-1], np.uint8))
    return station.save(portrait=str(path))


def test_a_capture_is_accepted_and_can_be_followed(client: httpx.Client, station: FakeStation) -> None:
    accepted = client.post("/api/v1/captures", json={"countdown_s": 5})
    assert accepted.status_code == 202
    assert station.status().captures.countdown_left_s == 5
    request = accepted.headers["location"]
    assert client.get(request).json()["status"] == "pending"
    shot = station.finish("review", (Flaw("face-small", {"px": 40}),))
    done = client.get(request).json()
    assert done["status"] == "done"
    assert done["capture"]["id"] == shot.id
    assert done["capture"]["verdict"] == "review"
    assert done["capture"]["flaws"] == [{"code": "face-small", "values": {"px": 40}}]


def test_a_failed_capture_says_why(client: httpx.Client, station: FakeStation) -> None:
    request = client.post("/api/v1/captures", json={}).headers["location"]
    station.fail("the matte came to nothing")
    failed = client.get(request).json()
    assert failed["status"] == "failed"
    assert failed["error"] == {"error": "the matte came to nothing", "code": 70}


def test_a_countdown_can_be_cancelled(client: httpx.Client) -> None:
    request = client.post("/api/v1/captures", json={}).headers["location"]
    assert client.post("/api/v1/cancel").json() == {"cancelled": True}
    assert client.get(request).json()["status"] == "cancelled"
    assert client.post("/api/v1/cancel").json() == {"cancelled": False}


def test_a_waiting_client_gets_the_capture(client: httpx.Client, station: FakeStation) -> None:
    answers: list[httpx.Response] = []
    waiting = threading.Thread(target=lambda: answers.append(client.post("/api/v1/captures", json={"wait": True})))
    waiting.start()
    assert station.await_requests(1)
    shot = station.finish()
    waiting.join(PATIENCE_S)
    assert answers[0].status_code == 201
    assert answers[0].json()["id"] == shot.id
    assert client.get(answers[0].headers["location"]).json()["id"] == shot.id


@pytest.mark.parametrize(("ending", "status"), [("fail", 500), ("cancel", 409), ("stop", 503)])
def test_a_waiting_client_is_told_why_there_is_no_capture(
    served: Serving, station: FakeStation, ending: str, status: int
) -> None:
    answers: list[httpx.Response] = []

    def ask() -> None:
        with served.client() as client:
            answers.append(client.post("/api/v1/captures", json={"wait": True}))

    waiting = threading.Thread(target=ask)
    waiting.start()
    assert station.await_requests(1)
    match ending:
        case "fail":
            station.fail("it broke")
        case "cancel":
            station.cancel()
        case "stop":
            served.end()
    waiting.join(PATIENCE_S)
    assert answers[0].status_code == status


def test_a_waiting_client_that_leaves_does_not_cancel_the_capture(served: Serving, station: FakeStation) -> None:
    with served.client() as client, pytest.raises(httpx.ReadTimeout):
        client.post("/api/v1/captures", json={"wait": True}, timeout=httpx.Timeout(20, read=2))
    assert station.await_requests(1)
    shot = station.finish()
    with served.client() as client:
        assert client.get("/api/v1/captures").json()["captures"][0]["id"] == shot.id


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [("busy", 409, 75), ("unplugged", 503, 66), ("full", 507, 74)],
)
def test_a_refused_capture_says_why(
    client: httpx.Client, station: FakeStation, trouble: str, status: int, code: int
) -> None:
    match trouble:
        case "busy":
            station.expose()
        case "unplugged":
            station.unplug("gone")
        case "full":
            station.fill_disk()
    answer = client.post("/api/v1/captures", json={})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["error"]


def test_a_picture_that_is_no_portrait_says_why_in_codes(client: httpx.Client, station: FakeStation) -> None:
    request = client.post("/api/v1/captures", json={}).json()["id"]
    station.expose()
    station.refuse(Flaw("uncropped-small", {"preset": "badge"}))
    error = client.get(f"/api/v1/requests/{request}").json()["error"]
    assert error["code"] == 68
    assert error["flaws"] == [{"code": "uncropped-small", "values": {"preset": "badge"}}]


@pytest.mark.parametrize("body", [{"countdown_s": -1}, {"countdown_s": 31}, {"countdown_s": "soon"}, {"path": "/"}, []])
def test_an_invalid_capture_request_is_refused(client: httpx.Client, station: FakeStation, body: object) -> None:
    assert client.post("/api/v1/captures", json=body).status_code == 422
    assert station.requests == 0


def test_a_request_without_json_is_told_what_to_send(client: httpx.Client, station: FakeStation) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post("/api/v1/captures", content='{"wait": true}', headers=form)
    assert (answer.status_code, answer.json()["code"]) == (415, 415)
    assert answer.json()["error"] == "send Content-Type: application/json"
    broken = client.post("/api/v1/captures", content='{"wait": tru', headers={"Content-Type": "application/json"})
    assert broken.status_code == 422
    assert broken.json()["error"] == "the body is not JSON (character 10)"
    assert station.requests == 0


def test_captures_are_listed_newest_first_in_pages(client: httpx.Client, station: FakeStation) -> None:
    ids = [station.save().id for _ in range(5)]
    seen: list[str] = []
    before = None
    for length in (2, 2, 1):
        page = client.get("/api/v1/captures", params={"limit": 2, **({"before": before} if before else {})}).json()
        assert len(page["captures"]) == length
        seen += [capture["id"] for capture in page["captures"]]
        before = page["next"]
    assert before is None
    assert seen == ids[::-1]


def test_a_capture_comes_with_its_record_and_pictures(
    client: httpx.Client, station: FakeStation, tmp_path: Path
) -> None:
    matte = tmp_path / "matte.png"
    cv2.imwrite(str(matte), np.zeros((4, 4), np.uint8))
    saved = station.save(portrait=station.portrait, matte=str(matte))
    whole = client.get(f"/api/v1/captures/{saved.id}").json()
    assert whole["record"] == {"id": saved.id}
    assert whole["pictures"] == ["portrait", "matte"]
    answer = client.get(f"/api/v1/captures/{saved.id}/matte")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == matte.read_bytes()
    assert client.get(f"/api/v1/captures/{saved.id}/original").status_code == 404


def test_a_portrait_can_be_scaled_down(client: httpx.Client, station: FakeStation) -> None:
    saved = station.save(portrait=station.portrait)
    answer = client.get(f"/api/v1/captures/{saved.id}/portrait", params={"width": 150})
    assert answer.headers["content-type"] == "image/jpeg"
    image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (200, 150, 3)


@pytest.mark.parametrize(("width", "shown"), [(100, 100), (300, 300), (1200, 1200), (4000, 1600)])
def test_a_large_portrait_has_the_requested_width(client: httpx.Client, large: Saved, width: int, shown: int) -> None:
    answer = client.get(f"/api/v1/captures/{large.id}/portrait", params={"width": width})
    image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert image is not None
    assert image.shape == (2 * shown, shown, 3)
    np.testing.assert_allclose(image[50, 50], PERSON, atol=6)


@pytest.mark.parametrize(("width", "most_pictures"), [(190, 0.1), (1600, 3 * MAX_DECODERS)])
def test_many_viewers_of_portraits_use_little_memory(
    served: Serving, large: Saved, width: int, most_pictures: float
) -> None:
    def look() -> None:
        with served.client() as client:
            start.wait(PATIENCE_S)
            assert client.get(f"/api/v1/captures/{large.id}/portrait?width={width}").status_code == 200

    start = threading.Barrier(20)
    viewers = [threading.Thread(target=look) for _ in range(start.parties)]
    tracemalloc.start()
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join(PATIENCE_S)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < most_pictures * LARGE_BYTES + OTHER_BYTES


def test_a_picture_missing_on_disk_is_not_found(client: httpx.Client, station: FakeStation) -> None:
    saved = station.save(portrait="/nowhere/portrait.jpg")
    for path in ("portrait", "portrait?width=100"):
        assert client.get(f"/api/v1/captures/{saved.id}/{path}").status_code == 404


def test_keep_and_retake_mark_a_capture(client: httpx.Client, station: FakeStation) -> None:
    saved = station.save()
    assert client.post(f"/api/v1/captures/{saved.id}/retake").json()["kept"] is False
    assert station.archive[saved.id].kept is False
    assert client.post(f"/api/v1/captures/{saved.id}/keep").json()["kept"] is True
    assert station.archive[saved.id].kept is True


def test_a_removed_capture_is_gone(client: httpx.Client, station: FakeStation) -> None:
    saved = station.save()
    assert client.delete(f"/api/v1/captures/{saved.id}").status_code == 204
    assert saved.id not in station.archive
    assert client.delete(f"/api/v1/captures/{saved.id}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"captures/{NOWHERE}"),
        ("GET", f"captures/{NOWHERE}/portrait"),
        ("POST", f"captures/{NOWHERE}/keep"),
        ("POST", f"captures/{NOWHERE}/retake"),
        ("DELETE", f"captures/{NOWHERE}"),
        ("GET", "requests/0123456789abcdef"),
        ("GET", "nothing"),
    ],
)
def test_missing_things_are_not_found(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.json()["code"] == 404
    assert answer.json()["error"]


def test_an_unreadable_picture_is_an_error_and_not_an_empty_file(client: httpx.Client, station: FakeStation) -> None:
    saved = station.save(portrait=UNREADABLE)
    for path in ("portrait", "portrait?width=100"):
        answer = client.get(f"/api/v1/captures/{saved.id}/{path}")
        assert answer.status_code == 500
        assert answer.json()["error"] == "mem cannot be read: Input/output error"


def test_a_picture_that_announces_too_many_pixels_is_damaged(
    client: httpx.Client, station: FakeStation, tmp_path: Path
) -> None:
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)))
    saved = station.save(portrait=str(bad))
    answer = client.get(f"/api/v1/captures/{saved.id}/portrait?width=100")
    assert (answer.status_code, answer.json()["error"]) == (404, "bad.png is damaged")


def test_a_symlink_is_not_served(client: httpx.Client, station: FakeStation, tmp_path: Path) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to(station.portrait)
    saved = station.save(portrait=str(link))
    for path in ("portrait", "portrait?width=100"):
        assert client.get(f"/api/v1/captures/{saved.id}/{path}").status_code == 404
