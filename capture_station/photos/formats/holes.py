"""Finds holes in compressed data: long runs of one byte, which a failing card or a repair tool leaves."""

from __future__ import annotations

import numpy as np

HOLE_BYTES = 256
"""Entropy-coded data looks random; a run of this length in it has a probability near 2 ** -2000."""
_REPEATED = np.uint64(0x0101010101010101)


def has_hole(data: bytes | memoryview) -> bool:
    """Whether one byte is repeated at least ``HOLE_BYTES`` times in a row, up to 15 bytes more or less."""
    words = np.frombuffer(data, np.uint64, len(data) // 8)
    if len(words) < HOLE_BYTES // 8:
        return False
    goes_on = (words[1:] == words[:-1]) & (words[1:] == (words[1:] & np.uint64(0xFF)) * _REPEATED)
    ends = np.flatnonzero(np.concatenate(([True], ~goes_on, [True])))
    return bool(np.diff(ends).max() >= HOLE_BYTES // 8 - 1)
