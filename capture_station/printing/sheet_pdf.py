"""Writes laid out pages as a PDF: the portraits' own bytes, cut marks, captions."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fpdf import FPDF, ViewerPreferences

from capture_station.printing.sheet_layout import CAPTION_MM, GAP_MM, Page, Place
from capture_station.shipped import print_font_path
from capture_station.typefaces import Typeface, inter, typeface_for

POINTS_PER_MM = 72 / 25.4
CAPTION_PT = 7.5
LEAST_CAPTION_PT = 4.0
LINE = 1.3
"""Line height, in font sizes."""
HAIRLINE_MM = 0.1
OUTLINE_GREY = 200
"""The background is as white as the paper, so the edge has to be drawn where it is cut."""


@dataclass(frozen=True, slots=True)
class SheetItem:
    """One portrait to print."""

    data: bytes
    """A JPEG or PNG file."""
    caption: str = ""


def sheet_pdf(pages: Iterable[Page], items: Sequence[SheetItem]) -> bytes:
    """Return a PDF file. JPEG files are taken over bit for bit.

    Programs are told not to scale it when they print it (ISO 32000-1, 12.2).
    """
    pdf = FPDF(unit="pt")
    pdf.set_auto_page_break(False)
    # Joins letters where the script wants it, and orders lines that are read from right to left.
    pdf.set_text_shaping(True)
    pdf.viewer_preferences = ViewerPreferences(print_scaling="None")
    for page in pages:
        pdf.add_page(format=(_pt(page.size.width_mm), _pt(page.size.height_mm)))
        for place in page.places:
            _draw(pdf, place, items[place.item])
            if page.cut:
                _mark_edges(pdf, place)
    return bytes(pdf.output())


def _draw(pdf: FPDF, place: Place, item: SheetItem) -> None:
    left, top = _pt(place.left_mm), _pt(place.top_mm)
    width, height = _pt(place.size.width_mm), _pt(place.size.height_mm)
    pdf.image(io.BytesIO(item.data), left, top, width, height)
    if item.caption:
        _write(pdf, item.caption, left + width / 2, top + height + _pt(CAPTION_MM) * 0.75, width)


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


def _write(pdf: FPDF, text: str, middle: float, baseline: float, width: float) -> None:
    """Write one centred line, in smaller letters or cut off where it is too long."""
    # fpdf2 marks every font whose glyphs have no CIDs as TrueType, so Inter must be that (ISO 32000-1, table 126).
    size, family = CAPTION_PT, _family(pdf, Typeface(print_font_path()))
    other = typeface_for(text)
    pdf.set_fallback_fonts([] if other == inter() else [_family(pdf, other)])
    pdf.set_font(family, size=size)
    if pdf.get_string_width(text) > width:
        size = max(LEAST_CAPTION_PT, size * width / pdf.get_string_width(text))
        pdf.set_font(family, size=size)
    while len(text) > 1 and pdf.get_string_width(text) > width:
        text = text[:-2].rstrip() + "…"
    pdf.set_xy(middle - width / 2, baseline - size)
    pdf.cell(width, size * LINE, text, align="C")


def _family(pdf: FPDF, face: Typeface) -> str:
    """The typeface's name in the file, where it is added at its first use."""
    name = f"{face.file.stem.lower()}-{face.number}"
    if name not in pdf.fonts:
        pdf.add_font(name, fname=face.file, collection_font_number=face.number)
    return name


def _pt(mm: float) -> float:
    return mm * POINTS_PER_MM
