"""How likely a cut-out is visibly wrong, and where: networks are unsure or differ, or colours are misleading."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Box, Flaw, Image, Matte
from capture_station.images import resized
from capture_station.portrait.framing import Framing
from capture_station.portrait.measure import MOST_HALO_DE2000

CERTAIN = 0.03
"""Alpha that is no further from 0 or 1 counts as certain: a wide room full of such values is no doubt."""
LEVELS = 255
"""Entropy of one bit, in bytes."""
EDGE = 0.01
"""Width of an edge on the matte's grid, as a share of its longest side."""
MOST_DOUBT = 0.4
"""Two of three portraits that are visibly wrong have more, and 9 of 100 good ones (model card)."""
SECOND_MODEL_SHARE = 0.2
"""What a full difference of the two networks counts beside one bit of entropy (measured)."""
PER_ROOT_BIT, PER_LOOKALIKE, PER_HALO, OFFSET = 11.6, 1163.0, 7.28, -3.64
"""Log odds that a portrait is visibly wrong: a logistic regression on 705 portraits, judged by eye (measured)."""
PLACE_EDGE = 0.014
"""The same width where places are looked for: it leaves the places apart."""
PLACE_BITS = 0.5
"""A pixel of a place is at least so doubtful."""
LEANING = 0.3, 0.7
"""Mean alpha of a place that became background, and of one that became person; between the two, the reason is
``outline-uncertain``."""


class Doubt(NamedTuple):
    """How doubtful a cut-out is, and where most."""

    amount: float
    """The share of visibly wrong ones among judged portraits with such measures, in [0, 1]; 0 without a person."""
    flaw: Flaw | None
    """What may be wrong; None where the amount is no more than ``MOST_DOUBT``."""


class Evidence(NamedTuple):
    """What speaks against a cut-out of a part of a frame."""

    segmenter_alpha: Alpha
    """(h, w), the segmenter's alpha of the people who stay, corrected by a clean plate where there is one."""
    second_model_difference: Image | None
    """(h, w), how far another network contradicts the segmenter, in bytes; None: nobody asked it."""
    lookalikes: Image
    """(y, x) uint8, see ``lookalikes``."""
    halo_de2000: float
    """As in ``Measures``."""
    box_px: Box
    """The part."""


def doubt(evidence: Evidence, alpha: Image, framing: Framing) -> Doubt:
    """Judge the part of a cut-out that the portrait shows.

    Three measures count. The first is the entropy of the segmenter's alpha in bits, and
    ``SECOND_MODEL_SHARE`` of the second network's difference, per pixel of the person in the frame. It counts where it
    is wider than an edge: edges and hair are unsure by nature, but over a narrow strip only, and a minimum filter
    removes what is narrower. The second is what was left out though it looks like the person, and the third what is
    left of the old background.
    The flaw's values are the rectangle of the most doubtful place, if there is one: ``left_px``, ``top_px``,
    ``width_px`` and ``height_px`` in the portrait.

    Args:
        evidence: What speaks against it.
        alpha: (H, W) uint8, the saved one, of the whole frame.
        framing: How the frame is cropped.
    """
    segmenter_alpha, difference, box_px = evidence.segmenter_alpha, evidence.second_model_difference, evidence.box_px
    left_px, top_px, right_px, bottom_px = box_px
    alpha, framing = alpha[top_px:bottom_px, left_px:right_px], of_part(framing, left_px, top_px)
    shape = segmenter_alpha.shape
    inside = visible(framing, shape, alpha.shape)
    bits = entropy(segmenter_alpha)
    places = bits if difference is None else np.maximum(bits, difference)
    if difference is not None:
        bits = np.asarray(cv2.addWeighted(bits, 1, difference, SECOND_MODEL_SHARE, 0), np.uint8)
    person = int(np.count_nonzero(segmenter_alpha > 0.5))
    if not person:
        return Doubt(0.0, None)
    unsure = float(narrowed(bits * inside, EDGE).sum(dtype=np.int64)) / LEVELS / person
    alike = evidence.lookalikes
    shown = visible(framing, alike.shape, alpha.shape)
    # The two grids differ in size.
    left_out = float((alike * shown).sum()) / alike.size * segmenter_alpha.size / person
    amount = likelihood(unsure, left_out, evidence.halo_de2000)
    if amount <= MOST_DOUBT:
        return Doubt(amount, None)
    core = narrowed(places * inside, PLACE_EDGE)
    place = worst_place((core > PLACE_BITS * LEVELS).astype(np.uint8), core)
    if place is None:
        place = worst_place(alike * shown, alike)
        where = {} if place is None else rectangle(place.cells_ltwh, framing, alike.shape, alpha.shape)
        return Doubt(amount, Flaw("outline-uncertain", where))
    saved = np.asarray(resized(alpha, shape[::-1], averaged=True), np.float32) / np.float32(255)
    level = float(saved[place.cells].mean())
    code = "limb-cut" if level < LEANING[0] else "something-kept" if level > LEANING[1] else "outline-uncertain"
    return Doubt(amount, Flaw(code, rectangle(place.cells_ltwh, framing, shape, alpha.shape)))


