"""What viewers get: the person over one colour, and a hint."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.config import PortraitSettings, Rgb
from capture_station.frames import Head, Image, Matte
from capture_station.portrait.framing import frame_head
from capture_station.presets import Preset
from capture_station.station.framing_hints import blocking_hint
from capture_station.station.preview import fitted, on_background, shown_alpha
from capture_station.station.status import Hint

ROOM = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)


def matte(*boxes: tuple[slice, slice], head: Head | None = None) -> Matte:
    alpha = np.zeros((90, 160), np.float32)
    for box in boxes:
        alpha[box] = 1
    return Matte(alpha, head, 0)


def head(
    x: float = 0.5,
    eye_distance: float = 0.1,
    nose: float = 0.0,
    other: tuple[float, float] | None = None,
    nose_y: float = 0.52,
) -> Head:
    """Eyes about a point of a picture 16:9, their distance a share of its height."""
    half = eye_distance * 9 / 32
    points = [(x - half, 0.4), (x + half, 0.4), (x + 2 * half * nose, nose_y), (x, 0.6), (x, 0.6), (x, 0.7)]
    return Head(np.array(points, np.float32), 1.0, np.array([other] if other else [], np.float32).reshape(-1, 2))


FREE = PortraitSettings(preset="free")


def on_colour(image: Image, matte: Matte, background_rgb: Rgb) -> Image:
    return on_background(image, shown_alpha(matte, (image.shape[1], image.shape[0])), background_rgb)


def hint(image: Image, matte: Matte, settings: PortraitSettings = FREE) -> Hint | None:
    alpha = shown_alpha(matte, (image.shape[1], image.shape[0]))
    return blocking_hint(image, matte, alpha, frame_head(matte.head, alpha, settings), settings)


@pytest.mark.parametrize("background_rgb", [(255, 255, 255), (200, 100, 30), (0, 0, 0)])
def test_the_person_stands_on_the_colour(background_rgb: Rgb) -> None:
    alpha = np.zeros((90, 160), np.float32)
    alpha[20:, 40:120] = np.linspace(0, 1, 80, dtype=np.float32)
    shown = on_colour(ROOM, Matte(alpha, None, 0), background_rgb)
    wanted = alpha[..., None] * ROOM + (1 - alpha[..., None]) * np.array(background_rgb)
    assert np.abs(shown - wanted).max() < 12
    assert (shown[:20] == background_rgb).all()


def test_a_haze_on_the_wall_and_a_breath_of_wall_on_a_person_are_not_shown() -> None:
    alpha = np.full((90, 160), 0.03, np.float32)
    alpha[20:, 40:120] = 0.97
    shown = on_colour(ROOM, Matte(alpha, None, 0), (255, 255, 255))
    assert (shown[:20] == 255).all()
    np.testing.assert_array_equal(shown[20:, 40:120], ROOM[20:, 40:120])


def test_nobody_is_the_colour_and_somebody_everywhere_is_the_picture() -> None:
    assert (on_colour(ROOM, matte(), (255, 255, 255)) == 255).all()
    np.testing.assert_array_equal(on_colour(ROOM, matte(np.s_[:, :]), (255, 255, 255)), ROOM)


def test_a_picture_is_made_to_fit_and_never_enlarged() -> None:
    assert fitted(ROOM, (80, 80)).shape == (45, 80, 3)
    assert fitted(ROOM, (1000, 1000)) is ROOM


PERSON = np.s_[20:, 50:110]


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (matte(), Hint.NOBODY),
        (matte(np.s_[20:, 10:60], np.s_[30:, 90:140]), Hint.TWO_PEOPLE),
        (matte(PERSON, np.s_[:4, :4], head=head()), None),
        (matte(PERSON, head=head(other=(0.4, 0.5))), Hint.TWO_PEOPLE),
        (matte(PERSON, head=head(other=(0.1, 0.1))), None),
        (matte(PERSON), None),
        (matte(PERSON, head=head(eye_distance=0.03)), Hint.STEP_CLOSER),
        (matte(PERSON, head=head(nose=0.5)), Hint.LOOK_STRAIGHT),
        (matte(PERSON, head=head(nose_y=0.59)), Hint.LIFT_CHIN),
        (matte(PERSON, head=head(nose_y=0.44)), Hint.LOWER_CHIN),
    ],
)
def test_the_hint_fits_what_is_seen(seen: Matte, wanted: Hint | None) -> None:
    assert hint(ROOM, seen) is wanted


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (matte(np.s_[20:, 50:110], head=head()), None),
        (matte(np.s_[20:, 0:60], head=head(x=0.15)), Hint.MOVE_LEFT),
        (matte(np.s_[20:, 100:160], head=head(x=0.85)), Hint.MOVE_RIGHT),
        (matte(np.s_[0:, 50:110], head=head()), Hint.MOVE_DOWN),
    ],
)
def test_where_the_person_must_go_depends_on_the_preset(seen: Matte, wanted: Hint | None) -> None:
    small = Preset(size_px=(20, 20), head_height=0.6, eye_line=0.45, eye_line_range=(0.3, 0.55))
    assert hint(ROOM, seen, PortraitSettings(presets={"small": small}, preset="small")) is wanted
    assert hint(ROOM, seen) is None


def test_where_several_are_wanted_they_are_told_nothing() -> None:
    both = PortraitSettings(preset="free", people="all")
    assert hint(ROOM, matte(PERSON, np.s_[30:, 115:160], head=head(x=0.3)), both) is None
    assert hint(ROOM, matte(PERSON, head=head(nose=0.5)), both) is Hint.LOOK_STRAIGHT


def test_a_dark_person_is_told() -> None:
    dark: Image = (ROOM // 8).astype(np.uint8)
    assert hint(dark, matte(PERSON, head=head())) is Hint.TOO_DARK
