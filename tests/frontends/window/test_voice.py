"""Hints are said aloud once, and again if they stay."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from capture_station.config import WindowSettings
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.voice import PROGRAM, REPEAT_S, Speaker, Voice, spoken, voice_advice
from capture_station.locales.messages import CODES, Messages
from capture_station.station.status import Hint
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.looking import look

SPEAKS = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed")


def test_a_hint_is_said_once_and_again_if_it_stays() -> None:
    speaker = Speaker()
    said = [speaker.due(text, at_s) for text, at_s in (("Closer", 0.0), ("Closer", 1.0), ("Closer", REPEAT_S + 0.1))]
    assert said == [True, False, True]
    assert not speaker.due("", REPEAT_S + 0.2)
    assert speaker.due("Closer", REPEAT_S + 0.3)


def test_the_window_says_its_hint_in_its_language(station: FakeStation, clock: Clock) -> None:
    station.see(Hint.STEP_CLOSER)
    scene = look(Kiosk(station, WindowSettings(volume=0.5, voice=True), Messages("de"), clock), station)
    assert scene.voice == Voice("de", 0.5)
    assert scene.hint == Messages("de")("hint.step-closer")
    assert look(Kiosk(station, WindowSettings(volume=0.5), Messages("de"), clock), station).voice is None


@SPEAKS
@pytest.mark.parametrize("language", sorted({*CODES} - {"ja"}))
def test_every_language_is_spoken(language: str) -> None:
    pcm = spoken(Messages(language)("hint.step-closer"), language)
    assert pcm is not None
    assert 0.3 < len(pcm) / 44_100 < 10
    assert np.abs(pcm).max() > 3000


def test_a_machine_without_the_program_stays_silent_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert PROGRAM in voice_advice(WindowSettings(voice=True, volume=0.5))
    assert voice_advice(WindowSettings(volume=0.5)) == ""
    assert spoken("A sentence that nothing else says", "en") is None


def test_a_voice_without_volume_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / PROGRAM).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "window.volume" in voice_advice(WindowSettings(voice=True))
    assert voice_advice(WindowSettings(voice=True, volume=0.1)) == ""
