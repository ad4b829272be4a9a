"""What a frame, its matte and a clean plate say of each pixel, and the network that weighs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Image
from capture_station.portrait.clean_plate import KnownBackground, largest_difference
from capture_station.portrait.colour import Floats
from capture_station.portrait.colour_evidence import informed

PLANES = 11
MOST_LOGIT = 6.0
"""Log odds beyond these say no more."""
STRAYS, STRAYS_LEVELS = 6.0, 48.0
"""A pixel is surely not the plate's that strays by so many deviations, or by so many levels."""
Evidence = NDArray[np.int8]
"""(h, w, ``PLANES``), from -127 to 127."""
Network = Callable[[Evidence], Alpha | None]
"""Turns evidence into alpha (h, w); None where the grid is not its own. Raises ``SegmentationError``."""


class CleanPlate(NamedTuple):
    """What the camera sees without anybody, and what weighs it against a frame."""

    image: Image
    """(H, W, 3) of all that the camera sees, at any resolution."""
    network: Network | None = None
    """None: colours alone do."""


def weighed(alpha: Alpha, image_rgb: Image, behind: KnownBackground, network: Network | None) -> Alpha:
    """The segmenter's alpha (h, w) of a picture (h, w, 3), corrected by what is known to be behind the person.

    By the network, or by colours alone without one.
    """
    behind = behind.resized((alpha.shape[1], alpha.shape[0]))
    corrected = informed(alpha, image_rgb, behind)
    found = None if network is None else network(evidence(alpha, corrected, image_rgb, behind))
    return corrected if found is None else found


def evidence(alpha: Alpha, corrected: Alpha, image_rgb: Image, behind: KnownBackground) -> Evidence:
    """What the network is given, all on one grid.

    In order: the picture; the plate less the picture; log odds of the segmenter's alpha, and of the one that colours
    correct; how far the picture strays from the plate, in deviations and in levels; how reliable the plate is.
    """
    planes = np.empty((*alpha.shape, PLANES), np.int8)
    planes[..., :3] = (image_rgb ^ 128).view(np.int8)
    planes[..., 3:6] = np.clip(behind.colours.astype(np.int16) - image_rgb, -127, 127)
    planes[..., 6], planes[..., 7] = stored_log_odds(alpha), stored_log_odds(corrected)
    strays = largest_difference(image_rgb, behind.colours)
    planes[..., 8] = stored_share(strays / (STRAYS * behind.deviation))
    planes[..., 9] = stored_share(strays / np.float32(STRAYS_LEVELS))
    planes[..., 10] = stored_share(behind.reliability)
    return planes


def stored_log_odds(alpha: Alpha) -> Evidence:
    share = np.clip(alpha, 1e-4, 1 - 1e-4)
    odds = np.clip(np.log(share / (1 - share)), -MOST_LOGIT, MOST_LOGIT)
    return np.asarray(np.rint(odds * (127 / MOST_LOGIT)), np.int8)


def stored_share(share: Floats) -> Evidence:
    return np.asarray(np.rint(np.clip(share, 0, 1) * 254 - 127), np.int8)
