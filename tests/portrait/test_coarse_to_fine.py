"""The segmenter looks again at the part of a frame that becomes the portrait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from capture_station.config import PortraitSettings
from capture_station.frames import CoarsePass, Frame, Head, Landmark, Matte, Portrait
from capture_station.portrait.coarse_to_fine import add_fine, segment_coarse_to_fine
from capture_station.portrait.pipeline import make_portrait
from capture_station.segmentation.contract import SinglePass
from tests.portrait.scenes import Scene, coarse, couple, person, texture

WIDE_WH = (1280, 720)
SETTINGS = PortraitSettings(preset="portrait-4x5")
FREE = PortraitSettings(preset="free")
GRID = 128


class Network(SinglePass):
    """Looks at a scene, or at parts of it, on a grid of its own, and counts how often."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.looks = 0

    def segment(self, frame: Frame) -> Matte:
        self.looks += 1
        return self._scene.look(frame, GRID)


def in_wide_frame(head_px: float = 150, centre: float = 0.5) -> Scene:
    return person(WIDE_WH, head_px=head_px, centre=centre, background=texture(WIDE_WH))


def portraits(scene: Scene, settings: PortraitSettings) -> tuple[Portrait, Portrait]:
    """Without and with a fine pass."""
    network = Network(scene)
    matte = network.segment(Frame(scene.image, 0, 0.0))
    finer = add_fine(scene.image, matte, network.segment, settings)
    assert network.looks == 2
    return make_portrait(scene.image, matte, settings), make_portrait(scene.image, finer, settings)


@pytest.mark.parametrize("settings", [SETTINGS, FREE])
def test_the_cut_out_of_a_person_in_a_wide_frame_is_nearer_to_the_truth(settings: PortraitSettings) -> None:
    scene = in_wide_frame()
    first, second = portraits(scene, settings)
    box = (slice(100, 480), slice(490, 790))  # Head and shoulders.
    errors = [float(np.abs(made.alpha[box] / 255.0 - scene.alpha[box]).mean()) for made in (first, second)]
    assert errors[1] < 0.8 * errors[0]
    assert second.measures.verdict == "ok"


def test_the_rest_of_the_person_stays_in_the_alpha_of_the_frame() -> None:
    _, made = portraits(scene := in_wide_frame(), SETTINGS)
    assert np.mean((made.alpha > 127) != (scene.alpha > 0.5)) < 0.01
    assert made.alpha[-1].any()


def test_who_fills_the_frame_is_not_looked_at_again() -> None:
    network = Network(person((600, 720), head_px=400))
    matte = network.segment(Frame(scene_image := network._scene.image, 0, 0.0))
    assert add_fine(scene_image, matte, network.segment, FREE) is matte
    assert network.looks == 1


class Thorough(Network):
    """Looks at a frame once first, and once more for the full matte."""

    def coarse_pass(self, frame: Frame) -> CoarsePass:
        return CoarsePass(super().segment(frame), lambda: super(Thorough, self).segment(frame))

    def segment(self, frame: Frame) -> Matte:
        return self.coarse_pass(frame).complete()


@pytest.mark.parametrize(("size_wh", "head_px", "looks"), [(WIDE_WH, 150, 3), ((600, 720), 400, 2)])
def test_the_whole_of_a_wide_frame_is_looked_at_once(size_wh: tuple[int, int], head_px: float, looks: int) -> None:
    scene = person(size_wh, head_px=head_px)
    network = Thorough(scene)
    matte = segment_coarse_to_fine(Frame(scene.image, 0, 0.0), network, FREE)
    assert (matte.fine is not None) == (size_wh == WIDE_WH)
    assert network.looks == looks


def test_without_anybody_there_is_nothing_to_look_at() -> None:
    scene = in_wide_frame()
    nobody = Matte(np.zeros((GRID, GRID), np.float32), scene.head, 0)
    assert add_fine(scene.image, nobody, Network(scene).segment, SETTINGS) is nobody


