"""Labels corrected by eye, cell by cell: ``python -m models.recipe.label_cells STEP ...``.

Where a picture is hard, networks often make the same mistake, so that a vote confirms it. Somebody has to look. To cut
a person out by hand takes minutes, but to say which parts are on the wrong side takes seconds.

    sheets --pictures DIR --labels DIR [--alphas DIR ...] --output SHEETS
        writes SHEETS/STEM.png: the picture, and the picture split into numbered cells, with person in green
    apply  --pictures DIR --labels DIR [--alphas DIR ...] --answers FILE --output LABELS
        writes LABELS/STEM.png, and LABELS/STEM.cut.png: the picture and its cut-out, to be looked at
    sides  --labels DIR --output FILE.zip
        packs which side each pixel is on, a few hundred bytes a picture

A cell has one colour and lies on one side of the label; large ones also lie on one side of each further alpha. Labels
and alphas number the cells, so give ``apply`` the folders that ``sheets`` had. An answer is a line:

    STEM: +12 -7 poly+ 10,20 30,40 12,50

Cell 12 and the polygon become person, and cell 7 becomes background, all of them without half transparent remains.
What is narrower than .4 % of the diagonal stays as it was. Positions are in % of the width and height. Later words win.
``STEM: ok`` keeps the label, but for half transparent places far from its outline. ``STEM: drop`` gives none.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Image
from capture_station.images import fit_within_wh, resized
from capture_station.presets import same_shape
from models.recipe import dataset
from models.recipe.label_pieces import disc

CELLS_PX = 448
"""Longest side of the picture in which cells are looked for."""
SIMILARITY = 250.0
"""The scale of Felzenszwalb & Huttenlocher 2004: larger means fewer cells."""
LEAST_CELL = 0.0016
"""Of the picture; a smaller cell joins the nearest one on its side."""
EDGE = 0.004
"""Half the width of a new outline's soft edge, as a share of the diagonal."""
FAR = 0.014
"""Nothing is half transparent that is further from the outline; in the same unit."""
FLATNESS = 1e-4
"""The epsilon of the guided filter (He et al. 2013)."""
SHEET_WH = (740, 900)
CUT_WH = (740, 640)
PERSON_RGB, BACKGROUND_RGB, OUTLINE_RGB = (0, 150, 0), (200, 40, 120), (255, 255, 0)
KEYED_RGB = (90, 200, 255)
SIDE_PX = 320
"""Longest side of a packed mask."""

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Cells = NDArray[np.int32]


class Change(NamedTuple):
    """A part of a picture, and the side that it belongs to."""

    where: Mask
    """(H, W)."""
    person: bool


def find_cells(image_rgb: Image, alphas: Sequence[Floats]) -> Cells:
    """Split a picture (H, W, 3) into cells, numbered from 1 on from top to bottom: (H, W).

    Args:
        image_rgb: The picture.
        alphas: The label first, then others: (H, W) in [0, 1].
    """
    # The training environment has these libraries. Nothing else needs them.
    from scipy.ndimage import distance_transform_edt
    from skimage.segmentation import felzenszwalb

    size_wh = fit_within_wh((image_rgb.shape[1], image_rgb.shape[0]), (CELLS_PX, CELLS_PX))
    small = cv2.resize(image_rgb, size_wh, interpolation=cv2.INTER_AREA)
    sides = [cv2.resize(alpha, size_wh, interpolation=cv2.INTER_AREA) > 0.5 for alpha in alphas]
    said = np.sum([side.astype(np.int64) << bit for bit, side in enumerate(sides)], axis=0)
    colours = felzenszwalb(small, scale=SIMILARITY, sigma=0.7, min_size=2 * round(LEAST_CELL * small[..., 0].size))
    cells, count = np.zeros(said.shape, np.int32), 0
    key = colours.astype(np.int64) << len(alphas) | said
    for value in np.unique(key):
        found, parts = cv2.connectedComponents((key == value).astype(np.uint8), connectivity=4)
        cells[parts > 0] = parts[parts > 0] + count
        count += found - 1
    large = np.bincount(cells.reshape(-1))[cells] >= LEAST_CELL * cells.size
    for side in (sides[0], ~sides[0]):
        if (side & large).any():
            rows, columns = distance_transform_edt(~(side & large), return_distances=False, return_indices=True)
            small_ones = side & ~large
            cells[small_ones] = cells[rows[small_ones], columns[small_ones]]
    names, flat = np.unique(cells, return_inverse=True)
    rows = np.repeat(np.arange(cells.shape[0]), cells.shape[1])
    height = np.bincount(flat.reshape(-1), rows) / np.bincount(flat.reshape(-1))
    numbers = np.empty(len(names), np.int32)
    numbers[np.argsort(height)] = np.arange(1, len(names) + 1)
    whole_wh = (image_rgb.shape[1], image_rgb.shape[0])
    return np.asarray(
        cv2.resize(numbers[flat].reshape(cells.shape), whole_wh, interpolation=cv2.INTER_NEAREST_EXACT), np.int32
    )


