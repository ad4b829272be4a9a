"""Says aloud what the screen asks of people, through espeak-ng: who looks into the lens does not read."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from capture_station.config import WindowSettings
from capture_station.frontends.window.sounds import RATE_HZ, Pcm

PROGRAM = "espeak-ng"
REPEAT_S = 8.0
"""A text that stays on the screen is said again after so long."""
_ANSWER_S = 5.0
_NAMES = {"zh": "cmn"}
"""The program's names of languages that are not ISO 639-1 codes."""
UNSPOKEN = frozenset({"ja"})
"""The program reads kana only."""


class Voice(NamedTuple):
    """How texts are said."""

    language: str
    volume: float
    """In (0, 1]."""


class Speaker:
    """Decides when a text is said. Used by one thread."""

    def __init__(self) -> None:
        self._said = ""
        self._said_s = 0.0

    def due(self, text: str, now_s: float) -> bool:
        """Whether the text on the screen is to be said now: it is new, or has been there for long."""
        if text == self._said and (not text or now_s - self._said_s < REPEAT_S):
            return False
        self._said, self._said_s = text, now_s
        return bool(text)


def voice_advice(settings: WindowSettings) -> str:
    """Why ``window.voice`` is not heard, and what to do, in one line; empty where it is, or is not wanted."""
    if settings.voice and shutil.which(PROGRAM) is None:
        return f"window.voice: nothing is said: install {PROGRAM} (sudo apt-get install {PROGRAM})"
    if settings.voice and settings.volume == 0:
        return "window.voice: nothing is heard: set window.volume above 0"
    return ""


@lru_cache(64)
def spoken(text: str, language: str) -> Pcm | None:
    """A text as sound, (n,) int16 at ``RATE_HZ``; None if it cannot be said."""
    if language in UNSPOKEN:
        return None
    command = [PROGRAM, "-v", _NAMES.get(language, language), "--stdout", "--", text]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_ANSWER_S, check=True)
        with wave.open(io.BytesIO(done.stdout)) as sound:
            rate_hz, pcm = sound.getframerate(), np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
    except (OSError, subprocess.SubprocessError, wave.Error, EOFError):
        return None
    at = np.arange(round(len(pcm) * RATE_HZ / rate_hz)) * (rate_hz / RATE_HZ)
    return np.interp(at, np.arange(len(pcm)), pcm).astype(np.int16) if len(pcm) else None
