"""How many people a matte shows, and who of them stays."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Head, Image, Landmark
from capture_station.portrait.palette import Mask, face_mask, palette

LINKED = 0.3
"""A raised hand hangs on a wrist that the matte is not sure of; what is less sure than this hangs on nothing."""
SMALLEST_PERSON = 0.005
"""Share of the picture."""
SECOND_PERSON = 0.08
"""Share of the main person's area."""
PLENTY = 0.1
"""A matte that fills so much of the picture shows somebody."""
HAND = 0.01, 0.4
"""Least and largest share of the main person's area that a hand apart from them may have."""
LEAST_SURE = 0.85
"""Mean alpha of a hand: the network is less sure of most pieces of the room (measured)."""
LEAST_SKIN = 0.5
"""Share of a hand that has the colour of the face. Other people are mostly clothes."""
SAME_HUE, SAME_LIGHTNESS = 12.0, 35.0
"""How far the colour of a hand may be from that of the face in CIELAB: across a* and b*, and in L*."""


class People(NamedTuple):
    """Who is in a matte."""

    alpha: Alpha
    """Of those who stay, (h, w)."""
    persons: int
    """How many there are, with those who do not stay."""
    left_out: int
    """How many of them do not stay."""


def choose(alpha: Alpha, head: Head | None, everyone: bool, image_rgb: Image) -> People:
    """The main person and all that is attached, or everyone; the rest of the matte goes.

    The main person is the one with the face, or the largest. People who touch are told apart by their faces. A raised
    hand whose arm is outside the picture belongs to the only face.

    Args:
        alpha: The segmenter's (h, w).
        head: As the segmenter found it.
        everyone: Whether people stay who are apart from the main one.
        image_rgb: (H, W, 3), the picture at any size.
    """
    labels, areas, main = pieces(alpha, head)
    if main is None:
        return People(np.zeros_like(alpha), 0, 0)
    smallest = max(SMALLEST_PERSON * alpha.size, SECOND_PERSON * areas[main])
    large = areas >= smallest
    own = np.zeros_like(large)
    own[[0, main]] = True
    if head is not None and not len(head.others):
        hands = np.flatnonzero((areas >= HAND[0] * areas[main]) & (areas <= HAND[1] * areas[main]) & ~own)
        own[[label for label in hands if is_hand(labels == label, alpha, head, image_rgb)]] = True
        if (large & ~own).any():
            # Among several people, it may be anybody's.
            own[hands] = False
    others = int(np.count_nonzero(large & ~own))
    stay = large | own if everyone else own
    persons = 1 + max(others, 0 if head is None else faces_in(alpha, head.others))
    kept = alpha if stay.all() else np.where(stay[labels], alpha, np.float32(0))
    return People(kept, persons, 0 if everyone else others)


def shows_anybody(alpha: Alpha, head: Head | None) -> bool:
    """Whether ``choose`` finds anybody in a matte (h, w)."""
    return bool(np.count_nonzero(alpha > 0.5) >= PLENTY * alpha.size) or pieces(alpha, head)[2] is not None


def pieces(alpha: Alpha, head: Head | None) -> tuple[NDArray[np.int32], NDArray[np.intp], int | None]:
    """What hangs together in a matte (h, w).

    Returns:
        The label of each cell, (h, w), 0 for none; the area of each label in cells; and the main person's label, None
        with nobody.
    """
    count, found = cv2.connectedComponents((alpha > LINKED).astype(np.uint8), connectivity=8)
    labels = np.asarray(found, np.int32)
    areas = np.bincount(labels[alpha > 0.5], minlength=count)
    areas[0] = 0
    main = int(areas.argmax())
    if head is not None:
        faced = int(labels[cells_at(head.points[[Landmark.NOSE]], labels.shape)][0])
        main = faced if areas[faced] >= SECOND_PERSON * areas[main] else main
    return labels, areas, main if areas[main] >= SMALLEST_PERSON * alpha.size else None


def is_hand(piece: Mask, alpha: Alpha, head: Head, image_rgb: Image) -> bool:
    """Whether a piece (h, w) of a matte is surely somebody's, and mostly has the colour of this face."""
    piece = piece & (alpha > 0.5)
    return bool(alpha[piece].mean() >= LEAST_SURE) and has_skin(piece, head, image_rgb)


def has_skin(piece: Mask, head: Head, image_rgb: Image) -> bool:
    """Whether most of a piece (h, w) of a picture has the colour of this face."""
    face = palette(image_rgb, face_mask(head.points_px((piece.shape[1], piece.shape[0])), piece.shape))
    if not len(face):
        return False
    away = palette(image_rgb, piece) - np.median(face, axis=0)
    alike = (np.hypot(away[:, 1], away[:, 2]) < SAME_HUE) & (np.abs(away[:, 0]) < SAME_LIGHTNESS)
    return bool(alike.mean() >= LEAST_SKIN)


def faces_in(alpha: Alpha, middles: NDArray[np.float32]) -> int:
    """How many of these middles (n, 2) of faces, x, y as shares, are in the matte (h, w)."""
    return int(np.count_nonzero(alpha[cells_at(middles, alpha.shape)] > 0.5))


def cells_at(points: NDArray[np.float32], shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns (n,) of points (n, 2), x, y as shares of a plane (h, w)."""
    height, width = shape
    columns, rows = np.clip(points * (width, height), 0, (width - 1, height - 1)).astype(np.intp).T
    return rows, columns
