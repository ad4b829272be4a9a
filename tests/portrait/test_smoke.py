"""Half transparent regions become person or background; hair stays as it is."""

import cv2
import numpy as np

from capture_station.config import PortraitSettings
from capture_station.frames import Matte
from capture_station.portrait.pipeline import make_portrait
from capture_station.portrait.smoke import HALF, decide, find_smoke
from tests.portrait.scenes import coarse, person

SIZE = (600, 800)
FREE = PortraitSettings(preset="free")
GREY = np.full((200, 200, 3), 128, np.uint8)
NOWHERE, EVERYWHERE = np.zeros((200, 200), np.bool_), np.ones((200, 200), np.bool_)


def half(alpha: np.ndarray) -> np.ndarray:
    return (alpha > HALF[0]) & (alpha < HALF[1])


def flat_patch(level: float) -> np.ndarray:
    """A person on the left half, and a flat half transparent patch beside them."""
    alpha = np.zeros((200, 200), np.float32)
    alpha[:, :100] = 1
    alpha[80:140, 100:150] = level
    return alpha


def strands() -> np.ndarray:
    """Hair that hangs down: thin strands, each soft at its sides."""
    alpha = np.zeros((200, 200), np.float32)
    alpha[:, :100] = 1
    for left in range(102, 150, 6):
        alpha[:, left : left + 3] = 1
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1.4), np.float32)


def test_a_patch_outside_hair_is_smoke() -> None:
    patch = flat_patch(0.5)
    assert find_smoke(GREY, patch, patch, NOWHERE, np.zeros_like(patch))[90:130, 110:140].all()


def test_near_hair_a_patch_is_smoke_where_two_looks_disagree_on_it() -> None:
    patch = flat_patch(0.4)
    differing = np.where(half(patch), np.float32(0.5), np.float32(0))
    assert find_smoke(GREY, patch, patch, EVERYWHERE, differing)[90:130, 110:140].all()


def test_strands_are_no_smoke() -> None:
    hair = strands()
    assert half(hair)[:, 104:146].mean() > 0.8
    assert not find_smoke(GREY, hair, cv2.blur(hair, (9, 9)), EVERYWHERE, np.zeros_like(hair)).any()


def test_smoke_goes_where_segmenter_and_colours_together_point() -> None:
    patch = flat_patch(0.5)
    for evidence, person_there in ((0.2, False), (0.8, True)):
        start = np.where(half(patch), np.float32(evidence), patch)
        alpha, _ = decide(patch, start, half(patch))
        assert not half(alpha)[82:138, 102:148].any()
        assert (alpha[90:130, 110:140] > 0.5).all() == person_there


def test_a_piece_of_smoke_that_hangs_on_nothing_goes() -> None:
    adrift = flat_patch(0.0)
    adrift[40:60, 140:170] = 0.8
    alpha, changed = decide(adrift, adrift, half(adrift))
    assert changed[40:60, 140:170].all()
    assert alpha[:, 110:].max() == 0
    assert (alpha[:, :90] == 1).all()


def test_no_veil_stays_beside_the_neck_of_a_portrait() -> None:
    scene = person(SIZE, background=(120, 150, 120), noise=2)
    matte = scene.matte()
    veiled = matte.alpha.copy()
    beside = (slice(120, 170), slice(45, 95))
    veil = np.zeros_like(veiled)
    veil[beside] = 0.45
    veiled = np.maximum(veiled, cv2.GaussianBlur(veil, (0, 0), 2))
    differing = np.where(half(veiled) & (veil > 0), np.float32(0.4), np.float32(0))
    made = make_portrait(scene.image, Matte(veiled, scene.head, 0, differing), FREE)
    without = make_portrait(scene.image, coarse(scene.alpha, scene.head), FREE)
    there = cv2.resize(veil, SIZE, interpolation=cv2.INTER_NEAREST) > 0
    veiled_px, clean_px = (np.count_nonzero(half(made.alpha / 255) & there) for made in (made, without))
    assert veiled_px < clean_px + 0.02 * there.sum()
