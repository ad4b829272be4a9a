"""A JPEG within the limits that card and student systems set: pixels and kilobytes."""

from __future__ import annotations

from capture_station.archive.encode import encode_jpeg
from capture_station.errors import PhotoError
from capture_station.frames import Image
from capture_station.images import fit_within_wh, resized

LOWEST_QUALITY = 40
"""Below it a face shows blocks; the picture is made smaller instead."""
_SHRINK = 0.9
_SMALLEST_PX = 48


def jpeg_within(image_rgb: Image, dpi: int, quality: int, largest_bytes: int | None) -> bytes:
    """The best JPEG that is no larger than the limit: first its quality falls, then its size.

    Args:
        image_rgb: (H, W, 3) uint8.
        dpi: Print density to write into the file.
        quality: The highest quality to use, in [40, 100].
        largest_bytes: None: as large as it gets.

    Raises:
        PhotoError: Even a picture of 48 pixels is larger.
    """
    data = encode_jpeg(image_rgb, quality, dpi)
    if largest_bytes is None or len(data) <= largest_bytes:
        return data
    while True:
        low, high, best = LOWEST_QUALITY, quality - 1, b""
        while low <= high:
            middle = (low + high) // 2
            data = encode_jpeg(image_rgb, middle, dpi)
            if len(data) <= largest_bytes:
                best, low = data, middle + 1
            else:
                high = middle - 1
        if best:
            return best
        height, width = image_rgb.shape[:2]
        if min(height, width) * _SHRINK < _SMALLEST_PX:
            raise PhotoError(f"no JPEG of it fits into {largest_bytes} bytes")
        image_rgb = resized(image_rgb, (round(width * _SHRINK), round(height * _SHRINK)), averaged=True)


def within_px(image_rgb: Image, longest_px: int | None) -> Image:
    """The picture with its longer side at most so long, never enlarged."""
    height, width = image_rgb.shape[:2]
    if longest_px is None or max(height, width) <= longest_px:
        return image_rgb
    return resized(image_rgb, fit_within_wh((width, height), (longest_px, longest_px)), averaged=True)
