"""Draws a scene on a canvas: colours, sizes, spacing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from capture_station.frames import Image
from capture_station.frontends.window.layout import Layout, Rect, arrange, countdown_disc, covering_crop, fitted
from capture_station.frontends.window.scene import Action, Arrow, Button, Question, Review, Scene, View

if TYPE_CHECKING:
    from capture_station.frontends.window.canvas import Canvas

SURROUND = (19, 22, 27)
RAISED = (44, 50, 59)
INK = (244, 246, 248)
SOFT_INK = (176, 184, 194)
DISABLED_INK = (120, 128, 138)
WHITE = (255, 255, 255)
DARK = (10, 12, 15)
ACCENT = (14, 134, 120)
ACCENT_GONE = (8, 96, 86)
GOOD = (46, 204, 170)
WARNING = (255, 193, 71)
WARNING_INK = (46, 30, 0)


def draw(canvas: Canvas, scene: Scene, live: tuple[Image, ...], portrait: Image | None) -> Layout:
    """Draw a scene.

    Args:
        canvas: An open canvas.
        scene: What to show.
        live: The pictures of the scene's view, in the order of ``pictures``. Empty before the first preview.
        portrait: The picture under review; None if it cannot be read.

    Returns:
        Where everything is, so that a touch can be matched to a button.
    """
    layout = arrange(canvas.size_wh, scene, *[(image.shape[1], image.shape[0]) for image in live] or [(16, 9)])
    canvas.fill(SURROUND)
    if scene.question is not None:
        _question(canvas, layout, scene.question)
    elif scene.review is not None:
        _review(canvas, layout, scene.review, portrait)
    else:
        _live(canvas, layout, scene, live)
    for rect, banner in zip(layout.banners, scene.banners, strict=True):
        _banner(canvas, rect, banner.title, banner.detail, layout.unit)
    for rect, button in layout.buttons:
        _button(canvas, rect, button, layout.unit)
    if scene.corner:
        inset = layout.stage.inset(round(12 * layout.unit))
        _pill(canvas, Pill(inset.x, inset.y, 0, 0), scene.corner, 15 * layout.unit)
    if scene.flash > 0:
        canvas.veil(Rect(0, 0, *canvas.size_wh), WHITE, scene.flash)
    canvas.show()
    return layout


def pictures(view: View) -> tuple[str, ...]:
    """Names of the preview's pictures that a view shows, in the order ``draw`` expects them."""
    return {View.WHITE: ("white_rgb",), View.RAW: ("image_rgb",), View.BOTH: ("white_rgb", "image_rgb")}[view]


def _live(canvas: Canvas, layout: Layout, scene: Scene, live: tuple[Image, ...]) -> None:
    unit = layout.unit
    radius = round(18 * unit)
    for rect, image, name in zip(layout.panels, live, pictures(scene.view), strict=False):
        shown = covering_crop((image.shape[1], image.shape[0]), rect)
        canvas.image(rect, image, shown, scene.mirrored)
        if scene.stale:
            canvas.veil(rect, SURROUND, 0.8)
        if scene.guide and scene.cropped and name == "image_rgb":
            _crop_frame(canvas, rect, shown, (image.shape[1], image.shape[0]), scene, unit)
        elif scene.guide:
            _guide(canvas, rect, scene, unit)
        canvas.corners(rect, SURROUND, radius)
    if not live:
        for rect in layout.panels:
            canvas.panel(rect, RAISED, radius, 0.5)
    stage = layout.stage.inset(round(20 * unit))
    if scene.person and not scene.countdown:
        _pill(canvas, Pill(stage.centre[0], stage.y, 0.5, 0.0), scene.person, 30 * unit)
    if scene.countdown:
        _countdown(canvas, layout, scene)
    elif scene.held > 0:
        disc = countdown_disc(layout)
        canvas.ring(disc, GOOD, max(4, round(disc.w * 0.04)), scene.held)
    if scene.hint:
        # At the lower edge, below the face.
        _pill(canvas, Pill(stage.centre[0], stage.y + stage.h, 0.5, 1.0), scene.hint, 30 * unit, scene.arrow)


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


