"""The kiosk's sounds, made of sine waves: ticks of the countdown, the shutter, and how the portrait turned out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from capture_station.station.status import Status

RATE_HZ = 44_100
TICKS = 3
"""Only the last seconds of a countdown tick."""
FADE_S = 0.004
"""A wave that begins or ends at once would click."""

Kind: TypeAlias = Literal["tick", "shutter", "good", "doubtful"]
Pcm: TypeAlias = NDArray[np.int16]

_NOTES: dict[Kind, Sequence[tuple[float, float, float]]] = {
    "tick": [(880, 0.0, 0.09)],
    "shutter": [(1760, 0.0, 0.05), (1320, 0.07, 0.06)],
    "good": [(523.25, 0.0, 0.16), (659.25, 0.12, 0.16), (783.99, 0.24, 0.34)],
    "doubtful": [(440, 0.0, 0.18), (349.23, 0.18, 0.3)],
}
"""Frequency in Hz, beginning and length in seconds."""


class Cue(NamedTuple):
    """A sound to play once."""

    kind: Kind
    number: int
    """Tells two cues of a kind apart."""
    volume: float
    """In (0, 1]."""


class Cues:
    """Listens to the station's status for what is to be heard. Used by one thread.

    Args:
        volume: In [0, 1]; 0: nothing is ever heard.
    """

    def __init__(self, volume: float) -> None:
        self._volume = volume
        self._number = 0
        self.newest: Cue | None = None
        """Played once when it changes."""

    def follow(self, before: Status, now: Status) -> None:
        """Notice what happened between two statuses."""
        captures, earlier = now.captures, before.captures
        second, passed = _second(captures.countdown_left_s), _second(earlier.countdown_left_s)
        if second is not None and second <= TICKS and second != passed:
            self._cue("tick")
        if captures.in_progress and not earlier.in_progress:
            self._cue("shutter")
        shot = captures.last_shot
        if shot is not None and (earlier.last_shot is None or shot.id != earlier.last_shot.id):
            self._cue("good" if shot.verdict == "ok" else "doubtful")
        elif captures.failed > earlier.failed:
            self._cue("doubtful")

    def _cue(self, kind: Kind) -> None:
        if self._volume > 0:
            self._number += 1
            self.newest = Cue(kind, self._number, self._volume)


@lru_cache(maxsize=8)
def waveform(kind: Kind) -> Pcm:
    """The sound as (n,) int16 at ``RATE_HZ``, as loud as it gets."""
    length_s = max(begin_s + note_s for _, begin_s, note_s in _NOTES[kind])
    wave = np.zeros(math.ceil(length_s * RATE_HZ))
    for hertz, begin_s, note_s in _NOTES[kind]:
        t_s = np.arange(round(note_s * RATE_HZ)) / RATE_HZ
        # A struck bar: the tone and a weaker octave, dying away.
        tone = np.sin(2 * np.pi * hertz * t_s) + 0.25 * np.sin(4 * np.pi * hertz * t_s)
        fade = np.clip(np.minimum(t_s, note_s - t_s) / FADE_S, 0, 1)
        start = round(begin_s * RATE_HZ)
        wave[start : start + len(t_s)] += tone * fade * np.exp(-4 * t_s / note_s)
    return np.asarray(wave / np.abs(wave).max() * np.iinfo(np.int16).max, np.int16)


def _second(left_s: float | None) -> int | None:
    return None if left_s is None else max(1, math.ceil(left_s))
