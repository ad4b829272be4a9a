"""Makes sheets of captures: reads their portraits, finds their printed sizes, and writes the PDF."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from capture_station.archive.record import Damaged, Record, read_record
from capture_station.archive.verification import DamagedPicture, read_verified
from capture_station.errors import ConfigError, NotReleased, PrintError, UnfitForPrint, missing_extra
from capture_station.export.template import filled, named, owner_of, template_values
from capture_station.images import decode_picture
from capture_station.presets import Preset, same_shape
from capture_station.printing.paper import PAPERS
from capture_station.printing.sheet_layout import Size, lay_out, page_filling
from capture_station.release import ALL_KEPT, BY_DEMO, NAMELESS, NOT_KEPT, ReleaseRule

PrintSize = Literal["preset", "page"] | Size
FindPreset = Callable[[str], Preset | None]
FindName = Callable[[Record], Record]
"""Returns the record with the name that its person has now."""

FindDetail = Callable[[str], str | None]
"""Returns what tells the person with this id apart from namesakes on the roster, such as a class; empty for nothing,
and None for a person without such namesakes."""

AUTO_CAPTION = "auto"

WHY = {
    NOT_KEPT: "it was not kept; keep it on the page first",
    NAMELESS: "nobody said whose portrait it is, and subjects.mode is required; name the person on the page first",
    BY_DEMO: "the demo camera took it, as no other was there; take it again, or print it with camera.kind: demo",
}
"""Why a portrait must not be printed, and what to do, by what ``ReleaseRule`` leaves it out as."""


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """How portraits are put on paper."""

    paper: str = "10x15"
    """A name in ``PAPERS``."""
    size: PrintSize = "preset"
    """``preset``: the millimetres of the capture's preset. Where no portrait has any: as ``page``, each fills one."""
    each: int | None = None
    """Prints of each portrait; None: once, or a whole page if there is only one portrait."""
    caption: str = ""
    """Template of the line under each portrait, with the places of export names; empty: no line. ``AUTO_CAPTION``: the
    people's names, where there are several."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A portrait that is not on the sheet."""

    capture: str
    who: str
    """The person's name and id, or the capture's id where nobody said who it is."""
    why: str
    """One line, without the person's name."""


@dataclass(frozen=True, slots=True)
class Sheet:
    pdf: bytes
    pages: int
    media: str
    """Self-describing name of the paper (PWG 5101.1)."""
    portraits: int
    fills_pages: bool
    """Every portrait is as large as its page."""
    example_size: str
    """Millimetres of an ID photo in the first portrait's shape, as ``printing.size`` takes them: ``40x50``."""
    left_out: tuple[LeftOut, ...] = ()
    not_agreed: tuple[str, ...] = ()
    """Whose portraits have no consent, for people to read."""
    incomplete_captions: int = 0
    """How many captions have a letter that no typeface of this system has; a square stands for it."""


class NothingFits(UnfitForPrint):
    """Nothing is printed, because these portraits would be left out."""

    def __init__(self, left_out: Sequence[LeftOut]) -> None:
        super().__init__(f"{left_out[0].capture} is not printed: {left_out[0].why}")
        self.left_out = tuple(left_out)


@dataclass(frozen=True, slots=True)
class _Portrait:
    record: Record
    data: bytes
    width_px: int
    height_px: int
    wanted: Size | None
    """In millimetres; None: as large as fits on the page."""

    @property
    def aspect(self) -> float:
        return self.width_px / self.height_px

    @property
    def has_wanted_shape(self) -> bool:
        return self.wanted is None or same_shape((self.width_px, self.height_px), self.wanted)

    def left_out(self, why: str) -> LeftOut:
        return LeftOut(self.record.id, named(self.record), why)


def make_sheet(
    folders: Sequence[Path],
    choice: SheetChoice,
    find_preset: FindPreset,
    find_name: FindName = lambda record: record,
    rule: ReleaseRule = ALL_KEPT,
    find_detail: FindDetail = lambda _: None,
) -> Sheet:
    """Lay kept portraits out and write them as a PDF.

    No portrait is stretched or cropped: one of another shape than it would be printed in is left out. One whose preset
    has no millimetres would fill a page, so it is left out beside portraits that have some.

    Args:
        folders: Folders of the captures, in the order of printing.
        choice: How.
        find_preset: Returns the preset of a name, or None if it is not known any more.
        find_name: Names in captions who came onto the roster after the picture.
        rule: Which portraits may be printed.
        find_detail: Tells namesakes apart in captions; where it does not, their ids do.

    Raises:
        NothingFits: All would be left out.
        NotReleased: The rule leaves a capture out.
        PrintError: A capture is gone or damaged, or does not fit on the paper.
        ConfigError: The caption names a place that there is not, or the library for PDF files is missing.
    """
    try:
        from capture_station.printing.sheet_pdf import SheetItem, sheet_pdf
    except ImportError as error:
        raise ConfigError(f"sheets need fpdf2 ({error}): {missing_extra('print')}") from error
    paper = PAPERS[choice.paper]
    portraits, left_out = _that_fit([_read(folder, choice, find_preset, find_name, rule) for folder in folders])
    if not portraits:
        raise NothingFits(left_out)
    captions = _captions([one.record for one in portraits], choice.caption, find_detail)
    captioned = any(captions)
    items = [SheetItem(one.data, caption) for one, caption in zip(portraits, captions, strict=True)]
    sizes = [one.wanted or page_filling(paper, one.aspect, captioned) for one in portraits]
    # Somebody who is printed once among others still is, when the others are left out.
    each = choice.each or (1 if left_out else None)
    pages = list(lay_out(paper, sizes, each, captioned))
    fills_pages = all(one.wanted is None for one in portraits)
    file = sheet_pdf(pages, items)
    return Sheet(
        pdf=file.pdf,
        pages=len(pages),
        media=paper.media,
        portraits=len(portraits),
        fills_pages=fills_pages,
        example_size=f"40x{round(40 / portraits[0].aspect, 1):g}",
        left_out=tuple(left_out),
        not_agreed=tuple(named(one.record) for one in portraits if rule.lacks(one.record) == "consent"),
        incomplete_captions=file.incomplete_captions,
    )


