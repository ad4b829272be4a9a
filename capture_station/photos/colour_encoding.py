"""Converts pixels to sRGB whose colours are told by numbers: CICP codes, chromaticities and gamma, PQ and HLG."""

from __future__ import annotations

import functools
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Image

Floats = NDArray[np.float32]
Chromaticity = tuple[float, float]
"""CIE 1931 x, y."""
Transfer = Literal["srgb", "pq", "hlg"] | float
"""From stored numbers to light; a number is an exponent."""
LINEAR = 1.0
_D65 = (0.3127, 0.3290)

_REFERENCE_WHITE_CD_M2 = 203.0
"""ITU-R BT.2408: where HDR pictures have the white of a sheet of paper. It becomes white in sRGB."""
_PQ_PEAK_CD_M2 = 10_000.0
_MASTERING_PEAK_CD_M2 = 1000.0
"""Highlights above this peak are white."""
_HLG_REFERENCE_WHITE = 0.75
"""Its signal level (BT.2408)."""
_ROWS = 256
"""Converted at once, which bounds the memory."""
_UNKNOWN_COLOURS = "its colour encoding is not known here; check the colours"


class Primaries(NamedTuple):
    """Chromaticities of red, green, blue and white."""

    red: Chromaticity
    green: Chromaticity
    blue: Chromaticity
    white: Chromaticity = _D65

    def near(self, other: Primaries) -> bool:
        """Whether no coordinate differs by more than what rounding explains."""
        return bool(np.abs(np.subtract(self, other)).max() < 0.002)

    @property
    def usable(self) -> bool:
        """Whether they span a triangle of colours around a white."""
        (red_x, red_y), (green_x, green_y), (blue_x, blue_y), (_, white_y) = self
        area = (green_x - red_x) * (blue_y - red_y) - (blue_x - red_x) * (green_y - red_y)
        return abs(area) > 0.001 and white_y > 0.01

    def to_xyz(self) -> NDArray[np.float64]:
        """(3, 3) from linear RGB to CIE XYZ, white at Y = 1 (SMPTE RP 177)."""
        columns = np.array([[x, y, 1 - x - y] for x, y in (self.red, self.green, self.blue)]).T
        white_xyz = np.array([self.white[0], self.white[1], 1 - sum(self.white)]) / self.white[1]
        return np.asarray(columns * np.linalg.solve(columns, white_xyz))