class Place(NamedTuple):
    """A connected part of a grid."""

    cells: NDArray[np.bool_]
    """(h, w)."""
    cells_ltwh: tuple[int, int, int, int]
    """Its rectangle."""


def worst_place(marked: Image, weight: Image) -> Place | None:
    """The place with most weight, where marked cells (h, w) lie close together; None where nothing is marked."""
    wide = cv2.dilate(marked, square(PLACE_EDGE, marked.shape))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(wide, connectivity=8)
    if count == 1:
        return None
    weights = np.bincount(labels.reshape(-1), weight.reshape(-1), count)
    weights[0] = 0
    worst = int(weights.argmax())
    left, top, width, height = (int(side) for side in stats[worst, :4])
    return Place(labels == worst, (left, top, width, height))


def likelihood(unsure_bits: float, left_out: float, halo_de2000: float) -> float:
    """The share of visibly wrong ones among judged portraits that had such measures, in [0, 1]."""
    odds = OFFSET + PER_ROOT_BIT * math.sqrt(unsure_bits) + PER_LOOKALIKE * left_out
    odds += PER_HALO * min(halo_de2000, MOST_HALO_DE2000)
    return 1 / (1 + math.exp(-odds))


def of_part(framing: Framing, left_px: int, top_px: int) -> Framing:
    """How a part of the frame comes into the portrait, from where it begins in the frame."""
    if not left_px and not top_px:
        return framing
    matrix = np.eye(2, 3) if framing.matrix is None else framing.matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ (left_px, top_px)
    return framing._replace(matrix=matrix)


def difference_of_second_model(matte: Matte) -> Image | None:
    """How far the second network's alpha differs from a matte, (h, w) in bytes on its grid; None without one.

    Everybody in the picture counts, not only who stays: the other network does not choose among people.
    """
    if matte.second_model_alpha is None:
        return None
    second = cv2.resize(matte.second_model_alpha, matte.alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.convertScaleAbs(cv2.absdiff(matte.alpha, second), alpha=LEVELS), np.uint8)


def entropy(alpha: Alpha) -> Image:
    """Entropy (h, w) of alpha as a probability, less that of what counts as certain: 0 to ``LEVELS``."""
    # A table takes a tenth of the time of logarithms, and a minimum filter of bytes a third of that of floats.
    return np.asarray(cv2.LUT(cv2.convertScaleAbs(alpha, alpha=255), entropy_table()), np.uint8)


@cache
def entropy_table() -> Image:
    """(256,): the entropy of each level of alpha."""
    share = np.clip(np.linspace(0, 1, 256), CERTAIN, 1 - CERTAIN)
    bits = -(share * np.log2(share) + (1 - share) * np.log2(1 - share))
    return np.asarray(np.round(LEVELS * (bits - bits[0]) / (1 - bits[0])), np.uint8)


def narrowed(bits: Image, edge: float) -> Image:
    """The least value (h, w) within an edge's width: nothing is left of what is narrower."""
    return np.asarray(cv2.erode(bits, square(edge, bits.shape)), np.uint8)


def square(edge: float, shape: tuple[int, ...]) -> Image:
    """A structuring element of about that width, an odd number of cells."""
    return np.ones((2 * max(1, round(edge * max(shape) / 2)) + 1,) * 2, np.uint8)


def visible(framing: Framing, shape: tuple[int, ...], frame_shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Cells of the matte's grid (h, w) that the portrait shows; all of them without a crop."""
    shown = np.zeros(shape, np.uint8)
    if framing.matrix is None:
        return np.ones(shape, np.bool_)
    width, height = framing.size_wh
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    back = cv2.invertAffineTransform(framing.matrix)
    in_frame = corners @ back[:, :2].T + back[:, 2]
    cells = in_frame * np.array([shape[1] / frame_shape[1], shape[0] / frame_shape[0]]) - 0.5
    cv2.fillConvexPoly(shown, np.round(cells).astype(np.int32), 1)
    return shown > 0


def rectangle(
    cells_ltwh: tuple[int, int, int, int], framing: Framing, shape: tuple[int, ...], frame_shape: tuple[int, ...]
) -> dict[str, int | str]:
    """Where a rectangle of the matte's grid is in the portrait, in pixels, cut at its sides."""
    left, top, width, height = cells_ltwh
    corners = np.array([(left + x * width, top + y * height) for x in (0, 1) for y in (0, 1)], np.float64)
    corners *= np.array([frame_shape[1] / shape[1], frame_shape[0] / shape[0]])
    if framing.matrix is not None:
        corners = corners @ framing.matrix[:, :2].T + framing.matrix[:, 2]
    low = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(axis=0)), framing.size_wh).astype(int)
    size = np.maximum(high - low, 1)
    return {"left_px": int(low[0]), "top_px": int(low[1]), "width_px": int(size[0]), "height_px": int(size[1])}
