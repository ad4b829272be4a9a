"""Writes laid out pages as a PDF: the portraits' own bytes, cut marks, captions."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fpdf import FPDF, ViewerPreferences
from fpdf.fonts import TTFFont

from capture_station.printing.caption import SMALLEST_PT, fitted
from capture_station.printing.sheet_layout import CAPTION_MM, GAP_MM, Page, Place
from capture_station.shipped import print_font_path
from capture_station.typefaces import Typeface, ignorable, inter, typeface_for

POINTS_PER_MM = 72 / 25.4
LINE = 1.3
CLOSE_LINE = 1.1
"""Line heights of one line and of two, in font sizes."""
UNKNOWN = "\u25a1"
"""Stands for a letter that no typeface of the system has, which would leave nothing on the paper."""
CLEAR_PT = 0.8
"""Between a portrait and its caption."""
NUMBER_MM = 8.0
"""From the page's number to the edges of the paper: further than printers' margins."""
HAIRLINE_MM = 0.1
OUTLINE_GREY = 200
"""The background is as white as the paper, so the edge has to be drawn where it is cut."""


@dataclass(frozen=True, slots=True)
class SheetItem:
    """One portrait to print."""

    data: bytes
    """A JPEG or PNG file."""
    caption: str = ""


class SheetFile(NamedTuple):
    """Pages as a PDF file."""

    pdf: bytes
    incomplete_captions: int
    """How many captions have a letter that no typeface of the system has."""


def sheet_pdf(pages: Sequence[Page], items: Sequence[SheetItem]) -> SheetFile:
    """Draw the pages. JPEG files are taken over bit for bit.

    Programs are told not to scale the file when they print it (ISO 32000-1, 12.2).
    """
    incomplete = set[int]()
    numbered = len(pages) > 1 and all(page.cut and _below_mm(page) >= NUMBER_MM for page in pages)
    pdf = FPDF(unit="pt")
    pdf.set_auto_page_break(False)
    # Joins letters where the script wants it, and orders lines that are read from right to left.
    pdf.set_text_shaping(True)
    pdf.viewer_preferences = ViewerPreferences(print_scaling="None")
    for number, page in enumerate(pages, 1):
        pdf.add_page(format=(_pt(page.size.width_mm), _pt(page.size.height_mm)))
        for place in page.places:
            if not _draw(pdf, place, items[place.item]):
                incomplete.add(place.item)
            if page.cut:
                _mark_edges(pdf, place)
        if numbered:
            _number(pdf, page, number, len(pages))
    return SheetFile(bytes(pdf.output()), len(incomplete))


def _draw(pdf: FPDF, place: Place, item: SheetItem) -> bool:
    """Draw a portrait and its caption; returns whether all letters of the caption could be written."""
    left, top = _pt(place.left_mm), _pt(place.top_mm)
    width, height = _pt(place.size.width_mm), _pt(place.size.height_mm)
    pdf.image(io.BytesIO(item.data), left, top, width, height)
    return not item.caption or _write(pdf, item.caption, left + width / 2, top + height, width)


def _mark_edges(pdf: FPDF, place: Place) -> None:
    left, top = _pt(place.left_mm), _pt(place.top_mm)
    width, height = _pt(place.size.width_mm), _pt(place.size.height_mm)
    pdf.set_line_width(_pt(HAIRLINE_MM))
    pdf.set_draw_color(OUTLINE_GREY)
    # Around the portrait, whose own edge stays whole.
    half = _pt(HAIRLINE_MM) / 2
    pdf.rect(left - half, top - half, width + 2 * half, height + 2 * half)
    pdf.set_draw_color(0)
    tick = _pt(GAP_MM / 2)
    for x, outward_x in ((left, -tick), (left + width, tick)):
        for y, outward_y in ((top, -tick), (top + height, tick)):
            pdf.line(x, y, x + outward_x, y)
            pdf.line(x, y, x, y + outward_y)


def _write(pdf: FPDF, text: str, middle: float, top: float, width: float) -> bool:
    """Write a caption in the middle of the room below a portrait, clear of the cut marks at its corners.

    Returns:
        Whether all of its letters could be written.
    """
    # fpdf2 marks every font whose glyphs have no CIDs as TrueType, so Inter must be that (ISO 32000-1, table 126).
    family, other = _family(pdf, Typeface(print_font_path())), typeface_for(text)
    families = [family] if other == inter() else [family, _family(pdf, other)]
    pdf.set_fallback_fonts(families[1:])
    text = "".join(one for one in text if not ignorable(one) or _has(pdf, families, one))
    written = "".join(one if one.isspace() or _has(pdf, families, one) else UNKNOWN for one in text)

    def length(line: str, size_pt: float) -> float:
        pdf.set_font(family, size=size_pt)
        return float(pdf.get_string_width(line))

    lines, size_pt = fitted(written, width - 2 * _pt(GAP_MM / 2), length)
    pdf.set_font(family, size=size_pt)
    line_pt = size_pt * (LINE if len(lines) == 1 else CLOSE_LINE)
    top += max(CLEAR_PT, (_pt(CAPTION_MM) - len(lines) * line_pt) / 2)
    for number, line in enumerate(lines):
        pdf.set_xy(middle - width / 2, top + number * line_pt)
        pdf.cell(width, line_pt, line, align="C")
    return written == text


def _number(pdf: FPDF, page: Page, number: int, count: int) -> None:
    """Write which page it is where that is cut off, so that the sheets of many people stay in order."""
    pdf.set_font(_family(pdf, Typeface(print_font_path())), size=SMALLEST_PT)
    pdf.set_xy(0, _pt(page.size.height_mm - NUMBER_MM))
    pdf.cell(_pt(page.size.width_mm - NUMBER_MM), SMALLEST_PT, f"{number} / {count}", align="R")


def _below_mm(page: Page) -> float:
    """The room below the lowest portrait and its caption."""
    return page.size.height_mm - CAPTION_MM - max(place.top_mm + place.size.height_mm for place in page.places)


def _has(pdf: FPDF, families: Sequence[str], character: str) -> bool:
    fonts = (pdf.fonts[family] for family in families)
    return any(isinstance(font, TTFFont) and ord(character) in font.cmap for font in fonts)


def _family(pdf: FPDF, face: Typeface) -> str:
    """The typeface's name in the file, where it is added at its first use."""
    name = f"{face.file.stem.lower()}-{face.number}"
    if name not in pdf.fonts:
        pdf.add_font(name, fname=face.file, collection_font_number=face.number)
    return name


def _pt(mm: float) -> float:
    return mm * POINTS_PER_MM
