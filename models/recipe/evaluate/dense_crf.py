"""Dense CRF (Krähenbühl & Koltun 2011) behind a network's matte, for the comparison in the model card."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from capture_station.frames import Image, Matte
from capture_station.images import resized
from models.recipe.evaluate.contestants import Contestant

STEPS = 5
SMOOTH_PX, SMOOTH_WEIGHT = 2, 3
"""Standard deviation and weight of the term for neighbours."""
ALIKE_PX, ALIKE_LEVELS, ALIKE_WEIGHT = 30, 8, 4
"""Standard deviations, in space and in levels of colour, and weight of the term for pixels of one colour."""


def with_crf(contestant: Contestant, name: str) -> Contestant:
    """Return a contestant whose mattes pass through the CRF, on their own grid."""

    def segment(image: Image) -> Matte:
        matte = contestant.segment(image)
        return replace(matte, alpha=crf(image, matte))

    return Contestant(name, segment)


def crf(image: Image, matte: Matte) -> np.ndarray:
    """Alpha (h, w) in [0, 1] after mean field inference between two labels, person and background.

    Needs ``pydensecrf2``, which is not among the recipe's requirements: it is compiled on installation.
    """
    from pydensecrf.densecrf import DenseCRF2D

    height, width = matte.alpha.shape
    field = DenseCRF2D(width, height, 2)
    person = np.clip(matte.alpha, 1e-4, 1 - 1e-4).reshape(-1)
    field.setUnaryEnergy(np.ascontiguousarray(-np.log(np.stack([1 - person, person])), np.float32))
    field.addPairwiseGaussian(sxy=SMOOTH_PX, compat=SMOOTH_WEIGHT)
    colours = np.ascontiguousarray(resized(image, (width, height)))
    field.addPairwiseBilateral(sxy=ALIKE_PX, srgb=ALIKE_LEVELS, rgbim=colours, compat=ALIKE_WEIGHT)
    return np.asarray(field.inference(STEPS), np.float32)[1].reshape(height, width)


def crf_ms(contestant: Contestant, pictures: Sequence[Image]) -> float:
    """Median time of the CRF alone."""
    times_s = []
    for picture in pictures:
        matte = contestant.segment(picture)
        began_s = time.perf_counter()
        crf(picture, matte)
        times_s.append(time.perf_counter() - began_s)
    return float(np.median(times_s)) * 1e3