def parse_answer(answer: str, cells: Cells) -> list[Change]:
    """The parts that an answer names, in order.

    Raises:
        ValueError: A word cannot be understood, or there is no such cell.
    """
    height, width = cells.shape
    found = list[Change]()
    words = answer.split()
    if not words:
        raise ValueError("the answer is empty: say +CELL, -CELL, poly+ or poly-, ok or drop")
    if words == ["ok"]:
        return found
    while words:
        word = words.pop(0)
        person = word.endswith("+") if word.startswith("poly") else word.startswith("+")
        if word in ("poly+", "poly-"):
            points = []
            while words and "," in words[0]:
                x, y = position(words.pop(0))
                points.append((x * width / 100, y * height / 100))
            if len(points) < 3:
                raise ValueError(f"{word}: a polygon has three points or more")
            where = cv2.fillPoly(np.zeros(cells.shape, np.uint8), [np.rint(points).astype(np.int32)], 1) > 0
        elif word[:1] in ("+", "-") and word[1:].isdecimal():
            where = cells == int(word[1:])
            if not where.any():
                raise ValueError(f"{word}: there is no such cell")
        else:
            raise ValueError(f"{word}: say +CELL, -CELL, poly+ or poly-, ok or drop")
        found.append(Change(where, person))
    return found


def position(word: str) -> tuple[float, float]:
    """A point of a polygon in % of width and height.

    Raises:
        ValueError: It is no such point.
    """
    try:
        x, y = (float(share) for share in word.split(","))
    except ValueError:
        raise ValueError(f"{word}: a point is X,Y without a blank, in %") from None
    if not (0 <= x <= 100 and 0 <= y <= 100):
        raise ValueError(f"{word}: a point lies between 0,0 and 100,100")
    return x, y


def correct(image_rgb: Image, label: Floats, parts: Sequence[Change]) -> Floats:
    """The label (H, W) in [0, 1] with parts on the side that they belong to.

    A new outline gets a soft edge by the picture (guided filter, He et al. 2013). An outline that stays keeps its own.
    What is far from any outline becomes solid.
    """
    before = label > 0.5
    person, named = before.copy(), np.zeros(before.shape, np.bool_)
    for part in parts:
        person[part.where], named = part.person, named | part.where
    diagonal = float(np.hypot(*label.shape))
    radius = max(2, round(EDGE * diagonal))
    if (person != before).any():
        sides = cv2.medianBlur(person.astype(np.uint8), 2 * radius + 1)
        soft = guided_filter(image_rgb, sides.astype(np.float32), 2 * radius)
        soft = np.clip((soft - 0.5) * 1.6 + 0.5, 0, 1)
        soft = np.where(outline_distance(sides) > 2.5 * radius, sides, soft)
        new = cv2.dilate((person != before).astype(np.uint8), disc(2 * radius)) > 0
        new &= cv2.blur(((sides > 0) != before).astype(np.float32), (2 * radius + 1,) * 2) > 0
        share = cv2.blur(new.astype(np.float32), (radius | 1,) * 2)
        label = share * soft + (1 - share) * label
    sides = (label > 0.5).astype(np.uint8)
    away = outline_distance(sides)
    solid = (away > FAR * diagonal) | ((away > radius) & (cv2.erode(named.astype(np.uint8), disc(radius)) > 0))
    return np.where(solid, sides, label).astype(np.float32)


