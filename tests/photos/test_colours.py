"""Colours that are told by numbers instead of an ICC profile: code points, gamma, chromaticities, EXIF."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from capture_station.frames import Image
from capture_station.photos.colour_encoding import ColourEncoding, from_cicp, to_srgb
from tests.photos.drawing import drawn
from tests.photos.heif_files import grid_of
from tests.photos.test_damage import DATA, encoded, png_chunk, read, segment, spliced

P3_TO_XYZ = np.array([[0.48657, 0.26567, 0.19822], [0.22897, 0.69174, 0.07929], [0.0, 0.04511, 1.04394]])
BT2020_TO_XYZ = np.array([[0.63696, 0.14462, 0.16888], [0.26270, 0.67800, 0.05930], [0.0, 0.02807, 1.06099]])
SRGB_TO_XYZ = np.array([[0.41239, 0.35758, 0.18048], [0.21264, 0.71517, 0.07219], [0.01933, 0.11919, 0.95053]])
"""As the standards print them: SMPTE EG 432-1, ITU-R BT.2020, IEC 61966-2-1."""
COLOURS = np.array([[220, 40, 60], [30, 160, 70], [40, 60, 190], [225, 180, 150], [90, 60, 50], [128, 128, 128]])
"""In sRGB; none is at the limit of a channel."""

Floats = NDArray[np.float64]


def light_of(levels: Floats) -> Floats:
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def srgb_of(light: Floats) -> Floats:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def pq_of(light: Floats) -> Floats:
    """SMPTE ST 2084, with reference white at 203 cd/m2."""
    root = (light * 203 / 10_000) ** 0.1593017578125
    return np.asarray(((0.8359375 + 18.8515625 * root) / (1 + 18.6875 * root)) ** 78.84375)


def hlg_of(light: Floats) -> Floats:
    """ITU-R BT.2100, with reference white at 75 % of the signal."""
    scene = light * 0.26496256
    return np.where(
        scene <= 1 / 12,
        np.sqrt(3 * scene),
        0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073,
    )


def stored(to_xyz: Floats, curve: object) -> NDArray[np.uint16]:
    """The colours as a file with these primaries and this curve has them, (16, 48, 3) uint16."""
    light = light_of(COLOURS / 255) @ (np.linalg.inv(to_xyz) @ SRGB_TO_XYZ).T
    assert callable(curve)
    levels = np.rint(curve(np.clip(light, 0, None)) * 65535).astype(np.uint16)
    return np.repeat(np.repeat(levels[None], 8, axis=1), 16, axis=0)


def middle_colours(picture: Image) -> NDArray[np.int64]:
    return picture[8, 4::8].astype(np.int64)


def png(pixels: NDArray[np.uint16], *chunks: bytes) -> bytes:
    data: bytes = cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()
    return spliced(data, 33, b"".join(chunks))


ENCODINGS = [
    pytest.param(SRGB_TO_XYZ, srgb_of, (1, 13), id="sRGB"),
    pytest.param(P3_TO_XYZ, srgb_of, (12, 13), id="Display P3"),
    pytest.param(BT2020_TO_XYZ, srgb_of, (9, 13), id="BT.2020"),
    pytest.param(SRGB_TO_XYZ, lambda light: light, (1, 8), id="linear"),
    pytest.param(SRGB_TO_XYZ, lambda light: light ** (1 / 2.2), (1, 4), id="gamma 2.2"),
    pytest.param(BT2020_TO_XYZ, pq_of, (9, 16), id="PQ"),
    pytest.param(P3_TO_XYZ, pq_of, (12, 16), id="PQ in P3"),
    pytest.param(BT2020_TO_XYZ, hlg_of, (9, 18), id="HLG"),
]


@pytest.mark.parametrize(("to_xyz", "curve", "cicp"), ENCODINGS)
def test_code_points_in_a_png_are_followed(to_xyz: Floats, curve: object, cicp: tuple[int, int]) -> None:
    picture, doubts = read(png(stored(to_xyz, curve), png_chunk(b"cICP", bytes([*cicp, 0, 1]))))
    assert np.abs(middle_colours(picture) - COLOURS).max() <= 2
    assert doubts == []


def test_gamma_and_chromaticities_in_a_png_are_followed() -> None:
    linear = stored(SRGB_TO_XYZ, lambda light: light)
    gamma = png_chunk(b"gAMA", struct.pack(">I", 100_000))
    assert np.abs(middle_colours(read(png(linear, gamma))[0]) - COLOURS).max() <= 2
    # The sRGB chunk counts more.
    told = read(png(linear, gamma, png_chunk(b"sRGB", b"\0")))[0]
    assert np.array_equal(middle_colours(told), linear[8, 4::8] >> 8)
    p3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
    chromaticities = png_chunk(b"cHRM", struct.pack(">8I", *(round(100_000 * value) for value in p3)))
    square = png_chunk(b"gAMA", struct.pack(">I", 50_000))
    wide = png(stored(P3_TO_XYZ, lambda light: light**0.5), chromaticities, square)
    assert np.abs(middle_colours(read(wide)[0]) - COLOURS).max() <= 2


@pytest.mark.parametrize("broken", [b"\0\0\0\0", b"\xff\xff\xff\xff", b""])
def test_impossible_gamma_says_nothing(broken: bytes) -> None:
    pixels = stored(SRGB_TO_XYZ, srgb_of)
    assert np.abs(middle_colours(read(png(pixels, png_chunk(b"gAMA", broken)))[0]) - COLOURS).max() <= 1


def test_code_points_in_a_heic_are_followed() -> None:
    """The same tiles are wider in colour when they say Display P3, and of another brightness when they say linear."""
    heic = (DATA / "turned.heic").read_bytes()
    plain = read(grid_of(heic, 2, 2))[0].astype(int)
    for transfer in (13, 16, 18, 8):
        primaries = ColourEncoding(*_known(12, transfer))
        expected = to_srgb(np.asarray(plain, np.uint8), primaries).astype(int)
        got = read(grid_of(heic, 2, 2, (12, transfer, 6)))[0].astype(int)
        assert np.abs(got - expected).mean() < 4
        assert np.abs(got - plain).max() > 5


def _known(primaries: int, transfer: int) -> ColourEncoding:
    encoding, doubts = from_cicp(primaries, transfer)
    assert encoding is not None
    assert doubts == ()
    return encoding


def test_code_points_in_an_avif_are_followed_in_its_box_and_in_its_stream() -> None:
    """With the box renamed, the stream's own header still says it."""
    data = encoded("AVIF", drawn(), quality=100, subsampling="4:4:4", speed=10)
    box = data.index(b"colrnclx")
    wide = data[: box + 8] + struct.pack(">HH", 12, 13) + data[box + 12 :]
    expected = to_srgb(read(data)[0], _known(12, 13)).astype(int)
    assert np.abs(read(wide)[0] - expected).max() <= 1


