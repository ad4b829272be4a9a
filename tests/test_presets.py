"""The shipped presets, and what they tell the operator."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from capture_station.config import PortraitSettings, StationSettings
from capture_station.presets import Preset, shipped_presets

CAMERA_WH = (1280, 720)


@pytest.mark.parametrize("name", shipped_presets())
def test_every_preset_says_where_its_geometry_is_from(name: str) -> None:
    preset = shipped_presets()[name]
    assert preset.title
    if preset.expression == "neutral":
        assert preset.source.startswith("http")
        assert preset.read is not None


@pytest.mark.parametrize("name", shipped_presets())
def test_every_preset_can_be_cropped_from_a_small_camera_mounted_upright(name: str) -> None:
    head = shipped_presets()[name].head_range((720, 1280), 1.25)
    assert head.least < head.most


def test_the_operator_learns_how_large_the_head_must_be_and_how_to_get_more_pixels() -> None:
    text = StationSettings.model_validate({"portrait": {"preset": "passport-35x45"}}).advice()
    assert text.startswith("for passport-35x45, the head must fill ")
    assert "% of the height of the camera's picture (1280x720 pixels)" in text
    huge = Preset(size_px=(3000, 3000), least_px=2000, head_height=0.5, eye_line=0.4)
    settings = {"portrait": {"preset": "huge", "presets": {"huge": huge}}, "camera": {"size_px": CAMERA_WH}}
    text = StationSettings.model_validate(settings).advice()
    assert "(1280x720 pixels) is too small for a portrait as huge asks for" in text
    assert "turn the camera on its side and set camera.rotate_deg: 90, or choose a larger camera.size_px" in text
    small = StationSettings.model_validate({"camera": {"size_px": (640, 480)}}).advice()
    assert "portraits are then smaller than 1200x1500 pixels" in small


def test_nobody_is_told_to_turn_what_cannot_be_turned() -> None:
    demo = StationSettings.model_validate({"camera": {"kind": "demo", "size_px": (640, 480)}}).advice(demo=True)
    assert "turn" not in demo
    assert "camera.size_px" not in demo
    upright = StationSettings.model_validate({"camera": {"size_px": (640, 480), "rotate_deg": 90}}).advice()
    assert "(480x640 pixels)" in upright
    assert "turn" not in upright


def test_a_preset_needs_one_size_and_a_target_inside_its_range() -> None:
    with pytest.raises(ValidationError, match="either size_px or size_mm"):
        Preset(head_height=0.5, eye_line=0.4)
    with pytest.raises(ValidationError, match="outside head_height_range"):
        Preset(size_px=(100, 100), head_height=0.5, head_height_range=(0.6, 0.7), eye_line=0.4)


def test_own_presets_come_first_and_may_replace_shipped_ones() -> None:
    mine = Preset(size_px=(300, 400), head_height=0.5, eye_line=0.4)
    settings = PortraitSettings(presets={"mine": mine, "square": mine}, preset="square")
    assert settings.preset_names[:2] == ("mine", "square")
    assert settings.geometry == mine
    assert PortraitSettings(preset="free").geometry is None
    with pytest.raises(ValidationError, match="must be one of: free, portrait-4x5"):
        PortraitSettings(preset="nonsense")


def test_a_preset_may_have_its_own_background_and_the_setting_overrides_it() -> None:
    assert PortraitSettings(preset="passport-uk-35x45").background == (230, 230, 230)
    assert PortraitSettings(preset="passport-uk-35x45", background_rgb=(0, 0, 0)).background == (0, 0, 0)
    assert PortraitSettings().background == (255, 255, 255)
