"""Finds holes that a failing card, disk or repair tool leaves: repetitions, and lost sectors."""

from __future__ import annotations

import numpy as np

_SECTOR_BYTES = 512
_BLOCK_BYTES = 4096
EMPTY_PART = "a part of the file is empty; look at the whole picture"


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


def has_lost_sectors(data: bytes, start: int, end: int) -> bool:
    """Whether zeros fill whole sectors of 512 bytes, or ones whole blocks of 4096, and nothing around them.

    A hole of a disk begins and ends at such a boundary, counted from the file's start, because file systems begin files
    there. An area of black or white pixels begins and ends anywhere: by chance at both in one of 512 ** 2 cases.

    Args:
        data: The whole file, of which this part stores pixels as they are.
        start: First byte of the part.
        end: The byte behind it.
    """
    return any(
        _has_aligned_run(data, start, end, value, unit_bytes)
        for value, unit_bytes in ((0x00, _SECTOR_BYTES), (0xFF, _BLOCK_BYTES))
    )


def _has_aligned_run(data: bytes, start: int, end: int, value: int, unit_bytes: int) -> bool:
    first, last = -(-start // unit_bytes), end // unit_bytes
    if last <= first:
        return False
    words = np.frombuffer(data, np.uint64, (last - first) * unit_bytes // 8, first * unit_bytes)
    filled = np.all(words.reshape(last - first, -1) == np.frombuffer(bytes([value] * 8), np.uint64), axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], filled, [False])).astype(np.int8)))
    runs = zip((first + edges[::2]) * unit_bytes - 1, (first + edges[1::2]) * unit_bytes, strict=True)
    return any(
        start <= before and behind < end and data[before] != value and data[behind] != value for before, behind in runs
    )
