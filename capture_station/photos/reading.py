"""Reads a photo file into upright RGB pixels in sRGB; the one file that knows Pillow.

Pillow decodes and not OpenCV, because OpenCV ignores colour profiles. What Pillow forgives is checked beforehand.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import ExifTags, ImageCms, ImageFile, UnidentifiedImageError
from PIL import Image as Pillow
from PIL.TiffImagePlugin import TiffImageFile

from capture_station.errors import PhotoError
from capture_station.frames import Image
from capture_station.photos.colour_encoding import ColourEncoding, to_srgb
from capture_station.photos.formats.identify import inspect
from capture_station.photos.formats.inspection import Inspection, damaged_file
from capture_station.photos.visible_damage import doubts_about

MOST_MEGAPIXELS = 256
"""Phones take 200 megapixels. Above this limit a file is more likely to be made to fill the memory."""
Pillow.MAX_IMAGE_PIXELS = None  # Ours counts instead.

pi_heif.register_heif_opener()

_UPRIGHT_BY = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
_AVIF_ORIENTATION = 0x0112
_EXPOSURE_TAGS = (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal)
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF")
_GREY_MODES = ("1", "L", "LA")
_EIGHT_BIT_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"})
_COLOURS = np.stack(np.meshgrid(*[np.arange(0, 256, 17, dtype=np.uint8)] * 3), axis=-1).reshape(1, -1, 3)
_PNG_BIT_DEPTH_AT = 24
_INVISIBLE_LEVELS = 2
"""A profile that changes none of these colours by more is sRGB, whatever its name."""


def read_photo(
    file: Path | BinaryIO,
    report_doubt: Callable[[str], None] | None = None,
    before_decoding: Callable[[int], object] | None = None,
) -> Image:
    """Read a JPEG, PNG, WebP, TIFF, HEIC or AVIF file.

    EXIF orientation (Exif 2.32, tag 0x0112) is applied; in HEIC and AVIF the container's own rotation counts, which
    EXIF only repeats (ISO/IEC 23008-12). XMP orientation is ignored, as browsers do. Colours are converted to sRGB
    from the file's ICC profile, or from code points or tags that describe them. 12- and 16-bit levels are reduced to 8
    bits, transparent parts become white. Of several pictures in a file, the first counts.

    Args:
        file: A path, or a file opened for reading.
        report_doubt: Called with each reason why the photo needs a review although it can be read.
        before_decoding: Called with the number of pixels; it may wait, or raise a ``PhotoError``.

    Returns:
        (H, W, 3) uint8; not writable.

    Raises:
        PhotoError: The file is not such a picture, is damaged or a raw photo, has more than ``MOST_MEGAPIXELS``, or
            its levels have no agreed range. The message does not name the file.
    """
    try:
        data = file.read_bytes() if isinstance(file, Path) else file.read()
    except OSError as error:
        raise PhotoError(f"cannot be read: {error.strerror or error}") from error
    try:
        inspection = inspect(data)
        with Pillow.open(io.BytesIO(inspection.data), formats=_FORMATS) as photo:
            _check_size(photo.size)
            if before_decoding is not None:
                before_decoding(photo.width * photo.height)
            stored, doubts = _decoded(photo, inspection)
            turn = _UPRIGHT_BY.get(_orientation(photo, inspection))
            upright = np.asarray(stored if turn is None else stored.transpose(turn))
    except PhotoError:
        raise
    except UnidentifiedImageError as error:
        raise PhotoError("cannot be read: the file is damaged, or of a rare kind") from error
    except MemoryError as error:
        raise PhotoError("cannot be read: there is not enough memory for a picture of its size") from error
    except Exception as error:  # On damaged files Pillow's decoders raise whatever they stumble over.
        raise damaged_file(str(error)) from error
    for doubt in (*inspection.doubts, *doubts):
        if report_doubt is not None:
            report_doubt(doubt)
    return upright


def exposed_at(data: bytes) -> datetime | None:
    """When the photo was taken by its EXIF data (Exif 2.32, tags 0x9003 and 0x9011); None if they do not say it.

    Aware; where EXIF has no UTC offset, this machine's time zone is taken.
    """
    try:
        with Pillow.open(io.BytesIO(data), formats=_FORMATS) as photo:
            tags = photo.getexif().get_ifd(ExifTags.IFD.Exif)
        time, offset = (str(tags.get(tag, "")).strip("\0 ") for tag in _EXPOSURE_TAGS)
        return datetime.strptime(f"{time} {offset}".strip(), f"%Y:%m:%d %H:%M:%S{' %z' if offset else ''}").astimezone()
    except Exception:  # The pixels count, and in a damaged part of EXIF Pillow raises whatever it stumbles over.
        return None


def _check_size(size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    if width * height > MOST_MEGAPIXELS * 1_000_000:
        raise PhotoError(
            f"too large: {width}x{height} are {width * height / 1e6:.0f} megapixels, "
            f"and {MOST_MEGAPIXELS} are the most; make it smaller first"
        )


def _decoded(photo: ImageFile.ImageFile, inspection: Inspection) -> tuple[Pillow.Image, tuple[str, ...]]:
    """The picture in sRGB as it is stored, and doubts about it."""
    # Pillow takes the orientation from XMP, where EXIF has none, and turns a TIFF while it loads it.
    photo.info.pop("xmp", None)
    photo.load()
    eight_bit = _eight_bit(photo)
    if photo.has_transparency_data:
        doubts: tuple[str, ...] = ()  # What is transparent has any colour.
    else:
        doubts = doubts_about(np.asarray(eight_bit.convert("RGB")), inspection.uncompressed)
    profile = inspection.icc_profile or photo.info.get("icc_profile")
    if inspection.colour is None or (profile and not inspection.colour_first):
        return _on_white(eight_bit, lambda opaque: _by_profile(opaque, profile)), doubts
    colour = inspection.colour
    deep = _sixteen_bit(inspection.data, photo, colour)
    return _on_white(eight_bit, lambda opaque: _by_encoding(opaque, deep, colour)), doubts


def _orientation(photo: ImageFile.ImageFile, inspection: Inspection) -> int:
    if photo.format != "AVIF":
        return inspection.orientation
    # Pillow tells an AVIF's own rotation as if it came from EXIF.
    exif = Pillow.Exif()
    exif.load(photo.info.get("exif") or b"")
    orientation = exif.get(_AVIF_ORIENTATION, 1)
    return orientation if isinstance(orientation, int) else 1


def _eight_bit(photo: Pillow.Image) -> Pillow.Image:
    if photo.mode.startswith("I;16"):
        # Pillow leaves the 12 bits of a TIFF as they are, and 0 for white.
        tags = photo.tag_v2 if isinstance(photo, TiffImageFile) else {}
        bits = tags[ExifTags.Base.BitsPerSample][0] if tags else 16
        levels = (np.asarray(photo) >> bits - 8).astype(np.uint8)
        return Pillow.fromarray(~levels if tags.get(ExifTags.Base.PhotometricInterpretation) == 0 else levels)
    if photo.mode not in _EIGHT_BIT_MODES:
        raise PhotoError(f"its levels ({photo.mode}) have no agreed range; save it with 8 or 16 bits a channel")
    return photo


def _sixteen_bit(data: bytes, photo: ImageFile.ImageFile, colour: ColourEncoding) -> NDArray[np.uint16] | None:
    """The picture (H, W, 3) uint16 RGB over the full range, which Pillow reduces to 8 bits; None if it has no more.

    What 8 bits suffice for is not decoded again, unless it is known to have more.
    """
    deep_png = photo.format == "PNG" and data[_PNG_BIT_DEPTH_AT] == 16
    if not (deep_png or photo.info.get("bit_depth", 8) > 8 or colour.needs_more_than_8_bits):
        return None
    if photo.format == "HEIF":
        heif = pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=True)
        pixels = np.array(heif)  # A copy, because the memory is gone with the file.
    elif photo.format in ("PNG", "AVIF", "TIFF"):
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        pixels = np.zeros(0) if decoded is None else decoded
        if pixels.ndim == 3:
            pixels = pixels[..., [2, 1, 0]]
        if photo.format == "AVIF":  # OpenCV leaves 10 or 12 bits as they are.
            bits = 10 if pixels.size and pixels.max() < 1 << 10 else 12
            pixels = pixels.astype(np.uint32) * 65535 // ((1 << bits) - 1) if pixels.dtype == np.uint16 else pixels
            pixels = pixels.astype(np.uint16)
    if pixels.dtype != np.uint16 or pixels.shape[1::-1] != photo.size:
        return None
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return pixels[..., :3]


def _on_white(photo: Pillow.Image, in_srgb: Callable[[Pillow.Image], Pillow.Image]) -> Pillow.Image:
    """Any 8-bit mode as RGB in sRGB, on white where it is transparent."""
    opacity = None
    grey = photo.mode in _GREY_MODES
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        opacity = photo.getchannel("A")
    if photo.mode not in ("RGB", "CMYK"):
        photo = photo.convert("L" if grey else "RGB")
    rgb = in_srgb(photo)
    if opacity is not None:
        rgb = Pillow.composite(rgb, Pillow.new("RGB", rgb.size, "white"), opacity)
    return rgb


def _by_encoding(photo: Pillow.Image, deep: NDArray[np.uint16] | None, colour: ColourEncoding) -> Pillow.Image:
    if photo.mode == "CMYK":
        return photo.convert("RGB")  # Code points describe RGB only.
    pixels = np.asarray(photo.convert("RGB")) if deep is None else deep
    return Pillow.fromarray(to_srgb(pixels, colour))


def _by_profile(photo: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """L, RGB or CMYK to RGB by the profile; one that is damaged or of another kind says nothing."""
    if not profile:
        return photo.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if photo.mode == "L" and source.profile.xcolor_space != "GRAY":
            photo = photo.convert("RGB")
        to_standard = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), photo.mode, "RGB")
        if photo.mode == "RGB":
            colours = ImageCms.applyTransform(Pillow.fromarray(_COLOURS), to_standard)
            if np.abs(np.asarray(colours, np.int16) - _COLOURS).max() <= _INVISIBLE_LEVELS:
                return photo
        return ImageCms.applyTransform(photo, to_standard) or photo.convert("RGB")
    except (ImageCms.PyCMSError, OSError):
        return photo.convert("RGB")
