"""What a clean plate changes: the room's things beside the person go, and the person's own parts stay."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from capture_station.config import PortraitSettings, SegmentationSettings
from capture_station.frames import Image, Matte, Part, Portrait
from capture_station.portrait.pipeline import make_portrait
from capture_station.portrait.plate_evidence import CleanPlate, Network
from capture_station.segmentation.plate_model import open_plate_model
from tests.portrait.scenes import Scene, person

SIZE = (600, 800)
FREE = PortraitSettings(preset="free")
POST = np.s_[300:560, 420:460]
"""A thing in the room, which stands beside the neck."""
NUDGE = cv2.getRotationMatrix2D((300, 400), 0.7, 1) + np.array([[0, 0, 9], [0, 0, -7]])
"""A camera that was turned a little, and now looks some pixels aside."""


def cluttered(size_wh: tuple[int, int], seed: int = 3) -> Image:
    """A room full of things."""
    things = np.random.default_rng(seed).integers(40, 230, (size_wh[1] // 25, size_wh[0] // 25, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(things, size_wh, interpolation=cv2.INTER_CUBIC), np.uint8)


def booth(seed: int = 3) -> Image:
    """A room with a dark post."""
    room = cluttered(SIZE, seed)
    room[POST] = (40, 60, 50)
    return room


def before(room: Image, seed: int = 0) -> Scene:
    return person(SIZE, background=room, noise=1.5, seed=seed)


def unsure(scene: Scene, where: tuple[slice, slice], alpha: float) -> Matte:
    """The network's matte, which is of two minds about a place of the scene."""
    matte = scene.matte()
    place = np.zeros(scene.alpha.shape, np.float32)
    place[where] = 1
    share = cv2.resize(place, matte.alpha.shape[::-1], interpolation=cv2.INTER_AREA)
    return replace(matte, alpha=np.where(share > 0.5, np.float32(alpha), matte.alpha))


@pytest.fixture(params=["by colours", "by the network"])
def network(request: pytest.FixtureRequest) -> Network | None:
    return None if request.param == "by colours" else open_plate_model(SegmentationSettings())


def portrait(
    scene: Scene, plate: Image | None = None, network: Network | None = None, matte: Matte | None = None
) -> Portrait:
    clean_plate = None if plate is None else CleanPlate(plate, network)
    return make_portrait(scene.image, matte or scene.matte(), FREE, clean_plate=clean_plate)


def band_error(alpha: Image, scene: Scene) -> float:
    where = (scene.alpha > 0.02) & (scene.alpha < 0.98)
    return float(np.abs(alpha[where] / 255.0 - scene.alpha[where]).mean())


def test_a_thing_of_the_room_that_the_network_half_keeps_is_gone(network: Network | None) -> None:
    room = booth()
    scene = before(room)
    beside = (scene.alpha < 0.01) & (np.indices(scene.alpha.shape)[1] > 425)
    beside[:320] = beside[540:] = False
    beside[:, 455:] = False
    assert beside.sum() > 1000
    matte = unsure(scene, POST, 0.7)
    kept = portrait(scene, matte=matte).alpha[beside]
    assert (kept > 127).mean() > 0.5
    kept = portrait(scene, room, network, matte).alpha[beside]
    assert (kept > 127).mean() < 0.02


def test_a_part_of_the_person_that_the_network_half_loses_stays(network: Network | None) -> None:
    room = booth()
    scene = before(room)
    sleeve = np.s_[640:760, 70:160]
    assert scene.alpha[sleeve].min() > 0.99
    matte = unsure(scene, np.s_[640:760, :160], 0.3)
    assert (portrait(scene, matte=matte).alpha[sleeve] > 127).mean() < 0.8
    assert (portrait(scene, room, network, matte).alpha[sleeve] > 127).mean() > 0.98


def test_strands_before_a_room_are_nearer_to_the_truth(network: Network | None) -> None:
    room = cluttered(SIZE)
    scene = before(room)
    without = band_error(portrait(scene).alpha, scene)
    assert band_error(portrait(scene, room, network).alpha, scene) < 0.9 * without


