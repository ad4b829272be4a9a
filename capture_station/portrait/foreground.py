"""The person's own colours in the band, so that nothing of the old background comes along."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from capture_station.frames import Alpha
from capture_station.portrait.colour import Floats

SURE = 0.9
"""Alpha from which a pixel shows the person only; below 1 - SURE it shows the background only."""
NEAR_PX = 2
"""Reach of the second estimate, at half the working resolution."""


class Layers(NamedTuple):
    """Smooth colours (H, W, 3) float32 in [0, 255] of both sides of an edge, continued beyond it."""

    person: Floats
    background: Floats


def layers(image_rgb: Floats, alpha: Alpha) -> Layers:
    """Both sides' colours: first from what is surely person or background, then once more from close by.

    The two passes are those of blur fusion (Forte: Approximate Fast Foreground Colour Estimation, ICIP 2021); its
    first, wide blur is replaced by pull-push, which reaches as far as it must and no further.

    Args:
        image_rgb: (H, W, 3) float32 in [0, 255].
        alpha: (H, W) float32 in [0, 1].
    """
    person = pull_push(image_rgb, np.maximum(alpha - SURE, 0) / (1 - SURE))
    background = pull_push(image_rgb, np.maximum(1 - SURE - alpha, 0) / (1 - SURE))
    share = alpha[..., None]
    rest = image_rgb - share * person - (1 - share) * background
    person = np.clip(person + share * rest, 0, 255)
    background = np.clip(background + (1 - share) * rest, 0, 255)
    return Layers(blurred(person, alpha), blurred(background, 1 - alpha))


def blurred(colours: Floats, weight: Alpha) -> Floats:
    """Weighted mean of colours (H, W, 3) over ``NEAR_PX`` around; unchanged where there is no weight."""
    size = (2 * NEAR_PX + 1,) * 2
    sums = np.asarray(cv2.blur(weight, size))[..., None]
    means = np.asarray(cv2.blur(colours * weight[..., None], size)) / np.maximum(sums, 1e-2)
    return np.where(sums > 1e-2, means, colours)


def pull_push(colours: Floats, weight: Alpha) -> Floats:
    """Colours (H, W, C) where the weight (H, W) in [0, 1] is 1, continued smoothly to where it is 0.

    Gortler, Grzeszczuk, Szeliski, Cohen: The Lumigraph, SIGGRAPH 1996, section 3.2.
    """
    levels = [cv2.merge([*cv2.split(colours * weight[..., None]), weight])]
    while min(levels[-1].shape[:2]) > 2:
        h, w = levels[-1].shape[:2]
        levels.append(np.asarray(cv2.resize(levels[-1], ((w + 1) // 2, (h + 1) // 2), interpolation=cv2.INTER_AREA)))
    filled = levels[-1][..., :-1] / np.maximum(levels[-1][..., -1:], 1e-6)
    for level in reversed(levels[:-1]):
        wider = np.asarray(cv2.resize(filled, level.shape[1::-1], interpolation=cv2.INTER_LINEAR))
        filled = level[..., :-1] + (1 - level[..., -1:]) * wider.reshape(*level.shape[:2], -1)
    return np.asarray(filled, np.float32)


def composite(colours: Floats, alpha: Floats, person: Floats, background: Floats, onto: Floats) -> Floats:
    """Pixels (n, 3) of the person on a new background, all colours float32 in [0, 255], alpha (n, 1).

    The person's colour is the smooth estimate, corrected so that the old composite explains the pixel as far as
    alpha trusts it (equation 7 of Forte 2021). In sRGB: alpha is estimated there, so that linear light is worse even
    for scenes mixed in linear light (measured).
    """
    rest = colours - alpha * person - (1 - alpha) * background
    own = np.clip(person + alpha * rest, 0, 255)
    return np.asarray(onto + alpha * (own - onto), np.float32)
