"""State, preview, events and settings over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import cv2
import httpx
import numpy as np
import pytest

from capture_station import __version__
from capture_station.frames import Image
from capture_station.frontends.web.events import EVENTS, TRACKED_CAPTURES
from capture_station.station.status import Hint
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import PERSON, ROOM
from tests.frontends.fake_station import FakeStation

from .serving import PATIENCE_S, EventReader, Serving, serving


def decoded(data: bytes) -> Image:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert image is not None
    return np.asarray(image, np.uint8)


def pictures(response: httpx.Response) -> Iterator[bytes]:
    """Yield the parts of a multipart stream."""
    buffer = b""
    for piece in response.iter_bytes():
        buffer += piece
        *parts, buffer = buffer.split(b"\r\n--frame\r\n")
        for part in parts:
            yield part.partition(b"\r\n\r\n")[2]


def test_the_state_has_what_the_page_shows(client: httpx.Client, station: FakeStation) -> None:
    station.see(Hint.STEP_CLOSER)
    state = client.get("/api/v1/state").json()
    assert state["state"] == "running"
    camera = {"kind": "demo", "name": "demo camera", "size_wh": [1280, 720], "fps": 30, "stands_in": False}
    assert state["camera"] == camera
    assert state["hint"] == state["framing"]["blocking"] == "step-closer"
    assert not state["framing"]["ready"]
    assert state["version"] == __version__
    assert state["language"] == "en"
    station.unplug("the cable is out")
    state = client.get("/api/v1/state").json()
    assert (state["state"], state["reason"]) == ("degraded", "the cable is out")


def test_ready_only_while_the_camera_delivers(client: httpx.Client, station: FakeStation) -> None:
    assert client.get("/readyz").status_code == 200
    station.unplug("gone")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").json() == {"state": "degraded"}


@pytest.mark.parametrize(("view", "background"), [("white", (255, 255, 255)), ("raw", ROOM)])
def test_a_single_preview_shows_the_requested_view(
    client: httpx.Client, view: str, background: tuple[int, ...]
) -> None:
    answer = client.get("/api/v1/preview.jpg", params={"view": view})
    assert answer.headers["content-type"] == "image/jpeg"
    image = decoded(answer.content)
    np.testing.assert_allclose(image[300, 500], PERSON, atol=6)
    np.testing.assert_allclose(image[300, 1000], background, atol=6)


def test_no_picture_is_explained(station: FakeStation) -> None:
    with serving(station) as server, server.client() as client:
        answer = client.get("/api/v1/preview.jpg")
    assert answer.status_code == 503
    assert answer.json() == {"error": "there is no picture: the camera is starting", "code": 66}


def test_the_preview_moves(served: Serving, station: FakeStation) -> None:
    with served.client() as client, client.stream("GET", "/api/v1/preview.mjpeg") as response:
        assert response.headers["content-type"] == "multipart/x-mixed-replace; boundary=frame"
        assert response.headers["x-accel-buffering"] == "no"  # nginx would hold the stream back.
        shown = pictures(response)
        assert decoded(next(shown))[300, 1000].min() > 240
        station.white_rgb = np.zeros_like(station.white_rgb)
        station.see()
        assert decoded(next(shown)).max() < 10


def test_a_viewer_that_does_not_read_delays_nobody(served: Serving, station: FakeStation) -> None:
    random = np.random.default_rng(0)
    station.white_rgb = random.integers(0, 256, station.white_rgb.shape, np.uint8)
    with served.client() as slow, slow.stream("GET", "/api/v1/preview.mjpeg") as unread:
        with served.client() as quick, quick.stream("GET", "/api/v1/preview.mjpeg") as response:
            shown = pictures(response)
            next(shown)
            for _ in range(30):
                station.see()
                next(shown)
        # The slow viewer does not get what it missed: only data already in buffers, then the newest picture.
        station.white_rgb = np.zeros_like(station.white_rgb)
        station.see()
        behind = next(number for number, picture in enumerate(pictures(unread)) if decoded(picture).max() < 10)
    assert behind < 15


def test_a_picture_is_encoded_once_for_all_viewers(served: Serving, station: FakeStation) -> None:
    with (
        served.client() as client,
        client.stream("GET", "/api/v1/preview.mjpeg") as first,
        client.stream("GET", "/api/v1/preview.mjpeg") as second,
    ):
        viewers = pictures(first), pictures(second)
        for viewer in viewers:
            next(viewer)
        looks = station.looks
        for _ in range(5):
            station.see()
            for viewer in viewers:
                next(viewer)
    # One call a picture, and one that waits for the next.
    assert station.looks - looks <= 7


def test_without_viewers_no_pictures_are_fetched(served: Serving, station: FakeStation) -> None:
    with served.client() as client:
        with client.stream("GET", "/api/v1/preview.mjpeg") as response:
            next(pictures(response))
        while station.await_looks(1, timeout_s=1):
            pass
        client.get("/api/v1/state")
        looks = station.looks
        assert not station.await_looks(1, timeout_s=0.2)
    assert station.looks == looks


def test_events_report_state_captures_and_removals(served: Serving, station: FakeStation) -> None:
    with served.client() as client, served.client() as actor, client.stream("GET", "/api/v1/events") as response:
        events = EventReader(response)
        assert events.next("state")["state"] == "running"
        actor.post("/api/v1/captures", json={})
        while events.next("state")["countdown_left_s"] != 3:
            pass
        shot = station.finish()
        taken = events.next("capture")
        assert (taken["id"], taken["is_new"]) == (shot.id, True)
        actor.post(f"/api/v1/captures/{shot.id}/retake")
        marked = events.next("capture")
        assert (marked["kept"], marked["is_new"]) == (False, False)
        actor.delete(f"/api/v1/captures/{shot.id}")
        assert events.next("removed") == {"id": shot.id}
        station.unplug("gone")
        while events.next("state")["reason"] != "gone":
            pass


def test_every_client_hears_what_is_decided_in_the_window_and_by_another_client(
    served: Serving, station: FakeStation
) -> None:
    station.subjects.use("optional", Subject("20417", "Ada"))
    portrait = station.save().id
    with (
        served.client() as actor,
        served.client() as client,
        served.client() as other,
        client.stream("GET", "/api/v1/events") as response,
        other.stream("GET", "/api/v1/events") as second,
    ):
        readers = EventReader(response), EventReader(second)
        for reader in readers:
            reader.next("state")
        station.retake(portrait)
        assert [reader.next("capture")["kept"] for reader in readers] == [False, False]
        actor.post(f"/api/v1/captures/{portrait}/keep")
        assert [reader.next("capture")["kept"] for reader in readers] == [True, True]
        station.subjects.assign(portrait, "20417", "window")
        assert [reader.next("capture")["subject"]["name"] for reader in readers] == ["Ada", "Ada"]


def test_a_capture_removed_by_others_is_reported_once(served: Serving, station: FakeStation) -> None:
    *_, first, second, third = [station.save().id for _ in range(TRACKED_CAPTURES + 1)]
    with served.client() as client, served.client() as actor, client.stream("GET", "/api/v1/events") as response:
        events = EventReader(response)
        assert station.await_listings()
        station.save()  # The oldest tracked capture leaves the window; nobody removed it.
        assert station.await_listings()
        station.remove(first)
        assert events.next("removed") == {"id": first}
        actor.delete(f"/api/v1/captures/{second}")
        assert station.await_listings()
        station.remove(third)
        assert [events.next("removed")["id"] for _ in range(2)] == [second, third]
        purged = station.ids(TRACKED_CAPTURES)
        for capture_id in purged:
            station.remove(capture_id)
        assert {events.next("removed")["id"] for _ in purged} == set(purged)


def test_an_archive_that_is_away_reports_no_removals(served: Serving, station: FakeStation) -> None:
    first, second = (station.save().id for _ in range(2))
    with served.client() as client, client.stream("GET", "/api/v1/events") as response:
        events = EventReader(response)
        assert station.await_listings()
        station.archive_away = True
        assert station.await_listings()
        station.unplug("gone")
        while events.next("state")["reason"] != "gone":
            pass
        station.remove(second)
        station.archive_away = False
        # The first report is the capture that is really missing.
        assert events.next("removed") == {"id": second}
        station.remove(first)
        assert events.next("removed") == {"id": first}


def test_events_are_documented(client: httpx.Client) -> None:
    description = client.get("/api/v1/openapi.json").json()["paths"]["/api/v1/events"]["get"]["description"]
    page = client.get("/page/events.js").text
    for name, _ in EVENTS.values():
        assert f"`{name}`" in description
        assert f'"{name}"' in page


def test_only_the_named_settings_change(client: httpx.Client, station: FakeStation) -> None:
    before = {
        "guide": True,
        "countdown_s": 3.0,
        "smoothing": 0.6,
        "mirrored": True,
        "preset": "free",
        "camera": "auto",
        "camera_size": "auto",
        "camera_held": False,
    }
    assert client.get("/api/v1/settings").json() == before
    changed = client.patch("/api/v1/settings", json={"guide": False, "countdown_s": 5}).json()
    assert changed == {**before, "guide": False, "countdown_s": 5.0}
    assert client.patch("/api/v1/settings", json={"preset": "square"}).json()["preset"] == "square"
    assert not station.status().adjustments.guide


def test_a_preset_that_does_not_exist_changes_nothing(client: httpx.Client, station: FakeStation) -> None:
    before = station.status().adjustments
    answer = client.patch("/api/v1/settings", json={"preset": "none"})
    assert answer.status_code == 404
    assert "preset" in answer.json()["error"]
    assert station.status().adjustments == before


@pytest.mark.parametrize(
    "change",
    [
        {"countdown_s": 31},
        {"smoothing": -1},
        {"guide": "maybe"},
        {"preset": 5},
        {"camera_size": "large"},
        {"archive": {"folder": "/"}},
    ],
)
def test_invalid_settings_are_refused(client: httpx.Client, station: FakeStation, change: dict[str, object]) -> None:
    before = station.status().adjustments
    answer = client.patch("/api/v1/settings", json=change)
    assert answer.status_code == 422
    assert next(iter(change)) in answer.json()["error"]
    assert station.status().adjustments == before


def test_texts_come_in_the_requested_language(client: httpx.Client) -> None:
    assert client.get("/api/v1/words").json()["texts"]["button.keep"] == "Keep"
    german = client.get("/api/v1/words", params={"language": "de"}).json()
    assert german["language"] == "de"
    assert german["texts"]["button.keep"] == "Behalten"


def test_streams_end_with_the_station(served: Serving) -> None:
    ended = threading.Barrier(3)

    def watch(path: str) -> None:
        with served.client() as client, client.stream("GET", path) as response:
            lines = response.iter_bytes()
            next(lines)
            ended.wait(PATIENCE_S)
            for _ in lines:
                pass

    viewers = [threading.Thread(target=watch, args=(path,)) for path in ("/api/v1/preview.mjpeg", "/api/v1/events")]
    for viewer in viewers:
        viewer.start()
    ended.wait(PATIENCE_S)
    served.end()
    for viewer in viewers:
        viewer.join(PATIENCE_S)
        assert not viewer.is_alive()


def test_settings_are_kept_for_the_next_start_until_they_are_forgotten(client: httpx.Client) -> None:
    assert client.get("/api/v1/settings/kept").json() == {"kept": {}}
    client.patch("/api/v1/settings", json={"preset": "square"})
    assert client.put("/api/v1/settings/kept").json()["kept"]["portrait.preset"] == "square"
    assert client.get("/api/v1/settings/kept").json()["kept"]["portrait.preset"] == "square"
    assert client.delete("/api/v1/settings/kept").json() == {"kept": {}}
    assert client.get("/api/v1/settings/kept").json() == {"kept": {}}


def test_the_camera_is_chosen_from_what_is_attached(client: httpx.Client, station: FakeStation) -> None:
    answer = client.get("/api/v1/cameras").json()
    assert answer["cameras"] == [
        {"choice": "auto", "name": "", "attached": True},
        {"choice": "webcam:/dev/video0", "name": "Webcam", "attached": True},
        {"choice": "webcam:/dev/video2", "name": "DSLR", "attached": True},
    ]
    assert "1280x960" in answer["sizes"]
    change = {"camera": "webcam:/dev/video2", "camera_size": "1280x960", "camera_held": True}
    changed = client.patch("/api/v1/settings", json=change).json()
    assert change.items() <= changed.items()
    assert station.status().adjustments.camera == "webcam:/dev/video2"
    kept = client.put("/api/v1/settings/kept").json()["kept"]
    assert kept["camera.device"] == "/dev/video2"
