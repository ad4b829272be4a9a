"""Photos as other programs write them: rotated, grey, 16-bit, transparent, with colour profiles, damaged."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from capture_station.archive.srgb_profile import srgb_profile
from capture_station.errors import PhotoError
from capture_station.frames import Image
from capture_station.photos.reading import read_photo
from tests.photos.drawing import drawn

ORIENTATION = 0x0112

DATA = Path(__file__).parent.parent / "data"

STORED: dict[int, Callable[[Image], Image]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}
"""How an upright picture is stored for each EXIF orientation (Exif 2.32, section 4.6.5)."""


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".avif"])
@pytest.mark.parametrize("orientation", STORED)
def test_photos_are_the_right_way_up(tmp_path: Path, orientation: int, suffix: str) -> None:
    upright = drawn()
    exif = Pillow.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / f"turned{suffix}"
    stored = np.ascontiguousarray(STORED[orientation](upright))
    Pillow.fromarray(stored).save(path, exif=exif, quality=100, lossless=True)
    read = read_photo(path)
    assert read.shape == upright.shape
    assert np.abs(read.astype(int) - upright).mean() < 3


@pytest.mark.parametrize("name", ["turned", "mirrored"])
def test_a_phones_photo_is_turned_once(name: str) -> None:
    """Their pixels are stored as for EXIF orientations 6 and 7. As in every HEIC, box and EXIF both say so."""
    read = read_photo(DATA / f"{name}.heic")
    assert read.shape == drawn().shape
    assert np.abs(read.astype(int) - drawn()).mean() < 4


def test_an_odd_tag_beside_the_orientation_changes_nothing(tmp_path: Path) -> None:
    """The resolution is text (type 2) where a fraction belongs. Tags that Pillow cannot write must not matter."""
    tags = (2, ORIENTATION, 3, 1, 6, 0x011A, 2, 4, b"72", 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">I" + "H" + "HHIHxx" + "HHI4s" + "I", 8, *tags)
    Pillow.fromarray(np.ascontiguousarray(STORED[6](drawn()))).save(tmp_path / "turned.jpg", exif=exif, quality=100)
    read = read_photo(tmp_path / "turned.jpg")
    assert read.shape == drawn().shape
    assert np.abs(read.astype(int) - drawn()).mean() < 3


def test_another_reader_turns_a_photo_the_same_way(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[ORIENTATION] = 6
    Pillow.fromarray(drawn()).save(tmp_path / "turned.jpg", exif=exif)
    other = cv2.imread(str(tmp_path / "turned.jpg"), cv2.IMREAD_COLOR_RGB)
    assert other is not None
    assert np.abs(read_photo(tmp_path / "turned.jpg").astype(int) - other).max() <= 2


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_sixteen_bits_keep_their_brightness(tmp_path: Path, shape: tuple[int, ...], suffix: str) -> None:
    path = tmp_path / f"deep{suffix}"
    cv2.imwrite(str(path), np.full(shape, 40000, np.uint16))
    read = read_photo(path)
    assert read.shape == (20, 30, 3)
    assert read.dtype == np.uint8
    assert np.all(read == 40000 >> 8)


def write_grey_tiff(path: Path, pixels: bytes, bits: int, photometric: int) -> None:
    """A grey TIFF of 30x20 pixels (TIFF 6.0, sections 2 and 3)."""
    tags = {256: 30, 257: 20, 258: bits, 259: 1, 262: photometric, 273: 8, 277: 1, 278: 20, 279: len(pixels)}
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = struct.pack("<2sHI", b"II", 42, 8 + len(pixels))
    path.write_bytes(head + pixels + struct.pack("<H", len(tags)) + directory + bytes(4))


def test_twelve_bits_keep_their_brightness(tmp_path: Path) -> None:
    write_grey_tiff(tmp_path / "scan.tif", bytes([0x9C, 0x49, 0xC4]) * 300, 12, 1)  # 2500 of 4095, two in three bytes.
    read = read_photo(tmp_path / "scan.tif")
    assert read.shape == (20, 30, 3)
    assert np.all(read == 2500 >> 4)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_scan_in_which_white_is_0_is_no_negative(tmp_path: Path, bits: int) -> None:
    write_grey_tiff(tmp_path / "scan.tif", bytes([60]) * (600 * bits // 8), bits, 0)
    assert np.all(read_photo(tmp_path / "scan.tif") == 255 - 60)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK"])
def test_other_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "photo.tif"
    Pillow.fromarray(drawn()).convert(mode).save(path)
    read = read_photo(path)
    assert read.shape == drawn().shape
    assert read[2, 2].mean() > 150 > 110 > read[50, 40].mean()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_is_white(tmp_path: Path, mode: str) -> None:
    clear = Pillow.new("RGBA", (20, 20), (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (10, 0, 20, 20))
    path = tmp_path / "clear.png"
    (clear.convert("P") if mode == "PA" else clear.convert(mode)).save(path)
    read = read_photo(path)
    assert np.all(read[:, :10] == 255)
    assert np.all(read[:, 10:] == 0)


def test_colours_follow_the_profile(tmp_path: Path) -> None:
    """In a profile whose red is sRGB's green, a red photo is green. Unusable profiles are ignored."""
    exchanged = srgb_profile().replace(b"rXYZ", b"____").replace(b"gXYZ", b"rXYZ").replace(b"____", b"gXYZ")
    profiles = {
        "plain": srgb_profile(),
        "exchanged": exchanged,
        "other kind": ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
        "grey": as_grey(curved(1.8)),
        "broken": b"no profile",
    }
    for name, profile in profiles.items():
        Pillow.new("RGB", (8, 8), (200, 0, 0)).save(tmp_path / f"{name}.png", icc_profile=profile)
    green = read_photo(tmp_path / "exchanged.png")
    assert np.all(np.abs(green.astype(int) - (0, 200, 0)) <= 2)
    for name in ("plain", "other kind", "grey", "broken"):
        assert np.all(read_photo(tmp_path / f"{name}.png") == (200, 0, 0)), name


