"""What a user sees of a portrait: clean edges, exact background, one person."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from capture_station.config import PortraitSettings
from capture_station.frames import Landmark, Matte
from capture_station.portrait.colour import Correction, ciede2000, lab
from capture_station.portrait.pipeline import make_portrait
from tests.portrait.scenes import RED, coarse, person, texture

SIZE = (600, 800)
FREE = PortraitSettings(preset="free")


def band(alpha: np.ndarray) -> np.ndarray:
    """Pixels within 1 % of the diagonal of a soft or hard edge."""
    edge = cv2.morphologyEx((alpha > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    edge |= (alpha > 0.02) & (alpha < 0.98)
    side = 2 * round(0.01 * np.hypot(*alpha.shape)) + 1
    return cv2.dilate(edge, np.ones((side, side), np.uint8)) > 0


def assert_background_is_exact(picture: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Further than a JPEG block from visible differences, all but faint ends of hair have exactly this colour."""
    difference = np.abs(picture.astype(int) - colour).max(axis=2)
    away = cv2.dilate((difference > 2).astype(np.uint8), np.ones((17, 17), np.uint8)) == 0
    assert (difference[away] > 0).sum() <= 0.001 * away.sum()


def white_error(picture: np.ndarray, scene) -> float:
    where = band(scene.alpha)
    return float(ciede2000(lab(picture[where]), lab(scene.on_white[where])).mean())


def naive(scene) -> np.ndarray:
    """The matte stretched and nothing else."""
    share = cv2.resize(scene.matte().alpha, SIZE)[..., None]
    return np.clip(scene.image * share + 255 * (1 - share), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("background", [RED, (30, 160, 60), (240, 240, 235)])
def test_edges_are_far_cleaner_than_the_coarse_matte_s(background):
    scene = person(SIZE, background=background, noise=1.5)
    made = make_portrait(scene.image, scene.matte(), FREE)
    assert white_error(made.image_rgb, scene) < 0.5 * white_error(naive(scene), scene)


def test_edges_before_a_textured_background_are_cleaner_too():
    scene = person(SIZE, background=texture(SIZE), noise=1.5)
    made = make_portrait(scene.image, scene.matte(), FREE)
    assert white_error(made.image_rgb, scene) < 0.6 * white_error(naive(scene), scene)


def test_nothing_of_a_red_background_is_left_in_the_hair():
    scene = person(SIZE, strands=True)
    made = make_portrait(scene.image, scene.matte(), FREE)
    redness = made.image_rgb[..., 0].astype(int) - made.image_rgb[..., 1]
    hair = (scene.alpha > 0.1) & (scene.alpha < 0.9) & (np.arange(SIZE[1])[:, None] < 0.45 * SIZE[1])
    true_redness = scene.on_white[..., 0].astype(int) - scene.on_white[..., 1]
    before = scene.image[..., 0].astype(int) - scene.image[..., 1]
    assert np.abs(redness - true_redness)[hair].mean() < 0.12 * np.abs(before - true_redness)[hair].mean()


def test_hair_that_the_matte_lost_is_found_again_near_the_head():
    scene = person(SIZE, background=(120, 190, 220))
    made = make_portrait(scene.image, scene.matte(), FREE)
    stretched = cv2.resize(scene.matte().alpha, SIZE)
    near = cv2.dilate((stretched > 0.5).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    thin = near & (scene.alpha > 0.5) & (stretched < 0.4)
    assert thin.sum() > 30
    ours, theirs = (np.abs(scene.alpha - alpha)[thin].mean() for alpha in (made.alpha / 255, stretched))
    assert ours < 0.6 * theirs


@pytest.mark.parametrize("preset", ["free", "passport-35x45", "square"])
@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 120, 250)])
@pytest.mark.parametrize("background", ["red", "texture"])
def test_background_is_exact_and_stays_so(preset, colour, background):
    scene = person(SIZE, background=RED if background == "red" else texture(SIZE), noise=2, roll_deg=5, head_px=230)
    settings = PortraitSettings(preset=preset, background_rgb=colour, upscale_limit=4)
    made = make_portrait(scene.image, scene.matte(), settings)
    assert_background_is_exact(made.image_rgb, colour)
    if colour == (255, 255, 255):
        options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
        _, data = cv2.imencode(".jpg", cv2.cvtColor(made.image_rgb, cv2.COLOR_RGB2BGR), options)
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        near = cv2.dilate((made.image_rgb != 255).any(axis=2).astype(np.uint8), np.ones((17, 17), np.uint8))
        assert (decoded[near == 0] == 255).all()


