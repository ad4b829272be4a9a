"""Tells whether a portrait was cropped to its preset, also where its record is of an older version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from capture_station.archive.record import Record
from capture_station.presets import FREE, Preset, same_shape

Shape = Literal["preset", "other", "free", "unknown"]
"""``preset``: cropped to the preset; ``other``: not so; ``free``: there was no preset; ``unknown``: nothing tells."""


def shape_of(record: Record, preset: Preset | None, portrait_wh: Callable[[], tuple[int, int] | None]) -> Shape:
    """The shape of a portrait.

    Args:
        record: It tells the sizes of preset and portrait, unless it is of an older version.
        preset: What the record's preset is today; None if there is none of its name any more.
        portrait_wh: Reads the size of the portrait's picture if it is needed; None if that cannot be read.
    """
    if record.preset == FREE:
        return "free"
    wanted_wh = record.preset_px or (None if preset is None else preset.pixels_wh)
    found_wh = None if wanted_wh is None else record.portrait_px or portrait_wh()
    if wanted_wh is None or found_wh is None:
        return "unknown"
    if same_shape(found_wh, wanted_wh):
        return "preset"
    # A preset of the same name may have had another shape then, but no preset has kept the whole frame.
    return "other" if record.preset_px is not None or found_wh == record.size_wh else "unknown"
