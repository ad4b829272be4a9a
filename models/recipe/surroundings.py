"""Draws what touches the person: furniture behind them, objects in front of them, and their shadow."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

THINGS = ("seat", "headrest", "rail", "cushion", "cabinet")
"""Kinds of objects that may stand behind a person and touch them."""
THING_SHARES = (0.25, 0.15, 0.25, 0.2, 0.15)


def furnished(scenery: Image, alpha: Image, stuff: Callable[[], Image], rng: Generator) -> Image:
    """Add one to three objects to the scenery (S, S, 3), behind a person with this alpha (S, S) and touching them.

    ``stuff`` returns a texture (S, S, 3) for each object. A contact shadow is drawn where person and object meet.
    """
    person = alpha > 127
    if not person.any() or person.all():
        return scenery
    for _ in range(rng.integers(1, 4)):
        mask = thing(str(rng.choice(THINGS, p=THING_SHARES)), alpha, rng)
        scenery = drawn(scenery, stuff(), mask, rng)
        scenery = darkened(scenery, cv2.multiply(near(alpha, rng), mask, scale=1 / 255), rng.uniform(0, 0.7))
    return scenery


def thing(kind: str, alpha: Image, rng: Generator) -> Image:
    """Draw the mask (S, S) of one object, placed where a person with this alpha (S, S) touches it."""
    size = alpha.shape[0]
    rows, columns = np.flatnonzero((alpha > 127).any(axis=1)), np.flatnonzero((alpha > 127).any(axis=0))
    top, height = float(rows[0]), float(size - rows[0])
    left, width = float(columns[0]), float(columns[-1] - columns[0] + 1)
    head_rows = alpha[rows[0] : rows[0] + max(1, int(0.2 * height))] > 127
    head = np.flatnonzero(head_rows.any(axis=0))
    head_x, head_w = float(head.mean()), float(head[-1] - head[0] + 1)
    if kind == "seat":
        # The back of a chair or sofa: its top is between the ears and the ribs, and it continues below the picture.
        upper = top + rng.uniform(0.2, 0.75) * height
        wide = width * rng.uniform(0.7, 2.2)
        middle = (left + width / 2 + rng.normal(0, 0.2) * width, (upper + 1.5 * size) / 2)
        return rounded(size, middle, (wide, 1.5 * size - upper), rng.normal(0, 4), 0.12 * rng.random())
    if kind == "headrest":
        middle = (head_x + rng.normal(0, 0.3) * head_w, top + rng.uniform(0.1, 0.45) * height)
        extent = head_w * rng.uniform(0.7, 1.7), head_w * rng.uniform(0.5, 1.2)
        return rounded(size, middle, extent, rng.normal(0, 8), 0.35 * rng.random())
    if kind == "rail":
        # A rim, a frame, a pole or the back of a wooden chair: thin objects that a network confuses with hair.
        upright = rng.random() < 0.5
        middle = (head_x + rng.normal(0, 0.8) * head_w, top + rng.uniform(0, 0.7) * height)
        extent = (size * rng.uniform(0.006, 0.05), size * rng.uniform(0.3, 2.5))
        return rounded(size, middle, extent, (0 if upright else 90) + rng.normal(0, 12), 0.0)
    person = (alpha > 127).astype(np.uint8)
    edge_rows, edge_columns = np.nonzero(cv2.morphologyEx(person, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    lower = np.flatnonzero(edge_rows > top + 0.35 * height) if kind == "cushion" else np.arange(len(edge_rows))
    if not len(lower):
        lower = np.arange(len(edge_rows))
    at = lower[rng.integers(len(lower))]
    middle = (float(edge_columns[at]), float(edge_rows[at]))
    extent = size * rng.uniform(0.1, 0.5), size * rng.uniform(0.1, 0.5)
    if kind == "cushion":
        return rounded(size, middle, extent, rng.uniform(0, 180), rng.uniform(0.2, 0.6))
    return rounded(size, middle, extent, rng.normal(0, 6), 0.0)


def rounded(
    size_px: int, middle: tuple[float, float], extent: tuple[float, float], turned_deg: float, roundness: float
) -> Image:
    """Draw a filled rectangle (S, S). Its corners are rounded by ``roundness`` times half of its shorter side."""
    mask = np.zeros((size_px, size_px), np.uint8)
    corners = cv2.boxPoints((middle, extent, turned_deg))
    cv2.fillConvexPoly(mask, np.round(corners * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    sigma = roundness * min(*extent, size_px) / 2
    if sigma < 1:
        return mask
    soft = cv2.GaussianBlur(mask, (0, 0), sigma)
    return cv2.GaussianBlur(np.where(soft > 127, 255, 0).astype(np.uint8), (0, 0), 0.7).astype(np.uint8)


def drawn(image: Image, paint: Image, mask: Image, rng: Generator) -> Image:
    """Draw ``paint`` (S, S, 3) over the image where the mask (S, S) is set, shaded as a solid or as a flat board."""
    light = rng.uniform(0.6, 1.2)
    if rng.random() < 0.5:
        depth = cv2.GaussianBlur(mask, (0, 0), image.shape[0] * rng.uniform(0.01, 0.04)).astype(np.float32) / 255
        volume: Floats | float = light * (1 - rng.uniform(0.1, 0.5) * (1 - depth) * 2)[..., None]
    else:
        volume = light
    lit = np.clip(paint * volume, 0, 255).astype(np.uint8)
    share = mask.astype(np.float32) / 255
    return np.asarray(cv2.blendLinear(lit, image, share, 1 - share), np.uint8)


def near(alpha: Image, rng: Generator) -> Image:
    """The person's contact shadow (S, S), 255 where it is darkest: the blurred alpha, shifted a little, mostly down."""
    size = alpha.shape[0]
    shift = np.array([[1, 0, rng.normal(0, 0.01) * size], [0, 1, rng.uniform(-0.005, 0.02) * size]], np.float32)
    moved = cv2.warpAffine(alpha, shift, (size, size), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), size * rng.uniform(0.006, 0.03)), np.uint8)


