"""Codes held to the camera: drawn, turned, made small and noisy."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from capture_station.frames import Image
from capture_station.subjects.code_reader import FORGET_AFTER, CodeReader

zxingcpp = pytest.importorskip("zxingcpp", reason="zxing-cpp is not installed: pip install '.[scan]'")

EMPTY = np.full((720, 960, 3), 120, np.uint8)


def held_up(text: str, kind: str = "QRCode", turned_deg: float = 0, at: float = 0.5) -> Image:
    """A card with a code in front of a grey wall, with a sensor's noise, (720, 960, 3)."""
    code = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind))
    card = np.array(zxingcpp.write_barcode_to_image(code, scale=4))
    card = cv2.cvtColor(cv2.copyMakeBorder(card, 12, 12, 12, 12, cv2.BORDER_CONSTANT, value=255), cv2.COLOR_GRAY2RGB)
    height, width = card.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), turned_deg, 1)
    turn[:, 2] += (960 * at - width / 2, 360 - height / 2)
    picture = EMPTY.copy()
    cv2.warpAffine(card, turn, (960, 720), dst=picture, borderMode=cv2.BORDER_TRANSPARENT, flags=cv2.INTER_LINEAR)
    noise = np.random.default_rng(0).normal(0, 6, picture.shape)
    return np.asarray((picture * 0.6 + noise).clip(0, 255), np.uint8)


@pytest.mark.parametrize("kind", ["QRCode", "Code128", "Code39", "DataMatrix", "Aztec", "PDF417"])
@pytest.mark.parametrize("turned_deg", [0, 8, 90])
def test_a_badge_is_read_in_the_second_picture(kind: str, turned_deg: float) -> None:
    reader, badge = CodeReader(), held_up("FQ-20417", kind, turned_deg)
    assert reader.read(badge) is None
    assert reader.read(badge) == "FQ-20417"


def test_a_badge_that_is_held_is_told_once() -> None:
    reader, badge = CodeReader(), held_up("FQ-20417")
    assert [reader.read(badge) for _ in range(6)].count("FQ-20417") == 1


def test_a_badge_that_flickers_is_told_once_and_one_that_comes_back_again() -> None:
    reader, badge = CodeReader(), held_up("FQ-20417")
    told = [reader.read(picture) for picture in (badge, badge, EMPTY, badge, badge)]
    assert told.count("FQ-20417") == 1
    for _ in range(FORGET_AFTER):
        assert reader.read(EMPTY) is None
    assert [reader.read(badge) for _ in range(2)] == [None, "FQ-20417"]


def test_of_two_badges_none_is_taken() -> None:
    both = np.where(np.arange(960)[:, None] < 480, held_up("1111", at=0.25), held_up("2222", at=0.75))
    reader = CodeReader()
    assert [reader.read(both) for _ in range(3)] == [None] * 3


def test_the_next_persons_badge_is_read_at_once() -> None:
    reader, first, second = CodeReader(), held_up("1111"), held_up("2222")
    told = [reader.read(picture) for picture in (first, first, second, second)]
    assert told == [None, "1111", None, "2222"]
