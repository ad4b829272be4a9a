from __future__ import annotations

import os
import queue
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from capture_station.config import WindowSettings
from capture_station.errors import DisplayError
from capture_station.frontends.window import window as window_module
from capture_station.frontends.window.scene import Scene
from capture_station.frontends.window.screen import Screen
from capture_station.frontends.window.shared_pixels import Pixels
from capture_station.frontends.window.sounds import Cue
from capture_station.frontends.window.window import probe
from tests.frontends.fake_station import FakeStation

from .running import running

pytest.importorskip("pygame", reason="the window needs pygame-ce (extra [kiosk])")

SETTINGS = WindowSettings(driver="dummy", size_px=(320, 240))


def painters() -> list[int]:
    """Process ids of this process's painters."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = (stat.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == os.getpid() and b"frontends.window.painter" in command:
            found.append(int(stat.parent.name))
    return found


def test_pictures_of_any_size_pass_through_shared_memory() -> None:
    ours = Pixels()
    theirs = Pixels(os.dup(ours.fd))
    rng = np.random.default_rng(1)
    for shape in ((4, 5, 3), (720, 1280, 3), (48, 64, 3)):
        images = (rng.integers(0, 256, shape, np.uint8), rng.integers(0, 256, shape, np.uint8))
        received = theirs.read(ours.write(images))
        for sent, got in zip(images, received, strict=True):
            np.testing.assert_array_equal(sent, got)
    ours.close()
    theirs.close()


def test_a_window_serves_until_it_is_stopped(station: FakeStation) -> None:
    station.see()
    with running(station, SETTINGS) as window:
        assert station.await_looks()
        assert len(painters()) == 1
        assert window.thread.is_alive()
    assert window.error is None
    assert painters() == []


def test_a_window_that_dies_comes_back_and_the_station_goes_on(
    station: FakeStation, caplog: pytest.LogCaptureFixture
) -> None:
    station.see()
    with running(station, SETTINGS):
        assert station.await_looks()
        (first,) = painters()
        os.kill(first, signal.SIGKILL)
        future = station.capture()
        station.expose()
        station.finish()
        assert future.result(0).verdict == "ok"
        assert station.await_looks(4)
        (second,) = painters()
        assert second != first
    assert "SIGKILL" in caplog.text
    assert "captures go on" in caplog.text


def test_a_portrait_of_while_the_screen_is_lost_is_not_offered_to_whoever_comes_later(
    station: FakeStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window_module, "REOPEN_FIRST_S", 600.0)
    offered: queue.Queue[str] = queue.Queue()
    station.see()
    with running(station, SETTINGS.model_copy(update={"review_s": 0}), offered.put):
        assert station.await_looks()
        painter = os.pidfd_open(painters()[0])
        os.kill(painters()[0], signal.SIGKILL)
        assert select.select([painter], [], [], 20)[0]
        os.close(painter)
        assert station.await_statuses(10)
        station.capture()
        station.expose()
        shot = station.finish()
        assert offered.get(timeout=20) == shot.id
        assert painters() == []


def test_a_window_that_is_opened_again_does_not_repeat_the_last_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = tmp_path / "heard.raw"
    monkeypatch.setenv("SDL_AUDIODRIVER", "disk")
    monkeypatch.setenv("SDL_DISKAUDIOFILE", str(heard))
    screen = Screen(SETTINGS)
    try:
        show(screen, Scene("", cue=Cue("good", 1, 0.5)))
        assert not heard.exists()
        show(screen, Scene("", cue=Cue("good", 2, 0.5)))
        assert heard.exists()
    finally:
        screen.close()


def test_without_a_loudspeaker_the_log_says_once_that_nothing_is_heard(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "there-is-no-such-driver")
    screen = Screen(SETTINGS)
    try:
        for number in range(3):
            show(screen, Scene("", cue=Cue("good", number, 0.5)))
    finally:
        screen.close()
    (told,) = (record.getMessage() for record in caplog.records)
    assert told.startswith("sounds and voice are not heard")


def show(screen: Screen, scene: Scene) -> None:
    """Show a scene and wait until it is drawn."""
    await_idle(screen)
    screen.show(scene, ())
    await_idle(screen)


def await_idle(screen: Screen) -> None:
    while not screen.idle:
        screen.wait(20)
        screen.collect()


def test_a_frozen_painter_does_not_hold_up_the_end(station: FakeStation) -> None:
    station.see()
    with running(station, SETTINGS):
        assert station.await_looks()
        os.kill(painters()[0], signal.SIGSTOP)
    assert painters() == []


def test_the_painter_ends_with_its_station() -> None:
    """Killed with -9, the station leaves no window behind."""
    code = (
        "import os, signal\n"
        "from capture_station.config import WindowSettings\n"
        "from capture_station.frontends.window.screen import Screen\n"
        "screen = Screen(WindowSettings(driver='dummy'))\n"
        "while screen.opened is None:\n"
        "    screen.wait(20); screen.collect()\n"
        "print(screen.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == -signal.SIGKILL
    with suppress(ProcessLookupError):
        painter = os.pidfd_open(int(result.stdout))
        assert select.select([painter], [], [], 20)[0]
        os.close(painter)


@pytest.mark.parametrize("driver", ["x11", "offscreen"])  # Where nothing answers, SDL falls back to the latter.
def test_no_display_is_one_clear_line(station: FakeStation, monkeypatch: pytest.MonkeyPatch, driver: str) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SDL_VIDEODRIVER", driver)
    with running(station, WindowSettings()) as window:
        window.thread.join(20)
        assert isinstance(window.error, DisplayError)
        assert "--headless" in str(window.error)
        assert "\n" not in str(window.error)
    with pytest.raises(DisplayError, match="no screen"):
        probe(WindowSettings())


def test_probe_tells_the_screen_without_opening_a_window() -> None:
    opened = probe(SETTINGS)
    assert opened.driver == "dummy"
    assert min(opened.size_wh) > 0


def test_a_station_that_shows_nothing_loads_no_window_code() -> None:
    code = "import sys\nfrom capture_station.frontends import button, console\n"
    code += "from capture_station.frontends.window import window\n"
    code += "assert not {'pygame', 'gpiozero'} & set(sys.modules), sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_scene_is_taken_only_when_the_last_one_is_drawn() -> None:
    screen = Screen(SETTINGS)
    try:
        await_idle(screen)
        screen.show(Scene("test"), ())
        assert not screen.idle
        await_idle(screen)
        assert screen.drawn
    finally:
        screen.close()
