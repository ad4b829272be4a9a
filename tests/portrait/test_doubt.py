"""A portrait says where its cut-out may be wrong, and says nothing about edges and hair."""

from dataclasses import replace

import cv2
import numpy as np

from capture_station.config import PortraitSettings
from capture_station.frames import Flaw, Matte, Portrait
from capture_station.portrait.pipeline import make_portrait
from tests.portrait.scenes import Scene, person

SIZE = (600, 800)
FREE = PortraitSettings(preset="free")
SCENE = person(SIZE, background=(90, 110, 130), noise=2)
CODES = {"limb-cut", "something-kept", "outline-uncertain"}
ELBOW = (slice(190, 245), slice(8, 56))
"""Beside the body, in cells of the matte."""
SOFA = (slice(130, 256), slice(0, 90))


def matte(where: tuple[slice, slice] | None = None, level: float = 0.5) -> Matte:
    made = SCENE.matte()
    if where is None:
        return made
    alpha = made.alpha.copy()
    alpha[where] = level
    return replace(made, alpha=np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1), np.float32))


def doubts(portrait: Portrait) -> list[Flaw]:
    return [flaw for flaw in portrait.measures.flaws if flaw.code in CODES]


def made_of(one: Matte, scene: Scene = SCENE, settings: PortraitSettings = FREE) -> Portrait:
    return make_portrait(scene.image, one, settings)


def test_edges_and_hair_raise_no_doubt() -> None:
    made = made_of(matte())
    assert not doubts(made)
    assert made.measures.doubt < 0.3


def test_a_doubtful_place_is_a_flaw_that_says_where() -> None:
    made = made_of(matte(ELBOW))
    (flaw,) = doubts(made)
    assert made.measures.verdict == "review"
    left, top, width, height = (int(flaw.values[name]) for name in ("left_px", "top_px", "width_px", "height_px"))
    # The matte's grid is 256 cells wide and high.
    across, down = SIZE[0] / 256, SIZE[1] / 256
    assert abs(left - 8 * across) < 25
    assert abs(left + width - 56 * across) < 25
    assert abs(top - 190 * down) < 25
    assert abs(top + height - 245 * down) < 25


def test_what_became_background_may_be_a_limb_and_what_became_person_may_be_the_room() -> None:
    assert [flaw.code for flaw in doubts(made_of(matte(ELBOW, 0.35)))] == ["limb-cut"]
    assert [flaw.code for flaw in doubts(made_of(matte(ELBOW, 0.65)))] == ["something-kept"]


def test_what_another_network_sees_otherwise_is_doubtful_though_the_first_is_sure() -> None:
    agreeing = made_of(replace(matte(), second_model_alpha=cv2.resize(matte().alpha, (128, 128))))
    assert not doubts(agreeing)
    kept = matte(SOFA, 1.0)
    (flaw,) = doubts(made_of(replace(kept, second_model_alpha=cv2.resize(matte().alpha, (128, 128)))))
    assert flaw.code == "something-kept"
    assert int(flaw.values["left_px"]) < 25
    lost = replace(matte(), second_model_alpha=cv2.resize(kept.alpha, (128, 128)))
    assert [flaw.code for flaw in doubts(made_of(lost))] == ["limb-cut"]


def test_a_wall_in_the_colour_of_the_clothes_is_doubtful() -> None:
    shirt = SCENE.image[-20, SIZE[0] // 2]
    plain, alike = (person(SIZE, background=colour, noise=2) for colour in ((90, 110, 130), tuple(map(int, shirt))))
    sure, unsure = (made_of(scene.matte(), scene) for scene in (plain, alike))
    assert sure.measures.doubt < 0.3
    assert unsure.measures.doubt > 0.5
    (flaw,) = doubts(unsure)
    assert 0 < int(flaw.values["width_px"]) <= SIZE[0]


def test_the_place_is_in_the_cropped_portrait() -> None:
    settings = PortraitSettings(preset="square", upscale_limit=4)
    chin = (slice(140, 190), slice(100, 156))
    (flaw,) = doubts(made_of(matte(chin, 0.7), settings=settings))
    made = made_of(matte(chin, 0.7), settings=settings)
    height, width = made.image_rgb.shape[:2]
    assert 0 <= int(flaw.values["left_px"]) < int(flaw.values["left_px"]) + int(flaw.values["width_px"]) <= width
    assert 0 <= int(flaw.values["top_px"]) < int(flaw.values["top_px"]) + int(flaw.values["height_px"]) <= height


def test_what_the_crop_leaves_out_raises_no_doubt() -> None:
    small = person(SIZE, background=(90, 110, 130), head_px=200, noise=2)
    alpha = small.matte().alpha.copy()
    alpha[226:256, 60:200] = 0.5
    doubtful = Matte(alpha, small.head, 0)
    whole = made_of(doubtful, small)
    cropped = made_of(doubtful, small, PortraitSettings(preset="passport-35x45", upscale_limit=4))
    assert any("left_px" in flaw.values for flaw in doubts(whole))
    assert not any("left_px" in flaw.values for flaw in doubts(cropped))
    assert whole.measures.doubt > 0.9
    assert cropped.measures.doubt < 0.2


def test_nobody_is_no_doubtful_cut_out() -> None:
    made = made_of(Matte(np.full((128, 128), 0.3, np.float32), None, 0))
    assert [flaw.code for flaw in made.measures.flaws] == ["nobody"]
    assert made.measures.doubt == 0


def test_what_is_no_portrait_has_no_doubtful_place_besides() -> None:
    small = person(SIZE, background=(90, 110, 130), head_px=60, noise=2)
    alpha = small.matte().alpha.copy()
    alpha[226:256, 60:200] = 0.5
    made = made_of(Matte(alpha, small.head, 0), small, PortraitSettings(preset="passport-35x45"))
    assert made.measures.verdict == "refused"
    assert not any("left_px" in flaw.values for flaw in doubts(made))
