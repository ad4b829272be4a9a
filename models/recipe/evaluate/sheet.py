"""Contact sheets of the pictures on which a contestant scores worst, near the median, and best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from capture_station.frames import Image
from models.recipe import dataset
from models.recipe.evaluate.accuracy import PortraitRow, at_size
from models.recipe.evaluate.composites import composites
from models.recipe.evaluate.contestants import Contestant, portrait_of
from models.recipe.evaluate.whiteness import WhiteRow

PICTURES = 12
COLUMNS = 4
CELL_HEIGHT_PX = 300
OURS_RGB = (255, 40, 40)
LABEL_RGB = (40, 255, 40)

Row = TypeVar("Row")


def picked(ranked: Sequence[Row], count: int = PICTURES) -> dict[str, list[Row]]:
    """Pick ``count`` rows from the start, the middle and the end of rows that are sorted worst first."""
    middle = max(0, (len(ranked) - count) // 2)
    return {
        "worst": list(ranked[:count]),
        "median": list(ranked[middle : middle + count]),
        "best": list(ranked[max(0, len(ranked) - count) :]),
    }


def portrait_sheet(path: Path, rows: Sequence[PortraitRow], contestant: Contestant, data: dataset.Dataset) -> None:
    """Write a sheet ranked by IoU: picture | the same picture with our outline in red and the label's in green.

    Raises:
        OSError: The file cannot be written.
    """
    ranked = sorted((row for row in rows if row.contestant == contestant.name), key=lambda row: row.iou)

    def cell(row: PortraitRow) -> Image:
        portrait = next(portrait for portrait in data.portraits if portrait.image.match(row.image))
        image, alpha = portrait.read()
        outlined = image.copy()
        draw_outline(outlined, at_size(contestant.segment(image), alpha.shape) > 0.5, OURS_RGB)
        draw_outline(outlined, alpha > 127, LABEL_RGB)
        caption = f"{row.image.removeprefix('portraits/')}  IoU {row.iou:.3f}  F {row.boundary_f:.2f}"
        return captioned([image, outlined], caption)

    write_sheet(path, picked(ranked), cell)


def white_sheet(path: Path, rows: Sequence[WhiteRow], contestant: Contestant, data: dataset.Dataset) -> None:
    """Write a sheet ranked by the white error of refined composites: picture | our portrait | the true portrait.

    Raises:
        OSError: The file cannot be written.
    """
    ours = [row for row in rows if row.contestant == contestant.name and row.refined]
    scenes = {scene.name: scene for scene in composites(data)}

    def cell(row: WhiteRow) -> Image:
        scene = scenes[row.image]
        portrait = portrait_of(scene.image, contestant.segment(scene.image))
        return captioned([scene.image, portrait.image_rgb, scene.on_white], f"{row.image}  {row.white_error:.2f}")

    write_sheet(path, picked(sorted(ours, key=lambda row: -row.white_error)), cell)


def captioned(pictures: Sequence[Image], caption: str) -> Image:
    """Put pictures of the same size side by side, scale them to the cell height, and draw a caption over them."""
    cell = np.hstack(pictures)
    width = round(cell.shape[1] * CELL_HEIGHT_PX / cell.shape[0])
    cell = np.asarray(cv2.resize(cell, (width, CELL_HEIGHT_PX), interpolation=cv2.INTER_AREA), np.uint8)
    cell[:20] //= 3
    cv2.putText(cell, caption, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 0), 1, cv2.LINE_AA)
    return cell


def write_sheet(path: Path, groups: dict[str, list[Row]], cell: Callable[[Row], Image]) -> None:
    """Write one PNG with the groups below each other, each under its name.

    Raises:
        OSError: The file cannot be written.
    """
    drawn = {title: [cell(row) for row in rows] for title, rows in groups.items()}
    width = max(picture.shape[1] for cells in drawn.values() for picture in cells) + 4
    lines = []
    for title, cells in drawn.items():
        heading = np.zeros((30, COLUMNS * width, 3), np.uint8)
        cv2.putText(heading, title, (4, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 1, cv2.LINE_AA)
        padded = [cv2.copyMakeBorder(c, 2, 2, 2, width - c.shape[1] - 2, cv2.BORDER_CONSTANT) for c in cells]
        padded += [np.zeros_like(padded[0])] * (-len(padded) % COLUMNS)
        lines += [heading, *(np.hstack(padded[i : i + COLUMNS]) for i in range(0, len(padded), COLUMNS))]
    if not cv2.imwrite(str(path), cv2.cvtColor(np.vstack(lines), cv2.COLOR_RGB2BGR)):
        raise OSError(f"{path}: cannot write the sheet")


def draw_outline(image: Image, mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], colour: Sequence[int]) -> None:
    """Draw a mask's contours into an image in place."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(image, contours, -1, colour, 1, cv2.LINE_AA)
