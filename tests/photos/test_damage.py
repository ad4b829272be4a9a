"""Damaged photo files: none of them is read as if it were whole, and whole ones with odd metadata are read."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from capture_station.errors import PhotoError
from capture_station.frames import Image
from capture_station.photos.reading import read_photo
from tests.photos.drawing import drawn
from tests.photos.heif_files import grid_of

DATA = Path(__file__).parent.parent / "data"
SECTOR_BYTES = 512


def textured(width: int = 640, height: int = 480) -> Image:
    """A picture with as much detail as a photograph, so that its file is long enough for a hole."""
    noise = np.random.default_rng(1).integers(-20, 20, (height, width, 3))
    return np.asarray(np.clip(drawn(width, height).astype(int) + noise, 5, 250), np.uint8)


def encoded(kind: str, picture: Image | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(textured() if picture is None else picture).save(file, kind, **options)
    return file.getvalue()


def read(data: bytes) -> tuple[Image, list[str]]:
    """The picture and what is doubtful about it."""
    doubts: list[str] = []
    return read_photo(io.BytesIO(data), doubts.append), doubts


FILES = {
    "jpeg": lambda: encoded("JPEG", quality=90),
    "progressive jpeg": lambda: encoded("JPEG", quality=90, progressive=True),
    "jpeg with restarts": lambda: encoded("JPEG", quality=90, restart_marker_rows=1),
    "grey jpeg": lambda: encoded("JPEG", textured()[..., 0], quality=90),
    "png": lambda: encoded("PNG"),
    "webp": lambda: encoded("WEBP", quality=90),
    "lossless webp": lambda: encoded("WEBP", lossless=True),
    "avif": lambda: encoded("AVIF", quality=90, speed=10),
    "heic": lambda: grid_of((DATA / "turned.heic").read_bytes(), 1, 1),
    "tiled heic": lambda: grid_of((DATA / "turned.heic").read_bytes(), 3, 2),
    "tiff": lambda: encoded("TIFF"),
    "tiff with lzw": lambda: encoded("TIFF", compression="tiff_lzw"),
    "tiff with deflate": lambda: encoded("TIFF", compression="tiff_adobe_deflate"),
    "tiff with jpeg": lambda: encoded("TIFF", compression="jpeg"),
}


@pytest.fixture(params=FILES)
def whole(request: pytest.FixtureRequest) -> bytes:
    return FILES[request.param]()


def test_a_whole_file_raises_no_doubt(whole: bytes) -> None:
    assert read(whole)[1] == []


@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_a_file_that_was_cut_is_refused(whole: bytes, share: float) -> None:
    with pytest.raises(PhotoError):
        read(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("filling", [b"\0", b"\xff"])
@pytest.mark.parametrize("share", [0.4, 0.75])
@pytest.mark.parametrize("kind", [kind for kind in FILES if kind != "tiff"])
def test_a_hole_is_never_overlooked(kind: str, share: float, filling: bytes) -> None:
    data = bytearray(FILES[kind]())
    place, length = int(len(data) * share), min(2 * SECTOR_BYTES, len(data) // 8)
    data[place : place + length] = filling * length
    try:
        doubts = read(bytes(data))[1]
    except PhotoError:
        return
    assert doubts


@pytest.mark.parametrize("length", [3 * 640 * 12, 3 * 500])
def test_a_hole_in_an_uncompressed_file_needs_a_review(length: int) -> None:
    """Nothing but the look of the picture tells: rows of black, or a black streak, with sharp edges."""
    data = bytearray(encoded("TIFF"))
    data[300_000 : 300_000 + length] = bytes(length)
    assert len(read(bytes(data))[1]) == 1


@pytest.mark.parametrize(("filling", "unit_bytes"), [(b"\0", SECTOR_BYTES), (b"\xff", 8 * SECTOR_BYTES)])
def test_one_lost_sector_of_an_uncompressed_file_needs_a_review(filling: bytes, unit_bytes: int) -> None:
    whole = encoded("TIFF")
    for sector in range(1, 100):
        place = sector * unit_bytes
        assert read(whole[:place] + filling * unit_bytes + whole[place + unit_bytes :])[1]


def test_zeros_in_a_jpeg_are_found_where_its_decoder_is_content() -> None:
    """Some holes make as many blocks as they take away. Then the picture has other colours from there on."""
    jpeg = encoded("JPEG", quality=90)
    for place in range(4096, len(jpeg) - 4096, 2048):
        with pytest.raises(PhotoError):
            read(jpeg[:place] + bytes(SECTOR_BYTES) + jpeg[place + SECTOR_BYTES :])


@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"progressive": True}])
def test_a_jpeg_of_nearly_one_colour_is_whole(options: dict[str, bool]) -> None:
    """Its codes are long runs of zeros, or of other bytes."""
    for level in (0, 100, 255):
        picture = np.full((1600, 1600, 3), level, np.uint8)
        assert read(encoded("JPEG", picture, **options))[1] == []
        picture[700:764, 700:796] = drawn()
        assert read(encoded("JPEG", picture, **options))[1] == []


def test_a_picture_that_was_damaged_before_it_was_saved_again_needs_a_review() -> None:
    for filling in (128, 0):
        picture = textured()
        picture[360:] = filling
        assert len(read(encoded("PNG", picture))[1]) == 1
    green = textured()
    green[128:320, 128:320] = (0, 135, 0)
    assert len(read(encoded("PNG", green))[1]) == 1


def test_dark_backgrounds_and_frames_raise_no_doubt() -> None:
    on_black = textured()
    on_black[:, :200] = on_black[:, 400:] = on_black[:100] = 0
    framed = textured()
    framed[:20] = framed[-20:] = 0
    faded = np.repeat(np.linspace(250, 0, 400).astype(np.uint8)[:, None], 300, axis=1)
    faded = np.concatenate((faded, np.zeros((100, 300), np.uint8)))
    for picture in (on_black, framed, np.repeat(faded[..., None], 3, axis=2)):
        assert read(encoded("TIFF", picture))[1] == []


def test_all_that_a_file_may_lack_is_its_end_marker() -> None:
    jpeg, png = encoded("JPEG", quality=90), encoded("PNG")
    assert np.array_equal(read(jpeg[:-2])[0], read(jpeg)[0])
    assert np.array_equal(read(png[:-12])[0], read(png)[0])
    with pytest.raises(PhotoError, match="ends too early"):
        read(jpeg[:-40])


def test_bytes_that_are_left_over_in_a_jpeg_need_a_review_unless_they_are_zeros() -> None:
    jpeg = encoded("JPEG", quality=90)
    assert read(jpeg[:-2] + bytes(20) + jpeg[-2:])[1] == []
    assert len(read(jpeg[:-2] + bytes(range(1, 21)) + jpeg[-2:])[1]) == 1


def test_what_follows_the_picture_does_not_matter() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        data = encoded(kind)
        assert np.array_equal(read(data + b"rubbish" * 1000)[0], read(data)[0])


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_text(key: str, value: str, compressed: bool = False) -> dict[str, PngInfo]:
    info = PngInfo()
    info.add_itxt(key, value, zip=compressed)
    return {"pnginfo": info}


ODD_METADATA = {
    "xmp of 2 MB": lambda: encoded("PNG", **png_text("XML:com.adobe.xmp", "x" * 2_000_000, compressed=True)),
    "broken exif as text": lambda: encoded("PNG", **png_text("Raw profile type exif", "\nexif\n      4\n45zz\n")),
    "broken exif in png": lambda: encoded("PNG", exif=b"rubbish!"),
    "broken exif in webp": lambda: encoded("WEBP", exif=b"rubbish!"),
    "cut exif in jpeg": lambda: encoded("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x20\0\x12\x01\x03\0"),
    "exif that points beyond": lambda: encoded("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f"),
    "profile of 2 MB": lambda: spliced(encoded("PNG"), 33, png_chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(2**21)))),
    "wrong checksum of a comment": lambda: spliced(encoded("PNG"), 33, png_chunk(b"tEXt", b"a\0b")[:-1] + b"?"),
    "chunk with an impossible name": lambda: spliced(encoded("PNG"), 33, png_chunk(b"s\x01IT", b"\5\5\5")),
    "cut comment at the end": lambda: encoded("PNG")[:-12] + png_chunk(b"tEXt", b"a\0" + b"b" * 99)[:-50],
    "a thousand comments": lambda: spliced(encoded("PNG"), 33, png_chunk(b"tEXt", b"a\0" + b"z" * 70_000) * 1000),
    "part of a profile": lambda: spliced(encoded("JPEG"), 2, segment(0xE2, b"ICC_PROFILE\0\1\2" + bytes(9))),
    "broken multi-picture index": lambda: spliced(encoded("JPEG"), 2, segment(0xE2, b"MPF\0MM\0*\0\0\0@")),
    "broken photoshop block": lambda: spliced(encoded("JPEG"), 2, segment(0xED, b"Photoshop 3.0\x008BIM\4\4\5a")),
}


def spliced(data: bytes, place: int, inserted: bytes) -> bytes:
    return data[:place] + inserted + data[place:]


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


@pytest.mark.parametrize("what", ODD_METADATA)
def test_odd_metadata_does_not_keep_a_photo_from_being_read(what: str) -> None:
    picture, doubts = read(ODD_METADATA[what]())
    assert picture.shape == (480, 640, 3)
    assert doubts == []


def test_damaged_exif_in_an_avif_does_not_matter() -> None:
    exif = Pillow.Exif()
    exif[271] = "Maker"
    data = encoded("AVIF", exif=exif, speed=10)
    place = data.rindex(b"MM\0*")
    assert read(data[:place] + b"????" + data[place + 4 :])[0].shape == (480, 640, 3)
