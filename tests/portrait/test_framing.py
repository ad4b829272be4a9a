from dataclasses import replace

import cv2
import numpy as np
import pytest

from capture_station.config import PortraitSettings
from capture_station.portrait.framing import Framing, frame_head, resample
from capture_station.portrait.head_placement import place
from capture_station.portrait.pipeline import make_portrait
from capture_station.presets import Preset, shipped_presets
from tests.portrait.scenes import coarse, couple, person, tall_hair

SIZE = (600, 800)


@pytest.mark.parametrize("preset", sorted(shipped_presets()))
@pytest.mark.parametrize(("centre", "roll_deg", "scale"), [(0.5, 0, 1.0), (0.53, 9, 1.0), (0.47, -6, 1.5)])
def test_head_is_where_the_preset_says(preset, centre, roll_deg, scale):
    size = (int(SIZE[0] * scale), int(SIZE[1] * scale))
    scene = person(size, centre=centre, roll_deg=roll_deg, head_px=0.3 * size[1])
    made = make_portrait(scene.image, scene.matte(), PortraitSettings(preset=preset, upscale_limit=4))
    wanted, measures = shipped_presets()[preset], made.measures
    width, height = wanted.pixels_wh
    assert made.image_rgb.shape == (height, width, 3), measures.reasons
    assert measures.head_height == pytest.approx(wanted.head_height, abs=0.01)
    assert measures.eye_line == pytest.approx(wanted.eye_line, abs=0.01)
    assert measures.centre == pytest.approx(wanted.centre, abs=0.01)
    assert abs(measures.roll_deg) < 0.3


def test_pixels_and_not_only_numbers_are_where_the_preset_says():
    scene = person(SIZE, roll_deg=8, head_px=240, strands=False)
    made = make_portrait(scene.image, scene.matte(), PortraitSettings(preset="passport-35x45", upscale_limit=2))
    skin = np.abs(made.image_rgb.astype(int) - (215, 170, 145)).sum(axis=2) < 30
    shown = np.flatnonzero((made.image_rgb < 150).any(axis=2).any(axis=1))
    wanted = shipped_presets()["passport-35x45"]
    crown = wanted.eye_line - 0.5 * wanted.head_height
    assert shown[0] / 531 == pytest.approx(crown, abs=0.01)
    eyes = np.flatnonzero(skin[round(wanted.eye_line * 531)])
    assert (eyes[0] + eyes[-1]) / 2 / 413 == pytest.approx(0.5, abs=0.01)


def test_what_hangs_on_a_strand_above_the_head_moves_no_head():
    scene = person(SIZE, head_px=240, strands=False)
    head = scene.matte().head
    assert head is not None
    alpha = np.where(scene.alpha > 0.5, 255, 0).astype(np.uint8)
    bare = place(head, alpha)
    middle, top = SIZE[0] // 2, round(bare.crown_px)
    alpha[top - 20 : top + 5, middle - 5 : middle + 5] = 255
    alpha[top - 40 : top - 20, middle - 30 : middle + 30] = 255
    assert place(head, alpha).crown_px == pytest.approx(bare.crown_px, abs=2)


def test_a_roll_beyond_the_limit_is_turned_by_the_limit_and_told():
    scene = person(SIZE, roll_deg=25, head_px=200)
    made = make_portrait(
        scene.image, scene.matte(), PortraitSettings(preset="square", roll_limit_deg=10, upscale_limit=4)
    )
    assert made.measures.roll_deg == pytest.approx(15, abs=0.5)
    assert "the head is tilted" in made.measures.reasons


def test_nothing_is_enlarged_past_the_limit():
    scene = person((300, 400), head_px=60)
    made = make_portrait(scene.image, scene.matte(128), PortraitSettings(preset="us-2x2", upscale_limit=1.25))
    assert made.image_rgb.shape == (400, 300, 3)
    assert made.measures.verdict == "refused"
    assert "the head is too small to crop to “2x2 in, head 25 to 35 mm (United States)”" in made.measures.reasons


