"""A sheet of the pictures a model does worst on: the picture, and its outline beside the label's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from capture_station.frames import Image
from models.recipe import dataset
from models.recipe.evaluate.accuracy import PortraitRow, at_size
from models.recipe.evaluate.contestants import Contestant

PICTURES = 12
COLUMNS = 4
CELL_HEIGHT_PX = 300
OURS_RGB = (255, 40, 40)
LABEL_RGB = (40, 255, 40)


def worst(rows: Sequence[PortraitRow], contestant: str, count: int = PICTURES) -> list[PortraitRow]:
    """Rows of the lowest IoU, lowest first."""
    return sorted((row for row in rows if row.contestant == contestant), key=lambda row: row.iou)[:count]


def write_sheet(path: Path, rows: Sequence[PortraitRow], contestant: Contestant, data: dataset.Dataset) -> None:
    """Write the worst pictures as one PNG: image | outline (red ours, green the label's).

    Raises:
        OSError: The file cannot be written.
    """
    cells = []
    for row in worst(rows, contestant.name):
        portrait = next(portrait for portrait in data.portraits if portrait.image.match(row.image))
        image, alpha = portrait.read()
        outlined = image.copy()
        draw_outline(outlined, at_size(contestant.segment(image), alpha.shape) > 0.5, OURS_RGB)
        draw_outline(outlined, alpha > 127, LABEL_RGB)
        cell = np.hstack([image, outlined])
        width = round(cell.shape[1] * CELL_HEIGHT_PX / cell.shape[0])
        cell = cv2.resize(cell, (width, CELL_HEIGHT_PX), interpolation=cv2.INTER_AREA)
        caption = f"{row.image.removeprefix('portraits/')}  IoU {row.iou:.3f}  F {row.boundary_f:.2f}"
        cv2.putText(cell, caption, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 0), 1, cv2.LINE_AA)
        cells.append(cell)
    columns_px = max(cell.shape[1] for cell in cells)
    padded = [cv2.copyMakeBorder(c, 2, 2, 2, columns_px - c.shape[1] + 2, cv2.BORDER_CONSTANT) for c in cells]
    blank = np.zeros_like(padded[0])
    padded += [blank] * (-len(padded) % COLUMNS)
    sheet = np.vstack([np.hstack(padded[i : i + COLUMNS]) for i in range(0, len(padded), COLUMNS)])
    if not cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR)):
        raise OSError(f"{path}: cannot write the sheet")


def draw_outline(image: Image, mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], colour: Sequence[int]) -> None:
    """Draw a mask's contours into an image, in place."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(image, contours, -1, colour, 1, cv2.LINE_AA)
