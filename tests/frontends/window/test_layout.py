from __future__ import annotations

from itertools import combinations

import pytest

from capture_station.frontends.window.layout import Layout, Rect, arrange, covering_crop
from capture_station.frontends.window.scene import Action, Banner, Button, Review, Scene, View

SCREENS = [(800, 480), (1280, 720), (1080, 1920), (480, 800), (1920, 1080)]
LIVE = (Button(Action.VIEW, "View"), Button(Action.CAPTURE, "Take", primary=True), Button(Action.GUIDE, "Guide"))
ANSWERS = (Button(Action.RETAKE, "Retake"), Button(Action.KEEP, "Keep", primary=True))
TROUBLE = (Banner("No camera", "It was unplugged."), Banner("The disk is full", "12 MB left."))
SCENES = [
    Scene("", buttons=LIVE),
    Scene("", buttons=LIVE, view=View.BOTH, banners=TROUBLE),
    Scene("", buttons=ANSWERS, review=Review("portrait.jpg", "Here you are", True, ())),
]


def overlap(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


def parts(layout: Layout, scene: Scene) -> list[Rect]:
    stage = [layout.picture, layout.text] if scene.review else list(layout.panels)
    return [*layout.banners, *stage, *(rect for rect, _ in layout.buttons)]


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
