"""The live picture is the portrait that would be saved now, it is calm, and green means ok."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.camera import demo_scene
from capture_station.config import PortraitSettings, SegmentationSettings
from capture_station.frames import Frame, Matte
from capture_station.portrait.colour import Correction
from capture_station.portrait.pipeline import cut_person, make_portrait
from capture_station.segmentation.factory import open_segmenter
from capture_station.segmentation.live_segmenter import LiveSegmenter
from capture_station.station.live_framing import LiveFraming
from capture_station.station.live_verdict import flaws_of
from capture_station.station.preview import cropped, shown_alpha
from capture_station.station.status import Hint
from capture_station.station.steadiness import Crop, SteadyCrop, SteadyHint
from models.recipe.evaluate.framing_sweep import Scene, sweep
from tests.portrait.scenes import person, tall_hair

FRAME_S = 1 / 30


def test_the_white_view_has_the_saved_portrait_s_aspect_and_head() -> None:
    scene = person((900, 720), centre=0.45, head_px=300)
    matte = scene.matte()
    settings = PortraitSettings(preset="portrait-4x5")
    alpha = shown_alpha(Matte(matte.alpha, scene.head, 0), (900, 720))
    status, matrix, size_wh = LiveFraming().look(scene.image, matte, alpha, settings, 1.0, 0.0)
    assert matrix is not None
    assert size_wh[0] / size_wh[1] == pytest.approx(0.8, abs=0.01)
    saved = make_portrait(scene.image, matte, settings).measures
    assert status.guide.head_height == pytest.approx(saved.head_height, abs=0.02)
    assert status.guide.eye_line == pytest.approx(saved.eye_line, abs=0.02)
    left, right = status.crop[0][0], status.crop[1][0]
    assert (left + right) / 2 == pytest.approx(0.45, abs=0.01)


@pytest.mark.parametrize("light", [0.2, 1.6])
def test_with_a_grey_card_the_light_of_the_live_picture_is_judged_as_that_of_the_saved_one(light: float) -> None:
    scene = person((900, 900), head_px=300)
    scene = scene._replace(image=np.clip(light * scene.image.astype(float), 0, 255).astype(np.uint8))
    card = np.full((40, 40, 3), round(light * 118), np.uint8)
    matte, settings = scene.matte(), PortraitSettings(preset="portrait-4x5", upscale_limit=2)
    alpha = shown_alpha(matte, (900, 900))
    hints = []
    for correction in (None, Correction.from_reference(card, (118, 118, 118))):
        live = LiveFraming(correction)
        statuses = [live.look(scene.image, matte, alpha, settings, 1.0, at_s)[0] for at_s in (0.0, 0.5, 1.0)]
        hints.append(statuses[-1].blocking)
    assert make_portrait(scene.image, matte, settings, correction).measures.verdict == "ok"
    assert hints == [Hint.TOO_DARK if light < 1 else Hint.TOO_BRIGHT, None]


@pytest.mark.parametrize("saved_steps", [False, True])
def test_whoever_can_do_nothing_about_tall_hair_gets_green_and_a_review(saved_steps: bool) -> None:
    scene, settings = tall_hair(0.55), PortraitSettings(preset="passport-jp-35x45", upscale_limit=4)
    matte, live = scene.matte(), LiveFraming()
    flaws = flaws_of(cut_person(scene.image, matte, settings, None), settings)
    assert [flaw.code for flaw in flaws] == ["head-small"]
    alpha = shown_alpha(matte, (900, 900))
    for at_s in (0.0, 0.5, 1.0):
        asked = (lambda _: flaws) if saved_steps else None
        status = live.look(scene.image, matte, alpha, settings, 1.0, at_s, asked)[0]
    assert status.ready
    assert status.blocking is None


@pytest.mark.parametrize("roll_deg", [0.0, 8.0])
def test_a_crop_shows_what_its_corners_enclose(roll_deg: float) -> None:
    y, x = np.mgrid[:200, :300]
    plane = np.where((x - 150) ** 2 + (y - 100) ** 2 < 30**2, 255, 0).astype(np.uint8)
    turn = np.radians(roll_deg)
    linear = 2 * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    matrix = np.column_stack([linear, (60, 80) - linear @ (150, 100)])
    seen = cropped(plane, matrix, (120, 160))
    rows, columns = np.nonzero(seen > 127)
    assert columns.mean() == pytest.approx(60, abs=1.5)
    assert rows.mean() == pytest.approx(80, abs=1.5)
    assert rows.size == pytest.approx(np.pi * 60**2, rel=0.03)


def test_beyond_the_frame_a_crop_is_empty() -> None:
    plane = np.full((100, 100), 255, np.uint8)
    seen = cropped(plane, np.array([[1.0, 0, 0], [0, 1.0, 40]]), (100, 100))
    assert (seen[:40] == 0).all()
    assert (seen[40:] == 255).all()


def test_a_still_head_does_not_tremble_and_a_moving_one_is_followed() -> None:
    steady, noise = SteadyCrop(), np.random.default_rng(0)
    heights = []
    for frame in range(90):
        x, y, height = np.array([400, 300, 500]) * (1 + noise.normal(0, 0.01, 3))
        heights.append(steady.follow(Crop(x, y, height, 0), frame * FRAME_S).height)
    changes = np.abs(np.diff(np.log(heights[30:])))
    assert changes.max() < 0.01
    for frame in range(90, 150):
        crop = steady.follow(Crop(400 + 5 * (frame - 90), 300, 500, 0), frame * FRAME_S)
    assert abs(crop.x - (400 + 5 * 59)) < 0.1 * 500


def test_one_misread_picture_moves_no_crop_and_a_real_change_is_followed() -> None:
    steady = SteadyCrop()
    heights = [steady.follow(Crop(400, 300, 430 if n == 15 else 140, 0), n * FRAME_S).height for n in range(30)]
    assert heights == pytest.approx([140] * 30, rel=1e-6)
    for number in range(30, 60):
        crop = steady.follow(Crop(700, 300, 430, 0), number * FRAME_S)
    assert (crop.x, crop.height) == pytest.approx((700, 430), rel=0.02)


def test_the_head_of_somebody_who_stands_still_keeps_its_height_in_the_portrait() -> None:
    demo, size_wh = demo_scene.Scene(fps=30), (640, 480)
    segmenter, live = LiveSegmenter(open_segmenter(SegmentationSettings(), "preview"), 0.6), LiveFraming()
    heights, settings = [], PortraitSettings()
    for number in range(150, 195):
        image = demo.image(number, size_wh)
        matte = segmenter.segment(Frame(image, number, number * FRAME_S))
        alpha = shown_alpha(matte, size_wh)
        status, _, _ = live.look(image, matte, alpha, settings, 1.0, number * FRAME_S)
        heights.append(status.crop[3][1] - status.crop[0][1])
    assert np.abs(np.diff(np.log(heights))).max() < 0.01


def test_a_hint_shows_only_when_it_lasts_and_then_long_enough_to_be_read() -> None:
    hint = SteadyHint()
    shown = []
    for frame in range(90):
        flickering = Hint.STEP_CLOSER if frame % 2 else None
        raw = flickering if frame < 30 else Hint.MOVE_LEFT if frame < 42 else None
        hint.update(raw, True, frame * FRAME_S)
        shown.append(hint.shown)
        assert not (hint.ready and raw is not None)
    assert Hint.STEP_CLOSER not in shown
    assert shown.count(Hint.MOVE_LEFT) * FRAME_S >= 0.7
    assert shown[-1] is None
    assert hint.ready


def test_green_means_ok() -> None:
    """A few places of the evaluation's sweep."""
    size_wh = (1280, 720)
    places = [(0.25, 0.0, 0.46, 1.0), (0.4, 0.12, 0.46, 0.5), (0.6, 0.0, 0.58, 1.0), (0.4, -0.3, 0.46, 0.18)]
    scenes = [Scene(size_wh, *place, person=0) for place in places]
    settings = SegmentationSettings()
    segmenters = open_segmenter(settings, "preview"), open_segmenter(settings, "capture")
    rows = list(sweep(scenes, ["portrait-4x5", "passport-35x45"], *segmenters))
    assert sum(row.green for row in rows) >= 3
    assert all(row.verdict == "ok" for row in rows if row.green), rows