def test_adobe_rgb_that_only_exif_tells_is_followed() -> None:
    """As cameras write it: colour space uncalibrated, interoperability index R03 (DCF 2.0)."""
    exif = struct.pack(">2sHI", b"MM", 42, 8)
    exif += struct.pack(">HHHIII", 1, 0x8769, 4, 1, 26, 0)
    exif += struct.pack(">HHHIHHHHIII", 2, 0xA001, 3, 1, 0xFFFF, 0, 0xA005, 4, 1, 56, 0)
    exif += struct.pack(">HHHI4sI", 1, 1, 2, 4, b"R03\0", 0)
    picture = np.full((16, 16, 3), (60, 180, 80), np.uint8)
    data = encoded("JPEG", picture, quality=100, subsampling=0)
    read_as = read(spliced(data, 2, segment(0xE1, b"Exif\0\0" + exif)))[0].astype(int)
    plain = read(data)[0].astype(int)
    assert read_as[8, 8, 0] < plain[8, 8, 0] - 30
    assert np.abs(read_as[8, 8, 1:] - plain[8, 8, 1:]).max() < 15


def test_highlights_beyond_white_are_rolled_off_in_order() -> None:
    """Light up to five times as bright as white gets brighter without a step, and dark tones stay as they are."""
    light = np.linspace(0, 5, 512)
    pixels = np.rint(np.repeat(np.repeat(pq_of(light)[None, :, None], 3, axis=2), 64, axis=0) * 65535)
    row = to_srgb(pixels.astype(np.uint16), _known(1, 16))[0, :, 0].astype(int)
    assert np.all(np.diff(row) >= 0)
    assert np.diff(row[20:]).max() <= 3
    assert row[-1] >= 254
    dark = light < 0.3
    assert np.abs(row[dark] - srgb_of(light[dark]) * 255).max() < 2


def test_unknown_code_points_need_a_review() -> None:
    for codes in ((200, 13), (1, 99), (1, 9)):
        assert len(read(png(stored(SRGB_TO_XYZ, srgb_of), png_chunk(b"cICP", bytes([*codes, 0, 1]))))[1]) == 1
    assert read(png(stored(SRGB_TO_XYZ, srgb_of), png_chunk(b"cICP", bytes([2, 2, 0, 1]))))[1] == []


def test_colours_that_tiff_tags_tell_are_followed(tmp_path: Path) -> None:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    tags = ImageFileDirectory_v2()
    tags[319] = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
    tags[318] = (0.3127, 0.3290)
    pixels = (stored(P3_TO_XYZ, lambda light: light ** (1 / 2.2)) >> 8).astype(np.uint8)
    Pillow.fromarray(pixels).save(tmp_path / "wide.tif", tiffinfo=tags)
    picture = read((tmp_path / "wide.tif").read_bytes())[0]
    assert np.abs(middle_colours(picture) - COLOURS).max() <= 3
