"""Decides what becomes of a portrait: not saved, saved and kept, or saved until somebody keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple

from capture_station.frames import Portrait
from capture_station.station.contract import PortraitRefused


class Passed(NamedTuple):
    """A portrait that may be saved."""

    portrait: Portrait
    kept: bool
    """False: it is doubtful and is kept only if somebody says so."""


def pass_gate(portrait: Portrait, gate: Literal["strict", "advise", "off"]) -> Passed:
    """Apply ``portrait.gate`` to a finished portrait.

    Raises:
        PortraitRefused: The picture is no portrait, and the gate is strict.
    """
    measures = portrait.measures
    if measures.verdict == "refused":
        if gate == "strict":
            raise PortraitRefused(measures.flaws, measures.reasons)
        # It is saved all the same, so that somebody can look at it.
        measures = replace(measures, verdict="review")
        portrait = replace(portrait, measures=measures)
    return Passed(portrait, gate == "off" or measures.verdict == "ok")
