"""Whether a face looks into the camera: turned heads, hands, dark glasses, and a crown that is cut off."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from capture_station.config import PortraitSettings
from capture_station.frames import Head, Image, Landmark
from capture_station.portrait.glasses import eye_light
from capture_station.portrait.pipeline import make_portrait
from tests.portrait.scenes import Scene, person

SIZE_WH = (600, 720)
SKINS = ((245, 215, 195), (215, 170, 145), (120, 80, 55), (60, 40, 30))


def flaws(scene: Scene, preset: str, head: Head | None = None) -> set[str]:
    matte = scene._replace(head=head or scene.head).matte()
    made = make_portrait(scene.image, matte, PortraitSettings(preset=preset, upscale_limit=2))
    return {flaw.code for flaw in made.measures.flaws}


def turned(scene: Scene, nose_in_eye_distances: float) -> Head:
    points = scene.head.points.copy()
    right, left = points[Landmark.RIGHT_EYE], points[Landmark.LEFT_EYE]
    points[Landmark.NOSE] = points[Landmark.NOSE] + nose_in_eye_distances * (left - right)
    return Head(points, scene.head.score)


def wearing(scene: Scene, lens_rgb: tuple[int, int, int] | None, skin: tuple[int, int, int] = SKINS[1]) -> Image:
    """The person with this skin and with glasses: lenses of a colour, or clear ones in a black frame."""
    image = scene.image.copy()
    image[np.abs(image.astype(int) - SKINS[1]).max(axis=2) < 3] = skin
    points, apart = scene.head.points_px(SIZE_WH), 0.28 * 290
    for x, y in points[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE]].tolist():
        centre, axes = (round(x), round(y + 0.08 * apart)), (round(0.42 * apart), round(0.36 * apart))
        if lens_rgb is not None:
            cv2.ellipse(image, centre, axes, 0, 0, 360, lens_rgb, -1, cv2.LINE_AA)
        else:
            cv2.circle(image, (round(x), round(y)), round(0.08 * apart), (30, 20, 15), -1, cv2.LINE_AA)
        cv2.ellipse(image, centre, axes, 0, 0, 360, (10, 10, 10), 3, cv2.LINE_AA)
    return image


@pytest.mark.parametrize(("preset", "dark_is_a_flaw"), [("badge", True), ("passport-35x45", True), ("square", False)])
def test_dark_glasses_are_a_flaw_where_the_eyes_must_be_seen(preset: str, dark_is_a_flaw: bool) -> None:
    scene = person(SIZE_WH, head_px=290)
    assert ("eyes-hidden" in flaws(scene._replace(image=wearing(scene, (25, 25, 30))), preset)) is dark_is_a_flaw
    assert "eyes-hidden" not in flaws(scene._replace(image=wearing(scene, None)), preset)


@pytest.mark.parametrize("skin", SKINS)
def test_eyes_are_compared_with_the_person_s_own_skin(skin: tuple[int, int, int]) -> None:
    scene = person(SIZE_WH, head_px=290)
    seen = eye_light(wearing(scene, None, skin), scene.head)
    assert seen is not None
    assert seen > 0.9
    lens = tuple(level // 4 for level in skin)
    hidden = eye_light(wearing(scene, (lens[0], lens[1], lens[2]), skin), scene.head)
    assert hidden is not None
    assert hidden < 0.5


def test_in_a_small_face_glasses_are_not_judged() -> None:
    scene = person((60, 72), head_px=29)
    assert eye_light(scene.image, scene.head) is None


@pytest.mark.parametrize(
    ("preset", "nose", "flaw"),
    [
        ("passport-35x45", 0.12, False),
        ("passport-35x45", 0.24, True),
        ("portrait-4x5", 0.35, False),
        ("portrait-4x5", 0.55, True),
        ("free", 0.55, False),
    ],
)
def test_a_passport_wants_a_straighter_look_than_a_portrait(preset: str, nose: float, flaw: bool) -> None:
    scene = person(SIZE_WH, head_px=290)
    assert ("head-turned" in flaws(scene, preset, turned(scene, nose))) is flaw


def test_a_face_that_the_network_hardly_recognises_is_told() -> None:
    scene = person(SIZE_WH, head_px=290)
    assert "face-hidden" in flaws(scene, "free", Head(scene.head.points, 0.55))


def test_a_crown_that_is_cut_off_is_told_once() -> None:
    scene = person((600, 450), head_px=400)
    found = flaws(scene, "portrait-4x5")
    assert "uncropped-cut-top" in found
    assert "head-cut" not in found
