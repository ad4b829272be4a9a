"""Decodes JPEGs through simplejpeg, which reports libjpeg's warnings about damage instead of writing them to stderr."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import simplejpeg

from capture_station.frames import Image

_DAMAGE = re.compile("corrupt jpeg data: |premature end|inconsistent progression", re.IGNORECASE)
_LEFT_OVER = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
MOST_PADDING_BYTES = 64
"""Some cameras fill up the end of a picture."""


class JpegWarning(ValueError):
    """libjpeg warns that data are missing or wrong. What it decodes then is grey or shifted from there on.

    Args:
        warning: What libjpeg says.
    """

    def __init__(self, warning: str) -> None:
        super().__init__(warning)
        left_over = _LEFT_OVER.search(warning)
        self.left_over_bytes = int(left_over[1]) if left_over is not None else 0
        """If the picture is whole and so many bytes are left over at its end; otherwise 0."""

    @property
    def may_be_padding(self) -> bool:
        """Whether the picture is whole and only some bytes are left over at its end."""
        return 0 < self.left_over_bytes <= MOST_PADDING_BYTES


def decode_jpeg(data: bytes, colours: Literal["BGR", "GRAY"], at_an_eighth: bool = False, strict: bool = True) -> Image:
    """Decode a JPEG.

    Args:
        data: The file.
        colours: Order of the channels in the result.
        at_an_eighth: Decode at an eighth of the size.
        strict: Refuse what libjpeg only warns of.

    Returns:
        (H, W, 3 or 1) uint8.

    Raises:
        JpegWarning: It is damaged.
        ValueError: It is of a kind that this decoder does not know, or no JPEG at all.
    """
    scale = {"min_height": 1, "min_width": 1, "min_factor": 8} if at_an_eighth else {}
    try:
        return np.asarray(simplejpeg.decode_jpeg(data, colours, strict=strict, **scale), np.uint8)
    except ValueError as error:
        message = str(error)
        if _DAMAGE.search(message):
            raise JpegWarning(message.rpartition(": ")[2]) from error
        raise
