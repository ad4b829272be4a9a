"""Reads QR codes and barcodes in the camera's picture; the one file that knows zxing-cpp."""

from __future__ import annotations

from types import ModuleType

import cv2

from capture_station.errors import ConfigError, missing_extra
from capture_station.frames import Image

FORGET_AFTER = 5
"""Pictures without a code, after which the same code counts as shown again."""
_FORMATS = ("QRCode", "DataMatrix", "Aztec", "PDF417", "Code128", "Code39", "Code93", "EAN13", "EAN8", "UPCA")
"""What badges and student cards carry. ITF and Codabar are left out: stripes of a shirt are read as one at times."""


class CodeReader:
    """Finds codes of the kinds that identity cards carry. Thread-bound.

    Raises:
        ConfigError: zxing-cpp is not installed.
    """

    def __init__(self) -> None:
        self._library = _library()
        self._formats = self._library.barcode_formats_from_str(",".join(_FORMATS))
        self._last = ""
        self._told = ""
        self._missing = 0

    def read(self, image_rgb: Image) -> str | None:
        """The text of the one code in a picture (H, W, 3) uint8 when two pictures in a row have shown it; else None.

        A code is told once, until it is out of sight for ``FORGET_AFTER`` pictures. Of several codes in a picture none
        is taken: it would be chance which.
        """
        grey = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY)
        texts = {found.text for found in self._library.read_barcodes(grey, formats=self._formats) if found.valid}
        text = texts.pop() if len(texts) == 1 else ""
        confirmed, self._last = text == self._last, text
        self._missing = 0 if text else self._missing + 1
        if self._missing >= FORGET_AFTER:
            self._told = ""
        if not text or not confirmed or text == self._told:
            return None
        self._told = text
        return text


def _library() -> ModuleType:
    try:
        import zxingcpp
    except ImportError as error:
        raise ConfigError(
            f"codes cannot be read through the camera without zxing-cpp ({error}): {missing_extra('scan')}"
        ) from error
    return zxingcpp
