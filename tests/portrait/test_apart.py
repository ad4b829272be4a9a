"""What a portrait shows beside the person is told: somebody else whose face was not found, or a piece of the room."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from capture_station.config import PortraitSettings
from capture_station.frames import Alpha, Image, Measures
from capture_station.portrait.pipeline import make_portrait
from tests.portrait.scenes import coarse, person

SIZE_WH = (1200, 800)
SQUARE = PortraitSettings(preset="square", upscale_limit=4)
TOLD = "something of the room, or somebody else, may have been kept"
MAIN = person(SIZE_WH, centre=0.45, head_px=260)
SKIN_RGB = (215, 170, 145)


def measures(image: Image, alpha: Alpha) -> Measures:
    return make_portrait(image, coarse(alpha, MAIN.head), SQUARE).measures


def test_half_a_head_at_the_edge_is_told_though_the_shoulders_touch() -> None:
    other = person(SIZE_WH, centre=0.7, head_px=260)
    darker = other.image.copy()
    darker[np.abs(darker.astype(int) - SKIN_RGB).max(axis=2) < 3] = (120, 80, 55)
    share = MAIN.alpha[..., None]
    image = (darker * (1 - share) + MAIN.image * share).astype(np.uint8)
    found = measures(image, np.maximum(MAIN.alpha, other.alpha))
    assert (found.persons, found.verdict) == (1, "review")
    assert TOLD in found.reasons


@pytest.mark.parametrize(("colour", "verdict"), [((205, 160, 135), "ok"), ((60, 90, 60), "review")])
def test_an_own_raised_hand_is_nobody_else_and_what_has_another_colour_is(
    colour: tuple[int, int, int], verdict: str
) -> None:
    alpha, image = MAIN.alpha.copy(), MAIN.image.copy()
    for plane, level in ((alpha, 1.0), (image, colour)):
        cv2.line(plane, (700, 780), (720, 330), level, 44, cv2.LINE_AA)
        cv2.ellipse(plane, (722, 300), (40, 60), 0, 0, 360, level, -1, cv2.LINE_AA)
    found = measures(image, alpha)
    assert (found.verdict, TOLD in found.reasons) == (verdict, verdict == "review")