def curved(gamma: float) -> bytes:
    """The sRGB profile with another tone curve but the same name."""
    profile = srgb_profile()
    start = profile.index(b"curv") + len(b"curv\0\0\0\0") + 4
    curve = np.rint(np.linspace(0, 1, 1024) ** gamma * 65535).astype(">u2").tobytes()
    return profile[:start] + curve + profile[start + len(curve) :]


def as_grey(profile: bytes) -> bytes:
    """The same curve in a profile for grey photos."""
    return profile.replace(b"mntrRGB ", b"mntrGRAY").replace(b"rTRC", b"kTRC")


@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "RGB"])
def test_brightness_follows_the_profile(tmp_path: Path, mode: str) -> None:
    """100 of 255 at gamma 1.8 is as bright as 119 in sRGB, whatever the profile's name."""
    values = {"L": 100, "LA": (100, 255), "I;16": 100 << 8, "RGB": (100, 100, 100)}
    profiles = {"colour": curved(1.8)} if mode == "RGB" else {"colour": curved(1.8), "grey": as_grey(curved(1.8))}
    for name, profile in profiles.items():
        Pillow.new(mode, (8, 8), values[mode]).save(tmp_path / f"{name}.png", icc_profile=profile)
        assert np.all(np.abs(read_photo(tmp_path / f"{name}.png").astype(int) - 119) <= 1), name


def test_files_that_are_not_photos_are_refused_in_one_line(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jpg"
    Pillow.fromarray(drawn(400, 300)).save(whole)
    (tmp_path / "half.jpg").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (tmp_path / "text.jpg").write_text("no photo")
    (tmp_path / "empty.png").touch()
    cv2.imwrite(str(tmp_path / "float.tif"), np.full((8, 8), 0.5, np.float32))
    (tmp_path / "half.heic").write_bytes((DATA / "turned.heic").read_bytes()[:400])
    for name in ("half.jpg", "half.heic", "text.jpg", "empty.png", "float.tif", "absent.jpg"):
        with pytest.raises(PhotoError) as caught:
            read_photo(tmp_path / name)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".avif"])
def test_an_orientation_in_xmp_is_ignored(tmp_path: Path, suffix: str) -> None:
    """Programs that turn the pixels often leave the camera's XMP behind. Browsers ignore it as well."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
    picture, path = Pillow.fromarray(drawn()), tmp_path / f"upright{suffix}"
    if suffix == ".png":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        picture.save(path, pnginfo=info)
    elif suffix == ".tif":
        picture.save(path, tiffinfo={700: xmp})
    else:
        picture.save(path, xmp=xmp)
    assert read_photo(path).shape == drawn().shape


def test_the_preview_in_a_raw_photo_is_not_taken_for_the_photo(tmp_path: Path) -> None:
    """A DNG, a raw photo whose version tag is missing, and a TIFF that begins with a preview."""
    for name, tags in {
        "version.tif": {50706: b"\1\4\0\0"},
        "preview.tif": {254: 1},
        "sensor.tif": {330: 8, 254: 1},
    }.items():
        directory = ImageFileDirectory_v2()
        for tag, value in tags.items():
            directory[tag] = value
        Pillow.fromarray(drawn()).save(tmp_path / name, tiffinfo=directory)
        with pytest.raises(PhotoError, match=r"export it as JPEG or TIFF|only a preview"):
            read_photo(tmp_path / name)
    for name, start in {"orf": b"IIRO\x08\0", "raf": b"FUJIFILMCCD-RAW 0201", "cr3": b"\0\0\0\x18ftypcrx "}.items():
        (tmp_path / name).write_bytes(start + bytes(1000))
        with pytest.raises(PhotoError, match="raw photo"):
            read_photo(tmp_path / name)


def test_a_picture_that_would_fill_the_memory_is_refused_with_the_limit(tmp_path: Path) -> None:
    picture = Pillow.new("1", (16_320, 12_240), 1)
    picture.save(tmp_path / "phone.png")
    sizes: list[int] = []

    def stop(pixels: int) -> None:
        sizes.append(pixels)
        raise PhotoError("far enough")

    with pytest.raises(PhotoError, match="far enough"):
        read_photo(tmp_path / "phone.png", before_decoding=stop)
    assert sizes == [16_320 * 12_240]
    Pillow.new("1", (20_000, 20_000), 1).save(tmp_path / "bomb.png")
    with pytest.raises(PhotoError, match="20000x20000 are 400 megapixels, and 256 are the most"):
        read_photo(tmp_path / "bomb.png")
