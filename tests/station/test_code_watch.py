"""Codes held up to the camera check people in. The camera plays a video of a card before the demo's room."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_station.camera.demo_scene import Scene
from capture_station.config import StationSettings
from capture_station.errors import ConfigError
from capture_station.frames import Frame, Head, Image
from capture_station.station.code_watch import LARGE_HEAD, CodeWatch, head_height
from capture_station.station.newest_slot import NewestSlot
from capture_station.station.station import Station
from capture_station.station.status import Person, State, SubjectStatus
from tests.station.conftest import PATIENCE_S, StartStation, until

zxingcpp = pytest.importorskip("zxingcpp", reason="zxing-cpp is not installed: pip install '.[scan]'")

SIZE_WH = (640, 480)
FACE_XY = (320, 130)
"""Where the demo's person has the face."""


def card(text: str, scale: int = 6) -> Image:
    """A white card with a QR code, (h, w, 3)."""
    code = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str("QRCode"))
    grey = np.array(zxingcpp.write_barcode_to_image(code, scale=scale))
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def film(path: Path, held: Image | None, at_xy: tuple[int, int]) -> str:
    """Two seconds of the demo's person, with a card in front of the picture."""
    scene = Scene(15)
    scene.prepare(SIZE_WH)
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15, SIZE_WH)
    for number in range(30):
        picture = scene.image(number, SIZE_WH).copy()
        if held is not None:
            height, width = held.shape[:2]
            left, top = at_xy[0] - width // 2, max(0, at_xy[1] - height // 2)
            picture[top : top + height, left : left + width] = held
        video.write(picture[..., ::-1])
    video.release()
    return str(path)


@pytest.fixture
def roster(tmp_path: Path) -> str:
    path = tmp_path / "people.csv"
    path.write_text("id,name\nFQ-20417,Ada Lovelace\n")
    return str(path)


def begin(start: StartStation, roster: str, video: str, hands_free: bool = False, **subjects: object) -> Station:
    station = start(
        capture={"auto": hands_free, "auto_hold_s": 30},
        window={"review_s": 120},
        subjects={"mode": "required", "roster": roster, "camera_codes": True, **subjects},
        camera={"kind": "stream", "url": video, "preview_size_px": SIZE_WH},
    )
    until(station, lambda status: status.state is State.RUNNING)
    return station


def test_a_code_held_before_the_face_checks_the_person_in(start: StartStation, roster: str, tmp_path: Path) -> None:
    station = begin(start, roster, film(tmp_path / "film.avi", card("FQ-20417", 9), FACE_XY))
    status = until(station, lambda status: status.subjects.current is not None)
    assert status.subjects.current == Person("FQ-20417", "Ada Lovelace")
    assert status.subjects.camera_code is not None
    assert status.subjects.camera_code.outcome == "checked-in"


def test_a_badge_that_stays_in_view_asks_for_no_second_portrait(
    start: StartStation, roster: str, tmp_path: Path
) -> None:
    station = begin(start, roster, film(tmp_path / "film.avi", card("FQ-20417", 9), FACE_XY), hands_free=True)
    until(station, lambda status: status.subjects.current is not None)
    shot = station.capture().result(PATIENCE_S)
    station.subjects.code_read("FQ-20417")
    assert not station.subjects.awaits_portrait()
    assert not station.subjects.comes_again()
    station.keep(shot.id)
    station.subjects.code_read("FQ-20417")
    assert station.status().subjects.current is None


@pytest.mark.parametrize(
    ("text", "policy", "outcome"),
    [
        ("999", "ask", "ask"),
        ("999", "refuse", "refuse"),
        ("999", "accept", "checked-in"),
        ("x" * 65, "ask", "unreadable"),
    ],
)
def test_the_policy_is_that_of_a_scan(
    start: StartStation, roster: str, tmp_path: Path, text: str, policy: str, outcome: str
) -> None:
    held = card(text, 9 if len(text) < 9 else 7)
    station = begin(start, roster, film(tmp_path / "film.avi", held, FACE_XY), unknown=policy)
    code = until(station, lambda status: status.subjects.camera_code is not None).subjects.camera_code
    assert code is not None
    assert (code.text, code.outcome) == (text, outcome)
    assert (station.status().subjects.current is not None) == (outcome == "checked-in")


