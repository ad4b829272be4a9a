"""Finds what a portrait shows beside the head that is neither this person's nor a hand: somebody else, or the room."""

from __future__ import annotations

import cv2
import numpy as np

from capture_station.frames import Flaw, Head, Image, Landmark
from capture_station.images import fit_within_wh, resized
from capture_station.portrait.head_placement import Placement
from capture_station.portrait.people import LINKED, cells_at, has_skin

LOOKED_AT_PX = 256
LEAST = 0.02
"""Area of what counts, in squares of the head's height (measured)."""


def kept_apart(alpha: Image, picture: Image, head: Head, placement: Placement) -> Flaw | None:
    """What stands apart in a portrait: joined to nothing, or rising above the eyes and joined below the chin only.

    People who stand close to each other are one piece in a matte, as their shoulders touch; their heads do not. The
    flaw's values are its rectangle, as in ``doubt``.

    Args:
        alpha: (H, W) uint8, of the portrait.
        picture: (H, W, 3), the portrait.
        head: Its landmarks in the portrait.
        placement: The same head in the portrait.
    """
    height, width = alpha.shape
    small = resized(alpha, fit_within_wh((width, height), (LOOKED_AT_PX, LOOKED_AT_PX)), averaged=True)
    share = np.asarray(small, np.float32) / np.float32(255)
    scale = share.shape[0] / height
    chin, eyes = (max(0, round(row * scale)) for row in (placement.chin_px, placement.eyes_px[1]))
    for last, highest in ((share.shape[0], share.shape[0]), (chin, eyes)):
        part = share[:last]
        labels = cv2.connectedComponents((part > LINKED).astype(np.uint8), connectivity=8)[1]
        areas = np.bincount(labels[part > 0.5], minlength=1)
        rows, columns = cells_at(head.points[[Landmark.NOSE]], share.shape)
        own = 0 if rows[0] >= last else int(labels[rows[0], columns[0]])
        if not own:
            return None
        for label in np.flatnonzero(areas >= LEAST * (placement.head_px * scale) ** 2):
            piece = np.zeros(share.shape, np.bool_)
            piece[:last] = labels == label
            left, top, piece_width, piece_height = cv2.boundingRect(piece.astype(np.uint8))
            if label in (0, own) or top >= highest or has_skin(piece & (share > 0.5), head, picture):
                continue
            box_px = (round(side / scale) for side in (left, top, piece_width, piece_height))
            return Flaw(
                "something-kept", dict(zip(("left_px", "top_px", "width_px", "height_px"), box_px, strict=True))
            )
    return None
