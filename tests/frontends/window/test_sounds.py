"""What is heard: the last seconds of a countdown, the shutter, and how it turned out."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from capture_station.config import WindowSettings
from capture_station.frames import Flaw
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.sounds import RATE_HZ, Kind, waveform
from capture_station.locales.messages import Messages
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.looking import look


def kinds(kiosk: Kiosk, station: FakeStation) -> list[str]:
    """Everything that is heard in a capture with a countdown of five seconds."""
    heard, last = list[str](), None
    station.capture(countdown_s=5)
    for left_s in (5.0, 4.2, 3.0, 2.9, 1.9, 0.9, 0.2, None, "shot"):
        if isinstance(left_s, float):
            station.count_down(left_s)
        elif left_s is None:
            station.expose()
        else:
            station.finish()
        cue = look(kiosk, station).cue
        if cue is not None and cue != last:
            heard.append(cue.kind)
            last = cue
    return heard


def test_a_capture_is_heard(station: FakeStation, clock: Clock) -> None:
    station.see()
    kiosk = Kiosk(station, WindowSettings(volume=0.5), Messages("en"), clock)
    assert kinds(kiosk, station) == ["tick", "tick", "tick", "shutter", "good"]


def test_a_doubtful_portrait_sounds_different(station: FakeStation, clock: Clock) -> None:
    station.see()
    kiosk = Kiosk(station, WindowSettings(volume=0.5), Messages("en"), clock)
    station.finish("review", (Flaw("face-dark"),))
    cue = look(kiosk, station).cue
    assert cue is not None
    assert cue.kind == "doubtful"
    station.fail("no camera")
    failed = look(kiosk, station).cue
    assert failed is not None
    assert failed != cue


def test_without_volume_nothing_is_heard(station: FakeStation, clock: Clock) -> None:
    station.see()
    kiosk = Kiosk(station, WindowSettings(), Messages("en"), clock)
    assert kinds(kiosk, station) == []


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_sound_is_short_and_begins_and_ends_without_a_click(kind: Kind) -> None:
    wave = waveform(kind)
    assert 0.05 < len(wave) / RATE_HZ < 0.7
    assert np.abs(wave).max() == np.iinfo(np.int16).max
    assert np.abs(wave[[0, -1]]).max() < 700


@pytest.mark.parametrize("driver", ["dummy", "there-is-no-such-driver"])
def test_a_machine_without_a_loudspeaker_stays_silent(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygame", reason="the window needs pygame-ce (extra [kiosk])")
    from capture_station.frontends.window.canvas import Canvas

    monkeypatch.setenv("SDL_AUDIODRIVER", driver)
    with Canvas("dummy") as canvas:
        for kind in get_args(Kind):
            canvas.play(waveform(kind), RATE_HZ, 0.5)


def test_a_loudspeaker_that_comes_late_is_heard(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    pygame = pytest.importorskip("pygame", reason="the window needs pygame-ce (extra [kiosk])")
    from capture_station.frontends.window.canvas import Canvas

    with Canvas("dummy", clock) as canvas:
        monkeypatch.setenv("SDL_AUDIODRIVER", "there-is-no-such-driver")
        assert canvas.play(waveform("tick"), RATE_HZ, 0.5)
        clock.pass_s(60)
        assert canvas.play(waveform("tick"), RATE_HZ, 0.5) == "", "it is told once"
        monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
        clock.pass_s(60)
        canvas.play(waveform("tick"), RATE_HZ, 0.5)
        assert pygame.mixer.get_busy()
