"""Inspects JPEG files: damage that libjpeg only warns of, orientation, and Adobe RGB that only EXIF tells."""

from __future__ import annotations

import struct

from capture_station.errors import PhotoError
from capture_station.jpeg_decoding import JpegWarning, decode_jpeg
from capture_station.photos.colour_encoding import ADOBE_RGB
from capture_station.photos.formats.inspection import Inspection, damaged_file, short_file
from capture_station.photos.formats.jpeg_scans import has_unexplained_zeros
from capture_station.photos.formats.tiff_tags import exif_orientation, exif_says_adobe_rgb

_START, _END = b"\xff\xd8", b"\xff\xd9"
_SOS, _EXIF, _ICC, _ADOBE, _JFIF, _COMMENT = 0xDA, 0xE1, 0xE2, 0xEE, 0xE0, 0xFE
UNCHECKED = "it could not be checked for damage; look at the whole picture"


def inspect(data: bytes) -> Inspection:
    """Inspect a JPEG (ITU-T T.81, annex B). Decodes it once at an eighth of its size.

    Raises:
        PhotoError: It is cut or damaged.
    """
    at, exif = 2, b""
    needed, checked = [_START], [_START]
    while True:
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 4 > len(data):
            raise short_file()
        if data[at] != 0xFF:
            raise damaged_file("a JPEG marker is missing")
        marker = data[at + 1]
        if marker == _SOS:
            break
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        segment = data[at:end]
        if marker == _EXIF and segment[4:10] == b"Exif\0\0":
            exif += segment[10:]
        needless = (0xE0 <= marker <= 0xEF or marker == _COMMENT) and marker not in (_JFIF, _ADOBE)
        if not needless:
            checked.append(segment)
        if not needless or (marker == _ICC and segment[4:16] == b"ICC_PROFILE\0"):
            needed.append(segment)
        at = end
    # All that a file may lack is its end marker. Other bytes that are missing show as a warning.
    scans = data[at:] + _END
    jpeg = b"".join(checked) + scans
    try:
        doubts = check_for_damage(jpeg)
    except PhotoError as error:
        if data.rfind(_END, at) < 0:
            raise short_file() from error
        raise
    if has_unexplained_zeros(jpeg):
        raise damaged_file("a part of it is empty")
    return Inspection(
        b"".join(needed) + scans,
        orientation=exif_orientation(exif),
        colour=ADOBE_RGB if exif_says_adobe_rgb(exif) else None,
        doubts=doubts,
    )


def check_for_damage(jpeg: bytes) -> tuple[str, ...]:
    """Decode a JPEG small, and take libjpeg's warnings for what they are.

    Pillow and OpenCV drop these warnings and return a picture whose missing parts are grey or shifted.

    Args:
        jpeg: The file; metadata that may cause warnings of its own should be left out.

    Returns:
        Doubts to be reviewed.

    Raises:
        PhotoError: It is cut or damaged.
    """
    try:
        decode_jpeg(jpeg, "GRAY", at_an_eighth=True)
    except JpegWarning as warning:
        if not warning.may_be_padding:
            raise damaged_file(str(warning)) from warning
        # Some cameras fill up the end of the picture with zeros, which is harmless.
        end = jpeg.index(_END, jpeg.index(b"\xff\xda"))
        padding = jpeg[end - warning.left_over_bytes : end]
        return () if not padding.strip(b"\0") else ("bytes are left over at its end; look at the whole picture",)
    except ValueError:
        return (UNCHECKED,)  # Of a kind that this decoder does not know, but Pillow may.
    return ()
