"""A photo file becomes RGB pixels the right way up; the one file that knows Pillow.

Pillow and not OpenCV, because OpenCV fills the rest of a truncated JPEG with grey and calls it read, and ignores colour
profiles; Pillow refuses the one, converts the other, and takes no longer.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pi_heif
from PIL import Image as Pillow
from PIL import ImageCms, UnidentifiedImageError

from capture_station.errors import PhotoError
from capture_station.frames import Image

pi_heif.register_heif_opener()

SUFFIXES = frozenset({".jpg", ".jpeg", ".jfif", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif", ".hif", ".avif"})

_ORIENTATION = 0x0112
_UPRIGHT_BY = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF")
_GREY_MODES = ("1", "L", "LA")
_EIGHT_BIT_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"})
_COLOURS = np.stack(np.meshgrid(*[np.arange(0, 256, 17, dtype=np.uint8)] * 3), axis=-1).reshape(1, -1, 3)
_UNSEEN_LEVELS = 2
"""A profile that changes none of these colours by more is sRGB, whatever its name."""


def read_photo(file: Path | BinaryIO) -> Image:
    """Read a JPEG, PNG, WebP, TIFF, HEIC or AVIF file.

    EXIF orientation (Exif 2.32, tag 0x0112) is applied; in HEIC and AVIF the container's own turns count, which EXIF
    only repeats (ISO/IEC 23008-12). Colours are brought from the file's ICC profile to sRGB, 16-bit levels are reduced
    to 8, transparent parts become white. Of several pictures in a file, the first counts.
    Pillow's guard against pictures that would fill the memory stands: nothing above 179 million pixels.

    Returns:
        (H, W, 3) uint8; not writable.

    Raises:
        PhotoError: No such picture, damaged, or of a kind that has no agreed range of levels; the file is not named.
    """
    try:
        with Pillow.open(file, formats=_FORMATS) as photo:
            profile = photo.info.get("icc_profile")
            return np.asarray(_in_srgb(_eight_bit(_upright(photo)), profile))
    except PhotoError:
        raise
    except UnidentifiedImageError as error:
        raise PhotoError("not a JPEG, PNG, WebP, TIFF, HEIC or AVIF picture") from error
    except Exception as error:  # On damaged files Pillow's decoders raise whatever they stumble over.
        raise PhotoError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _upright(photo: Pillow.Image) -> Pillow.Image:
    """Not by Pillow's ``exif_transpose``, which writes all tags anew and fails if any of them is odd."""
    # Pillow turns a TIFF itself while it loads it, and then takes the tag away.
    photo.load()
    turn = _UPRIGHT_BY.get(photo.getexif().get(_ORIENTATION, 1))
    return photo if turn is None else photo.transpose(turn)


def _eight_bit(photo: Pillow.Image) -> Pillow.Image:
    if photo.mode.startswith("I;16"):
        return Pillow.fromarray((np.asarray(photo) >> 8).astype(np.uint8))
    if photo.mode not in _EIGHT_BIT_MODES:
        raise PhotoError(f"its levels ({photo.mode}) have no agreed range; save it with 8 or 16 bits a channel")
    return photo


def _in_srgb(photo: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """Any 8-bit mode as RGB in sRGB, on white where it is transparent."""
    opacity = None
    grey = photo.mode in _GREY_MODES
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        opacity = photo.getchannel("A")
    if photo.mode not in ("RGB", "CMYK"):
        photo = photo.convert("L" if grey else "RGB")
    if profile:
        photo = _converted(photo, profile)
    rgb = photo.convert("RGB")
    if opacity is not None:
        rgb = Pillow.composite(rgb, Pillow.new("RGB", rgb.size, "white"), opacity)
    return rgb


def _converted(photo: Pillow.Image, profile: bytes) -> Pillow.Image:
    """L, RGB or CMYK by the profile, but for sRGB itself; one that is damaged or of another kind says nothing."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if photo.mode == "L" and source.profile.xcolor_space != "GRAY":
            photo = photo.convert("RGB")
        to_srgb = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), photo.mode, "RGB")
        if photo.mode == "RGB":
            colours = ImageCms.applyTransform(Pillow.fromarray(_COLOURS), to_srgb)
            if np.abs(np.asarray(colours, np.int16) - _COLOURS).max() <= _UNSEEN_LEVELS:
                return photo
        return ImageCms.applyTransform(photo, to_srgb) or photo
    except (ImageCms.PyCMSError, OSError):
        return photo