class Counting:
    """A code reader that sees the same code always, and counts its looks."""

    def __init__(self, text: str | None = None, error: Exception | None = None) -> None:
        self.text, self.error = text, error
        self.looked = threading.Event()

    def read(self, image_rgb: Image) -> str | None:
        assert image_rgb.shape == (480, 640, 3)
        self.looked.set()
        if self.error is not None:
            raise self.error
        return self.text


class Desk:
    """As much of a desk as the watch needs; nobody is checked in."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.code_read = self.read.append

    def status(self) -> SubjectStatus:
        return SubjectStatus("required")


def face(height: float) -> Head:
    """A head of this height, as a share of the picture's."""
    points: Sequence[tuple[float, float]] = (
        (0.45, 0.4), (0.55, 0.4), (0.5, 0.45), (0.47, 0.5), (0.53, 0.5), (0.5, 0.4 + height / 2),
    )  # fmt: skip
    return Head(np.array(points, np.float32), 1.0)


@pytest.mark.parametrize("roll", [False, True])
def test_a_head_is_measured_from_crown_to_chin(roll: bool) -> None:
    head = face(0.4)
    if roll:  # Turned by 90 degrees, in a square picture.
        head = Head(np.ascontiguousarray(head.points[:, ::-1]), 1.0)
    assert head_height(head, (480, 480)) == pytest.approx(0.4, abs=1e-5)


@pytest.mark.parametrize(("head", "looks"), [(None, True), (LARGE_HEAD - 0.02, True), (LARGE_HEAD + 0.02, False)])
def test_who_stands_close_is_not_searched_for_codes(head: float | None, looks: bool) -> None:
    frames = NewestSlot[Frame]()
    reader = Counting()
    asked = threading.Semaphore(0)

    def newest_head() -> Head | None:
        frames.put(Frame(np.zeros((480, 640, 3), np.uint8), 0, 0.0))
        asked.release()
        return None if head is None else face(head)

    stop = threading.Event()
    watch = CodeWatch(reader, frames, newest_head, Desk())  # type: ignore[arg-type]
    frames.put(Frame(np.zeros((480, 640, 3), np.uint8), 0, 0.0))
    thread = threading.Thread(target=watch.run, args=(stop,))
    thread.start()
    for _ in range(3):
        assert asked.acquire(timeout=PATIENCE_S)
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert reader.looked.is_set() == looks


def test_nobody_is_looked_for_while_somebody_is_checked_in(start: StartStation, roster: str, tmp_path: Path) -> None:
    station = begin(start, roster, film(tmp_path / "film.avi", card("FQ-20417", 9), FACE_XY))
    until(station, lambda status: status.subjects.current is not None)
    code = station.status().subjects.camera_code
    station.capture(subject_id="FQ-20417")
    until(station, lambda status: status.live.previews > 60)
    assert station.status().subjects.camera_code == code


def test_a_reader_that_fails_does_not_die_silently() -> None:
    frames = NewestSlot[Frame]()
    frames.put(Frame(np.zeros((480, 640, 3), np.uint8), 0, 0.0))
    watch = CodeWatch(Counting(error=RuntimeError("the library broke")), frames, lambda: None, Desk())  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="the library broke"):
        watch.run(threading.Event())


def test_without_the_library_a_station_says_what_to_install(
    settings: StationSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    wanted = settings.model_copy(
        update={"subjects": settings.subjects.model_copy(update={"mode": "required", "camera_codes": True})}
    )
    with pytest.raises(ConfigError, match=r"install the extra \[scan\]"):
        Station(wanted)
