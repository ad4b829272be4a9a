"""Inspects PNG files: checksums, orientation and colour encoding; leaves out all that pixels do not need."""

from __future__ import annotations

import struct
import zlib

from capture_station.photos.colour_encoding import (
    LINEAR,
    SRGB_PRIMARIES,
    ColourEncoding,
    Primaries,
    from_cicp,
)
from capture_station.photos.formats.inspection import Inspection, damaged_file, short_file
from capture_station.photos.formats.tiff_tags import exif_orientation

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXEL_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_METADATA_CHUNKS = frozenset({b"eXIf", b"iCCP", b"cICP", b"sRGB", b"gAMA", b"cHRM"})
_MOST_PROFILE_BYTES = 16_000_000
_SRGB_GAMMA = 0.45455


def inspect(data: bytes) -> Inspection:
    """Inspect a PNG (W3C PNG, third edition): the checksum of each chunk that pixels need.

    Raises:
        PhotoError: It is cut or damaged.
    """
    kept, metadata = [_SIGNATURE], dict[bytes, bytes]()
    at, kind, has_pixels = len(_SIGNATURE), b"", False
    while kind != b"IEND":
        if at + 12 > len(data):
            if not has_pixels:
                raise short_file()
            kept.append(_chunk(b"IEND", b""))  # Zlib finds out whether all pixels are there.
            break
        length, kind = struct.unpack_from(">I4s", data, at)
        content, end = data[at + 8 : at + 8 + length], at + 12 + length
        if end > len(data) and kind in _PIXEL_CHUNKS:
            raise short_file()
        whole = end <= len(data) and zlib.crc32(kind + content) == struct.unpack_from(">I", data, end - 4)[0]
        if not whole and (kind in _PIXEL_CHUNKS or not kind.isalpha()):
            raise damaged_file("a checksum is wrong")
        if kind in _PIXEL_CHUNKS or kind[:1].isupper():
            kept.append(data[at:end])  # A capital letter says: without this chunk it is another picture.
        elif whole and kind in _METADATA_CHUNKS:
            metadata.setdefault(kind, content)
        has_pixels |= kind == b"IDAT"
        at = end
    colour, doubts = _colour(metadata)
    return Inspection(
        b"".join(kept),
        orientation=exif_orientation(metadata.get(b"eXIf", b"")),
        icc_profile=None if b"cICP" in metadata else _profile(metadata.get(b"iCCP", b"")),
        colour=colour,
        doubts=doubts,
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _profile(chunk: bytes) -> bytes | None:
    """The ICC profile; None where there is none, or where it is damaged or absurdly large."""
    _, _, compressed = chunk.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(compressed[1:], _MOST_PROFILE_BYTES) or None
    except zlib.error:
        return None


def _colour(metadata: dict[bytes, bytes]) -> tuple[ColourEncoding | None, tuple[str, ...]]:
    """Colour encoding and doubts, in the order that PNG's section 4.3 gives: cICP, ICC profile, sRGB, gAMA and cHRM."""
    if len(cicp := metadata.get(b"cICP", b"")) == 4:
        return from_cicp(cicp[0], cicp[1])
    if b"sRGB" in metadata or not metadata.keys() & {b"gAMA", b"cHRM"}:
        return None, ()
    gamma, chromaticities = metadata.get(b"gAMA", b""), metadata.get(b"cHRM", b"")
    exponent = struct.unpack(">I", gamma)[0] / 100_000 if len(gamma) == 4 else _SRGB_GAMMA
    primaries = SRGB_PRIMARIES
    if len(chromaticities) == 32:
        white_x, white_y, *rgb = (value / 100_000 for value in struct.unpack(">8I", chromaticities))
        primaries = Primaries((rgb[0], rgb[1]), (rgb[2], rgb[3]), (rgb[4], rgb[5]), (white_x, white_y))
    if not 0.1 <= exponent <= 10 or not primaries.usable:
        return None, ()
    if abs(exponent - _SRGB_GAMMA) < 0.001 and primaries.near(SRGB_PRIMARIES):
        return None, ()  # How sRGB was written down before the sRGB chunk existed.
    return ColourEncoding(primaries, LINEAR if exponent == 1 else 1 / exponent), ()
