"""The process that owns the window. It draws the scenes that the station sends and reports presses back.

Run by ``screen.Screen`` as ``python -m capture_station.frontends.window.painter SOCKET PIXELS DRIVER WIDTH HEIGHT``.
It ends when the station's end of the socket closes.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from capture_station.errors import DisplayError, missing_extra
from capture_station.frames import Image
from capture_station.frontends.window.drawing import draw
from capture_station.frontends.window.keys import (
    ACTION_OF,
    LEFTWARD,
    MENU_ACTION_OF,
    PIN_ACTION_OF,
    QUIT,
    SEARCH_ACTION_OF,
)
from capture_station.frontends.window.layout import Layout
from capture_station.frontends.window.operator.long_press import LongPress
from capture_station.frontends.window.picture_files import picture
from capture_station.frontends.window.scene import Action, Press, Scene, Typed
from capture_station.frontends.window.screen import Drawn, Opened, Refused, Silent
from capture_station.frontends.window.shared_pixels import Pixels
from capture_station.frontends.window.sounds import RATE_HZ, Cue, Pcm, waveform
from capture_station.frontends.window.voice import Speaker, spoken
from capture_station.subjects.keyboard_wedge import Code, CutOff, Key, KeyboardWedge

if TYPE_CHECKING:
    from capture_station.frontends.window.canvas import Canvas, Input

TICK_S = 1 / 60


def paint(station: Connection, pixels: Pixels, driver: str, size_wh: tuple[int, int]) -> None:
    """Serve until the station closes the connection."""
    try:
        from capture_station.frontends.window.canvas import Canvas

        canvas = Canvas(driver)
        station.send(Opened(canvas.driver, canvas.screen_wh))
        _serve(station, pixels, canvas, size_wh)
    except ImportError as error:
        station.send(
            Refused(f"no window without pygame-ce ({error}): {missing_extra('kiosk')}, or run with --headless")
        )
    except DisplayError as error:
        station.send(Refused(str(error)))
    except (EOFError, OSError):
        pass  # The station closed the connection or ended.


def _serve(station: Connection, pixels: Pixels, canvas: Canvas, size_wh: tuple[int, int]) -> None:
    scene: Scene | None = None
    layout: Layout | None = None
    live: tuple[Image, ...] = ()
    played: Cue | None = None
    wedge, long_press, speaker = KeyboardWedge(), LongPress(), Speaker()
    while True:
        fresh = station.poll(TICK_S)
        if fresh:
            first = scene is None
            scene, shapes = station.recv()
            if first:
                played = scene.cue  # It was heard before the window was opened again.
            live = pixels.read(shapes)
            canvas.open(scene.full_screen, size_wh, scene.title)
        if scene is None:
            continue
        happened = canvas.input()
        for press in _presses(happened, wedge, layout, scene):
            station.send(press)
        if long_press.follow(happened.points, happened.released, canvas.size_wh, time.monotonic()):
            station.send(Action.OPERATOR)
        if fresh or happened.changed:
            layout = draw(canvas, scene, live, picture)
        if fresh and scene.cue is not None and scene.cue != played:
            played = scene.cue
            _play(station, canvas, waveform(played.kind), played.volume)
        if fresh and scene.voice is not None and speaker.due(scene.hint, time.monotonic()):
            pcm = spoken(scene.hint, scene.voice.language)
            if pcm is not None:
                _play(station, canvas, pcm, scene.voice.volume)
        if fresh:
            station.send(Drawn())


def _play(station: Connection, canvas: Canvas, pcm: Pcm, volume: float) -> None:
    if why := canvas.play(pcm, RATE_HZ, volume):
        station.send(Silent(why))


def _presses(happened: Input, wedge: KeyboardWedge, layout: Layout | None, scene: Scene) -> Iterator[Press | Code]:
    """What keys, scanner and touches ask for."""
    typing = _typing(scene)
    for key in happened.keys:
        if key == QUIT:
            yield Action.QUIT
        elif typing is not None:
            yield from _typed(key, wedge.press(key, typing=True), typing)
        else:
            yield from _meant(wedge.press(key), scene)
    alone = wedge.polled(time.monotonic())
    if typing is None:
        yield from _meant(alone, scene)
    for x, y in happened.points:
        if layout is not None:
            yield layout.press_at(x, y)


def _typing(scene: Scene) -> dict[str, Action] | None:
    """What keys without a character do where characters are typed; None where they are commands."""
    if scene.pin_pad is not None:
        return PIN_ACTION_OF
    if scene.typing:
        return {}
    return SEARCH_ACTION_OF if scene.search is not None else None


def _meant(typed: list[Code | CutOff | Key], scene: Scene) -> Iterator[Press | Code]:
    action_of = ACTION_OF if scene.menu is None else MENU_ACTION_OF
    for one in typed:
        if isinstance(one, Code):
            yield one
            continue
        if isinstance(one, CutOff):
            yield Action.CUT_OFF
            continue
        if scene.attract is not None:
            yield Action.WAKE  # The key that wakes does nothing else.
            continue
        key = one.key.lower()
        if scene.menu is not None and scene.leftward:
            key = LEFTWARD.get(key, key)
        if (action := action_of.get(key)) is not None:
            yield action


def _typed(key: str, clear: list[Code | CutOff | Key], action_of: dict[str, Action]) -> Iterator[Press | Code]:
    """A keystroke while a text is typed: shown at once, and still a code if a scanner typed it."""
    codes = [one for one in clear if isinstance(one, Code)]
    if codes:
        yield from codes
    elif (action := action_of.get(key)) is not None:
        yield action
    else:
        yield Typed(key)


def main() -> None:
    # The station decides when the window closes, also after Ctrl+C in the terminal that both share.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    socket_fd, pixels_fd, driver, width, height = sys.argv[1:]
    paint(Connection(int(socket_fd)), Pixels(int(pixels_fd)), driver, (int(width), int(height)))


if __name__ == "__main__":
    main()
