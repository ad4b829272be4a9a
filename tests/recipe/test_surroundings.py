"""What touches a person belongs to the room."""

from __future__ import annotations

import cv2
import numpy as np

from models.recipe.surroundings import behind_a_table, furnished, with_own_shadow

SIZE_PX = 128
CHIN_PX = 55


def person() -> np.ndarray:
    """A head and shoulders that run out of the lower edge, (S, S)."""
    alpha = np.zeros((SIZE_PX, SIZE_PX), np.uint8)
    cv2.ellipse(alpha, (64, 38), (16, 20), 0, 0, 360, 255, -1)
    cv2.ellipse(alpha, (64, 128), (40, 66), 0, 0, 360, 255, -1)
    return alpha


def scenery() -> np.ndarray:
    return np.full((SIZE_PX, SIZE_PX, 3), 200, np.uint8)


def test_furniture_meets_the_outline() -> None:
    alpha = person()
    outline = (cv2.dilate(alpha, np.ones((5, 5), np.uint8)) > 0) & (alpha == 0)
    met = 0
    for seed in range(30):
        room = furnished(scenery(), alpha, lambda: np.full_like(scenery(), 60), np.random.default_rng(seed))
        met += bool((room != 200).any(axis=2)[outline].any())
    assert met >= 24


def test_nobody_and_somebody_who_fills_the_picture_touch_nothing() -> None:
    for fill in (0, 255):
        alpha = np.full((SIZE_PX, SIZE_PX), fill, np.uint8)
        room = furnished(scenery(), alpha, scenery, np.random.default_rng(0))
        np.testing.assert_array_equal(room, scenery())


def test_a_shadow_darkens_the_wall_beside_the_person() -> None:
    alpha = person()
    for seed in range(20):
        wall = with_own_shadow(scenery(), alpha, np.random.default_rng(seed))
        assert (wall <= 200).all()
        assert (wall[alpha == 0] < 190).any()


def test_a_table_takes_away_from_the_matte_below_the_chin_and_reaches_past_the_person() -> None:
    alpha = person()
    image = np.where(alpha[..., None] > 0, 90, scenery()).astype(np.uint8)
    for seed in range(30):
        seen, matte, table = behind_a_table(image, alpha, CHIN_PX, np.full_like(image, 10), np.random.default_rng(seed))
        assert (matte <= alpha).all()
        assert not matte[table == 255].any()
        np.testing.assert_array_equal(matte[:CHIN_PX], alpha[:CHIN_PX])
        changed = (seen != image).any(axis=2)
        assert not changed[:CHIN_PX].any()
        if (matte != alpha).any():
            assert (changed & (alpha == 0)).any()
