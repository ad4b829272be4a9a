from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from capture_station.frames import Image
from capture_station.frontends.window.controls import fitting_px
from capture_station.frontends.window.drawing import draw, pictures
from capture_station.frontends.window.layout import Layout, Rect
from capture_station.frontends.window.palette import ACCENT, GOOD, INK, SURROUND, WARNING
from capture_station.frontends.window.scene import Action, Arrow, Banner, Button, Review, Scene, View
from capture_station.locales.messages import CODES, Messages
from capture_station.station.status import Guide, Hint
from tests.frontends.conftest import PERSON, ROOM
from tests.frontends.fake_station import FakeStation

pytest.importorskip("pygame", reason="the window needs pygame-ce (extra [kiosk])")

from capture_station.frontends.window.canvas import Canvas

T = TypeVar("T", bound=np.generic)
LIVE = (Button(Action.VIEW, "View"), Button(Action.CAPTURE, "Take", primary=True), Button(Action.GUIDE, "Guide"))
WHITE = (255, 255, 255)


@pytest.fixture(params=[(800, 480), (1280, 720), (1080, 1920)], ids=lambda size: f"{size[0]}x{size[1]}")
def canvas(request: pytest.FixtureRequest) -> Iterator[Canvas]:
    with Canvas("dummy") as canvas:
        canvas.screen_wh = request.param
        canvas.open(False, request.param, "test")
        yield canvas


def shown(canvas: Canvas, scene: Scene, station: FakeStation, portrait: Image | None = None) -> tuple[Image, Layout]:
    station.see()
    preview = station.preview()
    live = tuple(getattr(preview, name) for name in pictures(scene.view))
    layout = draw(canvas, scene, live, lambda *_: portrait)
    return canvas.pixels(), layout


