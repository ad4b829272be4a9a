from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from capture_station.frontends.window.layout import Layout, Rect, arrange, covering_crop
from capture_station.frontends.window.people.touch_keyboard import keyboard
from capture_station.frontends.window.scene import (
    Action,
    Arrow,
    Banner,
    Button,
    Chosen,
    Listed,
    Menu,
    Picked,
    Review,
    Scene,
    Search,
    Tile,
    Typed,
    View,
)
from capture_station.locales.messages import CODES, Messages
from capture_station.station.status import Guide

SCREENS = [(800, 480), (1280, 720), (1080, 1920), (480, 800), (1920, 1080)]
LIVE = (Button(Action.VIEW, "View"), Button(Action.CAPTURE, "Take", primary=True), Button(Action.GUIDE, "Guide"))
PEOPLE = tuple(Listed(str(number), "Ada Lovelace", "no portrait yet", None) for number in range(10))
RANGES = Guide(0.4, 0.46, (0.34, 0.47), (0.38, 0.62), 0.5)
SEARCH = Search("ad", "Name or ID", "", PEOPLE, keyboard(Messages("en"), shifted=False, second=False))
SEARCH_BUTTONS = (Button(Action.NEXT, "Cancel"), Button(Action.NOT_LISTED, "Not on the list"))
SEVEN_INCH_WH = (800, 480)
SEVEN_INCH_PX_PER_MM = (800**2 + 480**2) ** 0.5 / (7 * 25.4)
ANSWERS = (Button(Action.RETAKE, "Retake"), Button(Action.KEEP, "Keep", primary=True))
TROUBLE = (Banner("No camera", "It was unplugged."), Banner("The disk is full", "12 MB left."))
SCENES = [
    Scene("", buttons=LIVE),
    Scene("", buttons=LIVE, view=View.BOTH, banners=TROUBLE),
    Scene("", buttons=ANSWERS, review=Review("portrait.jpg", "Here you are", True, ())),
    Scene("", buttons=LIVE, person="Ada Lovelace"),
    Scene("", countdown="3", buttons=LIVE[:1], person="Ada Lovelace", following="Next: Bo"),
    *(Scene("", buttons=LIVE, view=view, countdown="3", camera_at=edge) for view in View for edge in Arrow),
]


