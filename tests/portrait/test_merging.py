"""Bursts of the demo's people become one picture: less noise where nothing moved, the best frame elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from capture_station.camera.demo_scene import Scene
from capture_station.frames import Image
from capture_station.portrait.merging import merge

SIZE_WH = (640, 480)
STILL = Scene(1e6)
"""Its people move by a micrometre from frame to frame; the noise is another in each."""
MOVING = Scene(30)
Picture = NDArray[np.float32]


def truth(frames: int = 64) -> Picture:
    return np.mean([STILL.image(number, SIZE_WH).astype(np.float32) for number in range(1000, 1000 + frames)], axis=0)


CLEAN = truth()
PERSON = STILL.alpha(0, SIZE_WH) > 0.5


def noisy(clean: Picture, sigma: float | Picture, seed: int) -> Image:
    noise = np.random.default_rng(seed).normal(0, 1, clean.shape) * sigma
    return np.clip(clean + noise + 0.5, 0, 255).astype(np.uint8)


def error(image: Image, where: NDArray[np.bool_]) -> float:
    """Root mean square from the clean picture of the best frame."""
    return float(np.sqrt(np.mean(np.square(image.astype(np.float32) - CLEAN)[where])))


@pytest.mark.parametrize("count", [2, 3, 5])
def test_noise_of_a_still_scene_falls_by_the_root_of_the_frames(count: int) -> None:
    best, *others = (noisy(CLEAN, 3, seed) for seed in range(count))
    merged = merge(best, others)
    assert merged.share > 0.9
    assert error(merged.image, PERSON) == pytest.approx(error(best, PERSON) / count**0.5, rel=0.1)


def by_light(clean: Picture, seed: int) -> Image:
    """A sensor's noise: more where it is brighter."""
    return noisy(clean, np.sqrt(0.5 + clean / 64), seed)


def smeared(clean: Picture, seed: int) -> Image:
    """Noise as demosaicing leaves it: neighbours share it."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 6, clean.shape), (0, 0), 0.7)
    return np.clip(clean + noise + 0.5, 0, 255).astype(np.uint8)


def as_jpeg(image: Image, quality: int) -> Image:
    """As a webcam sends it: JPEG keeps the noise in some blocks and drops it in others."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422]
    data = cv2.imencode(".jpg", image[..., ::-1].copy(), options)[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], np.uint8)


def by_wire(clean: Picture, seed: int) -> Image:
    return as_jpeg(noisy(clean, 4, seed), 95)


@pytest.mark.parametrize("camera", [by_light, smeared, by_wire])
def test_noise_of_real_cameras_falls_too(camera: Callable[[Picture, int], Image]) -> None:
    best, *others = (camera(CLEAN, seed) for seed in range(3))
    assert error(merge(best, others).image, PERSON) < 0.75 * error(best, PERSON)


@pytest.mark.parametrize("quality", [90, 80, 70])
@pytest.mark.parametrize("sigma", [3, 5])
def test_frames_of_a_webcam_are_merged_though_jpeg_has_dropped_much_of_their_noise(quality: int, sigma: float) -> None:
    best, *others = (as_jpeg(noisy(CLEAN, sigma, seed), quality) for seed in range(6))
    merged = merge(best, others)
    assert merged.share > 0.6
    # Coding itself makes an error as well, which is the same in all frames and stays.
    settled = np.mean([as_jpeg(noisy(CLEAN, sigma, seed), quality) for seed in range(100, 124)], axis=0)
    single, left = (np.std((image - settled)[PERSON]) for image in (best, merged.image))
    assert left < 0.88 * single
    assert error(merged.image, PERSON) < 0.95 * error(best, PERSON)


def shifted(by_px: float) -> Picture:
    matrix = np.array([[1, 0, by_px], [0, 1, by_px / 2]])
    return np.asarray(cv2.warpAffine(CLEAN, matrix, SIZE_WH, borderMode=cv2.BORDER_REPLICATE))


def blinking() -> Picture:
    """Other eyes: what is a little lower lies over them."""
    picture = CLEAN.copy()
    picture[150:180, 240:400] = picture[190:220, 240:400]
    return picture


CHANGES = {
    "shaken 1 px": shifted(1),
    "shaken 2 px": shifted(2),
    "shaken 5 px": shifted(5),
    "shaken 20 px": shifted(20),
    "blinking": blinking(),
    "5 % brighter": np.clip(CLEAN * 1.05, 0, 255),
    "5 % darker": CLEAN * 0.95,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("sigma", [1.5, 4])
def test_what_changed_leaves_no_trace(change: str, sigma: float) -> None:
    best = noisy(CLEAN, sigma, 0)
    merged = merge(best, [noisy(CHANGES[change], sigma, seed) for seed in (1, 2)]).image
    changed = np.abs(CHANGES[change] - CLEAN).max(axis=2) > 2 * sigma
    assert changed.sum() > 500
    assert error(merged, changed) < 1.03 * error(best, changed)
    # Looked at through a blur, which takes the noise and leaves ghosts.
    assert np.abs(cv2.blur(merged - CLEAN, (9, 9))[changed]).max() < 2 * sigma


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("quality", [90, 70])
def test_what_changed_leaves_no_trace_in_jpegs_either(change: str, quality: int) -> None:
    sigma = 3
    best = as_jpeg(noisy(CLEAN, sigma, 0), quality)
    merged = merge(best, [as_jpeg(noisy(CHANGES[change], sigma, seed), quality) for seed in (1, 2)]).image
    changed = np.abs(CHANGES[change] - CLEAN).max(axis=2) > 2 * sigma
    assert changed.sum() > 500
    assert error(merged, changed) < 1.03 * error(best, changed)


def test_people_who_move_stay_as_sharp_as_in_the_best_frame() -> None:
    best, *others = (MOVING.image(number, SIZE_WH) for number in (0, 10, 20))
    merged = merge(best, others)
    assert 0.2 < merged.share < 0.9
    edges = np.abs(cv2.Laplacian(CLEAN, cv2.CV_32F)).max(axis=2) > 15
    assert error(merged.image, edges) < 1.03 * error(best, edges)
    assert error(merged.image, PERSON) < error(best, PERSON)


def test_large_frames_are_merged_as_safely() -> None:
    large = cv2.resize(CLEAN[140:240], (2560, 400), interpolation=cv2.INTER_CUBIC)
    beside = np.roll(large, 6, axis=1)
    best = noisy(large, 1.5, 0)
    still, moved = (merge(best, [noisy(other, 1.5, seed) for seed in (1, 2)]).image for other in (large, beside))
    changed = np.abs(beside - large).max(axis=2) > 3
    single = np.std(best - large)
    assert np.std(still - large) < 0.65 * single
    assert np.std((moved - large)[changed]) < 1.03 * single


def test_alone_a_frame_stays_as_it_is() -> None:
    best = STILL.image(0, SIZE_WH)
    other_mode = STILL.image(1, (320, 240))
    for others in ([], [other_mode], [np.zeros_like(best)]):
        merged = merge(best, others)
        assert merged.image is best
        assert merged.share == 0


def test_any_size_and_frames_without_noise() -> None:
    for width, height in ((3, 3), (4, 5), (77, 131)):
        plain = np.full((height, width, 3), 90, np.uint8)
        assert (merge(plain, [plain.copy(), plain.copy()]).image == plain).all()
