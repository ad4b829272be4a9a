"""The result of inspecting a photo file, whatever its format, and the errors of a damaged one."""

from __future__ import annotations

from dataclasses import dataclass

from capture_station.errors import PhotoError
from capture_station.photos.colour_encoding import ColourEncoding

RAW_PHOTO = "a raw photo: export it as JPEG or TIFF first"


@dataclass(frozen=True, slots=True)
class Inspection:
    """A file that has shown no damage so far."""

    data: bytes
    """The file for the decoder, without metadata that pixels do not need and that a decoder might stumble over."""
    orientation: int = 1
    """EXIF orientation (Exif 2.32, tag 0x0112) that the decoder does not apply itself."""
    icc_profile: bytes | None = None
    """ICC profile, where the decoder does not return it."""
    colour: ColourEncoding | None = None
    """How the pixels' numbers stand for colours. It is used where no ICC profile says so; None means sRGB."""
    colour_first: bool = False
    """``colour`` counts more than an ICC profile."""
    uncompressed: bool = False
    """Pixels are stored as they are, so that no decoder notices damage."""
    doubts: tuple[str, ...] = ()
    """Why the photo needs a review although it can be read."""


def short_file() -> PhotoError:
    """The error for a file whose last part is missing."""
    return PhotoError("cannot be read: the file ends too early; copy it again")


def damaged_file(what: str) -> PhotoError:
    """The error for a damaged file.

    Args:
        what: What is wrong, such as "bad Huffman code".
    """
    return PhotoError(f"cannot be read: the file is damaged: {what}")