def with_own_shadow(scenery: Image, alpha: Image, rng: Generator) -> Image:
    """Add to the scenery (S, S, 3) the person's shadow on the wall behind them, as from a lamp or flash."""
    size = alpha.shape[0]
    scale = rng.uniform(0.95, 1.25)
    away = np.array([rng.choice([-1, 1]) * rng.uniform(0.01, 0.15), rng.uniform(-0.06, 0.08)]) * size
    # Scale the person's outline about the middle of the lower edge, and shear it by the lamp's direction.
    lean = rng.normal(0, 0.08)
    origin = np.array([size / 2, size])
    matrix = np.array([[scale, lean], [0, scale]])
    shift = origin - matrix @ origin + away
    shadow = cv2.warpAffine(alpha, np.column_stack([matrix, shift]).astype(np.float32), (size, size))
    sigma = size * rng.choice([rng.uniform(0.001, 0.006), rng.uniform(0.006, 0.03)])
    return darkened(scenery, cv2.GaussianBlur(shadow, (0, 0), sigma), rng.uniform(0.2, 0.75))


def darkened(image: Image, shadow: Image, strength: float) -> Image:
    """Darken the image (S, S, 3) in proportion to the shadow (S, S), by the share ``strength`` where it is 255."""
    light = 1 - strength * (shadow.astype(np.float32) / 255)
    return np.clip(image * light[..., None], 0, 255).astype(np.uint8)


def behind_a_table(
    image: Image, alpha: Image, chin_px: float, stuff: Image, rng: Generator
) -> tuple[Image, Image, Image]:
    """Draw an object in front of the person on the lower edge, such as a table or a screen.

    The object begins below the row of the chin and reaches beyond the person's outline. An object wholly inside the
    outline would count as part of the person, as prints do. Returns picture, matte and the object's mask (S, S).
    """
    size = alpha.shape[0]
    upper = chin_px + rng.uniform(0.3, 0.95) * (size - chin_px)
    across = np.flatnonzero(alpha[min(size - 1, int(upper))] > 127)
    if not len(across):
        return image, alpha, np.zeros_like(alpha)
    if rng.random() < 0.6:
        middle, extent = (size / 2, upper + size), (3.0 * size, 2.0 * size)
    else:
        # An armrest, a screen, a bag or a knee: it covers one side of the outline.
        side, outwards = (across[0], -1) if rng.random() < 0.5 else (across[-1], 1)
        within, beyond = size * rng.uniform(0.03, 0.3), size * rng.uniform(0.05, 0.35)
        extent = (within + beyond, 2.0 * size)
        middle = (float(side) + outwards * (beyond - within) / 2, upper + size)
    mask = rounded(size, middle, extent, rng.normal(0, 4), rng.choice([0.0, 0.15 * rng.random()]))
    mask[: int(chin_px) + 1] = 0
    image = drawn(image, stuff, mask, rng)
    above = cv2.warpAffine(alpha, np.array([[1, 0, 0], [0, 1, 0.05 * size]], np.float32), (size, size))
    shadow = cv2.multiply(cv2.GaussianBlur(above, (0, 0), 0.02 * size), mask, scale=1 / 255)
    image = darkened(image, np.asarray(shadow, np.uint8), rng.uniform(0, 0.5))
    return image, np.asarray(cv2.multiply(alpha, 255 - mask, scale=1 / 255), np.uint8), mask
