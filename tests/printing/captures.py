"""Captures to print, and a look at printed pages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import cv2
import numpy as np
import pypdfium2

from capture_station.archive.archive import Archive
from capture_station.archive.record import Record, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.frames import Image, Portrait
from capture_station.presets import shipped_presets

NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
ADA = SubjectRecord(id="20417", name="Ada Lovelace")
BO = SubjectRecord(id="20418", name="Bo")
RED = (200, 30, 30)
DPI = 600
MM = DPI / 25.4


def take(
    archive: Archive,
    subject: SubjectRecord | None = None,
    minutes: int = 0,
    preset: str = "id-30x40",
    size_wh: tuple[int, int] | None = None,
    camera: str = "webcam",
) -> Record:
    """A capture whose portrait is one red area, so that its edges can be measured.

    Its size is that of the preset; another ``size_wh`` means that it was saved uncropped.
    """
    width, height = size_wh or shipped_presets()[preset].pixels_wh
    original, portrait = sample_pictures(size_wh or (354, 472))
    portrait = Portrait(np.full((height, width, 3), RED, np.uint8), portrait.alpha, portrait.measures)
    device = SAMPLE_CIRCUMSTANCES.camera.model_copy(update={"kind": camera})
    circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": subject, "preset": preset, "camera": device})
    return archive.save(original, portrait, NOON + timedelta(minutes=minutes), circumstances)


def texts(pdf: bytes) -> list[str]:
    """What stands on each page."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def rendered(pdf: bytes) -> list[Image]:
    """The pages at 600 dpi, as RGB."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [np.array(page.render(scale=DPI / 72, rev_byteorder=True).to_numpy())[..., :3] for page in document]
    finally:
        document.close()


def boxes_mm(page: Image) -> list[tuple[float, float, float, float]]:
    """Left, top, width and height of each red portrait on a page, in millimetres, row by row."""
    red = (page[..., 0].astype(int) - page[..., 1] > 150).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(red)
    found = [stat for stat in stats[1:] if stat[cv2.CC_STAT_AREA] > 100]
    rows = sorted((round(y / MM, 1), round(x / MM, 1), w / MM, h / MM) for x, y, w, h, _ in found)
    return [(x, y, w, h) for y, x, w, h in rows]


def page_mm(page: Image) -> tuple[float, float]:
    """Width and height of a page in millimetres."""
    return page.shape[1] / MM, page.shape[0] / MM
