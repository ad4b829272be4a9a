"""Encoded files carry their colour space and print size, keep white exact, and contain no personal data."""

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, JpegImagePlugin

from capture_station.archive.encode import encode_jpeg, encode_png
from capture_station.archive.sample_capture import sample_pictures
from capture_station.archive.srgb_profile import srgb_profile


def _chunks(png):
    """Types of a PNG's chunks, in order."""
    kinds, at = [], 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kinds.append(png[at + 4 : at + 8])
        at += 12 + length
    return kinds


def test_jpeg_carries_print_size_colour_space_and_full_colour_resolution():
    _, portrait = sample_pictures((413, 531))
    picture = Image.open(io.BytesIO(encode_jpeg(portrait.image_rgb, 95, 300)))
    assert picture.size == (413, 531)
    assert picture.info["dpi"] == (300, 300)
    assert JpegImagePlugin.get_sampling(picture) == 0
    profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
    assert ImageCms.getProfileDescription(profile).strip() == "sRGB"


def test_jpeg_and_png_of_one_portrait_print_at_the_same_size():
    _, portrait = sample_pictures((64, 48))
    for dpi in (72, 300, 600, 1200):
        for data in (encode_jpeg(portrait.image_rgb, 95, dpi), encode_png(portrait.image_rgb, dpi)):
            assert Image.open(io.BytesIO(data)).info["dpi"] == pytest.approx((dpi, dpi), rel=2e-4)


def test_the_profile_describes_the_same_colours_as_another_srgb_profile():
    picture = Image.open(io.BytesIO(encode_jpeg(np.zeros((8, 8, 3), np.uint8), 95, 300)))
    ours = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
    theirs = ImageCms.createProfile("sRGB")
    colours = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    converted = ImageCms.profileToProfile(colours, ours, theirs)
    difference = np.abs(np.asarray(converted).astype(int) - np.asarray(colours))
    assert difference.max() <= 1


def test_the_profiles_header_is_laid_out_as_the_standard_says():
    profile = srgb_profile()
    intent, *illuminant = struct.unpack(">I3i", profile[64:80])  # ICC.1:2001-04, table 9.
    assert intent == 0
    assert illuminant == [0xF6D6, 0x10000, 0xD32D]
    assert profile[36:40] == b"acsp"
    assert not any(profile[80:128])


def test_files_carry_no_personal_data():
    _, portrait = sample_pictures((64, 48))
    picture = Image.open(io.BytesIO(encode_jpeg(portrait.image_rgb, 95, 300)))
    assert [name for name, _ in picture.applist] == ["APP0", "APP2"]
    assert not picture.getexif()
    assert "comment" not in picture.info
    assert _chunks(encode_png(portrait.image_rgb, 300)) == [b"IHDR", b"sRGB", b"pHYs", b"IDAT", b"IEND"]
    assert _chunks(encode_png(portrait.alpha)) == [b"IHDR", b"IDAT", b"IEND"]


@pytest.mark.parametrize("quality", [50, 75, 90, 95, 100])
def test_white_decodes_to_255_in_every_block_without_an_edge(quality):
    _, portrait = sample_pictures((403, 304))
    decoded = cv2.imdecode(np.frombuffer(encode_jpeg(portrait.image_rgb, quality, 300), np.uint8), cv2.IMREAD_COLOR)
    white = (portrait.image_rgb == 255).all(2)
    beyond_a_block = cv2.erode(white.astype(np.uint8), np.ones((15, 15), np.uint8)) == 1
    assert beyond_a_block.mean() > 0.3
    assert (decoded[beyond_a_block] == 255).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (256, 7), (257, 33), (600, 5)])
@pytest.mark.parametrize("planes", [1, 3])
def test_png_is_lossless(shape, planes):
    image = np.random.default_rng(1).integers(0, 256, shape if planes == 1 else (*shape, planes), np.uint8)
    data = encode_png(image, 300 if planes == 3 else None)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), image)
    opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(opencv if planes == 1 else opencv[..., ::-1], image)


def test_a_non_contiguous_view_is_encoded_correctly():
    original_rgb, _ = sample_pictures((64, 48))
    view = original_rgb[5:40:2, 60:3:-1]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode_png(view, 300)))), view)
    assert encode_jpeg(view, 95, 300) == encode_jpeg(np.ascontiguousarray(view), 95, 300)
