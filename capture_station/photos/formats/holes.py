"""Finds holes in compressed data: long repetitions, which a failing card or a repair tool leaves."""

from __future__ import annotations

import numpy as np


def has_hole(data: bytes, least_bytes: int) -> bool:
    """Whether 1, 2, 4 or 8 bytes are repeated over at least ``least_bytes``, up to 15 bytes more or less.

    Entropy-coded data looks random: a repetition over 64 bytes in it has a probability near 2 ** -400. Only codes that
    spend nearly nothing on pictures of one colour have longer ones.

    Args:
        data: The compressed data.
        least_bytes: Length of a hole; a disk's sectors have 512 bytes.
    """
    words = np.frombuffer(data, np.uint64, len(data) // 8)
    if len(words) < least_bytes // 8:
        return False
    repeated = words[1:] == words[:-1]
    ends = np.flatnonzero(np.concatenate(([True], ~repeated, [True])))
    return bool(np.diff(ends).max() >= least_bytes // 8 - 1)
