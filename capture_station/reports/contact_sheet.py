"""Draws a page of the report as one PNG, to print or to send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np

from capture_station.archive.encode import encode_png_strips
from capture_station.archive.report_files import GENERATOR
from capture_station.frames import Image
from capture_station.locales.messages import Messages
from capture_station.reports.charts import BOTTOM, HEIGHT, LEFT, RADIUS, RIGHT, TOP, WIDTH, Chart
from capture_station.reports.overview import Overview, Tile, Trend
from capture_station.reports.raster_canvas import LINE, Colour, RasterCanvas, shortened, wrapped
from capture_station.reports.thumbnails import SHEET_WIDTH_PX

WIDTH_PX = 2000
COLUMNS = 8
_MARGIN, _GAP = 64, 20
_TILE = SHEET_WIDTH_PX
_CARD = (WIDTH_PX - 2 * _MARGIN - 2 * _GAP) // 3
_DPI = 200
_REASONS = 8
"""Most reasons listed on the first sheet."""
_LINES = 7
"""Most lines of reasons below a portrait."""
_NAME_LINES = 3

INK, SOFT, LINE_INK, GROUND, CARD = (29, 35, 41), (93, 104, 116), (223, 227, 231), (244, 245, 246), (255, 255, 255)
ACCENT, WARN, BAD, WARN_EDGE, DOT, OUTLIER = (
    (14, 134, 120), (180, 83, 9), (180, 35, 24), (233, 168, 75), (160, 170, 180), (217, 119, 6),
)  # fmt: skip
_PALE = (255 - (255 - np.arange(256)) * 0.4).astype(np.uint8)
"""Each level of a picture that does not count."""
_INKS: dict[str, tuple[Colour, Colour]] = {
    "ok": (ACCENT, LINE_INK),
    "review": (WARN, WARN_EDGE),
    "damaged": (BAD, BAD),
    "missing": (SOFT, LINE_INK),
}


def sheet(shown: Overview, rows: Iterable[Sequence[Tile]], number: int, pages: int, messages: Messages) -> bytes:
    """The PNG of one page, numbered from 0. The first page begins with counts and charts.

    Args:
        rows: At most ``COLUMNS`` tiles each.
    """  # fmt: skip
    return encode_png_strips(_strips(shown, rows, number, pages, messages), _DPI, GENERATOR)


def _strips(
    shown: Overview, rows: Iterable[Sequence[Tile]], number: int, pages: int, messages: Messages
) -> Iterator[Image]:
    """The parts of a page, from above. All of them at once would take 50 MB."""
    yield _title(shown, number, pages, messages)
    if number == 0:
        yield _counts(shown)
        yield _trends(shown.trends)
        yield _reasons(shown.reasons, messages)
    for row in rows:
        yield _row(row, messages)
    yield RasterCanvas((WIDTH_PX, _MARGIN - _GAP), GROUND).image_rgb


def _title(shown: Overview, number: int, pages: int, messages: Messages) -> Image:
    lines = wrapped(shown.title, 52, WIDTH_PX - 2 * _MARGIN, bold=True)
    height = _MARGIN + round(len(lines) * 52 * LINE) + 66
    canvas = RasterCanvas((WIDTH_PX, height), GROUND)
    for index, line in enumerate(lines):
        canvas.text((_MARGIN, _MARGIN - 12 + index * 52 * LINE), line, 52, INK, bold=True)
    canvas.text((_MARGIN, height - 66), shown.subtitle, 28, SOFT)
    if pages > 1:
        canvas.text_left_of(
            (WIDTH_PX - _MARGIN, height - 66), messages("report.page", page=number + 1, pages=pages), 28, SOFT
        )
    return canvas.image_rgb


def _counts(shown: Overview) -> Image:
    canvas = RasterCanvas((WIDTH_PX, 190), GROUND)
    width = (WIDTH_PX - 2 * _MARGIN - (len(shown.counts) - 1) * _GAP) / len(shown.counts)
    for index, (name, count) in enumerate(shown.counts):
        left = _MARGIN + index * (width + _GAP)
        canvas.box((left, 6, left + width, 116), CARD, LINE_INK, 14)
        canvas.text((left + 22, 14), str(count), 48, INK, bold=True)
        canvas.text((left + 22, 72), name, 24, SOFT)
    canvas.text((_MARGIN, 138), shown.summary, 26, INK)
    return canvas.image_rgb


def _trends(trends: Sequence[Trend]) -> Image:
    scale = (_CARD - 40) / WIDTH
    summary_lines = max((len(wrapped(trend.summary, 20, _CARD - 44)) for trend in trends), default=0)
    top = 58 + round(summary_lines * 20 * LINE)
    height = top + round(HEIGHT * scale) + 18
    canvas = RasterCanvas((WIDTH_PX, -(-len(trends) // 3) * (height + _GAP) + 10), GROUND)
    for index, trend in enumerate(trends):
        left, above = _MARGIN + index % 3 * (_CARD + _GAP), index // 3 * (height + _GAP)
        edge = WARN_EDGE if trend.drifting else LINE_INK
        canvas.box((left, above, left + _CARD, above + height), CARD, edge, 14)
        canvas.text((left + 22, above + 12), trend.name, 26, INK, bold=True)
        for line, text in enumerate(wrapped(trend.summary, 20, _CARD - 44)):
            canvas.text((left + 22, above + 48 + line * 20 * LINE), text, 20, WARN if trend.drifting else SOFT)
        _chart(canvas, trend.chart, (left + 20, above + top), scale)
    return canvas.image_rgb


def _chart(canvas: RasterCanvas, chart: Chart, corner: tuple[float, float], scale: float) -> None:
    def at(x: float, y: float) -> tuple[float, float]:
        return corner[0] + x * scale, corner[1] + y * scale

    for y, text in chart.grid:
        canvas.line((at(LEFT, y), at(RIGHT, y)), 1, LINE_INK)
        canvas.text_left_of(at(LEFT - 5, y - 6), text, 15, SOFT)
    for x in chart.shifts:
        canvas.line((at(x, TOP), at(x, BOTTOM)), 2, WARN_EDGE)
    for index, (_, text) in enumerate(chart.times):
        if index == 0:
            canvas.text(at(LEFT, BOTTOM + 6), text, 15, SOFT)
        else:
            canvas.text_left_of(at(RIGHT, BOTTOM + 6), text, 15, SOFT)
    canvas.dots([at(*dot) for dot in chart.dots], RADIUS * scale, DOT)
    for start, end in chart.levels:
        canvas.line((at(*start), at(*end)), 3, ACCENT)
    canvas.dots([at(*dot) for dot in chart.outliers], 1.3 * RADIUS * scale, OUTLIER)


def _reasons(reasons: Sequence[tuple[str, int]], messages: Messages) -> Image:
    """The most frequent reasons for a review."""
    if not reasons:
        return RasterCanvas((WIDTH_PX, 20), GROUND).image_rgb
    canvas = RasterCanvas((WIDTH_PX, 80 + round(min(len(reasons), _REASONS) * 24 * LINE)), GROUND)
    canvas.text((_MARGIN, 4), messages("report.section.review"), 28, INK, bold=True)
    for index, (reason, count) in enumerate(reasons[:_REASONS]):
        y = 48 + index * 24 * LINE
        canvas.text_left_of((_MARGIN + 60, y), str(count), 24, WARN, bold=True)
        canvas.text((_MARGIN + 78, y), shortened(reason, 24, WIDTH_PX - 2 * _MARGIN - 80, 1)[0], 24, INK)
    return canvas.image_rgb


def _row(tiles: Sequence[Tile], messages: Messages) -> Image:
    captions = [_reason_lines(tile.reasons) for tile in tiles]
    marks = [messages(f"report.verdict.{t.verdict}" if t.take == "newest" else f"report.{t.take}") for t in tiles]
    stacked = any(
        len(wrapped(f"{tile.time} {mark}", 18, _TILE - 24)) > 1 for tile, mark in zip(tiles, marks, strict=True)
    )
    whose = [
        (*shortened(tile.name, 18, _TILE - 20, _NAME_LINES, bold=True), *shortened(tile.subject_id, 18, _TILE - 20, 1))
        for tile in tiles
    ]
    names = round(max(map(len, whose)) * 18 * LINE) + (4 if any(whose) else 0)
    head = (68 if stacked else 44) + names
    above = max((tile.on_sheet.shape[0] for tile in tiles if tile.on_sheet is not None), default=_TILE // 2)
    height = above + head + max(round(len(lines) * 16 * LINE) + (8 if lines else 0) for lines in captions)
    canvas = RasterCanvas((WIDTH_PX, height + _GAP), GROUND)
    for index, (tile, mark, lines) in enumerate(zip(tiles, marks, captions, strict=True)):
        left = _MARGIN + index * (_TILE + _GAP)
        ink, edge = _INKS[tile.verdict] if tile.take == "newest" else (SOFT, LINE_INK)
        canvas.box((left - 2, 0, left + _TILE + 1, height), CARD, edge)
        if tile.on_sheet is not None:
            height_px, width_px = tile.on_sheet.shape[:2]
            shown = tile.on_sheet if tile.take == "newest" else _pale(tile.on_sheet)
            canvas.paste(shown, (left + (_TILE - width_px) // 2, 2 + above - height_px))
        for line, text in enumerate(whose[index]):
            is_id = bool(tile.subject_id) and line == len(whose[index]) - 1
            at = (left + 10, above + 10 + line * 18 * LINE)
            canvas.text(at, text, 18, SOFT if is_id or tile.take != "newest" else INK, bold=not is_id)
        below = above + names
        canvas.text((left + 10, below + 10), tile.time, 18, INK)
        if stacked:
            canvas.text((left + 10, below + 35), mark, 16, ink, bold=True)
        else:
            canvas.text_left_of((left + _TILE - 10, below + 11), mark, 16, ink, bold=True)
        for line, text in enumerate(lines):
            canvas.text((left + 10, above + head - 4 + line * 16 * LINE), text, 16, ink)
    return canvas.image_rgb


def _reason_lines(reasons: Sequence[str]) -> list[str]:
    """As many lines as there is room for; an ellipsis says that there are more."""
    lines = [line for reason in reasons for line in wrapped(reason, 16, _TILE - 20)]
    return lines if len(lines) <= _LINES else [*lines[: _LINES - 1], "…"]


def _pale(image_rgb: Image) -> Image:
    """The picture of a portrait that does not count."""
    return np.asarray(cv2.LUT(image_rgb, _PALE), np.uint8)