def test_inside_the_band_nothing_of_the_person_changes():
    scene = person(SIZE, noise=2)
    made = make_portrait(scene.image, scene.matte(), FREE)
    inside = cv2.erode((scene.alpha > 0.99).astype(np.uint8), np.ones((41, 41), np.uint8)) > 0
    assert inside.any()
    assert (made.image_rgb[inside] == scene.image[inside]).all()
    assert (made.alpha[inside] == 255).all()


def test_a_gap_under_the_arm_stays_open():
    scene = person(SIZE, background=(110, 160, 120), gap=True, head_px=280)
    made = make_portrait(scene.image, scene.matte(), FREE)
    gap = cv2.erode((scene.alpha < 0.01).astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    gap[: int(0.62 * SIZE[1])] = False
    gap[:, : int(0.2 * SIZE[0])] = gap[:, int(0.8 * SIZE[0]) :] = False
    assert gap.sum() > 200
    assert (made.image_rgb[gap] == 255).all()


def test_a_hole_in_the_shirt_that_the_picture_denies_is_closed():
    scene = person(SIZE, background=(110, 160, 120))
    holed = scene.alpha.copy()
    cv2.circle(holed, (300, 700), 30, 0, -1)
    made = make_portrait(scene.image, coarse(holed, scene.head), FREE)
    assert (made.alpha[660:740, 260:340] == 255).all()


def test_a_bare_arm_that_the_matte_lost_is_found_by_the_face_s_skin():
    scene = person(SIZE, background=(190, 160, 130))
    forearm = (slice(680, 730), slice(240, 360))
    crossed = scene.image.copy()
    crossed[forearm] = (215, 170, 145)
    lost = scene.alpha.copy()
    lost[forearm] = 0
    made = make_portrait(crossed, coarse(lost, scene.head), FREE)
    assert (made.alpha[forearm] == 255).all()
    # The same place in the wall's own colour is a gap.
    crossed[forearm] = (190, 160, 130)
    made = make_portrait(crossed, coarse(lost, scene.head), FREE)
    assert (made.alpha[700:710, 270:330] == 0).all()


def apart():
    """A picture of two people who do not touch, and its matte."""
    wide = (1200, 800)
    left, right = person(wide, centre=0.28, head_px=240), person(wide, centre=0.74, head_px=200, strands=False)
    share = right.alpha[..., None]
    image = (left.image * (1 - share) + right.image * share).astype(np.uint8)
    return image, coarse(np.maximum(left.alpha, right.alpha), left.head)


def test_a_second_person_is_reported_and_left_out():
    made = make_portrait(*apart(), FREE)
    assert made.measures.persons == 2
    assert made.measures.verdict == "review"
    assert any("2 people" in reason for reason in made.measures.reasons)
    assert (made.image_rgb[:, 720:] == 255).all()


def test_everybody_stays_where_that_is_wanted():
    made = make_portrait(*apart(), FREE.model_copy(update={"people": "all"}))
    assert made.measures.persons == 2
    assert made.measures.verdict == "ok"
    assert (made.alpha[500:, 850:930] == 255).all()
    assert (made.image_rgb[:40] == 255).all()


def test_two_people_who_touch_are_counted_by_their_faces():
    wide = (1200, 800)
    left, right = person(wide, centre=0.35, head_px=260), person(wide, centre=0.62, head_px=260)
    on_the_wall = np.array([[0.9, 0.1]], np.float32)
    head = replace(left.head, others=np.concatenate([right.head.points[[Landmark.NOSE]], on_the_wall]))
    made = make_portrait(left.image, coarse(np.maximum(left.alpha, right.alpha), head), FREE)
    assert made.measures.persons == 2
    assert "2 people are in the picture; they touch each other, so all are in the portrait" in made.measures.reasons


def test_a_raised_hand_is_no_second_person_and_stays():
    scene = person((900, 800), head_px=240)
    alpha, image = scene.alpha.copy(), scene.image.copy()
    for plane, colour in ((alpha, 1.0), (image, (215, 170, 145))):
        cv2.line(plane, (600, 700), (720, 300), colour, 40, cv2.LINE_AA)
        cv2.ellipse(plane, (725, 270), (34, 55), 0, 0, 360, colour, -1, cv2.LINE_AA)
    made = make_portrait(image, coarse(alpha, scene.head), FREE)
    assert made.measures.persons == 1
    assert (made.alpha[240:300, 710:740] == 255).all()


def with_hand(scene, colour):
    """The scene with a hand at its right side, whose arm is outside the picture."""
    alpha, image = scene.alpha.copy(), scene.image.copy()
    for plane, level in ((alpha, 1.0), (image, colour)):
        cv2.ellipse(plane, (850, 400), (50, 85), 0, 0, 360, level, -1, cv2.LINE_AA)
    return image, alpha


def test_a_hand_whose_arm_is_outside_the_picture_stays_and_is_no_second_person():
    scene = person((900, 800), centre=0.4, head_px=240)
    image, alpha = with_hand(scene, (205, 160, 135))
    made = make_portrait(image, coarse(alpha, scene.head), FREE)
    assert (made.measures.persons, made.measures.verdict) == (1, "ok")
    assert (made.alpha[350:450, 830:870] == 255).all()


def test_what_has_not_the_colour_of_the_face_is_no_hand():
    scene = person((900, 800), centre=0.4, head_px=240)
    image, alpha = with_hand(scene, (60, 90, 150))
    made = make_portrait(image, coarse(alpha, scene.head), FREE)
    assert made.measures.persons == 2
    assert (made.image_rgb[350:450, 830:870] == 255).all()


def test_a_hand_among_two_people_is_nobodys():
    scene = person((900, 800), centre=0.4, head_px=240)
    image, alpha = with_hand(scene, (205, 160, 135))
    head = replace(scene.head, others=np.array([[0.95, 0.5]], np.float32))
    made = make_portrait(image, coarse(alpha, head), FREE)
    assert made.measures.persons == 2
    assert (made.image_rgb[350:450, 830:870] == 255).all()


@pytest.mark.parametrize("level", [0.0, 0.3])
def test_nobody_in_the_picture_is_a_verdict_and_no_error(level):
    image = texture(SIZE)
    made = make_portrait(
        image, Matte(np.full((128, 128), level, np.float32), None, 0), PortraitSettings(preset="square")
    )
    assert made.measures.persons == 0
    assert made.measures.reasons == ("nobody was found in the picture",)
    assert (made.image_rgb == 255).all()
    assert not made.alpha.any()


@pytest.mark.parametrize("size", [(640, 360), (361, 641), (97, 131), (16, 16), (1, 1), (3, 200), (700, 999)])
@pytest.mark.parametrize("grid", [32, 256])
def test_every_size_works(size, grid):
    scene = person(size, strands=False)
    for preset in ("free", "passport-35x45"):
        made = make_portrait(scene.image, scene.matte(grid), PortraitSettings(preset=preset, upscale_limit=4))
        assert made.alpha.shape == (size[1], size[0])
        if preset == "free":
            assert (made.image_rgb[made.alpha == 0] == 255).all()


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_mattes_without_any_edge_work(level):
    scene = person(SIZE)
    made = make_portrait(scene.image, Matte(np.full((64, 64), level, np.float32), scene.head, 0), FREE)
    assert (made.alpha == 255 * level).all()


def test_grey_pictures_work_and_stay_grey():
    scene = person(SIZE, background=(90, 90, 90), noise=1)
    grey = cv2.cvtColor(cv2.cvtColor(scene.image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    made = make_portrait(grey, scene.matte(), FREE)
    assert np.ptp(made.image_rgb.astype(int), axis=2).max() <= 1


def test_two_captures_of_a_still_scene_agree():
    first, second = (person(SIZE, background=texture(SIZE), noise=2, seed=seed) for seed in (1, 2))
    settings = PortraitSettings(preset="passport-35x45", upscale_limit=4)
    ours = [make_portrait(scene.image, scene.matte(), FREE) for scene in (first, second)]
    where = band(first.alpha)
    # Averaged over 5x5: the sensor's own noise, which a portrait keeps, differs by more from pixel to pixel.
    light = [lab(cv2.GaussianBlur(made.image_rgb, (5, 5), 0)[where]) for made in ours]
    assert ciede2000(*light).mean() < 0.5
    heads = [make_portrait(scene.image, scene.matte(), settings).measures.head_height for scene in (first, second)]
    assert heads[0] == pytest.approx(heads[1], rel=0.01)


def test_the_frame_is_not_written_into_and_the_same_frame_gives_the_same_portrait():
    scene = person(SIZE, noise=2)
    scene.image.flags.writeable = False
    first, second = (make_portrait(scene.image, scene.matte(), FREE) for _ in range(2))
    assert (first.image_rgb == second.image_rgb).all()
    assert first.measures == second.measures


def test_a_locked_correction_changes_the_person_and_not_the_white():
    scene = person(SIZE)
    made = make_portrait(scene.image, scene.matte(), FREE, Correction((0.5, 0.5, 0.5)))
    assert (made.image_rgb[0, 0] == 255).all()
    assert made.image_rgb[340, 300].mean() < scene.image[340, 300].mean() - 20


def test_a_shadow_lies_under_the_feet_only():
    scene = person(SIZE, strands=False)
    image, alpha = (np.full_like(scene.image, RED), np.zeros_like(scene.alpha))
    image[:700], alpha[:700] = scene.image[:700], scene.alpha[:700]
    plain, shaded = (
        make_portrait(image, coarse(alpha, scene.head), PortraitSettings(preset="free", shadow=s)) for s in (0, 0.8)
    )
    assert shaded.image_rgb[708, 300].mean() < 200
    assert (shaded.image_rgb[:400] == plain.image_rgb[:400]).all()
    assert (shaded.image_rgb[0] == 255).all()
    cut = make_portrait(scene.image, scene.matte(), PortraitSettings(preset="free", shadow=0.8))
    assert (cut.image_rgb == make_portrait(scene.image, scene.matte(), FREE).image_rgb).all()


def test_no_veil_of_the_room_stays_beside_the_body():
    scene = person(SIZE, background=texture(SIZE), noise=1.5)
    matte = scene.matte()
    alpha = matte.alpha.copy()
    height, width = alpha.shape
    rows = np.arange(height)[:, None]
    body = cv2.dilate((alpha > 0.5).astype(np.uint8), np.ones((2 * round(0.03 * width) + 1,) * 2, np.uint8)) > 0
    veil = body & (alpha < 0.5) & (rows > 0.85 * height)
    alpha[veil] = 0.35
    made = make_portrait(scene.image, replace(matte, alpha=alpha), FREE)
    where = cv2.resize(veil.astype(np.uint8), SIZE, interpolation=cv2.INTER_NEAREST) > 0
    half = (made.alpha > 25) & (made.alpha < 230)
    assert where.any()
    assert half[where].mean() < 0.4
