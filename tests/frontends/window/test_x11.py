"""The window on a real X server (Xvfb), pressed by real key and mouse events (xdotool), seen by its own pixels."""

from __future__ import annotations

import os
import shutil
import string
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from capture_station.config import WindowSettings
from capture_station.frames import Image
from capture_station.frontends.window.layout import arrange
from capture_station.frontends.window.palette import ACCENT, KEY, RAISED
from capture_station.frontends.window.people.search import PersonSearch
from capture_station.frontends.window.scene import Question, Scene, Typed
from capture_station.frontends.window.screen import Screen
from capture_station.frontends.window.window import probe
from capture_station.locales.messages import Messages
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import PERSON, ROOM
from tests.frontends.fake_station import FakeStation

from .running import running

pytest.importorskip("pygame", reason="the window needs pygame-ce (extra [kiosk])")
for program in ("Xvfb", "xdotool"):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (apt-get install xvfb xdotool)", allow_module_level=True)

SIZE_WH = (1280, 720)
SETTINGS = WindowSettings(size_px=SIZE_WH)
WHITE = (255, 255, 255)
CAPTURE_XY = ("640", "670")


class XServer:
    """An X server without a monitor."""

    def __init__(self, folder: Path, display: str | None = None) -> None:
        """Start one, on a free display or a given one, and wait until it answers."""
        reader, writer = os.pipe()
        command = ["Xvfb", *([display] if display else []), "-displayfd", str(writer), "-nolisten", "tcp"]
        command += ["-screen", "0", f"{SIZE_WH[0]}x{SIZE_WH[1]}x24", "-fbdir", str(folder)]
        self._process = subprocess.Popen(command, pass_fds=(writer,), stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as answer:
            self.display = ":" + answer.readline().strip()
        self._pixels = folder / "Xvfb_screen0"

    def do(self, *command: str) -> None:
        """Run xdotool, as deliberately as a person; without a window manager the only window has the focus."""
        subprocess.run(
            ["xdotool", "sleep", "0.5", *command], env=os.environ | {"DISPLAY": self.display}, check=True, timeout=60
        )

    def screenshot(self) -> Image:
        """(h, w, 3) RGB, from the file that the server keeps its pixels in (X11's XWD format)."""
        data = self._pixels.read_bytes()
        header = np.frombuffer(data, ">u4", 20)
        start = int(header[0] + header[19] * 12)
        width, height, line_bytes = int(header[4]), int(header[5]), int(header[12])
        rows = np.frombuffer(data, np.uint8, height * line_bytes, start).reshape(height, line_bytes // 4, 4)
        return np.ascontiguousarray(rows[:, :width, 2::-1])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str | None], XServer]]:
    servers: list[XServer] = []

    def start(display: str | None = None) -> XServer:
        servers.append(XServer(tmp_path, display))
        monkeypatch.setenv("DISPLAY", servers[-1].display)
        return servers[-1]

    for name in ("SDL_VIDEODRIVER", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    yield start
    for server in servers:
        server.kill()


def share(image: Image, colour: tuple[int, int, int]) -> float:
    return float((np.abs(image.astype(int) - colour).max(axis=2) <= 12).mean())


def shows(server: XServer, station: FakeStation, right: Callable[[Image], bool]) -> bool:
    """Whether the screen becomes right within some hundred looks at the station."""
    return any(right(server.screenshot()) for _ in range(300) if station.await_looks(1))


def test_keys_and_touches_work_and_the_picture_is_right(
    start: Callable[[str | None], XServer], station: FakeStation
) -> None:
    server = start(None)
    station.see()
    with running(station, SETTINGS) as window:
        assert shows(server, station, lambda image: share(image, WHITE) > 0.3)
        picture = server.screenshot()
        assert share(picture[:, 640:], PERSON) > 0.02  # The camera sees the person left: here it is a mirror.
        assert share(picture[:, :640], PERSON) < 0.001
        assert share(picture[620:], ACCENT) > 0.1
        server.do("key", "v")
        assert shows(server, station, lambda image: share(image, ROOM) > 0.1)
        server.do("key", "space")
        assert station.await_requests(1)
        assert shows(server, station, lambda image: share(image[620:], ACCENT) == 0)  # Nothing but Cancel is offered.
        station.expose()
        station.finish()
        assert shows(server, station, lambda image: share(image[:600, :640], PERSON) > 0.4)  # The portrait.
        server.do("key", "k")
        assert shows(server, station, lambda image: share(image, ROOM) > 0.1)
        server.do("mousemove", *CAPTURE_XY, "click", "--repeat", "2", "--delay", "60", "1")
        assert station.await_requests(2)
        assert station.await_looks(10)
        assert station.status().captures.countdown_left_s is not None
        server.do("key", "ctrl+q")
        window.thread.join(20)
        assert not window.thread.is_alive()
    assert window.error is None


def test_an_x_server_that_dies_costs_no_capture(
    start: Callable[[str | None], XServer], station: FakeStation, caplog: pytest.LogCaptureFixture
) -> None:
    server = start(None)
    station.see()
    with running(station, SETTINGS) as window:
        assert station.await_looks()
        future = station.capture()
        server.kill()
        station.expose()
        station.finish()
        assert future.result(0).verdict == "ok"
        server = start(server.display)
        assert shows(server, station, lambda image: share(image, ACCENT) > 0.01)
    assert window.error is None
    assert "captures go on" in caplog.text


def test_probe_names_the_screen(start: Callable[[str | None], XServer]) -> None:
    start(None)
    opened = probe(WindowSettings())
    assert (opened.driver, opened.size_wh) == ("x11", SIZE_WH)


def test_a_scanned_badge_neither_quits_nor_leaves_full_screen(
    start: Callable[[str | None], XServer], station: FakeStation
) -> None:
    server = start(None)
    station.see()
    station.subjects.use("required")
    with running(station, SETTINGS.model_copy(update={"full_screen": True})) as window:
        assert station.await_looks()
        server.do("type", "--delay", "5", "--args", "1", "FQ-20417", "key", "Return")
        assert station.await_person("FQ-20417")
        # One key after the other, as a child would press them.
        server.do("type", "--delay", "120", string.ascii_lowercase)
        assert station.await_looks(2)
        assert window.thread.is_alive()
        assert shows(server, station, lambda image: image.shape == (720, 1280, 3))
    assert window.error is None


def test_a_person_is_searched_by_keyboard_and_by_touch(
    start: Callable[[str | None], XServer], station: FakeStation
) -> None:
    server = start(None)
    station.see()
    station.subjects.use("required", Subject("20417", "Ada Lovelace"), Subject("20418", "Zo\u00eb Ad\u00e1mek"))
    with running(station, SETTINGS) as window:
        assert station.await_looks()
        server.do("key", "s")
        assert shows(server, station, lambda image: share(image, KEY) > 0.2)
        server.do("type", "--delay", "30", "qve")  # Fast, and the keys of commands.
        server.do("key", "BackSpace", "key", "BackSpace", "key", "BackSpace", "type", "zoe")
        server.do("key", "Return")
        assert station.await_person("20418")
        station.subjects.check_out()
        server.do("key", "s")
        assert shows(server, station, lambda image: share(image, KEY) > 0.2)
        layout = arrange(SIZE_WH, Scene("", search=PersonSearch(station.subjects, Messages("en")).view()), (16, 9))
        assert layout.search is not None
        at = {key.action: rect.centre for rect, key in layout.search.keys}
        for letter in "love":
            x, y = at[Typed(letter)]
            server.do("mousemove", str(x), str(y), "click", "1")
        assert shows(server, station, lambda image: share(image[60:400], RAISED) > 0.05)
        results = layout.search.results
        server.do("mousemove", str(results.x + 60), str(results.y + 30), "click", "1")
        assert station.await_person("20417")
        # What is typed like a scanner is a scan, also in a search.
        station.subjects.check_out()
        server.do("key", "s")
        assert shows(server, station, lambda image: share(image, KEY) > 0.2)
        server.do("type", "--delay", "5", "--args", "1", "20418", "key", "Return")
        assert station.await_person("20418")
        assert station.requests == 0
        assert window.thread.is_alive()


def test_letters_of_a_name_are_no_commands_when_a_portrait_comes_in_front(
    start: Callable[[str | None], XServer],
) -> None:
    server = start(None)
    screen, seen = Screen(SETTINGS), list[object]()

    def answers(right: Callable[[], bool]) -> bool:
        for _ in range(600):
            screen.wait(0.1)
            seen.extend(screen.collect())
            if right():
                return True
        return False

    try:
        assert answers(lambda: screen.idle)
        screen.show(Scene("", question=Question("", "Agreed?"), typing=True), ())
        assert answers(lambda: screen.drawn)
        for key in ("k", "r", "Escape", "Return"):
            server.do("key", key)
        assert answers(lambda: len(seen) == 4)
    finally:
        screen.close()
    assert seen == [Typed("k"), Typed("r"), Typed("escape"), Typed("enter")]


def test_a_scanner_that_types_every_character_wrecks_nothing(
    start: Callable[[str | None], XServer], station: FakeStation
) -> None:
    code = f"{string.digits}{string.ascii_letters}"
    server = start(None)
    station.see()
    station.subjects.use("required")
    with running(station, SETTINGS.model_copy(update={"full_screen": True})) as window:
        assert station.await_looks()
        server.do("type", "--delay", "5", "--args", "1", code, "key", "Return")
        assert station.await_person(code)
        for delay_ms in ("0", "1", "2"):
            # SDL takes a key that is pressed again at once for one that is held.
            again = f"{delay_ms}10022333aaAA--zz"
            station.subjects.check_out()
            server.do("type", "--delay", delay_ms, "--args", "1", again, "key", "Return", "key", "Return")
            assert station.await_person(again)
        assert window.thread.is_alive()
        assert station.requests == 0
        assert server.screenshot().shape == (720, 1280, 3)


def test_a_finger_that_rests_in_a_corner_asks_for_the_pin(
    start: Callable[[str | None], XServer], station: FakeStation
) -> None:
    server = start(None)
    station.see()
    with running(station, WindowSettings.model_validate({"size_px": SIZE_WH, "operator_pin": "4711"})):
        assert shows(server, station, lambda image: share(image, WHITE) > 0.3)
        server.do("mousemove", "1275", "4", "mousedown", "1", "sleep", "2.5", "mouseup", "1")
        assert shows(server, station, lambda image: share(image, KEY) > 0.05)
        server.do("type", "4711")
        server.do("key", "Return")
        assert shows(server, station, lambda image: share(image, RAISED) > 0.1 and share(image, KEY) < 0.01)
        server.do("key", "Escape")
        assert shows(server, station, lambda image: share(image, WHITE) > 0.3)
