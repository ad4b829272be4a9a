import cv2
import numpy as np
import pytest

from capture_station.config import PortraitSettings
from capture_station.frames import Flaw, Head, Matte
from capture_station.portrait import measure
from capture_station.portrait.colour import Correction
from capture_station.portrait.pipeline import make_portrait
from tests.portrait.scenes import person, texture

SIZE = (900, 1200)
FREE = PortraitSettings(preset="free")


def textured_face(level: float = 1.0):
    scene = person(SIZE)
    grain = np.random.default_rng(5).normal(0, 25, scene.image.shape)
    image = np.clip((scene.image + grain * scene.alpha[..., None]) * level, 0, 255).astype(np.uint8)
    return scene._replace(image=image)


def test_a_good_portrait_is_ok():
    scene = textured_face()
    measures = make_portrait(scene.image, scene.matte(), FREE).measures
    assert measures.reasons == ()
    assert measures.verdict == "ok"
    assert measures.persons == 1
    assert measures.matte_confidence > 0.95
    assert measures.head_height == pytest.approx(0.4, abs=0.01)
    assert measures.eye_line == pytest.approx(0.4, abs=0.005)
    assert measures.eye_distance_px == pytest.approx(0.28 * 480, rel=0.02)


def test_a_blurred_face_is_told():
    scene = textured_face()
    soft = cv2.GaussianBlur(scene.image, (0, 0), 9)
    sharp, blurred = (make_portrait(image, scene.matte(), FREE).measures for image in (scene.image, soft))
    assert blurred.sharpness < 0.1 * sharp.sharpness
    assert "the face is not sharp" in blurred.reasons
    assert Flaw("face-blurred") in blurred.flaws


def test_noise_does_not_hide_that_a_face_is_blurred():
    scene = textured_face()
    noise = np.random.default_rng(0).normal(0, 6, scene.image.shape)
    soft = cv2.GaussianBlur(scene.image, (0, 0), 9)
    sharp, blurred = (
        make_portrait(np.clip(image + noise, 0, 255).astype(np.uint8), scene.matte(), FREE).measures
        for image in (scene.image, soft)
    )
    assert Flaw("face-blurred") in blurred.flaws
    assert Flaw("face-blurred") not in sharp.flaws


def test_a_correction_does_not_hide_that_a_person_is_blown_out():
    scene = textured_face(3.0)
    darker = Correction.from_reference(np.full((4, 4, 3), (200, 190, 180), np.uint8), (119, 119, 119))
    plain, corrected = (make_portrait(scene.image, scene.matte(), FREE, by).measures for by in (None, darker))
    assert plain.clipped > 0.1
    assert corrected.clipped == pytest.approx(plain.clipped, rel=0.01)


def test_a_small_face_is_as_sharp_as_its_pixels_allow():
    scene = person(SIZE)
    small = cv2.resize(scene.image, (SIZE[0] // 4, SIZE[1] // 4), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), 5)
    sharp, blurred = (make_portrait(image, scene.matte(), FREE).measures for image in (small, soft))
    assert sharp.eye_distance_px is not None
    assert sharp.eye_distance_px < 35
    assert sharp.sharpness >= make_portrait(scene.image, scene.matte(), FREE).measures.sharpness
    assert Flaw("face-blurred") not in sharp.flaws
    assert Flaw("face-blurred") in blurred.flaws


def test_darkness_and_overexposure_are_told():
    dark, bright = (textured_face(level) for level in (0.2, 1.6))
    assert "the face is too dark" in make_portrait(dark.image, dark.matte(), FREE).measures.reasons
    measures = make_portrait(bright.image, bright.matte(), FREE).measures
    assert "the face is too bright" in measures.reasons
    assert measures.clipped > 0.1


def test_saturated_cloth_and_black_hair_are_not_overexposed():
    scene = textured_face()
    shirt, hair = (np.abs(scene.on_white.astype(int) - rgb).max(axis=2) < 3 for rgb in ((60, 90, 150), (50, 35, 25)))
    for shirt_rgb, told in (((40, 80, 255), False), ((255, 255, 250), True)):
        image = scene.image.copy()
        image[shirt], image[hair] = shirt_rgb, 0
        found = make_portrait(image, scene.matte(), FREE).measures.flaws
        assert (Flaw("clipped") in found) is told


def test_landmarks_that_are_a_little_off_change_no_exposure():
    away = np.hypot(*(np.mgrid[:400, :400] - 200))
    image = np.repeat(np.where(away < 70, 180, 20).astype(np.uint8)[..., None], 3, axis=2)
    face = np.array([(160, 165), (240, 165), (200, 195), (175, 225), (225, 225), (200, 255)], np.float32)
    alpha = np.full((400, 400), 255, np.uint8)
    heads = (Head(np.add(face, (off_px, 0), dtype=np.float32) / 400, 0.9) for off_px in (0, 8))
    exposures = [measure.face(image, alpha, head).exposure for head in heads]
    assert exposures[1] == pytest.approx(exposures[0], rel=0.005)
    assert 120 < exposures[0] < 180


def test_an_undecided_matte_is_told():
    scene = textured_face()
    hazy = Matte(scene.matte().alpha * np.float32(0.65), scene.head, 0)
    assert "the outline is uncertain" in make_portrait(scene.image, hazy, FREE).measures.reasons


def test_a_head_at_the_upper_edge_is_told():
    scene = person(SIZE, head_px=1000, strands=False)
    assert "the head is cut off at the top" in make_portrait(scene.image, scene.matte(), FREE).measures.reasons


def test_halo_is_the_colour_that_is_left_and_nothing_else():
    alpha = np.linspace(0.05, 0.45, 50, dtype=np.float32)
    share = alpha[:, None]
    person_rgb, old_rgb = (np.tile(np.float32(c), (50, 1)) for c in ([60, 40, 30], [200, 30, 40]))
    clean = share * person_rgb + (1 - share) * 255
    leaking = clean - 0.2 * (255 - old_rgb)
    arguments = (alpha, person_rgb, old_rgb, (255, 255, 255))
    assert measure.halo_de2000(clean, *arguments) < 0.2
    expected = float(measure.ciede2000(measure.lab(255 - 0.2 * (255 - old_rgb)), (100, 0, 0)).mean())
    assert measure.halo_de2000(leaking, *arguments) == pytest.approx(expected, rel=0.15)


def test_the_portrait_has_less_halo_than_the_frame_it_came_from():
    scene = person(SIZE, background=texture(SIZE))
    made = make_portrait(scene.image, scene.matte(), FREE)
    assert made.measures.halo_de2000 < measure.MOST_HALO_DE2000