def read_released(folder: Path, rule: ReleaseRule) -> tuple[Record, bytes]:
    """The record and the portrait's bytes of a capture that may be printed.

    Raises:
        NotReleased: It must not be printed.
        PrintError: It is gone or damaged.
    """
    record = read_record(folder)
    if isinstance(record, Damaged):
        raise PrintError(f"{folder.name} cannot be printed: {record.reason}")
    if reason := rule.left_out_as(record):
        raise NotReleased(f"{folder.name} is not printed: {WHY[reason]}")
    try:
        return record, read_verified(folder, record.file("portrait"))
    except (DamagedPicture, OSError) as error:
        raise PrintError(f"{folder.name} cannot be printed: {error}") from error


def size_from_text(text: str) -> PrintSize:
    """Understand ``preset``, ``page`` or millimetres such as ``35x45``.

    Raises:
        ValueError: It is none of these.
    """
    if text == "preset":
        return "preset"
    if text == "page":
        return "page"
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,2})?)x(\d{1,3}(?:\.\d{1,2})?)", text)
    if match is None or not all(5 <= float(side) <= 500 for side in match.groups()):
        raise ValueError("say preset, page, or millimetres such as 35x45 (5 to 500 each)")
    return Size(float(match[1]), float(match[2]))


def _read(
    folder: Path, choice: SheetChoice, find_preset: FindPreset, find_name: FindName, rule: ReleaseRule
) -> _Portrait:
    record, data = read_released(folder, rule)
    record = find_name(record)
    if record.portrait_px is None:  # Records of older versions do not tell.
        height, width = decode_picture(data).shape[:2]
    else:
        width, height = record.portrait_px
    preset = find_preset(record.preset)
    wanted = None
    if isinstance(choice.size, Size):
        wanted = choice.size
    elif choice.size == "preset" and preset is not None and preset.size_mm is not None:
        wanted = Size(*preset.size_mm)
    return _Portrait(record, data, width, height, wanted)


def _captions(records: Sequence[Record], template: str, find_detail: FindDetail) -> list[str]:
    """The line under each portrait. With ``AUTO_CAPTION``, namesakes have what tells them apart, or else their ids."""
    if template != AUTO_CAPTION:
        values = [{"given": "", "family": "", **template_values(record)} for record in records]
        return [filled(template, one, "the caption") for one in values]
    people = {owner_of(record): record.subject for record in records}
    if len(people) == 1:
        return [""] * len(records)
    known = [subject for subject in people.values() if subject is not None]
    namesakes = Counter(subject.name for subject in known)
    details = {subject.id: find_detail(subject.id) for subject in known}
    alike = Counter((subject.name, details[subject.id]) for subject in known)

    def name(record: Record) -> str:
        subject = record.subject
        if subject is None:
            return ""
        detail = details[subject.id]
        if namesakes[subject.name] == 1 and subject.name and detail is None:
            return subject.name
        apart = subject.name and detail and alike[subject.name, detail] == 1
        return f"{subject.name} ({detail})" if apart else named(record)

    return [name(record) for record in records]


def _that_fit(portraits: Sequence[_Portrait]) -> tuple[list[_Portrait], list[LeftOut]]:
    """Those that can share a print job, in their order, and why the others cannot."""
    fit, left_out = list[_Portrait](), list[LeftOut]()
    some_in_mm = any(one.wanted is not None and one.has_wanted_shape for one in portraits)
    for one in portraits:
        if one.wanted is not None and not one.has_wanted_shape:
            how = "uncropped" if one.record.size_wh == (one.width_px, one.height_px) else "in another shape"
            left_out.append(
                one.left_out(
                    f"it was saved {how}: {one.width_px}x{one.height_px} px do not become "
                    f"{one.wanted.width_mm:g}x{one.wanted.height_mm:g} mm without stretching; "
                    "retake it, or print it with the size `page`"
                )
            )
        elif one.wanted is None and some_in_mm:
            left_out.append(
                one.left_out(
                    f"its preset {one.record.preset} has no millimetres, and it would fill a page among smaller ones; "
                    "print it by itself, or choose a size for all"
                )
            )
        else:
            fit.append(one)
    return fit, left_out
