"""The live matte: the network looks where the head is, and now and then at the whole frame."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from capture_station.frames import Frame, Head, Image, Landmark, Matte
from capture_station.segmentation.contract import SegmenterInfo, SinglePass
from capture_station.segmentation.live_segmenter import FORGET_AFTER_S, WHOLE_EVERY_S, LiveSegmenter

WIDE_WH = (1280, 720)
GRID = 64
FRAME_S = 0.04
WALL, SKIN, SHIRT = (30, 160, 40), (220, 40, 40), (40, 40, 220)


class Person(NamedTuple):
    """A disc of a face on a block of a body."""

    x: int
    y: int = 250
    radius: int = 60


class Colours(SinglePass):
    """A network on a small grid that knows people by their colours."""

    info = SegmenterInfo("colours", "", "", "", (GRID, GRID))

    def __init__(self) -> None:
        self.seen_faces_px: list[float] = []
        """How wide the largest face was on the grid, look by look."""

    def segment(self, frame: Frame) -> Matte:
        picture = frame.image_rgb.astype(np.float32)
        wall = np.abs(picture - WALL).sum(axis=2)
        faces = (np.abs(picture - SKIN).sum(axis=2) < 120).astype(np.uint8)
        count, _, stats, middles = cv2.connectedComponentsWithStats(faces)
        order = sorted(range(1, count), key=lambda label: -stats[label, cv2.CC_STAT_AREA])
        self.seen_faces_px.append(float(stats[order[0], cv2.CC_STAT_WIDTH]) if order else 0.0)
        alpha = np.clip(wall / 250, 0, 1).astype(np.float32)
        if not order:
            return Matte(alpha, None, frame.sequence)
        width, height = (float(stats[order[0], side]) for side in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
        points = np.tile(middles[order[0]], (6, 1))
        points[Landmark.RIGHT_EYE] += (-width / 5, -height / 8)
        points[Landmark.LEFT_EYE] += (width / 5, -height / 8)
        points[Landmark.CHIN] += (0, height / 2)
        others = (middles[order[1:]] + 0.5) / GRID
        return Matte(alpha, Head(((points + 0.5) / GRID).astype(np.float32), 0.9, others.astype(np.float32)), 0)


def picture(*people: Person, size_wh: tuple[int, int] = WIDE_WH) -> Image:
    image = np.empty((size_wh[1], size_wh[0], 3), np.uint8)
    image[:] = WALL
    for x, y, radius in people:
        cv2.rectangle(image, (x - 2 * radius, y + radius), (x + 2 * radius, size_wh[1]), SHIRT, -1)
        cv2.circle(image, (x, y), radius, SKIN, -1)
    return image


def truth(image: Image) -> NDArray[np.float32]:
    return np.asarray(np.any(image != WALL, axis=2), np.float32)


class Camera:
    """Shows pictures to a live segmenter, one after another."""

    def __init__(self) -> None:
        self.network = Colours()
        self._live = LiveSegmenter(self.network, 0.6)
        self.now_s = 10.0

    def show(self, image: Image, times: int = 1, pause_s: float = FRAME_S) -> Matte:
        for _ in range(times):
            self.now_s += pause_s
            matte = self._live.segment(Frame(image, 0, self.now_s))
        return matte


def error(matte: Matte, image: Image) -> float:
    """Mean error of the matte about the head, at the picture's size."""
    alpha = cv2.resize(matte.alpha, (image.shape[1], image.shape[0]))
    return float(np.abs(alpha - truth(image))[150:500, 400:800].mean())


def test_a_person_in_a_wide_frame_is_seen_finer_once_the_face_is_known() -> None:
    camera, image = Camera(), picture(Person(600))
    first = camera.show(image)
    settled = camera.show(image, times=20)
    assert camera.network.seen_faces_px[-1] > 2 * camera.network.seen_faces_px[0]
    assert error(settled, image) < 0.7 * error(first, image)
    assert settled.head is not None
    assert settled.head.points_px(WIDE_WH)[Landmark.NOSE] == pytest.approx((600, 250), abs=8)


def test_who_fills_the_frame_is_seen_whole() -> None:
    camera = Camera()
    camera.show(picture(Person(640, 300, 220)), times=5)
    assert len({round(px) for px in camera.network.seen_faces_px}) == 1


def test_the_whole_person_stays_in_the_matte() -> None:
    image = picture(Person(600))
    alpha = cv2.resize(Camera().show(image, times=10).alpha, WIDE_WH)
    assert np.mean((alpha > 0.5) != (truth(image) > 0.5)) < 0.02


def test_somebody_who_comes_is_noticed_within_a_second() -> None:
    camera = Camera()
    camera.show(picture(Person(400)), times=5)
    both = picture(Person(400), Person(1100, radius=45))
    matte = camera.show(both, times=round(WHOLE_EVERY_S / FRAME_S) + 2)
    assert matte.head is not None
    assert matte.head.points_px(WIDE_WH)[Landmark.NOSE][0] == pytest.approx(400, abs=8)
    assert matte.head.others * WIDE_WH == pytest.approx(np.array([[1100, 250]]), abs=12)


def test_two_people_are_both_seen_live() -> None:
    camera = Camera()
    camera.show(picture(Person(400), Person(1000, radius=45)), times=5)
    moved = picture(Person(400), Person(1150, radius=45))
    alpha = cv2.resize(camera.show(moved, times=2).alpha, WIDE_WH)
    assert alpha[500, 1150] > 0.8
    assert alpha[500, 900] < 0.2


def test_somebody_nearer_takes_over() -> None:
    camera = Camera()
    camera.show(picture(Person(300)), times=5)
    both = picture(Person(300), Person(900, radius=110))
    matte = camera.show(both, times=round(WHOLE_EVERY_S / FRAME_S) + 3)
    assert matte.head is not None
    assert matte.head.points_px(WIDE_WH)[Landmark.NOSE][0] == pytest.approx(900, abs=12)


def test_who_walks_on_leaves_nobody_behind() -> None:
    camera = Camera()
    camera.show(picture(Person(300)), times=5)
    for x in range(300, 1000, 50):
        matte = camera.show(picture(Person(x)))
    matte = camera.show(picture(Person(1000)), times=4)
    assert cv2.resize(matte.alpha, WIDE_WH)[:, :600].max() < 0.2
    assert matte.head is not None
    assert matte.head.points_px(WIDE_WH)[Landmark.NOSE][0] == pytest.approx(1000, abs=12)


def test_who_leaves_is_gone() -> None:
    camera = Camera()
    camera.show(picture(Person(600)), times=5)
    matte = camera.show(picture(), times=8)
    assert matte.head is None
    assert matte.alpha.max() < 0.1


def test_another_size_or_a_pause_begins_anew() -> None:
    camera = Camera()
    camera.show(picture(Person(600)), times=5)
    small = picture(Person(300, 125, 30), size_wh=(640, 360))
    matte = camera.show(small)
    assert matte.alpha.shape == (GRID, GRID)
    camera.show(small, times=2)
    assert camera.show(small, pause_s=FORGET_AFTER_S + 0.1).alpha.shape == (GRID, GRID)
