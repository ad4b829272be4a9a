import tracemalloc

import numpy as np
import pytest

from capture_station.portrait.colour import Correction, ciede2000, encoded, lab, linear


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    # Pairs 1, 5, 7, 9, 10, 14, 17, 20, 25 and 34 of table 1 in Sharma, Wu, Dalal (2005).
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.1848, -84.8006), (50, 0, -82.7485), 1.0),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.49, -0.001), (50, -2.49, 0.001), 7.1792),
        ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_differences_are_those_of_the_published_table(first, second, difference):
    assert ciede2000(first, second) == pytest.approx(difference, abs=1e-4)
    assert ciede2000(second, first) == pytest.approx(difference, abs=1e-4)


def test_lab_of_known_colours():
    seen = lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]], np.uint8))
    assert seen == pytest.approx(np.array([[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.2]]), abs=0.02)


def test_light_and_levels_are_inverse():
    assert encoded(linear(np.arange(256))) == pytest.approx(np.arange(256), abs=1e-9)


def test_a_grey_card_makes_every_portrait_of_a_session_neutral():
    card = np.full((20, 30, 3), (140, 118, 90), np.uint8)
    seen = Correction.from_reference(card, (118, 118, 118)).apply(card)
    assert np.abs(seen.astype(int) - 118).max() <= 1


def test_a_correction_does_not_tint_what_is_blown_out():
    card = np.full((20, 30, 3), (150, 140, 110), np.uint8)
    correction = Correction.from_reference(card, (119, 119, 119))
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    red, green, blue = correction.apply(ramp)[0, 255].tolist()
    assert red == green == blue
    steps = np.diff(correction.apply(ramp)[0].astype(int), axis=0)
    assert steps.min() >= 0
    assert steps.max() <= 6
    skin = np.full((1, 1, 3), (255, 210, 190), np.uint8)
    assert correction.apply(skin)[0, 0, 0] < 220


def test_a_correction_of_a_bright_picture_needs_little_more_memory_than_the_picture():
    wall = np.full((1500, 2000, 3), 240, np.uint8)
    tracemalloc.start()
    try:
        Correction((1.2, 1.1, 0.8)).apply(wall)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 1.5 * wall.nbytes


@pytest.mark.parametrize("level", [0, 255])
def test_a_card_that_tells_nothing_is_refused(level):
    with pytest.raises(ValueError, match="reference"):
        Correction.from_reference(np.full((4, 4, 3), level, np.uint8), (118, 118, 118))
