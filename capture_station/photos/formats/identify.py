"""Finds out the format of a photo file by its first bytes, and inspects it."""

from __future__ import annotations

from collections.abc import Callable

from capture_station.errors import PhotoError
from capture_station.photos.formats import heif, jpeg, png, tiff, webp
from capture_station.photos.formats.inspection import RAW_PHOTO, Inspection

SUFFIXES = frozenset({".jpg", ".jpeg", ".jfif", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif", ".hif", ".avif"})
_RAW_NAMES = """
    3fr ari arw bay cap cr2 cr3 crw dcr dcs dng erf fff gpr iiq k25 kdc mdc mef mos mrw nef nrw orf pef ptx raf raw rw2
    rwl sr2 srf srw x3f
"""
RAW_SUFFIXES = frozenset(f".{name}" for name in _RAW_NAMES.split())
UNREAD_SUFFIXES = RAW_SUFFIXES | {".bmp", ".gif", ".jp2", ".jxl", ".psd"}
"""Of pictures that cannot be read, and that somebody may miss among the results."""
_RAW_SIGNATURES = (b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FUJIFILMCCD-RAW", b"FOVb", b"\0MRM")
"""Olympus, Panasonic, Fujifilm, Sigma and Minolta."""
_FORMATS: tuple[tuple[bytes, int, Callable[[bytes], Inspection]], ...] = (
    (b"\xff\xd8\xff", 0, jpeg.inspect),
    (b"\x89PNG\r\n\x1a\n", 0, png.inspect),
    (b"WEBP", 8, webp.inspect),
    (b"ftyp", 4, heif.inspect),
    (b"II*\0", 0, tiff.inspect),
    (b"MM\0*", 0, tiff.inspect),
    (b"II+\0", 0, tiff.inspect),
    (b"MM\0+", 0, tiff.inspect),
)
"""What stands at which place of a file, and who inspects it."""


def inspect(data: bytes) -> Inspection:
    """Inspect a photo file of any supported format without decoding it in full.

    Raises:
        PhotoError: It is of another format, cut, damaged, or a raw photo.
    """
    if not data:
        raise PhotoError("the file is empty; copy it again")
    if data.startswith(_RAW_SIGNATURES) or data[6:14] == b"HEAPCCDR":
        raise PhotoError(RAW_PHOTO)
    for signature, place, inspect_format in _FORMATS:
        if data.startswith(signature, place):
            return inspect_format(data)
    raise PhotoError("not a JPEG, PNG, WebP, TIFF, HEIC or AVIF picture")
