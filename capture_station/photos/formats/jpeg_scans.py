"""Finds runs of zeros in the compressed scans of a JPEG that no picture of one colour explains."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_DHT, _SOS, _EOI = 0xC4, 0xDA, 0xD9
_PROGRESSIVE = frozenset({0xC2, 0xC6})
_ARITHMETIC = frozenset({0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_HOLE_BYTES = 128
_NO_DIFFERENCE, _END_OF_BLOCK = 0, 0

Tables = dict[int, int]
"""The symbol whose code is all zeros, by class and number of the Huffman table."""


class _Scan(NamedTuple):
    header: bytes
    """Its SOS segment."""
    start: int
    end: int
    tables: Tables
    frame: int
    """Marker of the frame: baseline, progressive and so on."""


def has_unexplained_zeros(jpeg: bytes) -> bool:
    """Whether a scan has a long run of zeros that cannot be a part of the picture.

    Zeros are decoded without a warning, and in one of forty cases as exactly as many blocks as are missing. In a
    whole file, zeros over this length mean blocks without any change. That is so only where the all-zero codes say
    "no difference" and "end of block"; usually they say something else.

    Args:
        jpeg: The file, whose segments before the first scan are known to be whole.
    """
    return any(
        bytes(_HOLE_BYTES) in jpeg[scan.start : scan.end] and not _may_be_unchanged_blocks(scan)
        for scan in _scans(jpeg)
    )


def _scans(jpeg: bytes) -> Iterator[_Scan]:
    """Each scan (ITU-T T.81, annex B); stops where the structure is broken, which decoders find out themselves."""
    at, frame = 2, 0
    tables: Tables = {}
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI:
            return
        end = at + 2 + struct.unpack_from(">H", jpeg, at + 2)[0]
        segment, at = jpeg[at + 4 : end], end
        if marker == _DHT:
            tables = {**tables, **_all_zero_symbols(segment)}
        elif 0xC0 <= marker <= 0xCF:
            frame = marker
        elif marker == _SOS:
            found = _SCAN_END.search(jpeg, at)
            stop = found.start() if found else len(jpeg)
            yield _Scan(segment, at, stop, tables, frame)
            at = stop


def _all_zero_symbols(segment: bytes) -> Tables:
    """The first symbol of each Huffman table of a DHT segment: its code is the shortest, and all zeros."""
    symbols: Tables = {}
    at = 0
    while at + 17 < len(segment):
        symbols[segment[at]] = segment[at + 17]
        at += 17 + sum(segment[at + 1 : at + 17])
    return symbols


def _may_be_unchanged_blocks(scan: _Scan) -> bool:
    if scan.frame in _ARITHMETIC or len(scan.header) < 6:
        return True
    count = scan.header[0]
    selectors = scan.header[2 : 1 + 2 * count : 2]
    spectral_start, approximation = scan.header[1 + 2 * count], scan.header[-1]
    if scan.frame in _PROGRESSIVE:
        if spectral_start:
            return False  # Blocks without a change are counted, not repeated.
        if approximation >> 4:
            return True  # One bit a block.
    unchanged = all(scan.tables.get(selector >> 4) == _NO_DIFFERENCE for selector in selectors)
    if scan.frame in _PROGRESSIVE:
        return unchanged
    return unchanged and all(scan.tables.get(0x10 | selector & 15) == _END_OF_BLOCK for selector in selectors)
