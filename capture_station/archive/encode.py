"""Encodes JPEG and PNG files with colour space and print size, and without personal metadata.

The encoders were chosen by measurement at 12 MP on one core, which ``capture-station bench`` repeats.
JPEG at quality 95 without chroma subsampling takes 72-91 ms with OpenCV, 73-100 ms with Pillow and 59-81 ms with
simplejpeg. OpenCV is a dependency already, so it is used.
PNG by zlib with one filter and run-length encoding takes 40 ms for a matte, where OpenCV takes 25-140 ms depending on
its version and Pillow 113 ms. It takes 500 ms for a noisy photograph, where they take 1040 ms and 1360 ms. The files
have the same size.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

import cv2
import numpy as np

from capture_station.archive.srgb_profile import srgb_profile
from capture_station.frames import Image

_JFIF_START = b"\xff\xd8\xff\xe0\0\x10JFIF\0"
_JFIF_BYTES = 20
_PNG_START = b"\x89PNG\r\n\x1a\n"
_FILTER_UP = 2
_BLOCK_ROWS = 256
_INCH_M = 0.0254


def encode_jpeg(image_rgb: Image, quality: int, dpi: int) -> bytes:
    """A baseline JPEG with full-resolution colour (4:4:4), print density and the sRGB profile.

    Chroma subsampling would carry the colour of clothes up to 16 px into the background. Without it, every 8x8 block
    that is entirely white decodes to exactly (255, 255, 255).

    Args:
        image_rgb: (H, W, 3) uint8.
        quality: libjpeg's scale, in [1, 100].
        dpi: Print density, in pixels per inch.
    """
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR), options)
    data = encoded.data.cast("B") if done else memoryview(b"")
    if data[: len(_JFIF_START)] != _JFIF_START:
        raise ValueError("OpenCV's JPEG does not start with a JFIF header")
    density = struct.pack(">HBHHBB", 0x0102, 1, dpi, dpi, 0, 0)
    profile = b"ICC_PROFILE\0\x01\x01" + srgb_profile()
    colour = b"\xff\xe2" + struct.pack(">H", 2 + len(profile)) + profile
    return b"".join((_JFIF_START, density, colour, data[_JFIF_BYTES:]))


def encode_png(image: Image, dpi: int | None = None) -> bytes:
    """A lossless PNG (W3C, third edition).

    Args:
        image: (H, W, 3) uint8 RGB, or (H, W) uint8 grey.
        dpi: Print density of a picture in sRGB, in pixels per inch; None for data that is not colour, such as a matte.
    """
    return encode_png_strips((image,), dpi)


def encode_png_strips(strips: Iterable[Image], dpi: int | None = None, software: str = "") -> bytes:
    """The PNG of strips that lie below each other, as ``encode_png``. Only one strip is in memory at a time.

    Args:
        strips: At least one; all with the same width and number of channels.
        dpi: As ``encode_png``.
        software: Content of the ``Software`` text, in Latin-1; empty for none.
    """  # fmt: skip
    height, width, colour = 0, 0, False
    deflate = _Deflate()
    for strip in strips:
        height, width, colour = height + strip.shape[0], strip.shape[1], strip.ndim == 3
        deflate.add(strip.reshape(strip.shape[0], -1))
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if colour else 0, 0, 0, 0)
    parts = [_PNG_START, *_chunk(b"IHDR", header)]
    if dpi is not None:
        density = round(dpi / _INCH_M)
        parts += [*_chunk(b"sRGB", b"\0"), *_chunk(b"pHYs", struct.pack(">IIB", density, density, 1))]
    if software:
        parts += _chunk(b"tEXt", b"Software\0" + software.encode("latin-1"))
    parts += [*_chunk(b"IDAT", *deflate.finish()), *_chunk(b"IEND")]
    return b"".join(parts)


def _chunk(kind: bytes, *content: bytes) -> list[bytes]:
    """The parts of a chunk. They are joined only once, because a sheet has 9 MB."""
    checksum = zlib.crc32(kind)
    for part in content:
        checksum = zlib.crc32(part, checksum)
    return [struct.pack(">I", sum(map(len, content))), kind, *content, struct.pack(">I", checksum)]


class _Deflate:
    """Deflates rows with PNG's filter Up. Works in blocks that fit into the processor's cache."""

    def __init__(self) -> None:
        self._compressor = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
        self._deflated: list[bytes] = []
        self._above: Image | None = None

    def add(self, rows: Image) -> None:
        above = np.zeros_like(rows[0]) if self._above is None else self._above
        for top in range(0, len(rows), _BLOCK_ROWS):
            block = rows[top : top + _BLOCK_ROWS]
            lines = np.empty((len(block), block.shape[1] + 1), np.uint8)
            lines[:, 0] = _FILTER_UP
            np.subtract(block[0], above, out=lines[0, 1:])
            np.subtract(block[1:], block[:-1], out=lines[1:, 1:])
            above = block[-1]
            self._deflated.append(self._compressor.compress(lines.data))
        self._above = above.copy()

    def finish(self) -> list[bytes]:
        return [*self._deflated, self._compressor.flush()]
