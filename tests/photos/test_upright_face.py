"""A photo is turned only to where its face is upright."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from capture_station.frames import Frame, Head, Matte
from capture_station.photos.upright_face import turn_upright
from tests.portrait.scenes import person

UPRIGHT = person((300, 400)).head
LYING = Head(UPRIGHT.points[:, ::-1].copy(), UPRIGHT.score)


class SeenByOrientation:
    """A segmenter that finds the head that belongs to how often the photo, white at its top, was turned clockwise."""

    info = SimpleNamespace(input_wh=(64, 64))

    def __init__(self, heads: list[Head]) -> None:
        self._heads = heads

    def segment(self, frame: Frame) -> Matte:
        image = frame.image_rgb
        sides = (image[0], image[:, -1], image[-1], image[:, 0])
        quarters = int(np.argmax([side.mean() for side in sides]))
        return Matte(np.ones((8, 8), np.float32), self._heads[quarters], 0)


def scored(head: Head, score: float) -> Head:
    return replace(head, score=score)


@pytest.mark.parametrize(
    ("as_it_is", "turned", "turned_deg"),
    [
        (scored(UPRIGHT, 0.6), scored(LYING, 0.93), 0),
        (scored(UPRIGHT, 0.6), scored(UPRIGHT, 0.93), 90),
        (scored(LYING, 0.96), scored(UPRIGHT, 0.9), 90),
        (scored(LYING, 0.96), scored(LYING, 0.96), 0),
    ],
)
def test_only_an_upright_face_has_a_photo_turned(as_it_is: Head, turned: Head, turned_deg: int) -> None:
    image = np.zeros((400, 300, 3), np.uint8)
    image[:20] = 255
    nobody = scored(UPRIGHT, 0.5)
    photo = turn_upright(image, SeenByOrientation([as_it_is, turned, nobody, nobody]))
    assert photo.turned_deg == turned_deg