def overlap(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


def parts(layout: Layout, scene: Scene) -> list[Rect]:
    stage = [layout.review.picture, layout.review.text] if scene.review else list(layout.panels)
    lines = [rect for rect in (layout.person, layout.strip) if rect is not None]
    return [*layout.banners, *lines, *stage, *(rect for rect, _ in layout.buttons)]


@pytest.mark.parametrize("screen_wh", SCREENS)
@pytest.mark.parametrize("scene", SCENES)
def test_everything_is_on_the_screen_and_nothing_overlaps(screen_wh: tuple[int, int], scene: Scene) -> None:
    rects = parts(arrange(screen_wh, scene, (1280, 720)), scene)
    for rect in rects:
        assert rect.x >= 0
        assert rect.x + rect.w <= screen_wh[0]
        assert rect.y >= 0
        assert rect.y + rect.h <= screen_wh[1]
        assert rect.w >= 48
        assert rect.h >= 48
    assert not [pair for pair in combinations(rects, 2) if overlap(*pair)]


@pytest.mark.parametrize("screen_wh", SCREENS)
@pytest.mark.parametrize("scene", [*SCENES, Scene("", buttons=SEARCH_BUTTONS, search=SEARCH)])
def test_banners_leave_room_for_what_is_below_them(screen_wh: tuple[int, int], scene: Scene) -> None:
    many = tuple(Banner(f"Fault {number}", "It has a long explanation. " * 8) for number in range(4))
    layout = arrange(screen_wh, replace(scene, banners=many), (1280, 720))
    assert layout.banners
    search = layout.search
    below = layout.panels if search is None else [rect for rect, _ in (*search.keys, *search.people)]
    for rect in below:
        assert min(rect.w, rect.h) >= 16
        assert rect.y >= layout.banners[-1].y + layout.banners[-1].h


@pytest.mark.parametrize("screen_wh", SCREENS)
@pytest.mark.parametrize("frame_wh", [(1280, 720), (640, 480), (480, 640)])
def test_live_pictures_lose_no_upper_or_lower_edge(screen_wh: tuple[int, int], frame_wh: tuple[int, int]) -> None:
    (panel,) = arrange(screen_wh, Scene("", buttons=LIVE), frame_wh).panels
    crop = covering_crop(frame_wh, panel)
    assert crop.h == pytest.approx(frame_wh[1], abs=2)
    assert crop.w / crop.h == pytest.approx(panel.w / panel.h, rel=0.01)


def test_only_enabled_buttons_can_be_touched() -> None:
    scene = Scene("", buttons=(Button(Action.CAPTURE, "Take", primary=True, enabled=False),))
    layout = arrange((800, 480), scene, (1280, 720))
    assert layout.button_at(*layout.buttons[0][0].centre) is None
    layout = arrange((800, 480), Scene("", buttons=LIVE), (1280, 720))
    for rect, button in layout.buttons:
        assert layout.button_at(*rect.centre) == button
    assert layout.button_at(2, 2) is None


@pytest.mark.parametrize("screen_wh", [(800, 480), (1280, 720), (1080, 1920), (1920, 1080)])
def test_a_search_has_room_for_ten_people_and_all_keys(screen_wh: tuple[int, int]) -> None:
    layout = arrange(screen_wh, Scene("", buttons=SEARCH_BUTTONS, search=SEARCH), (1280, 720)).search
    assert layout is not None
    assert [person for _, person in layout.people] == list(PEOPLE)
    assert len(layout.keys) == 44
    rects = [layout.field, *(rect for rect, _ in (*layout.people, *layout.keys, *layout.buttons))]
    assert not [pair for pair in combinations(rects, 2) if overlap(*pair)]
    for rect in rects:
        assert rect.x >= 0
        assert rect.x + rect.w <= screen_wh[0]
        assert rect.y >= 0
        assert rect.y + rect.h <= screen_wh[1]


@pytest.mark.parametrize("screen_wh", SCREENS)
@pytest.mark.parametrize("leftward", [False, True])
def test_the_portrait_that_is_asked_about_is_seen_before_and_beside_the_people(
    screen_wh: tuple[int, int], leftward: bool
) -> None:
    heights_px = []
    for people in ((), PEOPLE):
        search = replace(SEARCH, people=people, portrait="portrait.jpg")
        scene = Scene("", buttons=SEARCH_BUTTONS, search=search, leftward=leftward)
        layout = arrange(screen_wh, scene, (1280, 720)).search
        assert layout is not None
        assert layout.portrait is not None
        beside = [layout.results] if not people else [rect for rect, _ in layout.people]
        rects = [layout.portrait, layout.field, *beside, *(rect for rect, _ in (*layout.keys, *layout.buttons))]
        assert not [pair for pair in combinations(rects, 2) if overlap(*pair)]
        heights_px.append(layout.portrait.h)
    assert heights_px[0] > 2 * heights_px[1] > 80


@pytest.mark.parametrize("leftward", [False, True])
def test_the_button_for_more_people_has_the_place_of_the_tenth(leftward: bool) -> None:
    more = Button(Action.MORE, "and 23 more")
    scene = Scene("", buttons=SEARCH_BUTTONS, search=SEARCH, leftward=leftward)
    whole = arrange(SEVEN_INCH_WH, scene, (1280, 720)).search
    layout = arrange(SEVEN_INCH_WH, replace(scene, search=replace(SEARCH, people=PEOPLE[:9], more=more)), (1280, 720))
    assert whole is not None
    assert layout.search is not None
    assert layout.search.people == whole.people[:9]
    assert layout.press_at(*whole.people[9][0].centre) is Action.MORE


def test_on_seven_inches_everything_to_touch_measures_nine_millimetres() -> None:
    scenes = (
        Scene("", buttons=LIVE),
        Scene("", buttons=(*ANSWERS, Button(Action.WRONG_PERSON, "Wrong person")), review=SCENES[2].review),
        Scene("", buttons=SEARCH_BUTTONS, search=SEARCH),
        *(
            Scene("", buttons=SEARCH_BUTTONS, search=replace(SEARCH, keyboard=keyboard(Messages(code), False, accents)))
            for code in CODES
            for accents in (False, True)
        ),
    )
    for scene in scenes:
        layout = arrange(SEVEN_INCH_WH, scene, (1280, 720))
        search = () if layout.search is None else (*layout.search.keys, *layout.search.people)
        for rect, target in (*layout.buttons, *search):
            assert min(rect.w, rect.h) / SEVEN_INCH_PX_PER_MM >= 9, target


def test_keys_and_people_are_touched_where_they_are_drawn() -> None:
    layout = arrange(SEVEN_INCH_WH, Scene("", buttons=SEARCH_BUTTONS, search=SEARCH), (1280, 720))
    assert layout.search is not None
    for rect, key in layout.search.keys:
        assert layout.press_at(*rect.centre) == key.action
    for rect, person in layout.search.people:
        assert layout.press_at(*rect.centre) == Chosen(person.id)
    assert Typed("q") in {key.action for _, key in layout.search.keys}


@pytest.mark.parametrize("screen_wh", SCREENS)
@pytest.mark.parametrize("portrait_wh", [(1200, 1500), (1000, 1000), (413, 531)])
def test_a_portrait_is_reviewed_as_large_as_it_was_seen(
    screen_wh: tuple[int, int], portrait_wh: tuple[int, int]
) -> None:
    live = arrange(screen_wh, Scene("", buttons=LIVE, cropped=True), portrait_wh)
    review = Review("portrait.jpg", "Here you are", True, (), ranges=RANGES, previous="before.jpg")
    place = arrange(screen_wh, Scene("", buttons=ANSWERS, review=review), portrait_wh).review
    assert place.picture.h >= live.panels[0].h * 0.98
    assert place.ranges is not None
    assert place.previous is not None
    rects = [place.picture, place.text, place.ranges, place.previous]
    assert not [pair for pair in combinations(rects, 2) if overlap(*pair)]
    stage = live.stage
    for rect in rects:
        assert rect.x >= stage.x - 1
        assert rect.x + rect.w <= stage.x + stage.w + 1
        assert rect.y >= stage.y - 1
        assert rect.y + rect.h <= stage.y + stage.h + 1


def test_a_touch_on_the_portrait_zooms_where_its_face_is_known() -> None:
    for ranges, press in ((RANGES, Action.ZOOM), (None, Action.WAKE)):
        review = Review("portrait.jpg", "Here you are", True, (), ranges=ranges)
        layout = arrange((1280, 720), Scene("", buttons=ANSWERS, review=review), (1200, 1500))
        assert layout.press_at(*layout.review.picture.centre) is press


@pytest.mark.parametrize("screen_wh", SCREENS)
@pytest.mark.parametrize("edge", Arrow)
def test_the_countdown_lies_at_the_cameras_edge(screen_wh: tuple[int, int], edge: Arrow) -> None:
    layout = arrange(screen_wh, Scene("", buttons=LIVE, countdown="3", camera_at=edge), (1280, 720))
    strip, stage = layout.strip, layout.stage
    assert strip is not None
    x, y = strip.centre
    assert {
        Arrow.UP: y < stage.y + stage.h / 3,
        Arrow.DOWN: y > stage.y + stage.h * 2 / 3,
        Arrow.LEFT: x < stage.x + stage.w / 3,
        Arrow.RIGHT: x > stage.x + stage.w * 2 / 3,
    }[edge]


@pytest.mark.parametrize("screen_wh", SCREENS)
def test_where_a_language_is_read_from_right_to_left_so_is_the_screen(screen_wh: tuple[int, int]) -> None:
    def arranged(scene: Scene, leftward: bool) -> Layout:
        return arrange(screen_wh, replace(scene, leftward=leftward), (1280, 720), (1280, 720))

    live = Scene("", buttons=LIVE, view=View.BOTH)
    search = Scene("", buttons=SEARCH_BUTTONS, search=SEARCH)
    menu = Scene("", menu=Menu("", tuple(Tile(Picked("page", str(at)), "") for at in range(9))))
    review = Scene("", buttons=ANSWERS, review=Review("", "", True, ()))
    for scene in (live, search, menu, review):
        usual, other = arranged(scene, False), arranged(scene, True)
        assert order(other) == [mirrored(part, screen_wh[0]) for part in order(usual)]
        assert [rect for rect, _ in keys(other)] == [rect for rect, _ in keys(usual)]  # As on the hardware.
    both = arranged(live, True).panels
    assert (both[0].x > both[1].x) == (screen_wh[0] > screen_wh[1])


def order(layout: Layout) -> list[Rect]:
    """What is read one after another."""
    people = () if layout.search is None else tuple(rect for rect, _ in layout.search.people)
    tiles = () if layout.menu is None else tuple(rect for rect, _ in layout.menu.tiles)
    return [*people, *tiles, layout.review.picture, layout.review.text, *(rect for rect, _ in layout.buttons)]


def keys(layout: Layout) -> tuple[tuple[Rect, Button], ...]:
    return () if layout.search is None else layout.search.keys


def mirrored(rect: Rect, screen_w: int) -> Rect:
    return rect._replace(x=screen_w - rect.x - rect.w)
