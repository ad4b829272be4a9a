"""How many frames a burst has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from capture_station.camera.demo_scene import Scene
from capture_station.frames import Frame, Image
from capture_station.station.burst import REPEATS, Burst, best_frame
from capture_station.station.consensus import thumbnail
from tests.portrait.scenes import person


def taken(fps: float, count: int = 8, within_s: float = 0.25, size_wh: tuple[int, int] = (64, 48)) -> list[float]:
    """Exposure times of a burst that is requested at 10 s from a camera that never stops."""
    burst = Burst(10.0, count, within_s)
    picture = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    for number in range(1000):
        burst.offer(Frame(picture, number, 9.9 + number / fps))
        if burst.frames.done():
            return [frame.captured_at_s for frame in burst.frames.result()]
    raise AssertionError("the burst never ends")


@pytest.mark.parametrize(("fps", "frames"), [(60, 8), (30, 8), (15, 4), (10, 3), (2, 2)])
def test_a_slow_camera_gives_fewer_frames(fps: float, frames: int) -> None:
    moments = taken(fps)
    assert len(moments) == frames
    assert moments[0] >= 10.0


SCENE = Scene(30)
SCENE_WH = (640, 480)


def frame(number: int, damaged: bool = False) -> Frame:
    image = SCENE.image(number, SCENE_WH)
    return Frame(torn(image) if damaged else image, number, 10 + number / 30)


def torn(image: Image) -> Image:
    """A JPEG of which some bytes in the middle are lost, as over a bad cable."""
    data = cv2.imencode(".jpg", image)[1].tobytes()
    cut = len(data) // 3
    return np.asarray(cv2.imdecode(np.frombuffer(data[:cut] + data[cut + 500 :], np.uint8), cv2.IMREAD_COLOR), np.uint8)


def flashed(image: Image) -> Image:
    return np.asarray(cv2.convertScaleAbs(image, alpha=1.5), np.uint8)


def with_hand(image: Image) -> Image:
    image = image.copy()
    image[200:420, 380:520] = (190, 150, 130)
    return image


@pytest.mark.parametrize("spoil", [torn, flashed, with_hand])
@pytest.mark.parametrize("spoilt", [{4}, {0, 9}, {2, 3, 7}])
def test_frames_that_their_neighbours_contradict_are_not_taken(
    spoil: Callable[[Image], Image], spoilt: set[int]
) -> None:
    """Their edges are sharper than those of all others."""
    burst = Burst(0.0, 10, within_s=60)
    for number in range(10):
        whole = frame(number)
        burst.offer(replace(whole, image_rgb=spoil(whole.image_rgb)) if number in spoilt else whole)
    taken = [taken.sequence for taken in burst.frames.result(0)]
    assert len(taken) >= 10 - len(spoilt) - 3
    assert not spoilt & set(taken)


def test_a_frame_with_a_hand_before_the_face_is_not_the_best_though_it_is_the_sharpest() -> None:
    scene = person((640, 480), head_px=200)
    stripes = np.zeros((90, 120, 3), np.uint8)
    stripes[:, ::8] = 255
    covered = scene.image.copy()
    covered[200:290, 260:380] = stripes
    frames = [Frame(scene.image, 0, 10.0), Frame(covered, 1, 10.1)]
    assert best_frame(frames, scene.head).sequence == 1
    assert best_frame(frames, scene.head, approved=(scene.image, scene.head)).sequence == 0


@pytest.mark.parametrize("start", [0, 300, 612])
def test_motion_is_no_contradiction(start: int) -> None:
    """At 612 a person leaves the picture within half a second."""
    burst = Burst(0.0, 10, within_s=60)
    for number in range(start, start + 10):
        burst.offer(frame(number))
    assert len(burst.frames.result(0)) >= 6


def seen_before(first: int) -> tuple[Image, ...]:
    return tuple(thumbnail(SCENE.image(number, SCENE_WH)) for number in range(first - 4, first))


def test_a_single_damaged_frame_is_replaced_by_the_next_one() -> None:
    burst = Burst(0.0, 1, within_s=60)
    damaged = frame(20, damaged=True)
    burst.offer(damaged, (*seen_before(20), thumbnail(damaged.image_rgb)))
    assert not burst.frames.done()
    burst.offer(frame(21))
    assert [taken.sequence for taken in burst.frames.result(0)] == [21]


def test_a_single_frame_may_differ_from_all_before_if_the_next_ones_confirm_it() -> None:
    """Somebody switched the light on."""
    burst = Burst(0.0, 1, within_s=60)
    for number in range(20, 25):
        bright = replace(frame(number), image_rgb=flashed(frame(number).image_rgb))
        burst.offer(bright, (*seen_before(20), thumbnail(bright.image_rgb)))
        if burst.frames.done():
            break
    assert 20 < burst.frames.result(0)[0].sequence <= 23


def contradicting(count: int, size_wh: tuple[int, int]) -> list[Frame]:
    """Frames of which no two show the same."""
    rng = np.random.default_rng(0)
    blocks = (rng.integers(0, 255, (12, 16, 3), np.uint8) for _ in range(count))
    images = (np.asarray(cv2.resize(one, size_wh, interpolation=cv2.INTER_NEAREST), np.uint8) for one in blocks)
    return [Frame(image, number, 10 + number / 30) for number, image in enumerate(images)]


def test_a_camera_whose_frames_all_differ_still_gives_one() -> None:
    burst = Burst(0.0, 1, within_s=60)
    for differs in contradicting(REPEATS + 1, SCENE_WH):
        burst.offer(differs, seen_before(20))
    assert len(burst.frames.result(0)) == 1


def test_the_next_camera_may_give_pictures_of_another_shape_while_a_burst_is_repeated() -> None:
    burst = Burst(0.0, 8, within_s=60)
    for before in contradicting(8, (1280, 720)):
        burst.offer(before)
    assert not burst.frames.done()
    assert not burst.end_early()
    for number in range(20, 28):
        burst.offer(frame(number))
    assert [taken.sequence for taken in burst.frames.result(0)] == [*range(20, 28)]


def test_a_burst_of_one_frame() -> None:
    assert len(taken(30, count=1)) == 1


def test_large_frames_are_limited_by_memory() -> None:
    assert len(taken(30, size_wh=(4000, 3000))) == 3
