"""A window, its input events, a few shapes and sounds, by SDL2 through pygame-ce. Only this file imports pygame."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pygame
from numpy.typing import NDArray

from capture_station.errors import DisplayError
from capture_station.frames import Image
from capture_station.frontends.window.keys import QUIT
from capture_station.frontends.window.palette import ACCENT, DEFAULT_ACCENT
from capture_station.frontends.window.rect import Rect
from capture_station.text_runs import Run, runs, runs_leftward, wrapped
from capture_station.typefaces import inter

Colour = tuple[int, int, int]
SILENT_S = 30.0
"""How long all is silent after no loudspeaker opened."""
POINTER_S = 3.0
"""How long the mouse pointer stays visible in full screen after it moved."""
_NAMES = {pygame.K_RETURN: "enter", pygame.K_KP_ENTER: "enter", pygame.K_ESCAPE: "escape"}
_MODIFIERS = frozenset(
    {pygame.K_LSHIFT, pygame.K_RSHIFT, pygame.K_LCTRL, pygame.K_RCTRL, pygame.K_LALT, pygame.K_RALT, pygame.K_MODE}
)
_SUPERSAMPLING = 4


class Input(NamedTuple):
    """What happened at a window."""

    keys: list[str]
    """Characters, and names of keys that have none, such as ``enter`` and ``ctrl+q``."""
    points: list[tuple[int, int]]
    """Where it was touched or clicked."""
    released: bool
    """The finger or the button was lifted."""
    changed: bool
    """The window must be drawn again."""


class Canvas:
    """A window to draw on. Belongs to the main thread of its process.

    Raises:
        DisplayError: There is no screen, or SDL cannot use it.
    """

    def __init__(self, driver: str, clock_s: Callable[[], float] = time.monotonic) -> None:
        if driver != "auto":
            os.environ["SDL_VIDEODRIVER"] = driver
        os.environ.setdefault("SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS", "0")
        cv2.setNumThreads(1)
        try:
            pygame.display.init()
        except pygame.error as error:
            raise DisplayError(f"no screen: {error}; run with --headless") from error
        pygame.font.init()
        self.driver = pygame.display.get_driver()
        if self.driver == "offscreen" or (self.driver == "dummy" and driver != "dummy"):
            # Without a screen SDL chooses a driver that draws into memory instead of failing.
            where = (
                f"DISPLAY={os.environ.get('DISPLAY', '')!r} WAYLAND_DISPLAY={os.environ.get('WAYLAND_DISPLAY', '')!r}"
            )
            raise DisplayError(f"no screen: neither a window system ({where}) nor a free monitor; run with --headless")
        if self.driver == "x11":
            # Shared memory instead of an OpenGL texture: 90 times less work where OpenGL is rendered in software.
            os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
        self.screen_wh = pygame.display.get_desktop_sizes()[0]
        self._clock_s = clock_s
        self.accent = DEFAULT_ACCENT
        self.leftward = False
        """Columns of text begin at the right, whatever is written in them."""
        """What is to be touched first; whoever draws may change it."""
        self._surface: pygame.Surface | None = None
        self._full_screen = False
        self._pointer_until_s = 0.0
        self._sound: pygame.mixer.Sound | None = None
        self._silent_until_s = -math.inf
        self._is_told = False
        """Why nothing is heard was told already."""
        self._font = lru_cache(64)(self._open_font)
        self._sprite = lru_cache(128)(self._make_sprite)
        self._text = lru_cache(256)(self._make_text)
        self._buffers = lru_cache(2)(self._make_buffers)

    def __enter__(self) -> Canvas:
        return self

    def __exit__(self, *_: object) -> None:
        if self._sound is not None:
            pygame.mixer.quit()
        pygame.display.quit()

    @property
    def surface(self) -> pygame.Surface:
        if self._surface is None:
            raise DisplayError("the window is not open yet")
        return self._surface

    @property
    def size_wh(self) -> tuple[int, int]:
        return self.surface.get_size()

    def open(self, full_screen: bool, size_wh: tuple[int, int], title: str) -> None:
        """Open the window, or switch it to and from full screen. Does nothing if it is in that state already.

        Raises:
            DisplayError: SDL cannot open it.
        """
        if self._surface is not None and full_screen == self._full_screen:
            return
        self._full_screen = full_screen
        if self._surface is not None:
            # Under some window managers, a window that leaves full screen keeps its size unless it is reopened.
            pygame.display.quit()
            pygame.display.init()
        pygame.display.set_icon(self._sprite("panel", 64, 64, 32, 0.0, ACCENT, 1.0))
        try:
            if full_screen:
                self._surface = pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
            else:
                size_wh = min(size_wh[0], self.screen_wh[0]), min(size_wh[1], self.screen_wh[1])
                self._surface = pygame.display.set_mode(size_wh, pygame.RESIZABLE)
        except pygame.error as error:
            raise DisplayError(f"no window on this screen ({self.driver}): {error}; run with --headless") from error
        pygame.display.set_caption(title)
        pygame.key.start_text_input()

    def input(self) -> Input:
        """What keys, touches and the window manager did since the last call.

        SDL reports the first finger on a touch screen as a mouse, so touches and clicks are the same.
        """
        keys: list[str] = []
        points: list[tuple[int, int]] = []
        released = changed = False
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                keys.append(QUIT)
            elif event.type == pygame.TEXTINPUT:
                keys += event.text
            elif event.type == pygame.KEYDOWN and event.key not in _MODIFIERS:
                keys += _key_names(event)
            elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
                points.append(event.pos)
            elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
                released = True
            elif event.type == pygame.MOUSEMOTION and not event.touch:
                self._pointer_until_s = time.monotonic() + POINTER_S
            elif event.type in (pygame.WINDOWSIZECHANGED, pygame.WINDOWEXPOSED):
                self._surface = pygame.display.get_surface()
                changed = True
        pygame.mouse.set_visible(not self._full_screen or time.monotonic() < self._pointer_until_s)
        return Input(keys, points, released, changed)

    def play(self, pcm: NDArray[np.int16], rate_hz: int, volume: float) -> str:
        """Start a sound, (n,) int16; returns why there is no loudspeaker, the first time only.

        It is looked for again after a while: a Bluetooth loudspeaker or the machine's sound server may come late.
        """
        if self._clock_s() < self._silent_until_s:
            return ""
        try:
            if pygame.mixer.get_init() is None:
                pygame.mixer.init(rate_hz, -16, 1, 512, allowedchanges=0)
            self._sound = pygame.mixer.Sound(buffer=pcm.tobytes())
            self._sound.set_volume(volume)
            self._sound.play()
        except (pygame.error, NotImplementedError) as error:
            self._silent_until_s = self._clock_s() + SILENT_S
            is_told, self._is_told = self._is_told, True
            return "" if is_told else str(error)
        return ""

    def show(self) -> None:
        """Present what was drawn."""
        pygame.display.flip()

    def pixels(self) -> Image:
        """A copy (h, w, 3) RGB of what was drawn."""
        return np.ascontiguousarray(pygame.surfarray.array3d(self.surface).swapaxes(0, 1))

    def fill(self, colour: Colour) -> None:
        self.surface.fill(colour)

    def veil(self, rect: Rect, colour: Colour, opacity: float) -> None:
        """Cover a part of the screen with a translucent colour; opacity in [0, 1]."""
        sheet = pygame.Surface((rect.w, rect.h))
        sheet.fill(colour)
        sheet.set_alpha(round(255 * opacity))
        self.surface.blit(sheet, (rect.x, rect.y))

    def image(self, rect: Rect, image_rgb: Image, crop: Rect, mirrored: bool = False) -> None:
        """Draw a part of a picture, scaled to fill a rectangle."""
        part = image_rgb[crop.y : crop.y + crop.h, crop.x : crop.x + crop.w]
        shrinking = rect.w * 2 < crop.w
        # Allocating new memory for each frame costs more than the scaling.
        scaled, flipped = self._buffers(rect.w, rect.h)
        cv2.resize(part, (rect.w, rect.h), scaled, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
        if mirrored:
            cv2.flip(scaled, 1, flipped)
        shown = flipped if mirrored else scaled
        self.surface.blit(pygame.image.frombuffer(shown.data, (rect.w, rect.h), "RGB"), (rect.x, rect.y))

    def panel(self, rect: Rect, colour: Colour, radius: int, opacity: float = 1.0) -> None:
        """A filled rectangle with round corners."""
        self.surface.blit(self._sprite("panel", rect.w, rect.h, radius, 0.0, colour, opacity), (rect.x, rect.y))

    def corners(self, rect: Rect, colour: Colour, radius: int) -> None:
        """Round a picture's corners by painting the surrounding colour over them."""
        sprite = self._sprite("corners", 2 * radius, 2 * radius, radius, 0.0, colour, 1.0)
        for x, source_x in ((rect.x, 0), (rect.x + rect.w - radius, radius)):
            for y, source_y in ((rect.y, 0), (rect.y + rect.h - radius, radius)):
                self.surface.blit(sprite, (x, y), (source_x, source_y, radius, radius))

    def oval(self, rect: Rect, colour: Colour, line_px: int, opacity: float = 1.0) -> None:
        self.surface.blit(self._sprite("oval", rect.w, rect.h, line_px, 1.0, colour, opacity), (rect.x, rect.y))

    def ring(self, rect: Rect, colour: Colour, line_px: int, share: float) -> None:
        """The first ``share`` of a circle's outline, clockwise from the top."""
        sprite = self._sprite("oval", rect.w, rect.h, line_px, round(share * 60) / 60, colour, 1.0)
        self.surface.blit(sprite, (rect.x, rect.y))

    def outline(self, within: Rect, points: list[tuple[float, float]], colour: Colour, line_px: int) -> None:
        """The closed line through points, where it lies within a rectangle."""
        self.surface.set_clip(pygame.Rect(*within))
        pygame.draw.lines(self.surface, colour, True, points, line_px)
        self.surface.set_clip(None)

    def arrow(self, rect: Rect, colour: Colour, quarters: int) -> None:
        """A triangle that points up, turned clockwise by so many quarters of a circle."""
        sprite = self._sprite("arrow", rect.w, rect.h, quarters, 0.0, colour, 1.0)
        self.surface.blit(sprite, (rect.x, rect.y))

    def fits(self, text: str, size_px: int, width_px: int) -> bool:
        """Whether a bold text fits into one line as it is."""
        return self._line_px(text, size_px, True) <= width_px

    def text_wh(
        self, text: str, size_px: int, width_px: int, bold: bool = False, lines: bool = False
    ) -> tuple[int, int]:
        """Width and height of a text, in pixels."""
        return self._text(text, size_px, width_px, (0, 0, 0), bold, lines, False).get_size()

    def text(
        self,
        xy: tuple[int, int],
        text: str,
        size_px: int,
        width_px: int,
        colour: Colour,
        bold: bool = False,
        lines: bool = False,
        centred: bool = False,
    ) -> None:
        """Draw a text at its upper left corner. A text wider than ``width_px`` is wrapped if ``lines``, else shrunk.

        Of several lines, shorter ones are in the middle if ``centred``, else on the left.
        """
        self.surface.blit(self._text(text, size_px, width_px, colour, bold, lines, centred), xy)

    def column_text(
        self,
        xy: tuple[int, int],
        text: str,
        size_px: int,
        width_px: int,
        colour: Colour,
        bold: bool = False,
        lines: bool = False,
    ) -> None:
        """The same at that side of a column of ``width_px`` at which the text is begun to be read."""
        leftward = self.leftward or runs_leftward(text)
        w = self.text_wh(text, size_px, width_px, bold, lines)[0] if leftward else width_px
        self.text((xy[0] + width_px - w, xy[1]), text, size_px, width_px, colour, bold, lines)

    @staticmethod
    def _make_buffers(w: int, h: int) -> tuple[Image, Image]:
        return np.empty((h, w, 3), np.uint8), np.empty((h, w, 3), np.uint8)

    @staticmethod
    def _open_font(file: Path, size_px: int, leftward: bool, script: str) -> pygame.font.Font:
        font = pygame.font.Font(file, size_px)
        if script:
            font.set_script(script)
        if leftward:
            font.set_direction(pygame.DIRECTION_RTL)
        return font

    def _make_text(
        self, text: str, size_px: int, width_px: int, colour: Colour, bold: bool, lines: bool, centred: bool
    ) -> pygame.Surface:
        if lines:
            return self._block(
                wrapped(text, width_px, lambda line: self._line_px(line, size_px, bold)), size_px, colour, bold, centred
            )
        while (taken_px := self._line_px(text, size_px, bold)) > width_px and size_px > 8:
            size_px = max(8, min(size_px - 1, size_px * width_px // taken_px))
        return self._line(text, size_px, colour, bold)

    def _line_px(self, text: str, size_px: int, bold: bool) -> int:
        return sum(int(self._font_of(run, size_px).size(run.text)[0]) for run in runs(text, bold))

    def _line(self, text: str, size_px: int, colour: Colour, bold: bool) -> pygame.Surface:
        drawn = runs(text, bold)
        if len(drawn) == 1:
            return self._piece(drawn[0], size_px, colour)
        fonts = [self._font_of(run, size_px) for run in drawn]
        pieces = [self._piece(run, size_px, colour) for run in drawn]
        ascent_px = max(font.get_ascent() for font in fonts)
        tops = [ascent_px - font.get_ascent() for font in fonts]
        height_px = max(top + piece.height for top, piece in zip(tops, pieces, strict=True))
        line = pygame.Surface((sum(piece.width for piece in pieces), height_px), pygame.SRCALPHA)
        x = 0
        for top, piece in zip(tops, pieces, strict=True):
            line.blit(piece, (x, top))
            x += piece.width
        return line

    def _piece(self, run: Run, size_px: int, colour: Colour) -> pygame.Surface:
        font = self._font_of(run, size_px)
        # SDL refuses a text that has no width, such as a mark of direction, unless it is empty.
        return font.render(run.text if font.size(run.text)[0] else "", True, colour)

    def _font_of(self, run: Run, size_px: int) -> pygame.font.Font:
        return self._font(run.face.file, size_px, run.leftward, run.script)

    def _block(self, lines: list[str], size_px: int, colour: Colour, bold: bool, centred: bool) -> pygame.Surface:
        """Lines below each other, in the middle or at the side where reading begins."""
        drawn = [self._line(line, size_px, colour, bold) for line in lines]
        step = self._font(inter(bold).file, size_px, False, "").get_linesize()
        block = pygame.Surface(
            (max(line.width for line in drawn), step * (len(drawn) - 1) + drawn[-1].height), pygame.SRCALPHA
        )
        for row, (line, text) in enumerate(zip(drawn, lines, strict=True)):
            spare = block.width - line.width
            block.blit(line, (spare // 2 if centred else spare if runs_leftward(text) else 0, row * step))
        return block

    @staticmethod
    def _make_sprite(
        shape: str, w: int, h: int, radius: int, share: float, colour: Colour, opacity: float
    ) -> pygame.Surface:
        """An antialiased shape of one colour."""
        many = _SUPERSAMPLING
        mask = np.zeros((h * many, w * many), np.uint8)
        wide, high, r = w * many, h * many, radius * many
        if shape == "oval":
            axes = (wide - r) // 2 - 1, (high - r) // 2 - 1
            cv2.ellipse(mask, (wide // 2, high // 2), axes, 0, -90, -90 + 360 * share, 255, r)
        elif shape == "arrow":
            corners = [(0, high - 1), (wide - 1, high - 1), (wide - 1, 0), (0, 0)]
            tips = [(wide // 2, 0), (wide - 1, high // 2), (wide // 2, high - 1), (0, high // 2)]
            base = [corners[-radius % 4], corners[(1 - radius) % 4]]
            cv2.fillConvexPoly(mask, np.array([*base, tips[radius]], np.int32), 255)
        else:
            r = min(r, wide // 2, high // 2)
            cv2.rectangle(mask, (r, 0), (wide - r - 1, high - 1), 255, -1)
            cv2.rectangle(mask, (0, r), (wide - 1, high - r - 1), 255, -1)
            for x in (r, wide - r - 1):
                for y in (r, high - r - 1):
                    cv2.circle(mask, (x, y), r, 255, -1)
            if shape == "corners":
                mask = 255 - mask
        sprite = pygame.Surface((w, h), pygame.SRCALPHA)
        sprite.fill(colour)
        alpha = cv2.resize(mask, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32) * opacity
        pygame.surfarray.pixels_alpha(sprite)[:] = alpha.astype(np.uint8).T
        return sprite


def _key_names(event: pygame.event.Event) -> list[str]:
    """The name of a key that types no character.

    Characters come as text. SDL takes a key that is pressed again within 2 ms for one that is held, and pygame drops
    its event: of the code 1002, a fast scanner's second zero would be lost.
    """
    name = _NAMES.get(event.key) or pygame.key.name(event.key)
    if event.mod & pygame.KMOD_CTRL:
        return [f"ctrl+{name}"]
    return [] if event.unicode and event.unicode.isprintable() else [name]