@pytest.mark.parametrize(
    "seen_as",
    [
        lambda room: np.clip(room * np.array([0.6, 0.75, 0.7]), 0, 255).astype(np.uint8),
        lambda room: cv2.resize(room, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
        lambda room: cv2.resize(room, None, fx=2.5, fy=2.5),
        lambda room: np.roll(room, 1, axis=1),
        lambda room: cv2.warpAffine(room, NUDGE, SIZE, borderMode=cv2.BORDER_REFLECT),
    ],
    ids=["in darker, tinted light", "half the size", "larger", "a pixel aside", "before the camera was nudged"],
)
def test_the_plate_may_be_taken(seen_as, network: Network | None) -> None:
    room = booth()
    scene = before(room)
    plate = seen_as(room)
    without, made = portrait(scene), portrait(scene, plate, network)
    assert band_error(made.alpha, scene) < 0.9 * band_error(without.alpha, scene)
    assert (without.measures.clean_plate, made.measures.clean_plate) == (False, True)


@pytest.mark.parametrize("plate", [booth(8), np.zeros((400, 300, 3), np.uint8)], ids=["another room", "a covered lens"])
def test_a_plate_of_another_scene_changes_nothing(plate: Image, network: Network | None) -> None:
    scene = before(booth())
    plain, other = (portrait(scene, p, network) for p in (None, plate))
    assert np.array_equal(plain.alpha, other.alpha)
    assert plain.measures == other.measures


def test_what_was_moved_since_is_not_taken_for_the_person(network: Network | None) -> None:
    room, emptier = booth(), booth()
    emptier[POST] = emptier[POST[0], 500:540]
    scene = before(room)
    beside = scene.alpha[POST] < 0.01
    made = portrait(scene, emptier, network)
    assert (made.alpha[POST][beside] > 127).mean() < 0.02
    without = band_error(portrait(scene).alpha, scene)
    assert band_error(made.alpha, scene) < 1.1 * without


@pytest.mark.parametrize("alpha", [0.2, 0.35, 0.45, 0.6, 0.7])
def test_a_thing_that_came_later_and_that_the_network_half_sees_is_not_taken_for_the_person(
    alpha: float, network: Network | None
) -> None:
    room, emptier = booth(), booth()
    emptier[POST] = emptier[POST[0], 500:540]
    scene = before(room)
    matte = unsure(scene, POST, alpha)
    beside = scene.alpha[POST] < 0.01
    made = portrait(scene, emptier, network, matte)
    kept = (made.alpha[POST][beside] > 127).mean()
    assert kept < 0.05 or made.measures.verdict == "review"


def test_a_shadow_on_the_wall_is_nobody(network: Network | None) -> None:
    wall = np.full((800, 600, 3), 205, np.uint8)
    alpha = before(wall).alpha
    cast = cv2.GaussianBlur(np.roll(alpha, 40, axis=1), (0, 0), 12)[..., None]
    scene = person(SIZE, background=np.clip(wall * (1 - 0.4 * cast), 0, 255).astype(np.uint8), noise=1.5)
    made = portrait(scene, wall, network)
    assert (made.alpha[scene.alpha < 0.01] > 127).mean() < 0.005


def test_grey_clothes_before_a_white_wall_are_no_shadow(network: Network | None) -> None:
    wall = np.full((800, 600, 3), 230, np.uint8)
    scene = before(wall)
    patch = np.s_[640:760, 200:320]
    image = scene.image.copy()
    image[patch] = 150
    matte = unsure(scene, patch, 0.8)
    made = make_portrait(image, matte, FREE, clean_plate=CleanPlate(wall, network))
    assert (made.alpha[patch] > 127).mean() > 0.98


def test_clothes_of_the_wall_s_colour_stay(network: Network | None) -> None:
    wall = np.full((800, 600, 3), (60, 90, 150), np.uint8)
    scene = before(wall)
    plain, made = (portrait(scene, plate, network) for plate in (None, wall))
    lost = [((scene.alpha > 0.99) & (portrait.alpha < 128)).sum() for portrait in (plain, made)]
    assert lost[1] <= 1.05 * lost[0]


def test_a_part_that_had_a_fine_pass_is_compared_with_the_same_part_of_the_plate() -> None:
    room = cluttered((1600, 900))
    scene = person((1600, 900), background=room, head_px=240, noise=1.5)
    box = (450, 60, 1150, 900)
    part = Scene(scene.image[60:900, 450:1150], scene.alpha[60:900, 450:1150], scene.on_white, scene.head)
    fine = replace(part.matte(), head=None)
    matte = replace(scene.matte(), fine=Part(fine, box))
    plate = cv2.resize(room, (1280, 720), interpolation=cv2.INTER_AREA)
    without, with_plate = (
        band_error(make_portrait(scene.image, matte, FREE, clean_plate=p).alpha, scene)
        for p in (None, CleanPlate(plate))
    )
    assert with_plate < 0.9 * without