def is_colour(image: Image, colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = np.abs(image.astype(int) - colour).max(axis=2) <= 12
    return near


def part(image: NDArray[T], rect: Rect) -> NDArray[T]:
    return image[rect.y : rect.y + rect.h, rect.x : rect.x + rect.w]


def centre_x(mask: NDArray[np.bool_]) -> float:
    return float(np.average(np.linspace(0, 1, mask.shape[1]), weights=np.count_nonzero(mask, axis=0)))


def test_the_person_is_seen_below_many_faults(canvas: Canvas, station: FakeStation) -> None:
    many = tuple(Banner(f"Fault {number}", "It has a long explanation. " * 8) for number in range(4))
    image, layout = shown(canvas, Scene("", buttons=LIVE, banners=many), station)
    assert is_colour(part(image, layout.panels[0]), PERSON).mean() > 0.04


@pytest.mark.parametrize("mirrored", [True, False])
def test_the_person_is_on_white_and_mirrored_by_choice(canvas: Canvas, station: FakeStation, mirrored: bool) -> None:
    image, layout = shown(canvas, Scene("", buttons=LIVE, mirrored=mirrored), station)
    panel = part(image, layout.panels[0])
    person = is_colour(panel, PERSON)
    assert 0.04 < person.mean() < 0.5
    assert (centre_x(person) > 0.5) == mirrored
    assert is_colour(panel, WHITE).mean() > 0.4
    assert (is_colour(panel, WHITE) | person).mean() > 0.97


def test_the_view_decides_which_pictures_are_seen(canvas: Canvas, station: FakeStation) -> None:
    both, layout = shown(canvas, Scene("", view=View.BOTH), station)
    white, room = (part(both, panel) for panel in layout.panels)
    assert is_colour(white, WHITE).mean() > 0.4
    assert is_colour(room, ROOM).mean() > 0.4
    raw, layout = shown(canvas, Scene("", view=View.RAW), station)
    assert is_colour(part(raw, layout.panels[0]), ROOM).mean() > 0.4
    assert not is_colour(raw, WHITE).any()


def test_guide_countdown_and_hint_are_drawn_onto_the_picture(canvas: Canvas, station: FakeStation) -> None:
    plain, layout = shown(canvas, Scene("", view=View.RAW), station)
    for scene in (
        Scene("", view=View.RAW, guide=True),
        Scene("", view=View.RAW, countdown="3", countdown_share=0.5),
        Scene("", view=View.RAW, hint="Come a little closer"),
    ):
        image, _ = shown(canvas, scene, station)
        changed = (image != plain).any(axis=2)
        assert changed.mean() > 0.002
        outside = changed.copy()
        part(outside, layout.stage)[:] = False
        assert not outside.any()


def test_the_countdown_can_be_read_from_two_metres(canvas: Canvas, station: FakeStation) -> None:
    image, layout = shown(canvas, Scene("", view=View.RAW, countdown="5", countdown_share=0.0), station)
    rows = np.nonzero(is_colour(part(image, layout.stage), WHITE))[0]
    digit_h = rows.max() - rows.min()
    assert digit_h > 0.15 * min(canvas.size_wh)  # 17 mm on the smallest screen here; 2 m take about 12 mm.


def test_a_flash_whitens_everything(canvas: Canvas, station: FakeStation) -> None:
    scene = Scene("", view=View.RAW, buttons=LIVE)
    dark, _ = shown(canvas, scene, station)
    full, _ = shown(canvas, replace(scene, flash=True), station)
    assert dark.mean() < full.mean()
    assert full.min() == 255


def test_without_a_picture_its_place_is_dark_below_the_banners(canvas: Canvas) -> None:
    banner = Banner("No camera", "/dev/video0 was unplugged. It goes on by itself as soon as the camera is back. " * 2)
    layout = draw(canvas, Scene("", stale=True, banners=(banner, banner), buttons=LIVE), (), lambda *_: None)
    image = canvas.pixels()
    assert part(image, layout.panels[0]).max() < 110
    for rect in layout.banners:
        strip = part(image, rect)
        assert is_colour(strip, WARNING).mean() > 0.5
        # The text keeps clear of the edges however long it is.
        assert is_colour(strip[:2, 40:-40], WARNING).all()
        assert is_colour(strip[-2:, 40:-40], WARNING).all()


def test_only_an_enabled_capture_button_invites(canvas: Canvas, station: FakeStation) -> None:
    image, layout = shown(canvas, Scene("", buttons=LIVE), station)
    assert is_colour(part(image, layout.buttons[1][0]), ACCENT).mean() > 0.5
    off = tuple(replace(button, enabled=False) for button in LIVE)
    image, _ = shown(canvas, Scene("", buttons=off), station)
    assert not is_colour(image, ACCENT).any()


def test_a_review_shows_the_portrait_whole_and_says_why(canvas: Canvas, station: FakeStation) -> None:
    portrait = np.full((400, 300, 3), PERSON, np.uint8)
    quiet = Scene("", review=Review(station.portrait, "Here you are", True, ()))
    image, layout = shown(canvas, quiet, station, portrait)
    ys, xs = np.nonzero(part(is_colour(image, PERSON), layout.review.picture))
    rows, columns = np.ptp(ys) + 1, np.ptp(xs) + 1
    assert columns / rows == pytest.approx(3 / 4, rel=0.03)
    assert rows == layout.review.picture.h or columns == layout.review.picture.w
    reasons = ("The face is a little dark.", "The head is tilted by 12 degrees; please hold it straight. " * 3)
    loud = Scene("", review=Review(station.portrait, "Please take a close look", False, reasons))
    text = part(shown(canvas, loud, station, portrait)[0], layout.review.text)
    assert is_colour(text, WARNING).any()
    assert is_colour(text, SURROUND).mean() < is_colour(part(image, layout.review.text), SURROUND).mean()


def test_a_portrait_that_cannot_be_read_leaves_the_rest_standing(canvas: Canvas, station: FakeStation) -> None:
    scene = Scene("", review=Review("gone.jpg", "Here you are", True, ()), buttons=LIVE)
    image, layout = shown(canvas, scene, station, None)
    assert is_colour(part(image, layout.buttons[1][0]), ACCENT).mean() > 0.5


@pytest.mark.parametrize("size_wh", [(1, 1), (60, 400), (900, 40)])
def test_a_window_dragged_to_nothing_does_no_harm(station: FakeStation, size_wh: tuple[int, int]) -> None:
    banners = (Banner("No camera", "It was unplugged."),) * 2
    review = Review("gone.jpg", "Here you are", True, ("Sharp, well lit and well placed.",))
    with Canvas("dummy") as canvas:
        canvas.open(False, size_wh, "test")
        for scene in (
            Scene("", view=View.BOTH, banners=banners, buttons=LIVE, guide=True, hint="Closer", corner="30 fps"),
            Scene("", countdown="3", countdown_share=0.5, hint="Look"),
            Scene("", flash=True),
            Scene("", review=review),
        ):
            assert shown(canvas, scene, station)[0].shape[:2] == size_wh[::-1]


def arcmin(height_px: float, screen_wh: tuple[int, int], diagonal_inch: float, distance_m: float = 2.0) -> float:
    """Visual angle of a height on a screen."""
    px_per_m = math.hypot(*screen_wh) / (diagonal_inch * 0.0254)
    return math.degrees(math.atan(height_px / px_per_m / distance_m)) * 60


@pytest.mark.parametrize(
    ("size_wh", "inch", "least"),
    [((800, 480), 7, 12), ((1920, 1080), 24, 16), ((1080, 1920), 24, 16)],
)
def test_hints_are_legible_from_two_metres(
    station: FakeStation, size_wh: tuple[int, int], inch: float, least: float
) -> None:
    with Canvas("dummy") as canvas:
        canvas.screen_wh = size_wh
        canvas.open(False, size_wh, "test")
        image, layout = shown(canvas, Scene("", view=View.RAW, hint="H"), station)
        rows = np.nonzero(is_colour(part(image, layout.stage), INK))[0]
        assert arcmin(float(np.ptp(rows)) + 1, size_wh, inch) >= least
        # Nothing that is said to people in front of the camera is shrunk to fit.
        pad = round(layout.hint_px * 0.5)
        for language in CODES:
            messages = Messages(language)
            texts = [messages(f"hint.{hint.value}") for hint in Hint]
            texts += [messages(f"notice.{key}") for key in ("countdown", "countdown-neutral", "capturing", "kept")]
            for text in texts:
                room = layout.stage.w - 4 * pad - layout.hint_px, round(2.6 * layout.hint_px)
                assert fitting_px(canvas, text, layout.hint_px, room) == layout.hint_px, text


def tall(mask: NDArray[np.bool_]) -> float:
    """Height in pixels of what a mask shows."""
    return float(np.ptp(np.nonzero(mask)[0])) + 1


@pytest.mark.parametrize(
    ("size_wh", "inch", "least"),
    [((800, 480), 7, 12), ((1920, 1080), 24, 16), ((1080, 1920), 24, 16)],
)
def test_name_and_countdown_are_legible_from_two_metres_and_buttons_at_arm_s_length(
    station: FakeStation, size_wh: tuple[int, int], inch: float, least: float
) -> None:
    with Canvas("dummy") as canvas:
        canvas.screen_wh = size_wh
        canvas.open(False, size_wh, "test")
        scene = Scene("", view=View.RAW, person="H", buttons=(Button(Action.VIEW, "H"), Button(Action.CAPTURE, "H")))
        image, layout = shown(canvas, scene, station)
        assert layout.person is not None
        assert arcmin(tall(is_colour(part(image, layout.person), INK)), size_wh, inch) >= least
        for rect, _ in layout.buttons:
            label = rect._replace(x=rect.centre[0], w=rect.h)
            assert arcmin(tall(is_colour(part(image, label), INK)), size_wh, inch, distance_m=0.7) >= 12
        for edge in Arrow:
            image, layout = shown(canvas, Scene("", view=View.RAW, countdown="1", camera_at=edge), station)
            assert layout.strip is not None
            assert arcmin(tall(is_colour(part(image, layout.strip), WHITE)), size_wh, inch) >= 2 * least


def test_words_and_arrow_of_the_countdown_are_beside_the_picture(canvas: Canvas, station: FakeStation) -> None:
    for edge in Arrow:
        scene = Scene("", view=View.RAW, countdown="3", hint="Look into the camera, mouth closed", camera_at=edge)
        image, layout = shown(canvas, scene, station)
        assert layout.strip is not None
        assert is_colour(part(image, layout.strip), INK).any()
        outside = is_colour(image, GOOD)
        part(outside, layout.strip)[:] = False
        assert not outside.any()
        for panel in layout.panels:
            assert not is_colour(part(image, panel), INK).any()


def test_a_review_draws_what_the_preset_allows_and_what_to_look_at(canvas: Canvas, station: FakeStation) -> None:
    portrait = np.full((500, 400, 3), PERSON, np.uint8)
    ranges = Guide(0.4, 0.46, (0.34, 0.47), (0.38, 0.62), 0.5)
    review = Review(station.portrait, "Here you are", True, (), ranges=ranges, ranges_caption="Allowed")
    good, layout = shown(canvas, Scene("", review=review), station, portrait)
    assert layout.review.ranges is not None
    assert is_colour(part(good, layout.review.ranges), GOOD).any()
    assert not is_colour(part(good, layout.review.ranges), WARNING).any()
    low = replace(review, ranges=replace(ranges, eye_line=0.6))
    image, _ = shown(canvas, Scene("", review=low), station, portrait)
    assert is_colour(part(image, layout.review.ranges), WARNING).any()
    boxed = replace(review, boxes=((0.5, 0.5, 0.25, 0.25),))
    image, _ = shown(canvas, Scene("", review=boxed), station, portrait)
    ys, xs = np.nonzero(part(is_colour(image, WARNING), layout.review.picture))
    picture = layout.review.picture
    assert xs.min() / picture.w == pytest.approx(0.5, abs=0.02)
    assert np.ptp(ys) / picture.h == pytest.approx(0.25, abs=0.03)


def test_a_zoom_fills_the_picture_with_the_face(canvas: Canvas, station: FakeStation) -> None:
    asked = []

    def load(_: str, shares: tuple[float, float, float, float], __: tuple[int, int]) -> Image:
        asked.append(shares)
        return np.full((500, 400, 3), PERSON, np.uint8)

    ranges = Guide(0.4, 0.4, (0.34, 0.47), (0.38, 0.62), 0.55)
    review = Review(station.portrait, "Here you are", True, (), ranges=ranges, ranges_caption="Allowed", zoomed=True)
    draw(canvas, Scene("", review=review), (), load)
    left, top, right, bottom = asked[-1]
    assert bottom - top == pytest.approx(0.5, abs=0.01)
    assert top < 0.4 - 0.2
    assert bottom > 0.4 + 0.2
    assert (left + right) / 2 == pytest.approx(0.55, abs=0.01)
