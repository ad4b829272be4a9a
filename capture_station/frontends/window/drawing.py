"""Draws a scene on a canvas: which part goes where, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from capture_station.frames import Image
from capture_station.frontends.window.attract.drawing import draw_attract
from capture_station.frontends.window.controls import Pill, draw_banner, draw_button, draw_line, draw_pill, fitting_px
from capture_station.frontends.window.layout import Layout, arrange
from capture_station.frontends.window.live.drawing import draw_live, pictures
from capture_station.frontends.window.menu.drawing import draw_focus, draw_menu, draw_pin_pad
from capture_station.frontends.window.palette import GOOD, INK, RAISED, SURROUND, WHITE
from capture_station.frontends.window.people.search_drawing import draw_search
from capture_station.frontends.window.review.drawing import WHOLE, LoadPicture, draw_review
from capture_station.frontends.window.scene import Question, Scene
from capture_station.frontends.window.take_home.drawing import draw_take_home

if TYPE_CHECKING:
    from capture_station.frontends.window.canvas import Canvas

PORTRAIT_WH = (4, 5)
"""Aspect of a portrait that cannot be read."""

__all__ = ["draw", "pictures"]


def draw(canvas: Canvas, scene: Scene, live: tuple[Image, ...], load: LoadPicture) -> Layout:
    """Draw a scene.

    Args:
        canvas: An open canvas.
        scene: What to show.
        live: The pictures of the scene's view, in the order of ``pictures``. Empty before the first preview.
        load: Reads a part of a picture under review.

    Returns:
        Where everything is, so that a touch can be matched to a button.
    """
    if scene.review is not None:
        portrait = load(scene.review.portrait, WHOLE, canvas.size_wh)
        frames_wh = [PORTRAIT_WH if portrait is None else (portrait.shape[1], portrait.shape[0])]
    else:
        frames_wh = [(image.shape[1], image.shape[0]) for image in live] or [(16, 9)]
    layout = arrange(canvas.size_wh, scene, *frames_wh)
    canvas.accent, canvas.leftward = scene.accent, scene.leftward
    canvas.fill(SURROUND)
    if scene.attract is not None and layout.attract is not None:
        draw_attract(canvas, layout.attract, scene.attract, layout.unit, load)
        canvas.show()
        return layout
    if scene.pin_pad is not None and layout.pin_pad is not None:
        draw_pin_pad(canvas, layout.pin_pad, scene.pin_pad, layout.unit)
    elif scene.menu is not None and layout.menu is not None:
        if scene.menu.live:
            draw_live(canvas, layout, replace(scene, hint=""), live)
        draw_menu(canvas, layout.menu, scene.menu, scene.hint, layout.unit, load)
    elif scene.search is not None and layout.search is not None:
        draw_search(canvas, layout.search, scene.search, layout.unit, load)
    elif scene.question is not None:
        _question(canvas, layout, scene.question)
    elif scene.take_home is not None:
        draw_take_home(canvas, layout, scene.take_home, scene.hint, load)
    elif scene.review is not None:
        draw_review(canvas, layout, scene.review, load)
    else:
        draw_live(canvas, layout, scene, live)
    if layout.following is not None:
        canvas.panel(layout.following, RAISED, layout.following.h // 2)
        draw_line(
            canvas, layout.following.inset(round(4 * layout.unit)), scene.following, layout.hint_px * 4 // 5, GOOD
        )
    for rect, banner in zip(layout.banners, scene.banners, strict=False):
        draw_banner(canvas, rect, banner, layout.unit)
    for rect, button in layout.buttons:
        if scene.menu is not None and scene.menu.focus == button.action:
            draw_focus(canvas, rect, rect.h // 2, layout.unit)
        draw_button(canvas, rect, button, layout.unit)
    if scene.hint and (scene.review is not None or scene.search is not None):
        _notice(canvas, layout, scene)
    if scene.corner:
        inset = layout.stage.inset(round(12 * layout.unit))
        draw_pill(canvas, Pill(inset.x, inset.y, 0, 0), scene.corner, round(15 * layout.unit), inset.w)
    if scene.flash:
        canvas.fill(WHITE)
    canvas.show()
    return layout


def _notice(canvas: Canvas, layout: Layout, scene: Scene) -> None:
    """What a press came to, while there is no live picture."""
    place = layout.review.picture if layout.search is None else layout.search.results
    draw_pill(canvas, Pill(place.centre[0], place.y + place.h, 0.5, 1.0), scene.hint, round(28 * layout.unit), place.w)


def _question(canvas: Canvas, layout: Layout, question: Question) -> None:
    """A text to agree to, as large as it can be."""
    unit = layout.unit
    canvas.panel(layout.stage, RAISED, round(18 * unit))
    column = layout.stage.inset(round(28 * unit))
    title_px, gap = round(38 * unit), round(18 * unit)
    title_h = canvas.text_wh(question.title, title_px, column.w, bold=True)[1]
    room = column.h - title_h - gap
    text_px = fitting_px(canvas, question.text, round(34 * unit), (column.w, room), bold=False)
    canvas.column_text((column.x, column.y), question.title, title_px, column.w, INK, bold=True)
    canvas.column_text((column.x, column.y + title_h + gap), question.text, text_px, column.w, INK, lines=True)
