"""Inspects WebP files: lengths, holes and orientation; leaves out metadata that decoders stumble over."""

from __future__ import annotations

import struct

from capture_station.photos.formats.holes import EMPTY_PART, has_hole
from capture_station.photos.formats.inspection import Inspection, short_file
from capture_station.photos.formats.tiff_tags import exif_orientation

_LEFT_OUT = frozenset({b"EXIF", b"XMP "})
_LEFT_OUT_FLAGS = 0x0C
_HOLE_BYTES = 256
"""Whole files, whose picture has large areas of one colour, may have repetitions of this length as well."""
_NEEDED = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANMF"})


def inspect(data: bytes) -> Inspection:
    """Inspect a WebP (RFC 9649).

    Raises:
        PhotoError: It is cut or damaged.
    """
    (size,) = struct.unpack_from("<I", data, 4)
    chunks, exif = list[bytes](), b""
    doubts: tuple[str, ...] = ()
    at, end_of_file = 12, min(len(data), 8 + size)
    found = False
    while at + 8 <= end_of_file:
        kind, length = struct.unpack_from("<4sI", data, at)
        content = data[at + 8 : at + 8 + length]
        if kind in _NEEDED:
            if len(content) < length:
                raise short_file()
            found = True
            if has_hole(content, _HOLE_BYTES):
                doubts = (EMPTY_PART,)
        if kind == b"EXIF":
            exif = content
        elif kind == b"VP8X" and length >= 10:
            content = bytes([content[0] & ~_LEFT_OUT_FLAGS]) + content[1:]
        if kind not in _LEFT_OUT:
            chunks.append(kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2))
        at += 8 + length + length % 2
    if not found:
        raise short_file()
    body = b"WEBP" + b"".join(chunks)
    return Inspection(b"RIFF" + struct.pack("<I", len(body)) + body, orientation=exif_orientation(exif), doubts=doubts)
