"""Looks for damage that shows in the decoded picture only: bands and blocks of one colour that no camera makes."""

from __future__ import annotations

import numpy as np

from capture_station.frames import Image

_LEAST_BAND_ROWS = 8
_EDGE_LEVELS = 24
"""A band ends where the next row differs by more on average. A dark background fades out more softly."""
_GREY = (128, 128, 128)
_BLOCK_PX = 64
_LEAST_STREAK_PX = 160
"""About a disk sector of RGB pixels."""
_DOUBT = "a part of the picture has one colour and a sharp edge; look at whether the file is damaged"


def doubts_about(picture: Image, uncompressed: bool = False) -> tuple[str, ...]:
    """Why a decoded picture may come from a damaged file.

    Decoders fill missing parts with black, grey (128, 128, 128) or the green that HEVC's zeros stand for, and holes in
    uncompressed files are black. Damage crosses the whole width, because pictures are stored row by row, or fills
    blocks. A frame around a picture is not damage: there is as much of it at the top.

    Args:
        picture: (H, W, 3) uint8 RGB as it is stored, before it is turned.
        uncompressed: The file stores pixels as they are, so that small holes show as well.
    """
    found = _has_green_block(picture) or _has_band(picture, 1 if uncompressed else _LEAST_BAND_ROWS)
    return (_DOUBT,) if found or (uncompressed and _has_streak(picture)) else ()


def _has_green_block(picture: Image) -> bool:
    """In the green of zeros in YCbCr, (0, 135, 0) up to rounding; one pixel in each block is looked at first."""
    red, green, blue = (picture[::_BLOCK_PX, ::_BLOCK_PX, channel] for channel in range(3))
    for row, column in np.argwhere((red == 0) & (blue == 0) & (np.abs(green.astype(np.int16) - 136) <= 3)):
        y, x = row * _BLOCK_PX, column * _BLOCK_PX
        block = picture[y : y + _BLOCK_PX, x : x + _BLOCK_PX]
        if block.shape[:2] == (_BLOCK_PX, _BLOCK_PX) and np.all(block == block[0, 0]):
            return True
    return False


def _has_band(picture: Image, least_rows: int) -> bool:
    """Rows of one black or grey, with a sharp edge, and none of it along the picture's upper edge."""
    first = picture[:, 0]
    candidates = np.flatnonzero(np.all(first == 0, axis=1) | np.all(first == _GREY, axis=1))
    uniform = np.zeros(len(picture) + 2, bool)
    for row in candidates:
        uniform[row + 1] = bool(np.all(picture[row] == first[row]))
    starts, ends = np.flatnonzero(uniform[1:] & ~uniform[:-1]), np.flatnonzero(~uniform[1:] & uniform[:-1])
    return not uniform[1] and any(
        end - start >= least_rows and (_differs(picture, start, start - 1) or _differs(picture, end - 1, end))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    )


def _differs(picture: Image, inside: int, outside: int) -> bool:
    """Whether a row beside a band, or the next one, is another picture. The row itself may be half empty."""
    step = outside - inside
    rows = [row for row in (outside, outside + step) if 0 <= row < len(picture)]
    colour = picture[inside, 0].astype(np.int16)
    return any(float(np.abs(picture[row] - colour).mean()) > _EDGE_LEVELS for row in rows)


def _has_streak(picture: Image) -> bool:
    """Black pixels with none above and none below, more in one row than a photograph has."""
    black = np.max(picture, axis=2) == 0
    alone = black[1:-1] & ~black[:-2] & ~black[2:]
    return bool((alone.sum(axis=1) >= _LEAST_STREAK_PX).any())
