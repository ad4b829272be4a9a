"""Reads tags of TIFF directories, which EXIF blocks consist of as well (TIFF 6.0, section 2; BigTIFF)."""

from __future__ import annotations

import struct
from typing import NamedTuple

_FORMATS = {
    1: "B",
    2: "c",
    3: "H",
    4: "I",
    5: "II",
    6: "b",
    7: "c",
    8: "h",
    9: "i",
    10: "ii",
    13: "I",
    16: "Q",
    18: "Q",
}
"""Format of one value for ``struct``, by the type of the tag."""
ORIENTATION = 0x0112
_EXIF_DIRECTORY, _INTEROPERABILITY_DIRECTORY = 0x8769, 0xA005
_COLOUR_SPACE, _INTEROPERABILITY_INDEX = 0xA001, 1
_MOST_VALUES = 1_000_000

Tags = dict[int, tuple[int, ...] | bytes]
"""Values by tag; text and undefined bytes as bytes, a fraction as two numbers."""


class Layout(NamedTuple):
    """How a TIFF stores numbers."""

    order: str
    """``<`` or ``>``, as in ``struct``."""
    big: bool
    """BigTIFF, whose offsets have 64 bits."""
    first_directory: int


def read_layout(block: bytes) -> Layout | None:
    """Byte order, size of offsets and place of the first directory; None if this is not a TIFF."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return None
    magic, first = struct.unpack_from(f"{order}HI", block, 2)
    if magic == 43 and len(block) >= 16:
        return Layout(order, True, struct.unpack_from(f"{order}Q", block, 8)[0])
    return Layout(order, False, first) if magic == 42 else None


def read_directory(block: bytes, layout: Layout, offset: int) -> Tags:
    """The tags of one directory. Whatever is not readable is left out."""
    order, big, _ = layout
    tags: Tags = {}
    try:
        (count,) = struct.unpack_from(f"{order}{'Q' if big else 'H'}", block, offset)
        at = offset + (8 if big else 2)
        for _ in range(min(count, 65535)):
            tag, kind, length = struct.unpack_from(f"{order}HH{'Q' if big else 'I'}", block, at)
            field, room = (at + 12, 8) if big else (at + 8, 4)
            at += 20 if big else 12
            value = _FORMATS.get(kind)
            if value is None or length > _MOST_VALUES:
                continue
            size = struct.calcsize(f"={value}") * length
            start = field if size <= room else struct.unpack_from(f"{order}{'Q' if big else 'I'}", block, field)[0]
            if start + size > len(block):
                continue
            if value == "c":
                tags[tag] = block[start : start + size]
            else:
                tags[tag] = struct.unpack_from(f"{order}{value * length}", block, start)
    except struct.error:
        pass  # The directory is cut; what was read so far stays.
    return tags


def number(tags: Tags, tag: int, default: int) -> int:
    """The first number of a tag."""
    values = tags.get(tag)
    return values[0] if isinstance(values, tuple) and values else default


def exif_orientation(block: bytes) -> int:
    """EXIF orientation of an EXIF block (Exif 2.32, tag 0x0112); 1, which is upright, where it is absent or odd.

    Only EXIF counts, not XMP: programs that rotate pixels often leave an old XMP orientation in the file. Browsers
    ignore it as well.
    """
    orientation = number(_exif_tags(block), ORIENTATION, 1)
    return orientation if 1 <= orientation <= 8 else 1


def exif_says_adobe_rgb(block: bytes) -> bool:
    """Whether an EXIF block says Adobe RGB, as cameras do (DCF 2.0, section 3.2.4: interoperability index R03)."""
    block = _without_prefix(block)
    layout, tags = read_layout(block), _exif_tags(block)
    if layout is None:
        return False
    exif = read_directory(block, layout, number(tags, _EXIF_DIRECTORY, len(block)))
    interoperability = read_directory(block, layout, number(exif, _INTEROPERABILITY_DIRECTORY, len(block)))
    index = interoperability.get(_INTEROPERABILITY_INDEX, b"")
    return isinstance(index, bytes) and index.startswith(b"R03") and number(exif, _COLOUR_SPACE, 1) != 1


def _exif_tags(block: bytes) -> Tags:
    block = _without_prefix(block)
    layout = read_layout(block)
    return {} if layout is None else read_directory(block, layout, layout.first_directory)


def _without_prefix(block: bytes) -> bytes:
    return block.removeprefix(b"Exif\0\0")
