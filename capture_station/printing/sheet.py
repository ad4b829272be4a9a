"""Makes sheets of captures: reads their portraits, finds their printed sizes, and writes the PDF."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from capture_station.archive.record import Damaged, Record, read_record
from capture_station.archive.verification import DamagedPicture, read_verified
from capture_station.errors import ConfigError, PrintError, missing_extra
from capture_station.export.jpeg_limits import decode_picture
from capture_station.export.template import filled, template_values
from capture_station.presets import Preset
from capture_station.printing.paper import PAPERS, Paper
from capture_station.printing.sheet_layout import Size, lay_out, page_filling

PrintSize = Literal["preset", "page"] | Size
FindPreset = Callable[[str], Preset | None]


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """How portraits are put on paper."""

    paper: str = "10x15"
    """A name in ``PAPERS``."""
    size: PrintSize = "preset"
    """``preset``: the millimetres of the capture's preset, else as ``page``: one portrait fills the page."""
    each: int | None = None
    """Prints of each portrait; None: once, or a whole page if there is only one portrait."""
    caption: str = ""
    """Template of the line under each portrait, with the places of export names; empty: no line."""


@dataclass(frozen=True, slots=True)
class Sheet:
    pdf: bytes
    pages: int
    media: str
    """Self-describing name of the paper (PWG 5101.1)."""


def make_sheet(folders: Sequence[Path], choice: SheetChoice, find_preset: FindPreset) -> Sheet:
    """Lay kept portraits out and write them as a PDF.

    Args:
        folders: Folders of the captures, in the order of printing.
        choice: How.
        find_preset: Returns the preset of a name, or None if it is not known any more.

    Raises:
        PrintError: A capture is gone, damaged or not kept, or does not fit on the paper.
        ConfigError: The caption names a place that there is not, or the library for PDF files is missing.
    """
    try:
        from capture_station.printing.sheet_pdf import SheetItem, sheet_pdf
    except ImportError as error:
        raise ConfigError(f"sheets need fpdf2 ({error}): {missing_extra('print')}") from error
    paper = PAPERS[choice.paper]
    items, sizes = list[SheetItem](), list[Size]()
    for folder in folders:
        record, data = read_kept(folder)
        values = {"given": "", "family": "", **template_values(record)}
        caption = filled(choice.caption, values, "the caption") if choice.caption else ""
        items.append(SheetItem(data, caption))
        sizes.append(_printed_size(paper, choice, find_preset(record.preset), data))
    pages = list(lay_out(paper, sizes, choice.each, bool(choice.caption)))
    return Sheet(sheet_pdf(pages, items), len(pages), paper.media)


def read_kept(folder: Path) -> tuple[Record, bytes]:
    """The record and the portrait's bytes of a capture that may be printed.

    Raises:
        PrintError: It is gone, damaged or not kept.
    """
    record = read_record(folder)
    if isinstance(record, Damaged):
        raise PrintError(f"{folder.name} cannot be printed: {record.reason}")
    if not record.kept:
        raise PrintError(f"{folder.name} is not printed: it was not kept")
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


def _printed_size(paper: Paper, choice: SheetChoice, preset: Preset | None, data: bytes) -> Size:
    if isinstance(choice.size, Size):
        return choice.size
    if choice.size == "preset" and preset is not None and preset.size_mm is not None:
        return Size(*preset.size_mm)
    height, width = decode_picture(data).shape[:2]
    return page_filling(paper, width / height, bool(choice.caption))
