"""Prints and arms belong to the person."""

from __future__ import annotations

import numpy as np

from models.recipe.dressing import body_of, hold_out_arm, print_on_clothes, raise_arm

SIZE_PX = 128
LANDMARKS_PX = np.array([[56, 30], [72, 30], [64, 38], [58, 44], [70, 44], [64, 52]], np.float32)


def person() -> tuple[np.ndarray, np.ndarray]:
    """A grey wall, a head, and green clothes to the lower edge."""
    image = np.full((SIZE_PX, SIZE_PX, 3), 128, np.uint8)
    alpha = np.zeros((SIZE_PX, SIZE_PX), np.uint8)
    alpha[15:55, 46:82], alpha[55:, 34:94] = 255, 255
    image[15:55, 46:82], image[55:, 34:94] = (210, 160, 140), (20, 120, 40)
    return image, alpha


def test_a_print_stays_on_the_clothes() -> None:
    image, alpha = person()
    body = body_of(alpha, LANDMARKS_PX)
    assert body is not None
    changed = np.zeros(alpha.shape, bool)
    for seed in range(20):
        changed |= (print_on_clothes(image, alpha, body, np.random.default_rng(seed)) != image).any(axis=2)
    assert changed[alpha > 0].any()
    assert not changed[alpha == 0].any()
    assert not changed[:52].any(), "nobody has a print on the face"


def test_an_arm_is_the_person_s_from_the_shoulder_on() -> None:
    image, alpha = person()
    body = body_of(alpha, LANDMARKS_PX)
    assert body is not None
    grew = 0
    for seed in range(20):
        armed, matte = raise_arm(image, alpha, LANDMARKS_PX, body, np.random.default_rng(seed))
        new = matte > alpha
        assert (matte >= alpha).all()
        assert (armed[matte == 0] == image[matte == 0]).all()
        solid = (matte == 255) & (alpha == 0)
        # Clothes and skin have a colour, the wall has none.
        assert not solid.any() or np.ptp(armed[solid].astype(int), axis=1).min() > 10
        grew += new.any()
    assert grew > 10


def test_an_arm_towards_the_lens_leaves_the_picture_below_or_aside() -> None:
    image, alpha = person()
    body = body_of(alpha, LANDMARKS_PX)
    assert body is not None
    for seed in range(20):
        armed, matte = hold_out_arm(image, alpha, LANDMARKS_PX, body, np.random.default_rng(seed))
        new = matte > alpha
        assert new[-1].any() or new[:, 0].any() or new[:, -1].any()
        assert (matte >= alpha).all()
        assert not new[:52].any(), "it begins at a shoulder"
        assert (armed[matte == 0] == image[matte == 0]).all()


def test_who_is_not_seen_whole_is_left_alone() -> None:
    _, alpha = person()
    unseen = LANDMARKS_PX.copy()
    unseen[0] = np.nan
    assert body_of(alpha, unseen) is None
    assert body_of(np.zeros_like(alpha), LANDMARKS_PX) is None
