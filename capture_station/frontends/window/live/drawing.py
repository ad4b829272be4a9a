"""Draws the live pictures with guide, hint, name and countdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture_station.frames import Image
from capture_station.frontends.window.controls import QUARTERS, Pill, draw_line, draw_pill, fitting_px
from capture_station.frontends.window.layout import Layout, held_ring
from capture_station.frontends.window.palette import DARK, GOOD, INK, RAISED, SURROUND, WHITE
from capture_station.frontends.window.rect import Rect, covering_crop
from capture_station.frontends.window.scene import Arrow, Scene, View

if TYPE_CHECKING:
    from capture_station.frontends.window.canvas import Canvas


def pictures(view: View) -> tuple[str, ...]:
    """Names of the preview's pictures that a view shows, in the order ``draw`` expects them."""
    return {View.WHITE: ("white_rgb",), View.RAW: ("image_rgb",), View.BOTH: ("white_rgb", "image_rgb")}[view]


def draw_live(canvas: Canvas, layout: Layout, scene: Scene, live: tuple[Image, ...]) -> None:
    unit = layout.unit
    radius = round(18 * unit)
    for rect, image, name in zip(layout.panels, live, pictures(scene.view), strict=False):
        shown = covering_crop((image.shape[1], image.shape[0]), rect)
        canvas.image(rect, image, shown, scene.mirrored)
        if scene.guide and scene.cropped and name == "image_rgb":
            _crop_frame(canvas, rect, shown, (image.shape[1], image.shape[0]), scene, unit)
        elif scene.guide:
            _guide(canvas, rect, scene, unit)
        canvas.corners(rect, SURROUND, radius)
    if not live:
        for rect in layout.panels:
            canvas.panel(rect, RAISED, radius, 0.5)
    if layout.person is not None:
        draw_line(canvas, layout.person, scene.person, layout.hint_px, INK)
    if layout.strip is not None:
        _countdown(canvas, layout.strip, scene, layout.hint_px)
        return
    if scene.held > 0:
        ring = held_ring(layout)
        canvas.ring(ring, GOOD, max(4, round(ring.w * 0.08)), scene.held)
    if scene.hint:
        # At the lower edge, below the face.
        stage = layout.stage.inset(round(8 * unit))
        at = Pill(stage.centre[0], stage.y + stage.h, 0.5, 1.0)
        draw_pill(canvas, at, scene.hint, layout.hint_px, stage.w, scene.arrow)


def _crop_frame(canvas: Canvas, panel: Rect, shown: Rect, image_wh: tuple[int, int], scene: Scene, unit: float) -> None:
    """The portrait's edges in the raw picture, of which the part ``shown`` fills the panel."""
    corners = []
    for x, y in scene.crop:
        across = (x * image_wh[0] - shown.x) / shown.w
        down = (y * image_wh[1] - shown.y) / shown.h
        corners.append((panel.x + panel.w * (1 - across if scene.mirrored else across), panel.y + panel.h * down))
    canvas.outline(panel, corners, DARK, max(4, round(6 * unit)))
    canvas.outline(panel, corners, GOOD if scene.aligned else WHITE, max(2, round(3 * unit)))


def _guide(canvas: Canvas, panel: Rect, scene: Scene, unit: float) -> None:
    """An oval for the head and marks for the eyes. A dark rim keeps them visible on white and on any room."""
    colour = GOOD if scene.aligned else WHITE
    h = round(panel.h * scene.head_height)
    w = min(round(h * 0.76), panel.w)
    x, eyes = panel.centre[0], panel.y + round(panel.h * scene.eye_line)
    thin, thick = max(2, round(3 * unit)), max(4, round(6 * unit))
    oval = Rect(x - w // 2, eyes - round(h * 0.5), w, h)
    mark = round(w * 0.16)
    canvas.oval(oval.inset(-(thick - thin) // 2), DARK, thick, 0.35)
    canvas.oval(oval, colour, thin)
    for left in (oval.x - mark // 2, oval.x + w - mark // 2):
        canvas.panel(Rect(left, eyes - thick // 2, mark, thick), DARK, thick // 2, 0.35)
        canvas.panel(Rect(left, eyes - thin // 2, mark, thin), colour, thin // 2)


def _countdown(canvas: Canvas, strip: Rect, scene: Scene, hint_px: int) -> None:
    """At the camera's edge: an arrow towards the lens, the seconds left, and what to do."""
    edge = scene.camera_at
    upright = edge in (Arrow.UP, Arrow.DOWN)
    depth = strip.h if upright else strip.w
    tip, gap = round(depth * 0.16), round(depth * 0.05)
    size = depth - tip - gap
    room = (strip.w - size - 3 * gap, size) if upright else (strip.w, strip.h - size - gap)
    text_px = fitting_px(canvas, scene.hint, max(hint_px, round(depth * 0.17)), room) if scene.hint else 0
    words_w, words_h = canvas.text_wh(scene.hint, text_px, room[0], bold=True, lines=True) if scene.hint else (0, 0)
    if upright:
        # Arrow and seconds stay in the middle, close to the lens; the words are on the side.
        y = strip.y + tip + gap if edge is Arrow.UP else strip.y
        x = strip.centre[0] - (size + bool(scene.hint) * (3 * gap + words_w)) // 2
        words_xy = x + size + 3 * gap, y + (size - words_h) // 2
        tip_xy = strip.centre[0] - tip, strip.y if edge is Arrow.UP else strip.y + strip.h - tip
        tip_wh = 2 * tip, tip
    else:
        x = strip.x + tip + gap if edge is Arrow.LEFT else strip.x
        y = strip.centre[1] - (size + bool(scene.hint) * (gap + words_h)) // 2
        words_xy = strip.centre[0] - words_w // 2, y + size + gap
        tip_xy = strip.x if edge is Arrow.LEFT else strip.x + strip.w - tip, y + size // 2 - tip
        tip_wh = tip, 2 * tip
    canvas.arrow(Rect(*tip_xy, *tip_wh), GOOD, QUARTERS[edge])
    disc = Rect(x, y, size, size)
    canvas.panel(disc, RAISED, size // 2)
    canvas.ring(disc, GOOD, max(4, round(size * 0.05)), scene.countdown_share)
    draw_line(canvas, disc, scene.countdown, round(size * 0.86), WHITE)
    if scene.hint:
        canvas.text(words_xy, scene.hint, text_px, room[0], INK, bold=True, lines=True)