def _countdown(canvas: Canvas, layout: Layout, scene: Scene) -> None:
    """The seconds left, at the upper edge near the camera: beside or above the picture if there is room."""
    disc = countdown_disc(layout)
    size = disc.w
    canvas.panel(disc, DARK, size // 2, 0.7)
    canvas.ring(disc, GOOD, max(4, round(size * 0.04)), scene.countdown_share)
    text_px = round(size * 0.66)
    w, h = canvas.text_wh(scene.countdown, text_px, size, bold=True)
    canvas.text((disc.centre[0] - w // 2, disc.centre[1] - h // 2), scene.countdown, text_px, size, WHITE, bold=True)


class Pill(NamedTuple):
    """Position of a pill: a point, and the shares of its width and height that lie left of and above the point."""

    x: int
    y: int
    left: float
    above: float


def _pill(canvas: Canvas, at: Pill, text: str, size: float, arrow: Arrow | None = None) -> None:
    """A line of text on a dark pill, with an arrow on the side to which it points."""
    size_px, pad = round(size), round(size * 0.8)
    side = pad + pad // 2 if arrow is not None else 0
    room = canvas.size_wh[0] - 4 * pad - side
    w, h = canvas.text_wh(text, size_px, room, bold=True)
    pill_w, pill_h = w + 2 * pad + side, h + pad
    rect = Rect(at.x - round(pill_w * at.left), at.y - round(pill_h * at.above), pill_w, pill_h)
    canvas.panel(rect, DARK, pill_h // 2, 0.78)
    start = rect.x + pad + (side if arrow is Arrow.LEFT else 0)
    canvas.text((start, rect.centre[1] - h // 2), text, size_px, room, INK, bold=True)
    if arrow is not None:
        tip_x = rect.x + pad if arrow is Arrow.LEFT else rect.x + pill_w - 2 * pad
        canvas.arrow(Rect(tip_x, rect.centre[1] - pad // 2, pad, pad), GOOD, arrow is Arrow.LEFT)


def _banner(canvas: Canvas, rect: Rect, title: str, detail: str, unit: float) -> None:
    pad = round(20 * unit)
    canvas.panel(rect, WARNING, round(14 * unit))
    room = rect.w - 2 * pad
    title_px, detail_px = round(24 * unit), round(18 * unit)
    _, title_h = canvas.text_wh(title, title_px, room, bold=True)
    while detail_px > 9 and title_h + canvas.text_wh(detail, detail_px, room, lines=True)[1] > rect.h:
        detail_px -= 1
    _, detail_h = canvas.text_wh(detail, detail_px, room, lines=True)
    y = rect.y + (rect.h - title_h - detail_h) // 2
    canvas.text((rect.x + pad, y), title, title_px, room, WARNING_INK, bold=True)
    canvas.text((rect.x + pad, y + title_h), detail, detail_px, room, WARNING_INK, lines=True)


def _button(canvas: Canvas, rect: Rect, button: Button, unit: float) -> None:
    radius = rect.h // 2
    if not button.enabled:
        face, ink = RAISED, DISABLED_INK
    elif button.primary:
        face, ink = ACCENT, WHITE
    else:
        face, ink = RAISED, INK
    canvas.panel(rect, face, radius)
    if button.filled > 0:
        gone = max(rect.h, round(rect.w * button.filled / 4) * 4)
        canvas.panel(rect._replace(w=min(gone, rect.w)), ACCENT_GONE, radius)
    size_px = round((26 if button.primary else 21) * unit)
    icon = round(26 * unit) if button.action is Action.CAPTURE else 0
    gap = icon // 2
    room = rect.w - radius - icon - gap
    w, h = canvas.text_wh(button.label, size_px, room, bold=True)
    x = rect.centre[0] - (w + icon + gap) // 2
    if icon:
        shutter = Rect(x, rect.centre[1] - icon // 2, icon, icon)
        canvas.oval(shutter, ink, max(2, icon // 9))
        dot = shutter.inset(icon // 4)
        canvas.panel(dot, ink, dot.h // 2)
    canvas.text((x + icon + gap, rect.centre[1] - h // 2), button.label, size_px, room, ink, bold=True)


def _question(canvas: Canvas, layout: Layout, question: Question) -> None:
    """A text to agree to, as large as it can be."""
    unit = layout.unit
    canvas.panel(layout.stage, RAISED, round(18 * unit))
    column = layout.stage.inset(round(32 * unit))
    title_px, text_px, gap = round(38 * unit), round(28 * unit), round(18 * unit)
    title_h = canvas.text_wh(question.title, title_px, column.w, bold=True)[1]
    room = column.h - title_h - gap
    while text_px > 9 and canvas.text_wh(question.text, text_px, column.w, lines=True)[1] > room:
        text_px -= 1
    canvas.text((column.x, column.y), question.title, title_px, column.w, INK, bold=True)
    canvas.text((column.x, column.y + title_h + gap), question.text, text_px, column.w, SOFT_INK, lines=True)


def _review(canvas: Canvas, layout: Layout, review: Review, portrait: Image | None) -> None:
    unit = layout.unit
    radius = round(18 * unit)
    if portrait is not None:
        h, w = portrait.shape[:2]
        rect = fitted(layout.picture, w / h)
        canvas.image(rect, portrait, Rect(0, 0, w, h))
        canvas.corners(rect, SURROUND, radius)
    else:
        canvas.panel(layout.picture, RAISED, radius, 0.5)
    title_px, line_px, gap = round(38 * unit), round(23 * unit), round(14 * unit)
    column = layout.text.inset(round(16 * unit))
    bar_px = round(6 * unit)
    room = column.w - bar_px - gap
    rows = [(review.title, title_px, True, INK)] + [(line, line_px, False, SOFT_INK) for line in review.reasons]
    sizes = [canvas.text_wh(text, px, room, bold, lines=True)[1] for text, px, bold, _ in rows]
    total = sum(sizes) + gap * (len(rows) - 1)
    y = max(column.y, column.centre[1] - total // 2)
    canvas.panel(Rect(column.x, y, bar_px, min(total, column.h)), GOOD if review.good else WARNING, bar_px // 2)
    for (text, px, bold, colour), h in zip(rows, sizes, strict=True):
        if y + h > column.y + column.h:
            break
        canvas.text((column.x + bar_px + gap, y), text, px, room, colour, bold, lines=True)
        y += h + gap