def guided_filter(image_rgb: Image, mask: Floats, radius: int) -> Floats:
    """A mask (H, W) with the edges of a picture (H, W, 3) (He et al. 2013, in colour)."""

    def mean(plane: NDArray[np.floating]) -> Floats:
        return np.asarray(cv2.blur(plane, (2 * radius + 1,) * 2), np.float32)

    guide = image_rgb.astype(np.float32) / 255
    centre, level = mean(guide), mean(mask)
    covariance = np.stack([mean(guide[..., i] * mask) - centre[..., i] * level for i in range(3)], -1)
    spread = np.stack([mean(guide[..., [i]] * guide) - centre[..., [i]] * centre for i in range(3)], -2)
    slope = np.linalg.solve(spread + FLATNESS * np.eye(3, dtype=np.float32), covariance[..., None])[..., 0]
    offset = level - (slope * centre).sum(-1)
    return np.asarray(np.clip((mean(slope) * guide).sum(-1) + mean(offset), 0, 1), np.float32)


def outline_distance(sides: NDArray[np.uint8]) -> Floats:
    """Distance in pixels (H, W) of each pixel from the other side of a mask of 0 and 1."""
    return np.asarray(sum(cv2.distanceTransform(one, cv2.DIST_L2, 5) for one in (sides, 1 - sides)), np.float32)