def test_a_person_cut_off_by_the_frame_is_left_uncropped():
    scene = person(SIZE, centre=0.2, head_px=330)
    made = make_portrait(scene.image, scene.matte(), PortraitSettings(preset="square", upscale_limit=4))
    assert made.image_rgb.shape == scene.image.shape
    assert any("cut off at the left, too near the picture's edge" in reason for reason in made.measures.reasons)


def test_only_a_head_that_is_too_large_is_told_to_be_too_close():
    scene = person((400, 800), head_px=330)
    made = make_portrait(scene.image, scene.matte(), PortraitSettings(preset="square", upscale_limit=4))
    assert any("too close" in reason for reason in made.measures.reasons)


def with_back_of_head(scene, reach):
    """A scene's alpha (H, W) uint8 with more of the head to the right of its eyes, in heads of 240 px."""
    alpha = (scene.alpha * 255).astype(np.uint8)
    eyes = round(scene.head.points[0, 1] * SIZE[1])
    cv2.ellipse(alpha, (SIZE[0] // 2, eyes - 20), (round(reach * 240), 100), 0, -90, 90, 255, -1)
    return alpha


def sides_of_head(framing, alpha):
    """Shares of the rows above the eyes that the portrait cuts off at the left and at the right."""
    rows = resample(alpha, framing, (0,))[: round(0.45 * framing.size_wh[1])]
    return (rows[:, 0] > 127).mean(), (rows[:, -1] > 127).mean()


@pytest.mark.parametrize(("preset", "reach"), [("badge", 0.6), ("badge", 0.7), ("passport-35x45", 0.55)])
def test_a_head_that_lies_beside_its_eyes_is_not_cut_off_at_one_side(preset, reach):
    scene, settings = person(SIZE, head_px=240, strands=False), PortraitSettings(preset=preset, upscale_limit=4)
    alpha = with_back_of_head(scene, reach)
    framing = frame_head(scene.head, alpha, settings)
    assert framing.flaw is None
    assert sides_of_head(framing, alpha) == (0, 0)
    x, _ = framing.matrix[:, :2] @ framing.placement.eyes_px + framing.matrix[:, 2]
    assert 0.45 <= x / framing.size_wh[0] < 0.5
    live = frame_head(scene.head, alpha, settings, crop_margin=-0.02)
    np.testing.assert_allclose(live.matrix, framing.matrix)


def test_a_crop_moves_and_grows_little_by_little_with_the_head_s_reach():
    scene, settings = person(SIZE, head_px=240, strands=False), PortraitSettings(preset="badge", upscale_limit=4)
    crops = []
    for reach in np.arange(0.45, 0.9, 0.01):
        framing = frame_head(scene.head, with_back_of_head(scene, reach), settings)
        middle = np.linalg.solve(framing.matrix[:, :2], np.array(framing.size_wh) / 2 - framing.matrix[:, 2])
        crops.append((*middle, framing.size_wh[1] / framing.matrix[1, 1]))
    assert np.abs(np.diff(crops, axis=0)).max() < 0.03 * crops[0][2]
    assert np.ptp(crops, axis=0)[[0, 2]].min() > 5


def test_hair_that_hangs_on_both_sides_moves_no_face():
    scene, settings = person(SIZE, head_px=240, strands=False), PortraitSettings(preset="badge", upscale_limit=4)
    alpha = (scene.alpha * 255).astype(np.uint8)
    cv2.rectangle(alpha, (SIZE[0] // 2 - 140, 240), (SIZE[0] // 2 + 170, 600), 255, -1)
    framing = frame_head(scene.head, alpha, settings)
    x, _ = framing.matrix[:, :2] @ framing.placement.eyes_px + framing.matrix[:, 2]
    assert x / framing.size_wh[0] == pytest.approx(0.5, abs=0.001)


def test_a_head_that_no_crop_of_the_preset_holds_needs_a_review_at_its_place():
    scene, settings = person(SIZE, head_px=240), PortraitSettings(preset="passport-35x45", upscale_limit=4)
    alpha = with_back_of_head(scene, 0.85)
    made = make_portrait(scene.image, coarse(alpha / np.float32(255), scene.head), settings)
    assert made.measures.verdict == "review"
    (flaw,) = [flaw for flaw in made.measures.flaws if flaw.code == "head-cut-right"]
    assert flaw.values["left_px"] + flaw.values["width_px"] == made.image_rgb.shape[1]


def test_a_scrap_of_the_room_above_a_whole_head_is_no_cut_off_head():
    scene = person((850, 800), head_px=615, strands=False)
    alpha = np.rint(scene.alpha * 255).astype(np.uint8)
    image = scene.image.copy()
    alpha[:40, 460:484], image[:40, 460:484] = 255, (50, 35, 25)
    matte, settings = coarse(alpha / np.float32(255), scene.head, 400), PortraitSettings(preset="passport-jp-35x45")
    made = make_portrait(image, matte, settings)
    assert made.measures.verdict == "review"
    (flaw,) = [flaw for flaw in made.measures.flaws if flaw.code == "something-kept"]
    assert flaw.values["top_px"] < 0.1 * made.image_rgb.shape[0]
    assert made.image_rgb.shape[1::-1] == settings.geometry.pixels_wh


def test_a_crop_that_avoids_a_scrap_of_the_room_is_preferred():
    scene, settings = person(SIZE, head_px=240), PortraitSettings(preset="badge", upscale_limit=4)
    alpha = (scene.alpha * 255).astype(np.uint8)
    clean = frame_head(scene.head, alpha, settings)
    alpha[:20, 300:310] = 255
    framing = frame_head(scene.head, alpha, settings)
    assert framing.flaw is None
    np.testing.assert_array_equal(framing.matrix, clean.matrix)


@pytest.mark.parametrize(
    ("preset", "width", "centre", "roll_deg"),
    [("square", 510, 0.46, 0), ("square", 510, 0.54, 0), ("portrait-4x5", 440, 0.5, 2.5)],
)
def test_a_little_off_centre_or_not_level_is_better_than_no_crop(preset, width, centre, roll_deg):
    scene = person((width, 800), centre=centre, head_px=330, roll_deg=roll_deg, strands=False)
    settings = PortraitSettings(preset=preset, upscale_limit=4)
    framing = frame_head(scene.head, (scene.alpha * 255).astype(np.uint8), settings)
    assert framing.flaw is None
    x, _ = framing.matrix[:, :2] @ framing.placement.eyes_px + framing.matrix[:, 2]
    assert abs(x / framing.size_wh[0] - 0.5) <= 0.05


def test_without_a_face_the_picture_stays_uncropped_and_is_flagged():
    scene = person(SIZE)
    matte = scene.matte()
    for preset in ("free", "square"):
        made = make_portrait(scene.image, type(matte)(matte.alpha, None, 0), PortraitSettings(preset=preset))
        assert made.image_rgb.shape == scene.image.shape
        assert made.measures.head_height is None
        assert any("no face was found" in reason for reason in made.measures.reasons)


def test_too_few_pixels_make_the_portrait_smaller_not_softer():
    scene = person(SIZE, head_px=200)
    preset = shipped_presets()["square"]
    made = make_portrait(scene.image, scene.matte(), PortraitSettings(preset="square", upscale_limit=1.25))
    height, width = made.image_rgb.shape[:2]
    assert height == width == pytest.approx(1.25 * 200 / preset.head_height, abs=5), made.measures.reasons
    assert made.measures.head_height == pytest.approx(preset.head_height, abs=0.01)
    assert made.measures.eye_line == pytest.approx(preset.eye_line, abs=0.01)


def test_a_person_too_close_for_the_preset_itself_is_cropped_within_its_range():
    scene = person(SIZE, head_px=330)
    alpha = (scene.alpha * 255).astype(np.uint8)
    alpha[-90:] = 0  # The frame ends here.
    alpha = alpha[:-90]
    settings = PortraitSettings(preset="portrait-4x5")
    preset = settings.geometry
    points = scene.head.points * (1, SIZE[1] / alpha.shape[0])
    framing = frame_head(type(scene.head)(points.astype(np.float32), 1.0), alpha, settings)
    assert framing.flaw is None
    head = framing.placement.head_px * framing.matrix[1, 1] / framing.size_wh[1]
    assert preset.head_height + 0.01 < head <= preset.head_heights[1] + 1e-6
    x, y = framing.matrix[:, :2] @ framing.placement.eyes_px + framing.matrix[:, 2]
    assert preset.eye_lines[0] <= y / framing.size_wh[1] <= preset.eye_lines[1] + 1e-6
    assert x / framing.size_wh[0] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("preset", ["free", "square"])
def test_a_face_on_its_side_is_refused(preset):
    scene = person(SIZE)
    turned = np.ascontiguousarray(np.rot90(scene.image))
    points = np.stack([scene.head.points[:, 1], 1 - scene.head.points[:, 0]], axis=1)
    matte = scene.matte()
    lying = type(matte)(np.ascontiguousarray(np.rot90(matte.alpha)), type(scene.head)(points, 1.0), 0)
    made = make_portrait(turned, lying, PortraitSettings(preset=preset))
    assert made.measures.verdict == "refused"
    assert made.measures.flaws[0].code == "face-sideways"


def test_nobody_is_refused():
    scene = person(SIZE)
    matte = scene.matte()
    made = make_portrait(scene.image, type(matte)(0 * matte.alpha, None, 0), PortraitSettings(preset="free"))
    assert made.measures.verdict == "refused"


def test_tall_hair_makes_the_head_smaller_instead_of_cutting_it():
    mine = Preset(size_px=(300, 300), head_height=0.9, eye_line=0.3)
    scene = person(SIZE, head_px=200)
    made = make_portrait(scene.image, scene.matte(), PortraitSettings(preset="mine", presets={"mine": mine}))
    assert made.measures.eye_line == pytest.approx(0.3, abs=0.01)
    assert (made.image_rgb[0] == 255).all()
    assert made.measures.head_height == pytest.approx(0.56, abs=0.02)


@pytest.mark.parametrize("preset", ["visa-cn-33x48", "passport-br-50x70", "passport-jp-35x45"])
def test_tall_hair_moves_the_eyes_before_it_makes_the_head_smaller_than_is_allowed(preset):
    scene, settings = tall_hair(0.68), PortraitSettings(preset=preset, upscale_limit=4)
    measures = make_portrait(scene.image, scene.matte(), settings).measures
    assert measures.verdict == "ok", measures.reasons
    low, high = settings.geometry.head_heights
    assert low - 0.003 < measures.head_height < high
    low, high = settings.geometry.eye_lines
    assert low - 0.003 < measures.eye_line < high + 0.003


def test_a_head_that_hair_makes_smaller_than_is_allowed_needs_a_review():
    scene = tall_hair(0.55)
    settings = PortraitSettings(preset="passport-jp-35x45", upscale_limit=4)
    made = make_portrait(scene.image, scene.matte(), settings)
    assert made.image_rgb.shape[1::-1] == settings.geometry.pixels_wh
    assert made.measures.verdict == "review"
    assert "head-small" in [flaw.code for flaw in made.measures.flaws]
    assert (made.image_rgb[0] == 255).all()


def test_tall_hair_that_is_too_far_away_is_not_a_smaller_head_but_one_to_step_closer():
    """Nearer, the head would be as large as the preset wants it."""
    scene, settings = tall_hair(0.68), PortraitSettings(preset="passport-jp-35x45")
    alpha = (scene.alpha * 255).astype(np.uint8)
    assert frame_head(scene.head, alpha, settings, 1.0).flaw is None
    far = frame_head(scene.head, alpha, settings, 0.6)
    assert far.matrix is None
    assert far.flaw.code == "uncropped-small"


def test_as_much_room_as_is_asked_for_stays_above_the_hair():
    mine = Preset(size_px=(300, 300), head_height=0.9, eye_line=0.3, room_above=0.1)
    scene = person(SIZE, head_px=200, strands=False)
    made = make_portrait(scene.image, scene.matte(), PortraitSettings(preset="mine", presets={"mine": mine}))
    hair = np.flatnonzero((made.image_rgb < 150).any(axis=(1, 2)))[0]
    assert hair / 300 == pytest.approx(0.1, abs=0.01)


def test_resampling_keeps_a_uniform_picture_uniform():
    scene = person(SIZE, roll_deg=7, head_px=270)
    for preset, limit in (("passport-35x45", 2), ("square", 4)):
        framing = frame_head(
            scene.head, (scene.alpha * 255).astype(np.uint8), PortraitSettings(preset=preset, upscale_limit=limit)
        )
        assert framing.matrix is not None
        assert (resample(np.full_like(scene.image, 255), framing, (255, 255, 255)) == 255).all()


@pytest.mark.parametrize(
    ("scale", "turn_deg", "within_px"), [(0.21, 4, 0.05), (0.5, -7, 0.05), (1.3, 3, 0.05), (0.3, 0, 0.5)]
)
def test_what_is_resampled_lies_where_the_matrix_says(scale, turn_deg, within_px):
    y, x = np.mgrid[:800, :600] + 0.5
    spot = np.rint(255 * np.exp(-((x - 291.3) ** 2 + (y - 402.8) ** 2) / (2 * 12**2))).astype(np.uint8)
    turn = np.radians(turn_deg)
    rotation = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    matrix = np.column_stack([rotation, (80.2, 70.6) - rotation @ (291.3, 402.8)])
    seen = resample(spot, Framing(matrix, (160, 150), None), (0,)).astype(float)
    y, x = np.mgrid[:150, :160] + 0.5
    assert (x * seen).sum() / seen.sum() == pytest.approx(80.2, abs=within_px)
    assert (y * seen).sum() / seen.sum() == pytest.approx(70.6, abs=within_px)


def test_a_crown_just_below_the_upper_edge_may_leave_the_frame_when_the_head_sways():
    scene = person((850, 800), head_px=630, strands=False)
    alpha = np.rint(scene.alpha * 255).astype(np.uint8)
    settings = PortraitSettings(preset="passport-35x45")
    assert frame_head(scene.head, alpha, settings).flaw is None
    swaying = frame_head(scene.head, alpha, settings, head_motion=0.02)
    assert swaying.flaw is not None
    assert swaying.flaw.code == "uncropped-cut-top"


def test_with_tolerance_a_crop_still_ends_with_the_frame_where_it_can():
    scene = person(SIZE, head_px=330)
    settings = PortraitSettings(preset="portrait-4x5")
    below_frame_px = {}
    for cut_px in range(60, 400, 20):
        alpha = (scene.alpha[:-cut_px] * 255).astype(np.uint8)
        points = scene.head.points * (1, SIZE[1] / alpha.shape[0])
        head = type(scene.head)(points.astype(np.float32), 1.0)
        exact, tolerant = (frame_head(head, alpha, settings, crop_margin=crop_margin) for crop_margin in (0.0, -0.02))
        if exact.flaw is None:
            np.testing.assert_array_equal(tolerant.matrix, exact.matrix)
        elif tolerant.flaw is None:
            lowest = np.linalg.solve(tolerant.matrix[:, :2], np.array(tolerant.size_wh) - tolerant.matrix[:, 2])[1]
            below_frame_px[cut_px] = lowest - alpha.shape[0]
    assert below_frame_px  # Only where no crop of the preset ends with the frame.
    assert 0 < max(below_frame_px.values()) < 0.03 * SIZE[1]


WIDE = (1600, 900)


@pytest.mark.parametrize("preset", ["portrait-4x5", "square"])
@pytest.mark.parametrize("centres", [(0.38, 0.6), (0.6, 0.38), (0.65, 0.82)])
def test_where_several_are_wanted_the_crop_holds_every_head(preset, centres):
    scene = couple(WIDE, centres, (260, 240))
    settings = PortraitSettings(preset=preset, people="all", upscale_limit=2)
    made = make_portrait(scene.image, scene.matte(), settings)
    assert made.measures.verdict == "ok", made.measures.reasons
    assert made.image_rgb.shape[1] / made.image_rgb.shape[0] == pytest.approx(settings.geometry.aspect, abs=0.01)
    framing = frame_head(scene.head, (scene.alpha * 255).astype(np.uint8), settings)
    for centre, head_px in zip(centres, (260, 240), strict=True):
        # With the hair; the eyes are at 0.4 of the height.
        corners = np.array([(-0.4, -0.5), (0.4, 0.5)]) * head_px + (centre * WIDE[0], 0.4 * WIDE[1])
        shown = (corners @ framing.matrix[:, :2].T + framing.matrix[:, 2]) / framing.size_wh
        assert (shown > 0.02).all()
        assert (shown < 0.98).all()


def test_a_crop_holds_a_child_beside_a_tall_adult():
    scene = couple(WIDE, (0.45, 0.55), (240, 240))
    alpha = np.full(WIDE[::-1], 255, np.uint8)
    alpha[:200], alpha[:, :200], alpha[:, -200:], alpha[-10:] = 0, 0, 0, 0
    child = np.array([[0.55, 0.7]], np.float32)
    framing = frame_head(replace(scene.head, others=child), alpha, PortraitSettings(people="all", upscale_limit=2))
    x, y = (child[0] * WIDE @ framing.matrix[:, :2].T + framing.matrix[:, 2]) / framing.size_wh
    chin = y + 0.4 * 240 * framing.matrix[1, 1] / framing.size_wh[1]
    assert 0.1 < x < 0.9
    assert 0.5 < chin < 0.98


def test_a_couple_too_wide_for_the_preset_stays_uncropped_and_needs_a_review():
    scene = couple(WIDE, (0.25, 0.75), (300, 280))
    made = make_portrait(scene.image, scene.matte(), PortraitSettings(people="all"))
    assert made.image_rgb.shape == scene.image.shape
    assert made.measures.verdict == "review"
    assert [flaw.code for flaw in made.measures.flaws] == ["uncropped-group"]


@pytest.mark.parametrize("posters", [[], [(0.05, 0.1)]])
def test_somebody_apart_whose_face_is_not_found_is_not_cut_off(posters):
    scene = couple(WIDE, (0.3, 0.7), (200, 190))
    scene = scene._replace(head=replace(scene.head, others=np.array(posters, np.float32).reshape(-1, 2)))
    made = make_portrait(scene.image, scene.matte(), PortraitSettings(people="all", upscale_limit=2))
    assert made.image_rgb.shape == scene.image.shape
    assert [flaw.code for flaw in made.measures.flaws] == ["uncropped-group"]


def test_others_in_the_room_who_are_not_in_the_portrait_move_no_crop():
    scene = person(SIZE, head_px=240)
    alpha = (scene.alpha * 255).astype(np.uint8)
    settings = PortraitSettings(people="all", upscale_limit=2)
    outside = replace(scene.head, others=np.array([[0.05, 0.1]], np.float32))
    np.testing.assert_array_equal(
        frame_head(outside, alpha, settings).matrix, frame_head(scene.head, alpha, settings).matrix
    )
