"""Inspects HEIC and AVIF files: parts beyond the file's end, holes, and colours that nclx tells."""

from __future__ import annotations

import struct

from capture_station.errors import PhotoError
from capture_station.photos.colour_encoding import ColourEncoding, from_cicp
from capture_station.photos.formats.holes import has_hole
from capture_station.photos.formats.inspection import RAW_PHOTO, Inspection, damaged_file, short_file
from capture_station.photos.formats.isobmff import Container, CutBox, Item, read_container
from capture_station.photos.formats.stream_colour import av1_colour, hevc_colour

_HEVC = frozenset({b"hvc1", b"hev1"})
_CODED = _HEVC | {b"av01"}
_HOLE_BYTES = 96
"""The longest repetition seen in whole files, of one colour with 9 megapixels, has 16 bytes."""
_FORBIDDEN_IN_HEVC = b"\0\0\0"
_LENGTH_SIZE_AT = 21
"""Of the byte in an ``hvcC`` box whose low two bits say how NAL units tell their length."""


def inspect(data: bytes) -> Inspection:
    """Inspect a HEIC or AVIF (ISO/IEC 23008-12; AVIF 1.1) before it is decoded.

    Decoders forgive missing tiles of a grid, and paint them green. So each part of the picture must lie in the file.
    Orientation is the decoder's affair: in these files the boxes ``irot`` and ``imir`` count, which EXIF only repeats.

    Raises:
        PhotoError: It is cut or damaged.
    """
    if data[8:12] == b"crx ":
        raise PhotoError(RAW_PHOTO)
    try:
        container = read_container(data)
    except CutBox as error:
        raise short_file() from error
    if container is None:
        return Inspection(data)
    needed = container.needed()
    for item in needed:
        payload = container.payload(item, data)
        if payload is None:
            raise short_file()
        if item.kind in _HEVC:
            _check_nal_units(payload, item)
        if item.kind in _CODED and has_hole(payload, _HOLE_BYTES):
            raise damaged_file("a part of it is empty")
    colour, first, doubts = _colour(container, data)
    return Inspection(_without_exif(data, container), colour=colour, colour_first=first, doubts=doubts)


def _check_nal_units(payload: bytes, item: Item) -> None:
    """Units follow each other without a gap, and none has three zero bytes within (ITU-T H.265, section 7.4.2).

    Raises:
        PhotoError: It is otherwise.
    """
    configuration = next((content for kind, content in item.properties if kind == b"hvcC"), b"")
    length_size = (configuration[_LENGTH_SIZE_AT] & 3) + 1 if len(configuration) > _LENGTH_SIZE_AT else 4
    at = 0
    while at < len(payload):
        start = at + length_size
        end = start + int.from_bytes(payload[at:start], "big")
        if end > len(payload) or end == start:
            raise damaged_file("a part of the picture has a wrong length")
        if _FORBIDDEN_IN_HEVC in payload[start:end].rstrip(b"\0"):
            raise damaged_file("a part of it is empty")
        at = end


def _colour(container: Container, data: bytes) -> tuple[ColourEncoding | None, bool, tuple[str, ...]]:
    """Colour encoding, whether it counts more than an ICC profile, and doubts.

    An ICC profile describes colours in more detail than code points do, but not the tone curves of PQ and HLG.
    """
    primary = container.items.get(container.primary, Item())
    pictures = [primary, *(container.items.get(number, Item()) for number in primary.made_of[:1])]
    properties = [entry for picture in pictures for entry in picture.properties]
    codes = [struct.unpack_from(">HH", content, 4) for kind, content in properties if _is_nclx(kind, content)]
    codes += [found for kind, content in properties if kind == b"hvcC" and (found := hevc_colour(content))]
    for picture in pictures:
        if picture.kind == b"av01" and (found := av1_colour(container.payload(picture, data) or b"")):
            codes.append(found)
    if not codes:
        return None, False, ()
    colour, doubts = from_cicp(*codes[0])
    return colour, colour is not None and colour.hdr, doubts


def _is_nclx(kind: bytes, content: bytes) -> bool:
    return kind == b"colr" and content[:4] == b"nclx" and len(content) >= 10


def _without_exif(data: bytes, container: Container) -> bytes:
    """Rename EXIF items to a kind that decoders pass over, because damaged EXIF would keep them from decoding."""
    places = [item.kind_offset for item in container.items.values() if item.kind == b"Exif"]
    if not places:
        return data
    changed = bytearray(data)
    for place in places:
        changed[place : place + 4] = b"skip"
    return bytes(changed)