class Blind(Network):
    """Sees nobody in a part of a frame."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.full = scene.look(Frame(scene.image, 0, 0.0), GRID)

    def coarse_pass(self, frame: Frame) -> CoarsePass:
        return CoarsePass(super().segment(frame), lambda: self.full)

    def segment(self, frame: Frame) -> Matte:
        self.looks += 1
        assert frame.image_rgb.shape != self._scene.image.shape
        return Matte(np.zeros((GRID, GRID), np.float32), None, 0)


def test_a_fine_pass_that_sees_nobody_does_not_lose_the_person() -> None:
    scene = in_wide_frame()
    blind = Blind(scene)
    matte = segment_coarse_to_fine(Frame(scene.image, 0, 0.0), blind, SETTINGS)
    assert blind.looks == 2
    assert matte is blind.full
    assert add_fine(scene.image, matte, blind.segment, SETTINGS) is matte
    made = make_portrait(scene.image, matte, SETTINGS)
    assert made.measures.persons == 1
    assert made.measures.verdict != "refused"


def test_a_face_that_only_the_fine_pass_finds_is_the_persons() -> None:
    scene = in_wide_frame()
    unfaced = replace(scene.look(Frame(scene.image, 0, 0.0), GRID), head=None)
    finer = add_fine(scene.image, unfaced, Network(scene).segment, SETTINGS)
    assert finer.head is not None
    assert np.allclose(finer.head.points, scene.head.points, atol=1e-3)
    assert make_portrait(scene.image, finer, SETTINGS).measures.verdict == "ok"


def test_somebody_without_a_face_has_a_fine_matte_too() -> None:
    scene = in_wide_frame()

    def faceless(frame: Frame) -> Matte:
        return replace(scene.look(frame, GRID), head=None)

    first = faceless(Frame(scene.image, 0, 0.0))
    mattes = first, add_fine(scene.image, first, faceless, FREE)
    errors = [np.abs(make_portrait(scene.image, matte, FREE).alpha / 255.0 - scene.alpha).mean() for matte in mattes]
    assert errors[1] < 0.8 * errors[0]


@pytest.mark.parametrize("head_px", [220, 150])
def test_the_landmarks_are_the_fine_ones(head_px: float) -> None:
    scene = in_wide_frame(head_px)
    rough = replace(scene.head, points=scene.head.points + np.float32(0.01))
    matte = coarse(scene.alpha, rough, GRID)
    head = add_fine(scene.image, matte, Network(scene).segment, SETTINGS).head
    assert head is not None
    assert np.allclose(head.points, scene.head.points, atol=1e-3)


def test_a_face_elsewhere_in_the_part_is_not_taken_for_the_persons() -> None:
    scene = in_wide_frame(220)
    matte = scene.look(Frame(scene.image, 0, 0.0), GRID)

    def poster(frame: Frame) -> Matte:
        points = np.full((6, 2), 0.1, np.float32)
        points[Landmark.CHIN] += 0.05
        return replace(scene.look(frame, GRID), head=Head(points, 0.9))

    head = add_fine(scene.image, matte, poster, SETTINGS).head
    assert head is not None
    assert np.allclose(head.points, scene.head.points, atol=1e-5)


def test_somebody_beside_the_crop_still_counts() -> None:
    first, other = in_wide_frame(centre=0.3), in_wide_frame(centre=0.85)
    alpha = np.maximum(first.alpha, other.alpha)
    image = np.where(other.alpha[..., None] > 0.5, other.image, first.image)
    both = Scene(image, alpha, image, first.head)
    _, made = portraits(both, SETTINGS)
    assert made.measures.persons == 2
    assert "several-people" in [flaw.code for flaw in made.measures.flaws]


def test_a_second_face_that_only_the_fine_pass_finds_counts() -> None:
    scene = in_wide_frame(220)
    matte = scene.look(Frame(scene.image, 0, 0.0), GRID)

    def two_faces(frame: Frame) -> Matte:
        seen = scene.look(frame, GRID)
        assert seen.head is not None
        return replace(seen, head=replace(seen.head, others=np.array([(0.5, 0.9)], np.float32)))

    made = make_portrait(scene.image, add_fine(scene.image, matte, two_faces, SETTINGS), SETTINGS)
    assert made.measures.persons == 2
    assert made.measures.verdict == "review"


@pytest.mark.parametrize("people", ["one", "all"])
def test_of_two_who_touch_both_count_where_the_fine_pass_takes_the_other_face_for_the_main_one(people: str) -> None:
    scene = couple(WIDE_WH, (0.47, 0.58), (150, 140))
    second = person(WIDE_WH, centre=0.58, head_px=140).head
    other_first = Network(scene._replace(head=replace(second, others=scene.head.points[[Landmark.NOSE]])))
    settings = PortraitSettings(preset="portrait-4x5", people=people)
    matte = coarse(scene.alpha, replace(scene.head, others=np.empty((0, 2), np.float32)), GRID)
    made = make_portrait(scene.image, add_fine(scene.image, matte, other_first.segment, settings), settings)
    assert made.measures.persons == 2
    assert made.measures.verdict == "review"


def test_who_was_left_out_is_not_said_to_be_in_the_portrait_where_the_coarse_pass_sees_them_touch() -> None:
    scene = couple(WIDE_WH, (0.4, 0.6), (150, 150))
    apart = coarse(scene.alpha, scene.head, GRID)
    touching = apart.alpha.copy()
    touching[GRID * 3 // 4 :, round(0.4 * GRID) : round(0.6 * GRID)] = 1.0
    matte = add_fine(scene.image, replace(apart, alpha=touching), Network(scene).segment, FREE)
    codes = [flaw.code for flaw in make_portrait(scene.image, matte, FREE).measures.flaws]
    assert "several-people" in codes
    assert "people-touch" not in codes


def doubtful(scene: Scene, row: float, column: float) -> Callable[[Frame], Matte]:
    """A network that is unsure of a patch of the scene, given as shares of it."""
    unsure = scene.alpha.copy()
    y, x = round(row * WIDE_WH[1]), round(column * WIDE_WH[0])
    unsure[y - 40 : y + 40, x - 40 : x + 40] = 0.5
    return Network(scene._replace(alpha=unsure)).segment


def test_a_doubt_is_shown_where_it_is_in_the_portrait() -> None:
    scene = in_wide_frame()
    unsure = doubtful(scene, 0.62, 0.55)
    matte = add_fine(scene.image, unsure(Frame(scene.image, 0, 0.0)), unsure, FREE)
    flaw = next(flaw for flaw in make_portrait(scene.image, matte, FREE).measures.flaws if "left_px" in flaw.values)
    left, top, width, height = (int(flaw.values[f"{side}_px"]) for side in ("left", "top", "width", "height"))
    assert left < 0.55 * WIDE_WH[0] < left + width
    assert top < 0.62 * WIDE_WH[1] < top + height
