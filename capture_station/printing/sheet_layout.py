"""Lays portraits out on sheets of paper: as many as fit, each in its exact size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from capture_station.errors import PrintError
from capture_station.printing.paper import Paper

GAP_MM = 2.0
"""Between two portraits: a knife that slips by a millimetre cuts no portrait."""
CAPTION_MM = 4.0
"""Height of the line under a portrait."""


class Size(NamedTuple):
    """Width and height in millimetres."""

    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where one portrait stands on its page."""

    item: int
    """Which of the portraits it is."""
    left_mm: float
    top_mm: float
    size: Size


@dataclass(frozen=True, slots=True)
class Page:
    size: Size
    """Of the paper as it is held: a sheet may lie on its side."""
    places: tuple[Place, ...]
    cut: bool
    """The portraits are cut out, so their edges are marked; a portrait that fills its page is not."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows and columns of equal cells in the middle of a page."""

    page: Size
    photo: Size
    columns: int
    rows: int
    caption_mm: float

    @property
    def capacity(self) -> int:
        """How many portraits it holds."""
        return self.columns * self.rows

    def place(self, item: int, cell: int) -> Place:
        """The place of a portrait in a cell; cells are counted row by row from the upper left."""
        row, column = divmod(cell, self.columns)
        step_x = self.photo.width_mm + GAP_MM
        step_y = self.photo.height_mm + self.caption_mm + GAP_MM
        left = (self.page.width_mm - self.columns * step_x + GAP_MM) / 2
        top = (self.page.height_mm - self.rows * step_y + GAP_MM) / 2
        return Place(item, left + column * step_x, top + row * step_y, self.photo)


def fit_grid(paper: Paper, photo: Size, caption: bool = False) -> Grid:
    """The grid that holds the most portraits, with the paper upright or on its side.

    Raises:
        PrintError: Not even one portrait of this size fits.
    """
    caption_mm = CAPTION_MM if caption else 0.0
    upright = Size(paper.width_mm, paper.height_mm)
    grids = [
        Grid(
            page,
            photo,
            _count(page.width_mm - 2 * paper.margin_mm, photo.width_mm),
            _count(page.height_mm - 2 * paper.margin_mm, photo.height_mm + caption_mm),
            caption_mm,
        )
        for page in (upright, Size(*upright[::-1]))
    ]
    best = max(grids, key=lambda grid: grid.capacity)
    if not best.capacity:
        raise PrintError(
            f"a portrait of {photo.width_mm:g}x{photo.height_mm:g} mm does not fit on paper of "
            f"{paper.width_mm:g}x{paper.height_mm:g} mm; choose a larger paper, or the size `page`"
        )
    return best


def page_filling(paper: Paper, aspect: float, caption: bool = False) -> Size:
    """The largest size of a portrait with this aspect (width to height), with the paper upright or on its side."""
    room = 2 * paper.margin_mm
    caption_mm = CAPTION_MM if caption else 0.0
    widths = (
        min(page_width - room, (page_height - room - caption_mm) * aspect)
        for page_width, page_height in ((paper.width_mm, paper.height_mm), (paper.height_mm, paper.width_mm))
    )
    width = max(widths)
    return Size(width, width / aspect)


def lay_out(paper: Paper, sizes: Sequence[Size], each: int | None = None, caption: bool = False) -> Iterator[Page]:
    """Yield the pages for portraits of these sizes.

    Portraits of one size share pages, in their order. Another size begins a new page.

    Args:
        paper: What is printed on.
        sizes: One for each portrait.
        each: How often each is printed. None: once, or as often as fits on one page if there is only one portrait.
        caption: Leave room for a line under each.

    Raises:
        PrintError: A portrait does not fit on the paper.
    """
    for size in dict.fromkeys(sizes):
        grid = fit_grid(paper, size, caption)
        times = each or (grid.capacity if len(sizes) == 1 else 1)
        fills = page_filling(paper, size.width_mm / size.height_mm, caption)
        cut = fills.width_mm - size.width_mm > 0.01
        items = [item for item, other in enumerate(sizes) if other == size for _ in range(times)]
        for first in range(0, len(items), grid.capacity):
            page = items[first : first + grid.capacity]
            yield Page(grid.page, tuple(grid.place(item, cell) for cell, item in enumerate(page)), cut)


def _count(room_mm: float, side_mm: float) -> int:
    # The tolerance is far below a printer's and far above the rounding of a sum.
    return max(0, int((room_mm + GAP_MM + 1e-6) // (side_mm + GAP_MM)))
