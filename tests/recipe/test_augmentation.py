"""Picture, matte and landmarks go through everything together."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.recipe import augmentation, dataset
from models.recipe.augmentation import TrainingSampler
from models.recipe.geometry import MIRRORED_LANDMARKS, crop_matrix, map_landmarks, warp
from models.recipe.imaging import recompressed

SIZE_PX = 64
MARK_PX = np.array([[30, 50], [70, 50], [50, 70], [35, 90], [65, 90], [50, 110]], np.float32)


BOXES = [((0, 0, 120, 160), 0.0), ((10, 20, 90, 100), 12.0), ((0, 0, 480, 640), -7.0)]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("box", "roll_deg"), BOXES)
def test_a_marker_is_found_at_its_landmark(
    box: tuple[float, float, float, float], roll_deg: float, mirrored: bool
) -> None:
    scale = 4 if box[2] > 400 else 1
    # The larger picture's sides are odd, and so are their halves.
    odd_px = 3 if scale > 1 else 0
    size_hw = (160 * scale + odd_px, 120 * scale + odd_px)
    matrix = crop_matrix(box, 128, roll_deg, mirrored)
    points = map_landmarks(MARK_PX * scale, matrix, 128)
    source = range(6) if not mirrored else MIRRORED_LANDMARKS
    for landmark, origin in enumerate(source):
        plane = np.zeros(size_hw, np.uint8)
        cv2.circle(plane, tuple(int(v) for v in MARK_PX[origin] * scale), 5 * scale, 255, -1)
        warped = warp(plane, matrix, 128, cv2.BORDER_CONSTANT).astype(float)
        rows, columns = np.mgrid[:128, :128]
        centre = [(columns * warped).sum() / warped.sum(), (rows * warped).sum() / warped.sum()]
        assert points[landmark] == pytest.approx(centre, abs=0.1)


def test_a_mirror_keeps_the_right_eye_the_persons_own() -> None:
    points = map_landmarks(MARK_PX, crop_matrix((0, 0, 128, 128), 128, 0.0, True), 128)
    assert points[0, 0] < points[1, 0]
    assert points[3, 0] < points[4, 0]


def test_landmarks_outside_the_crop_are_unknown() -> None:
    points = map_landmarks(MARK_PX, crop_matrix((40, 40, 60, 60), 128, 0.0, False), 128)
    assert np.isnan(points[0]).all()
    assert np.isfinite(points[2]).all()


def test_the_matte_lies_on_the_person(data_folder: Path) -> None:
    sampler = TrainingSampler(dataset.load(data_folder, "train", ["permissive"]), SIZE_PX)
    darker = []
    for seed in range(40):
        sample = sampler.draw(np.random.default_rng(seed))
        person = sample.alpha > 127
        if 0.05 < person.mean() < 0.95:
            darker.append(sample.image[person].mean() < sample.image[~person].mean())
    # Not always: some are set before a darker wall.
    assert np.mean(darker) > 0.75


def test_frames_with_nobody_occur_and_say_so(data_folder: Path) -> None:
    sampler = TrainingSampler(dataset.load(data_folder, "train"), SIZE_PX)
    samples = [sampler.draw(np.random.default_rng(i)) for i in range(80)]
    empty = [sample for sample in samples if not sample.alpha.any()]
    assert 1 <= len(empty) <= 30
    assert all(np.isnan(sample.landmarks_px).all() and sample.face_known for sample in empty)


def test_every_sample_has_its_shapes_and_landmarks_inside(data_folder: Path) -> None:
    sampler = TrainingSampler(dataset.load(data_folder, "train"), SIZE_PX)
    for seed in range(30):
        sample = sampler.draw(np.random.default_rng(seed))
        assert sample.image.shape == (SIZE_PX, SIZE_PX, 3)
        assert sample.image.dtype == sample.alpha.dtype == np.uint8
        assert sample.alpha.shape == (SIZE_PX, SIZE_PX)
        known = sample.landmarks_px[np.isfinite(sample.landmarks_px)]
        assert ((known >= 0) & (known <= SIZE_PX - 1)).all()


def test_landmarks_behind_a_drawn_arm_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(augmentation, "ARM_SHARE", 1.0)
    monkeypatch.setattr(augmentation, "HELD_OUT_SHARE", 0.0)
    monkeypatch.setattr(augmentation, "PRINT_SHARE", 0.0)
    image = np.full((128, 128, 3), 128, np.uint8)
    alpha = np.zeros((128, 128), np.uint8)
    alpha[15:55, 46:82], alpha[55:, 34:94] = 255, 255
    image[15:55, 46:82], image[55:, 34:94] = (210, 160, 140), (20, 120, 40)
    face_px = np.array([[56, 30], [72, 30], [64, 38], [58, 44], [70, 44], [64, 52]], np.float32)
    hidden = 0
    for seed in range(40):
        faces_px = np.stack([face_px, augmentation.NO_FACE])
        armed, _, seen_px = augmentation.dress(image, alpha, faces_px, np.random.default_rng(seed))
        covered = [(armed[int(y), int(x)] != image[int(y), int(x)]).any() for x, y in face_px]
        assert np.isnan(seen_px[0]).any(axis=1).tolist() == covered
        hidden += sum(covered)
    assert hidden


def test_the_same_seed_draws_the_same_picture(data_folder: Path) -> None:
    sampler = TrainingSampler(dataset.load(data_folder, "train"), SIZE_PX)
    first, second, other = (sampler.draw(np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert (first.image == second.image).all()
    assert (first.alpha == second.alpha).all()
    assert first.image.tobytes() != other.image.tobytes()


def test_company_with_a_face_joins_the_matte(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = TrainingSampler(dataset.load(data_folder, "train"), SIZE_PX)
    monkeypatch.setattr(augmentation, "REPLACE_SHARES", dict.fromkeys(("eg1800", "ccp", "london"), 1.0))
    monkeypatch.setattr(augmentation, "ARM_SHARE", 0.0)
    monkeypatch.setattr(augmentation, "TABLE_SHARE", 0.0)
    joined = passing = 0
    for seed in range(40):
        alone, together = (draw_with(sampler, monkeypatch, share, seed) for share in (0.0, 1.0))
        np.testing.assert_array_equal(together.landmarks_px[0], alone.landmarks_px[0])
        assert np.isnan(alone.landmarks_px[1]).all()
        assert (together.alpha >= alone.alpha).all()
        if np.isfinite(together.landmarks_px[1, :3]).all():
            joined += together.alpha.mean() > 1.05 * alone.alpha.mean()
        else:
            np.testing.assert_array_equal(together.alpha, alone.alpha)
            passing += together.image.tobytes() != alone.image.tobytes()
    assert joined >= 3
    assert passing >= 3


def draw_with(
    sampler: TrainingSampler, monkeypatch: pytest.MonkeyPatch, company_share: float, seed: int
) -> augmentation.Sample:
    monkeypatch.setattr(augmentation, "COMPANY_SHARE", company_share)
    return sampler.draw(np.random.default_rng(seed))


def test_a_cutout_brings_its_landmarks_to_its_own_size(data_folder: Path) -> None:
    london = next(p for p in dataset.load(data_folder, "train").portraits if p.cutout is not None)
    layer = augmentation.cut_out(london, np.random.default_rng(0))
    assert layer.landmarks_px is not None
    height, width = layer.alpha.shape
    assert (layer.landmarks_px < (width, height)).all()
    assert layer.colours.shape == (height, width, 3)


def test_jpeg_blurs_blue_more_than_red_as_cameras_do() -> None:
    stripes = np.tile((np.arange(64) % 2 * 255).astype(np.uint8), (64, 1))
    errors = []
    for channel in (0, 2):
        image = np.zeros((64, 64, 3), np.uint8)
        image[..., channel] = stripes
        errors.append(np.abs(recompressed(image, 60)[..., channel].astype(float) - stripes).mean())
    assert errors[0] < 0.9 * errors[1]


def test_a_head_cut_by_the_pictures_top_stays_cut() -> None:
    alpha = np.zeros((100, 100), np.uint8)
    alpha[:, 30:70] = 255
    layer = augmentation.Layer(np.zeros((100, 100, 3), np.uint8), alpha, None)
    for seed in range(30):
        placed = augmentation.stand(layer, 0.5 * SIZE_PX, 1.0, 0.1, SIZE_PX, np.random.default_rng(seed))
        assert placed.alpha[0].max() > 127
        assert placed.alpha[-1].max() > 127