def sheet(image_rgb: Image, label: Floats, cells: Cells) -> Image:
    """The picture, with a tick every 10 % of its sides, and beside it the picture with its cells and their numbers."""
    size_wh = fit_within_wh((image_rgb.shape[1], image_rgb.shape[0]), SHEET_WH)
    picture = np.asarray(cv2.resize(image_rgb, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
    numbers = cv2.resize(cells, size_wh, interpolation=cv2.INTER_NEAREST_EXACT)
    person = cv2.resize(label, size_wh, interpolation=cv2.INTER_AREA) > 0.5
    shown = 0.55 * picture + 48 + 0.26 * np.where(person[..., None], PERSON_RGB, BACKGROUND_RGB)
    border = np.zeros(numbers.shape, np.bool_)
    border[1:] |= numbers[1:] != numbers[:-1]
    border[:, 1:] |= numbers[:, 1:] != numbers[:, :-1]
    shown[border] = 255
    shown[cv2.morphologyEx(person.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0] = OUTLINE_RGB
    shown = np.clip(shown, 0, 255).astype(np.uint8)
    for number in range(1, int(cells.max()) + 1):
        cell = cv2.copyMakeBorder((numbers == number).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
        _, _, _, (x, y) = cv2.minMaxLoc(cv2.distanceTransform(cell, cv2.DIST_L2, 3))
        (width, height), _ = cv2.getTextSize(str(number), cv2.FONT_HERSHEY_SIMPLEX, 0.42, 1)
        at = int(np.clip(x - width / 2, 0, size_wh[0] - width)), int(np.clip(y + height / 2, height, size_wh[1] - 1))
        for rgb, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.putText(shown, str(number), at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, rgb, thickness, cv2.LINE_AA)
    for tenth in range(1, 10):
        length_px = 9 if tenth == 5 else 4
        picture[:length_px, round(size_wh[0] * tenth / 10)] = OUTLINE_RGB
        picture[round(size_wh[1] * tenth / 10), :length_px] = OUTLINE_RGB
    return np.hstack([picture, shown])


def cut_sheet(image_rgb: Image, label: Floats) -> Image:
    """The picture, and beside it the person before one colour."""
    size_wh = fit_within_wh((image_rgb.shape[1], image_rgb.shape[0]), CUT_WH)
    cut = image_rgb * label[..., None] + np.array(KEYED_RGB, np.float32) * (1 - label[..., None])
    both = (image_rgb, np.rint(cut).astype(np.uint8))
    return np.hstack([np.asarray(cv2.resize(one, size_wh, interpolation=cv2.INTER_AREA), np.uint8) for one in both])


def with_labels(pictures: Path, labels: Path, folders: Sequence[Path]) -> Iterator[tuple[str, Image, list[Floats]]]:
    """Stem, picture (H, W, 3), and label and further alphas (H, W) in [0, 1], of each picture that has a label.

    Raises:
        OSError: A file is missing or no picture, or an alpha has another shape.
    """
    for path in sorted(path for path in pictures.iterdir() if (labels / f"{path.stem}.png").exists()):
        image = dataset.read_rgb(path)
        size_wh = image.shape[1], image.shape[0]
        levels = [dataset.read_alpha(folder / f"{path.stem}.png") for folder in (labels, *folders)]
        if not all(same_shape(level.shape[::-1], size_wh) for level in levels):
            raise OSError(f"{path}: an alpha of it has another shape")
        alphas = [np.asarray(resized(level, size_wh, averaged=True), np.float32) / np.float32(255) for level in levels]
        yield path.stem, image, alphas


def read_answers(path: Path) -> dict[str, str]:
    """The answers of a file by stem; the last one of each counts."""
    lines = (line.partition(":") for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return {stem.strip(): answer.strip() for stem, _, answer in lines}


def pack_sides(labels: Path, archive: Path) -> None:
    """Write a ZIP of masks of one bit, ``STEM.png``, whose longest side is at most ``SIDE_PX``."""
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(path for path in labels.glob("*.png") if not path.stem.endswith(".cut")):
            alpha = dataset.read_alpha(path)
            size_wh = fit_within_wh((alpha.shape[1], alpha.shape[0]), (SIDE_PX, SIDE_PX))
            sides = np.where(cv2.resize(alpha, size_wh, interpolation=cv2.INTER_AREA) > 127, 255, 0).astype(np.uint8)
            _, png = cv2.imencode(".png", sides, [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 9])
            # A fixed date: the same labels give the same file.
            packed.writestr(zipfile.ZipInfo(path.name), png.tobytes())


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m models.recipe.label_cells",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("step", choices=("sheets", "apply", "sides"))
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--labels", type=Path, required=True, help="the labels as they are, STEM.png")
    parser.add_argument("--alphas", type=Path, nargs="*", default=[], help="further folders that split cells")
    parser.add_argument("--answers", type=Path, help="text, an answer a line")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(words)
    if arguments.step == "sides":
        pack_sides(arguments.labels, arguments.output)
        return
    if arguments.pictures is None or (arguments.step == "apply" and arguments.answers is None):
        parser.error("give the pictures, and with apply the answers")
    if arguments.output.resolve() == arguments.labels.resolve():
        parser.error("--output would replace the labels by which the cells are numbered")
    answers = {} if arguments.answers is None else read_answers(arguments.answers)
    labelled = {path.stem for path in arguments.labels.glob("*.png")}
    if unknown := sorted(answers.keys() - labelled):
        parser.error(f"{arguments.labels} has no label of {', '.join(unknown)}")
    arguments.output.mkdir(parents=True, exist_ok=True)
    for stem, image, alphas in with_labels(arguments.pictures, arguments.labels, arguments.alphas):
        if arguments.step == "sheets":
            drawn = {"": sheet(image, alphas[0], find_cells(image, alphas))}
        elif answers.get(stem, "drop") == "drop":
            continue
        else:
            try:
                parts = parse_answer(answers[stem], find_cells(image, alphas))
            except ValueError as error:
                raise SystemExit(f"{arguments.answers}: {stem}: {error}") from error
            label = correct(image, alphas[0], parts)
            cv2.imwrite(str(arguments.output / f"{stem}.png"), np.rint(255 * label).astype(np.uint8))
            drawn = {".cut": cut_sheet(image, label)}
        for kind, picture in drawn.items():
            cv2.imwrite(str(arguments.output / f"{stem}{kind}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
