"""Finds the frames of a burst that the other frames confirm, so that a damaged one is never chosen."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from capture_station.frames import Image

_SAMPLED_PX = 640
_THUMBNAIL_PX = 80
"""Long side. A pixel of the thumbnail stands for 16x16 pixels of 1280x720, the largest block of a JPEG."""
_NEIGHBOURS = 3
"""A frame is compared with as many frames before it and after it."""
_SEARCHED_PX = 3
"""What moves no further than this between two frames, in pixels of the thumbnail, is found again."""
_PATCH_PX = 3
_LEAST_CHANGE = 20
"""Levels. Noise changes a thumbnail by 1 to 3, a torn picture by over 100."""
_LINES = 2
"""Damage fills as many lines or more, because a JPEG is coded line by line of blocks."""
_TOLERATED_SHARE = 0.45
"""Of two neighbouring lines. In 99 of 100 pairs of frames of people who sign with fast hands, less is new."""
_TOLERATED_RATIO = 1.5
"""In a scene that changes more than that, because it moves fast, this much above the typical share is tolerated."""
_MOST_TOLERATED_SHARE = 0.9


def thumbnail(image_rgb: Image) -> Image:
    """(h, w, 3) uint8 with a long side of 80 pixels, from an RGB picture of any size. Takes less than a millisecond."""
    height, width = image_rgb.shape[:2]
    step = max(1, max(width, height) // _SAMPLED_PX)
    scale = _THUMBNAIL_PX / max(width, height)
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image_rgb[::step, ::step], size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def confirmed(thumbnails: Sequence[Image]) -> list[bool]:
    """Which frames the others confirm, given their thumbnails in the order of exposure, all of one size.

    Two frames agree if what one shows is found near the same place in the other, along every line of the picture. A
    person who moves covers a part of a line; a bad cable, a flash or a hand before the lens changes whole lines. Frames
    that agree, directly or through others, form a group. A frame is confirmed if its group is at least half as large as
    the largest and if it agrees with a third of those in its group that it was compared with: a damaged frame may agree
    with one by chance. Of fewer than three frames none can be told from the others, and all count as confirmed.
    """
    count = len(thumbnails)
    if count < 3:
        return [True] * count
    changed = np.full((count, count), np.inf)
    for one in range(count):
        for other in range(max(0, one - _NEIGHBOURS), one):
            changed[one, other] = changed[other, one] = _changed_share(thumbnails[one], thumbnails[other])
    # Not the median: up to half of the frames may be damaged.
    typical = float(np.sort(changed.min(axis=1))[(count - 1) // 3])
    agree = changed <= max(_TOLERATED_SHARE, min(_TOLERATED_RATIO * typical, _MOST_TOLERATED_SHARE))
    groups = _groups(agree)
    sizes = np.bincount(groups)[groups]
    compared = np.isfinite(changed) & (groups == groups[:, np.newaxis])
    agreeing = 3 * agree.sum(axis=1) >= compared.sum(axis=1)
    return [bool(one) for one in agreeing & (sizes >= max(2, sizes.max() / 2))]


def _changed_share(one: Image, other: Image) -> float:
    """Share of those neighbouring rows, or columns, in which the most is not found again in the other thumbnail.

    Cameras may be rotated, so that the lines of the sensor are columns.
    """
    height, width = one.shape[:2]
    margin = _SEARCHED_PX, _SEARCHED_PX
    bordered = np.pad(other, (margin, margin, (0, 0)), "edge")
    least_of_one, least_of_other = np.full_like(one, 255), np.full_like(bordered, 255)
    for y in range(2 * _SEARCHED_PX + 1):
        for x in range(2 * _SEARCHED_PX + 1):
            place = np.s_[y : y + height, x : x + width]
            difference = cv2.blur(cv2.absdiff(one, bordered[place]), (_PATCH_PX, _PATCH_PX))
            np.minimum(least_of_one, difference, out=least_of_one)
            np.minimum(least_of_other[place], difference, out=least_of_other[place])
    inner = least_of_other[_SEARCHED_PX:-_SEARCHED_PX, _SEARCHED_PX:-_SEARCHED_PX]
    changed = [least.max(axis=2) > _LEAST_CHANGE for least in (least_of_one, inner)]
    return max(_fullest_lines(part.mean(axis=axis)) for part in changed for axis in (0, 1))


def _fullest_lines(shares: np.ndarray) -> float:
    return float(np.convolve(shares, np.full(_LINES, 1 / _LINES), "valid").max())


def _groups(agree: np.ndarray) -> np.ndarray:
    """Number of each frame's group."""
    groups = np.arange(len(agree))
    for one, other in np.argwhere(agree):
        groups[groups == groups[other]] = groups[one]
    return groups