SRGB_PRIMARIES = Primaries((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_ILLUMINANT_C = (0.310, 0.316)
_SMPTE_170M = Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
_PRIMARIES = {
    1: SRGB_PRIMARIES,
    4: Primaries((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _ILLUMINANT_C),
    5: Primaries((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: _SMPTE_170M,
    7: _SMPTE_170M,
    8: Primaries((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _ILLUMINANT_C),
    9: Primaries((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    10: Primaries((1.0, 0.0), (0.0, 1.0), (0.0, 0.0), (1 / 3, 1 / 3)),
    11: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    22: Primaries((0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
"""ITU-T H.273, table 2."""
_TRANSFERS: dict[int, Transfer] = {
    **dict.fromkeys((1, 6, 7, 11, 12, 13, 14, 15), "srgb"),
    4: 2.2,
    5: 2.8,
    8: LINEAR,
    16: "pq",
    17: 2.6,
    18: "hlg",
}
"""ITU-T H.273, table 3. Still pictures that say BT.709 or BT.601 mean the display's curve, which is sRGB's."""
_UNSPECIFIED = 2


class ColourEncoding(NamedTuple):
    """How stored RGB numbers stand for colours."""

    primaries: Primaries
    transfer: Transfer

    @property
    def hdr(self) -> bool:
        """Whether there may be colours brighter than white."""
        return self.transfer in ("pq", "hlg")

    @property
    def needs_more_than_8_bits(self) -> bool:
        """Whether 8 bits show steps in the shadows."""
        return self.hdr or (isinstance(self.transfer, float) and self.transfer < 1.5)


ADOBE_RGB = ColourEncoding(Primaries((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), 563 / 256)
"""Adobe RGB (1998)."""


def from_cicp(primaries: int, transfer: int) -> tuple[ColourEncoding | None, tuple[str, ...]]:
    """The encoding that code points of ITU-T H.273 stand for, and what is doubtful about it.

    Returns:
        None means sRGB, as do code points that say "unspecified".
    """
    space = SRGB_PRIMARIES if primaries == _UNSPECIFIED else _PRIMARIES.get(primaries)
    curve = "srgb" if transfer == _UNSPECIFIED else _TRANSFERS.get(transfer)
    if space is None or curve is None:
        return None, (_UNKNOWN_COLOURS,)
    return (None if (space, curve) == (SRGB_PRIMARIES, "srgb") else ColourEncoding(space, curve)), ()


def to_srgb(pixels: NDArray[np.uint8] | NDArray[np.uint16], encoding: ColourEncoding) -> Image:
    """Convert a picture to sRGB. Colours that sRGB does not have become the nearest that its channels allow.

    Light of PQ and HLG is scaled so that reference white becomes white. HLG is taken with the system gamma 1, which
    BT.2100 gives for a display of 334 cd/m2, where reference white is as bright as SDR's. If there are brighter
    parts, the EETF of ITU-R BT.2390 (section 5.4.1) makes room for them; it leaves shadows and most of the middle
    as they are.

    Args:
        pixels: (H, W, 3) RGB, over the full range of its type.
        encoding: What the numbers mean.

    Returns:
        (H, W, 3) uint8.
    """
    levels = np.linspace(0, 1, np.iinfo(pixels.dtype).max + 1)
    to_light = _light(levels, encoding.transfer).astype(np.float32)
    matrix = _to_srgb_primaries(encoding.primaries)
    peak = _peak(np.asarray(cv2.transform(to_light[pixels[::4, ::4]], matrix), np.float32)) if encoding.hdr else 1.0
    result = np.empty(pixels.shape, np.uint8)
    for row in range(0, len(pixels), _ROWS):
        light = np.maximum(cv2.transform(to_light[pixels[row : row + _ROWS]], matrix), 0)
        if peak > 1:
            brightest = light.max(axis=2, keepdims=True)
            light *= _rolled_off(brightest, peak) / np.maximum(brightest, 1e-6)
        result[row : row + _ROWS] = _srgb_levels()[np.rint(np.minimum(light, 1) * 65535).astype(np.uint16)]
    return result


def _light(levels: NDArray[np.float64], transfer: Transfer) -> NDArray[np.float64]:
    """Light of each stored level in [0, 1], as a multiple of reference white."""
    if transfer == "pq":
        return _pq_light(levels) * _PQ_PEAK_CD_M2 / _REFERENCE_WHITE_CD_M2
    if transfer == "hlg":
        return _hlg_light(levels) / _hlg_light(np.array(_HLG_REFERENCE_WHITE))
    if transfer == "srgb":
        return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return np.asarray(levels ** float(transfer))


def _pq_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084's EOTF, 1 for 10,000 cd/m2."""
    root = signal ** (1 / _PQ_M2)
    return np.asarray((np.maximum(root - _PQ_C1, 0) / (_PQ_C2 - _PQ_C3 * root)) ** (1 / _PQ_M1))


def _pq_signal(light: Floats | float) -> Floats:
    root = np.asarray(light, np.float32) ** _PQ_M1
    return np.asarray(((_PQ_C1 + _PQ_C2 * root) / (1 + _PQ_C3 * root)) ** _PQ_M2, np.float32)


_PQ_M1, _PQ_M2, _PQ_C1, _PQ_C2, _PQ_C3 = 1305 / 8192, 2523 / 32, 107 / 128, 2413 / 128, 2392 / 128


def _hlg_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of BT.2100's HLG OETF, 1 for its brightest scene."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


def _to_srgb_primaries(primaries: Primaries) -> Floats:
    """(3, 3) from linear RGB to linear sRGB; another white is adapted (Bradford, as in ICC.1:2022, annex E)."""
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    here, there = (bradford @ space.to_xyz().sum(axis=1) for space in (primaries, SRGB_PRIMARIES))
    adapted = np.linalg.inv(bradford) @ np.diag(there / here) @ bradford
    return np.asarray(np.linalg.inv(SRGB_PRIMARIES.to_xyz()) @ adapted @ primaries.to_xyz(), np.float32)


def _peak(light: Floats) -> float:
    """The brightest part that is more than single pixels, as a multiple of reference white; at least 1."""
    brightest = float(np.quantile(light.max(axis=2), 0.999))
    return min(max(brightest, 1.0), _MASTERING_PEAK_CD_M2 / _REFERENCE_WHITE_CD_M2)


def _rolled_off(light: Floats, peak: float) -> Floats:
    """BT.2390's EETF from a display with this peak to one whose peak is reference white."""
    scale = _REFERENCE_WHITE_CD_M2 / _PQ_PEAK_CD_M2
    brightest = float(_pq_signal(peak * scale))
    signal = np.minimum(_pq_signal(light * scale) / brightest, 1)
    most = float(_pq_signal(scale)) / brightest
    knee = 1.5 * most - 0.5
    t = np.clip((signal - knee) / (1 - knee), 0, 1)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * most
    signal = np.where(signal < knee, signal, spline) * brightest
    return np.asarray(_pq_light(np.minimum(signal, 1)) / scale, np.float32)


@functools.cache
def _srgb_levels() -> Image:
    """sRGB levels (IEC 61966-2-1) of 65,536 steps of light."""
    light = np.linspace(0, 1, 65536)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(encoded * 255), np.uint8)
