"""Pictures are decoded at the smallest scale that is enough, and their size is known without decoding them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from capture_station.images import decode_reduced, jpeg_size_wh

SIZE_WH = (640, 800)
SMOOTH = cv2.resize(np.array([[[20, 90, 200], [240, 30, 60]]], np.uint8), SIZE_WH)


def encoded(suffix: str, *options: int) -> bytes:
    return cv2.imencode(suffix, SMOOTH, options)[1].tobytes()


@pytest.mark.parametrize(("width_px", "decoded_px"), [(70, 80), (81, 160), (320, 320), (321, 640), (5000, 640)])
def test_a_jpeg_is_decoded_at_the_smallest_scale_that_is_enough(width_px: int, decoded_px: int) -> None:
    image = decode_reduced(encoded(".jpg"), width_px)
    assert image is not None
    assert image.shape == (decoded_px * 5 // 4, decoded_px, 3)
    assert np.abs(image[0, 0].astype(int) - SMOOTH[0, 0, ::-1]).max() < 12


def test_other_pictures_are_decoded_and_what_is_none_is_told() -> None:
    image = decode_reduced(encoded(".png"), 100)
    assert image is not None
    assert np.array_equal(image, SMOOTH[:, :, ::-1])
    for data in (b"", b"\xff\xd8", b"no picture", encoded(".jpg")[:100]):
        assert decode_reduced(data, 100) is None


@pytest.mark.parametrize("progressive", [0, 1])
def test_the_size_of_a_jpeg_is_found_behind_other_segments(progressive: int) -> None:
    data = encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    comment = b"\xff\xfe\xff\xff" + bytes(65533)
    for before in (b"", comment * 3, b"\xff" * 5):
        assert jpeg_size_wh(data[:2] + before + data[2:]) == SIZE_WH
    for wrong in (b"", data[:2], data[:20], data[2:], encoded(".png"), data[:2] + bytes(100)):
        assert jpeg_size_wh(wrong) is None
