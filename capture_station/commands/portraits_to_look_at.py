"""Says which portraits need somebody to look at them, so that nobody finds them among the others by chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from capture_station.presets import Preset
from capture_station.terminal_text import printable

MOST_NAMED = 10


def lines_about(
    to_review: Sequence[str],
    unknown: Sequence[str],
    misshapen: Sequence[str],
    unfit: Sequence[str],
    smaller: Sequence[str],
    preset: Preset | None,
) -> Iterator[str]:
    """One line for each kind that there is.

    Args:
        to_review: Portraits that an earlier run has made and that need a review.
        unknown: Those that an earlier run has made without saying whether they need one, as it was cut off.
        misshapen: Those that are not cropped to the preset.
        unfit: The same of those that an earlier run has made, perhaps with another preset.
        smaller: Those that have fewer pixels than the preset, as their photos have no more.
        preset: None where there is none.
    """
    if to_review:
        yield _line(to_review, "skipped portrait needs", "skipped portraits need", "a review since an earlier run")
    if unknown:
        what = "may need a review, and no table tells what an earlier run found"
        yield _line(unknown, "skipped portrait", "skipped portraits", what)
    if misshapen:
        yield misshapen_line(misshapen)
    if unfit:
        what = "not in the preset's shape; portraits of another preset need another folder"
        yield _line(unfit, "skipped portrait is", "skipped portraits are", what)
    if smaller and preset is not None:
        width, height = preset.pixels_wh
        yield _line(smaller, "portrait is", "portraits are", f"smaller than the preset's {width}x{height} px")


def misshapen_line(whose: Sequence[str]) -> str:
    """One line that names these portraits, which were not cropped to their preset, or the first of many."""
    return _line(whose, "portrait is", "portraits are", "not in the preset's shape")


def without_consent_line(whose: Iterable[str]) -> str:
    """One line that names everybody whose portrait leaves the station without their consent."""
    return printable(f"without consent: {', '.join(whose)}")


def without_portrait_line(whose: Sequence[str], day: date) -> str:
    """One line that names these people, or the first of many, who have no portrait of the day."""
    return _line(whose, "person on the roster has", "people on the roster have", f"no portrait of {day}")


def _line(whose: Sequence[str], one: str, several: str, what: str) -> str:
    count = f"1 {one}" if len(whose) == 1 else f"{len(whose)} {several}"
    more = f" and {len(whose) - MOST_NAMED} more" if len(whose) > MOST_NAMED else ""
    return printable(f"{count} {what}: {', '.join(whose[:MOST_NAMED])}{more}")
