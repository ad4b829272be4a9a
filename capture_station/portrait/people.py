"""How many people a matte shows, and who of them stays."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Head, Landmark

Mask = NDArray[np.bool_]

LINKED = 0.3
"""A raised hand hangs on a wrist that the matte is not sure of; what is less sure than this hangs on nothing."""
SMALLEST_PERSON = 0.005
"""Share of the picture."""
SECOND_PERSON = 0.08
"""Share of the main person's area."""


class People(NamedTuple):
    """Who is in a matte."""

    alpha: Alpha
    """Of those who stay, (h, w)."""
    persons: int
    """How many there are, with those who do not stay."""
    left_out: int
    """How many of them do not stay."""


def choose(alpha: Alpha, head: Head | None, everyone: bool) -> People:
    """The main person and all that is attached, or everyone; the rest of the matte goes.

    The main person is the one with the face, or the largest. People who touch are told apart by their heads.
    """
    count, labels = cv2.connectedComponents((alpha > LINKED).astype(np.uint8), connectivity=8)
    areas = np.bincount(labels[alpha > 0.5], minlength=count)
    areas[0] = 0
    main = int(areas.argmax())
    if head is not None:
        x, y = head.points_px((alpha.shape[1], alpha.shape[0]))[Landmark.NOSE].astype(int)
        faced = int(labels[np.clip(y, 0, alpha.shape[0] - 1), np.clip(x, 0, alpha.shape[1] - 1)])
        main = faced if areas[faced] >= SECOND_PERSON * areas[main] else main
    if areas[main] < SMALLEST_PERSON * alpha.size:
        return People(np.zeros_like(alpha), 0, 0)
    smallest = max(SMALLEST_PERSON * alpha.size, SECOND_PERSON * areas[main])
    large = areas >= smallest
    others = int(np.count_nonzero(large)) - 1
    stay = large if everyone else np.zeros_like(large)
    stay[[0, main]] = True
    persons = others + (heads(labels == main, head) if head is not None else 1)
    return People(np.where(stay[labels], alpha, np.float32(0)), persons, 0 if everyone else others)


def heads(person: Mask, head: Head) -> int:
    """How many heads stand out of one silhouette (h, w), given the size of one of them; at least 1.

    A head is a peak of the skyline, after removal of all that is narrower than a head, that rises by more than
    one and a half eye distances on both sides. (Breadth of a head: 2.4 eye distances; of a hand: 1.4.)
    """
    scale = 128 / max(person.shape)
    small = cv2.resize(person.astype(np.uint8), None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    eyes = head.points_px((small.shape[1], small.shape[0]))[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE]]
    distance = max(2.0, float(np.hypot(*(eyes[1] - eyes[0]))))
    if 4.8 * distance > max(small.shape):
        return 1  # a second one has no room
    side = 2 * round(0.9 * distance) + 1
    small = cv2.copyMakeBorder(small, 0, side, side, side, cv2.BORDER_REPLICATE)
    small = cv2.morphologyEx(small, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    heights = np.where(small.any(axis=0), small.shape[0] - small.argmax(axis=0), 0)
    peaks, high, low, rising = 0, 0, 0, True
    for height in [*heights.tolist(), 0]:
        high, low = max(high, height), min(low, height)
        if rising and height < high - 1.5 * distance:
            peaks, low, rising = peaks + 1, height, False
        elif not rising and height > low + 1.5 * distance:
            high, rising = height, True
    return max(1, peaks)
