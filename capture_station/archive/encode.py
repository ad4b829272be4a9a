"""Pixels become JPEG and PNG files that say their colour space and print size, and nothing about anybody.

Chosen by measurement at 12 MP on one core (figures are milliseconds, this project's ``bench`` repeats them):
JPEG quality 95 without chroma subsampling: OpenCV 72-91, Pillow 73-100, simplejpeg 59-81; OpenCV is here anyway.
PNG by zlib with one filter and run lengths only: 40 for a matte where OpenCV takes 25-140 by version and Pillow 113,
500 for a noisy photograph where they take 1040 and 1360, at the same file sizes.
"""

from __future__ import annotations

import struct
import zlib

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

    Subsampled colour would drag the clothes' colour up to 16 px into the background. Without it every 8x8 block
    that is wholly white decodes to exactly (255, 255, 255).

    Args:
        image_rgb: (H, W, 3) uint8.
        quality: libjpeg's scale, in [1, 100].
        dpi: Pixels an inch.
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


def encode_png(image: Image, dpi: int | None = None, software: str = "") -> bytes:
    """A PNG (W3C, third edition), lossless.

    Args:
        image: (H, W, 3) uint8 RGB, or (H, W) uint8 grey.
        dpi: Pixels an inch, for a picture in sRGB; None for data such as a matte, which is no colour.
        software: What made it, in Latin-1; empty: it does not say.
    """
    height, width = image.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if image.ndim == 3 else 0, 0, 0, 0)
    chunks = [_PNG_START, _chunk(b"IHDR", header)]
    if dpi is not None:
        density = round(dpi / _INCH_M)
        chunks += [_chunk(b"sRGB", b"\0"), _chunk(b"pHYs", struct.pack(">IIB", density, density, 1))]
    if software:
        chunks.append(_chunk(b"tEXt", b"Software\0" + software.encode("latin-1")))
    chunks += [_chunk(b"IDAT", _packed(image.reshape(height, -1))), _chunk(b"IEND", b"")]
    return b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))


def _packed(rows: Image) -> bytes:
    """Each row as its difference from the row above, deflated; block by block, which stays in the cache."""
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    packed = []
    above = np.zeros_like(rows[0])
    for top in range(0, len(rows), _BLOCK_ROWS):
        block = rows[top : top + _BLOCK_ROWS]
        lines = np.empty((len(block), block.shape[1] + 1), np.uint8)
        lines[:, 0] = _FILTER_UP
        np.subtract(block[0], above, out=lines[0, 1:])
        np.subtract(block[1:], block[:-1], out=lines[1:, 1:])
        above = block[-1]
        packed.append(packer.compress(lines.data))
    return b"".join((*packed, packer.flush()))
