"""Inspects TIFF files: strips and tiles beyond the file's end, raw photos, previews, and colours that tags tell."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from capture_station.errors import PhotoError
from capture_station.photos.colour_encoding import SRGB_PRIMARIES, ColourEncoding, Primaries
from capture_station.photos.formats.holes import EMPTY_PART, has_lost_sectors
from capture_station.photos.formats.inspection import RAW_PHOTO, Inspection, damaged_file, short_file
from capture_station.photos.formats.jpeg import check_for_damage
from capture_station.photos.formats.tiff_tags import Tags, number, read_directory, read_layout

_SUBFILE_TYPE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_BYTES, _SUB_DIRECTORIES = 273, 277, 278, 279, 330
_TILE_OFFSETS, _TILE_BYTES, _JPEG_TABLES = 324, 325, 347
_PLANAR, _WHITE_POINT, _PRIMARIES, _DNG_VERSION = 284, 318, 319, 50706
_UNCOMPRESSED, _JPEG, _PACK_BITS = 1, 7, 32773
_DEFLATE = frozenset({8, 32946})
_CHUNK_BYTES = 1 << 20
_SENSOR_DATA = frozenset({32803, 34892})
"""Photometric interpretations of colour filter arrays and linear raw (DNG 1.7)."""
_RAW_COMPRESSIONS = frozenset({34713, 32767, 32769, 65000, 65535})
"""Nikon, Sony, packed, Kodak and Pentax raw."""
_YCBCR = 6
"""Its colours may take less room than its brightness."""
_PREVIEW = 1
_TIFF_GAMMA = 2.2


def inspect(data: bytes) -> Inspection:
    """Inspect the first picture of a TIFF (TIFF 6.0) before it is decoded.

    Raises:
        PhotoError: It is cut, damaged, or a raw photo, of which a decoder would read only a small preview.
    """
    layout = read_layout(data)
    if layout is None:
        return Inspection(data)
    tags = read_directory(data, layout, layout.first_directory)
    if not tags:
        raise short_file()
    inner = [read_directory(data, layout, place) for place in _numbers(tags, _SUB_DIRECTORIES)]
    if data[8:10] == b"CR" or _DNG_VERSION in tags or any(map(_is_sensor_data, (tags, *inner))):
        raise PhotoError(RAW_PHOTO)
    if number(tags, _SUBFILE_TYPE, 0) & _PREVIEW:
        raise PhotoError("its first picture is only a preview; save the full picture as JPEG or TIFF")
    doubts = _check_parts(data, tags)
    uncompressed = number(tags, _COMPRESSION, _UNCOMPRESSED) in (_UNCOMPRESSED, _PACK_BITS)
    return Inspection(data, colour=_colour(tags), uncompressed=uncompressed, doubts=doubts)


def _is_sensor_data(tags: Tags) -> bool:
    return number(tags, _PHOTOMETRIC, 0) in _SENSOR_DATA or number(tags, _COMPRESSION, 1) in _RAW_COMPRESSIONS


def _numbers(tags: Tags, tag: int) -> tuple[int, ...]:
    values = tags.get(tag, ())
    return values if isinstance(values, tuple) else ()


def _check_parts(data: bytes, tags: Tags) -> tuple[str, ...]:
    """All strips or tiles lie in the file. JPEG in them is checked as a JPEG file is.

    Raises:
        PhotoError: It is otherwise.
    """
    tiled = _TILE_OFFSETS in tags
    offsets = _numbers(tags, _TILE_OFFSETS if tiled else _STRIP_OFFSETS)
    lengths = _numbers(tags, _TILE_BYTES if tiled else _STRIP_BYTES)
    compression = number(tags, _COMPRESSION, _UNCOMPRESSED)
    if compression == _UNCOMPRESSED and not tiled and number(tags, _PHOTOMETRIC, 0) != _YCBCR:
        lengths = _uncompressed_lengths(tags, len(offsets))
    if not offsets:
        raise short_file()
    for offset, length in zip(offsets, lengths, strict=False):
        if offset + length > len(data):
            raise short_file()
    if compression in _DEFLATE:
        for offset, length in zip(offsets, lengths, strict=False):
            _check_checksum(data[offset : offset + length])
    if compression == _UNCOMPRESSED:
        lost = any(has_lost_sectors(data, *part) for part in _joined(offsets, lengths))
        return (EMPTY_PART,) if lost else ()
    if compression != _JPEG:
        return ()
    tables = tags.get(_JPEG_TABLES, b"")
    start = tables[:-2] if isinstance(tables, bytes) and len(tables) > 4 else b"\xff\xd8"
    doubts = set[str]()
    for offset, length in zip(offsets, lengths, strict=False):
        if data[offset : offset + 2] != b"\xff\xd8":
            raise damaged_file("a part of the picture is no JPEG")
        doubts.update(check_for_damage(start + data[offset + 2 : offset + length] + b"\xff\xd9"))
    return tuple(doubts)


def _joined(offsets: Sequence[int], lengths: Sequence[int]) -> list[tuple[int, int]]:
    """First byte and end of the parts, where those that follow each other are one."""
    joined: list[tuple[int, int]] = []
    for offset, length in sorted(zip(offsets, lengths, strict=False)):
        start = joined.pop()[0] if joined and joined[-1][1] == offset else offset
        joined.append((start, offset + length))
    return joined


def _check_checksum(part: bytes) -> None:
    """Decompress a strip or tile to its end, where its checksum is, which decoders that have all pixels do not reach.

    Raises:
        PhotoError: It is damaged.
    """
    stream = zlib.decompressobj()
    try:
        while part and not stream.eof:
            stream.decompress(part, _CHUNK_BYTES)
            part = stream.unconsumed_tail
    except zlib.error as error:
        raise damaged_file(str(error)) from error


def _uncompressed_lengths(tags: Tags, count: int) -> tuple[int, ...]:
    """How many bytes the pixels of each strip take. What a file says of it is often wrong for the last one."""
    planes = number(tags, _SAMPLES, 1) if number(tags, _PLANAR, 1) == 2 else 1
    height = number(tags, _HEIGHT, 0)
    rows = min(number(tags, _ROWS_PER_STRIP, height) or height, height)
    row_bits = number(tags, _WIDTH, 0) * number(tags, _BITS, 1) * number(tags, _SAMPLES, 1) // planes
    row_bytes = (row_bits + 7) // 8
    if not rows or not count:
        return ()
    strips = -(-height // rows)
    if count < strips * planes:
        raise short_file()
    return tuple(min(rows, height - rows * (strip % strips)) * row_bytes for strip in range(strips * planes))


def _colour(tags: Tags) -> ColourEncoding | None:
    """Primaries that tags tell (TIFF 6.0, section 20), with the curve that the standard assumes."""
    values, white = _numbers(tags, _PRIMARIES), _numbers(tags, _WHITE_POINT)
    if len(values) != 12:
        return None
    x_y = [part / whole if whole else 0.0 for part, whole in zip(values[::2], values[1::2], strict=True)]
    primaries = Primaries((x_y[0], x_y[1]), (x_y[2], x_y[3]), (x_y[4], x_y[5]))
    if len(white) == 4 and white[1] and white[3]:
        primaries = primaries._replace(white=(white[0] / white[1], white[2] / white[3]))
    return ColourEncoding(primaries, _TIFF_GAMMA) if primaries.usable and not primaries.near(SRGB_PRIMARIES) else None
