"""Portrait presets: the picture's size and the head's place in it, shipped ones from ``presets.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from capture_station import shipped

FREE = "free"
"""The name that stands for no preset: the whole frame is saved."""
FREE_TITLE = "Whole picture"

MM_PER_INCH = 25.4
CROWN_TO_EYES = 0.5
"""Of crown to chin."""
SHOULDERS = 2.2
"""Width of the shoulders in heads, crown to chin."""

SAME_SHAPE = 0.01
"""Difference of two aspects that rounding to whole pixels makes, and nobody sees."""

SidePx = Annotated[int, Field(ge=16, le=16384)]
SideMm = Annotated[float, Field(ge=5, le=500)]
Level = Annotated[int, Field(ge=0, le=255)]
HeadHeight = Annotated[float, Field(ge=0.1, le=0.95)]
EyeLine = Annotated[float, Field(ge=0.1, le=0.9)]


class Preset(BaseModel):
    """Geometry of a portrait. Shares are of its height, except ``centre``, which is of its width."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    title: str = ""
    size_px: tuple[SidePx, SidePx] | None = None
    """Width and height; this or ``size_mm`` is given."""
    size_mm: tuple[SideMm, SideMm] | None = None
    """Printed width and height; with ``dpi`` they give the pixels."""
    dpi: Annotated[int, Field(ge=72, le=1200)] = 300
    least_px: SidePx | None = None
    """Least height of a portrait when the camera gives few pixels; half of the height if None."""
    head_height: HeadHeight
    """Crown to chin. The crown is the top of the hair."""
    head_height_range: tuple[HeadHeight, HeadHeight] | None = None
    """Least and most that is allowed; exactly ``head_height`` if None."""
    eye_line: EyeLine
    """Eyes below the upper edge."""
    eye_line_range: tuple[EyeLine, EyeLine] | None = None
    centre: Annotated[float, Field(ge=0.2, le=0.8)] = 0.5
    """The face's centre right of the left edge. A crop may be a little beside it; see ``framing.MOST_ASIDE``."""
    room_above: Annotated[float, Field(ge=0, le=0.4)] = 0.02
    """Least free room above the hair; the head becomes smaller for it."""
    background_rgb: tuple[Level, Level, Level] | None = None
    expression: Literal["neutral", "any"] = "any"
    """``neutral``: people are asked to close their mouth, and must look straight into the camera. Whether the mouth is
    closed is not judged."""
    eyes: Literal["visible", "any"] | None = None
    """``visible``: dark glasses are a flaw; None: visible where the expression is neutral."""
    source: str = ""
    """Address of the page that describes the geometry."""
    read: date | None = None
    """When the source was read."""

    @model_validator(mode="after")
    def _consistent(self) -> Preset:
        if (self.size_px is None) == (self.size_mm is None):
            raise ValueError("give either size_px or size_mm")
        for name, value, (low, high) in (
            ("head_height", self.head_height, self.head_heights),
            ("eye_line", self.eye_line, self.eye_lines),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} = {value} lies outside {name}_range [{low}, {high}]")
        return self

    @property
    def shows_eyes(self) -> bool:
        """Whether dark glasses are a flaw."""
        return self.eyes == "visible" or (self.eyes is None and self.expression == "neutral")

    @property
    def pixels_wh(self) -> tuple[int, int]:
        """Width and height of a portrait for which the camera gives enough pixels."""
        if self.size_px is not None:
            return self.size_px
        assert self.size_mm is not None
        width, height = (round(side / MM_PER_INCH * self.dpi) for side in self.size_mm)
        return width, height

    @property
    def aspect(self) -> float:
        """Width to height."""
        width, height = self.pixels_wh
        return width / height

    @property
    def least_height_px(self) -> int:
        """Least height of a portrait."""
        return self.least_px or (self.pixels_wh[1] + 1) // 2

    @property
    def head_heights(self) -> tuple[float, float]:
        """Least and most head height that is allowed."""
        return self.head_height_range or (self.head_height, self.head_height)

    @property
    def eye_lines(self) -> tuple[float, float]:
        """Least and most eye line that is allowed."""
        return self.eye_line_range or (self.eye_line, self.eye_line)

    def head_range(self, frame_wh: tuple[int, int], upscale_limit: float) -> HeadRange:
        """How large a head must be in the camera's picture so that it can be cropped.

        The least follows from the pixels, the most from the shoulders and what lies below the eyes, which the frame's
        edges may not cut off inside the portrait.
        """
        width, height = frame_wh
        least, most = self.head_heights[0], self.head_heights[1]
        below_eyes = (1 - self.eye_lines[1]) / most
        widest = width * max(1 / SHOULDERS, most / self.aspect)
        return HeadRange(
            least=least * self.least_height_px / upscale_limit / height,
            full_size=self.head_height * self.pixels_wh[1] / upscale_limit / height,
            most=min(1 / (CROWN_TO_EYES + below_eyes), widest / height),
        )

    def advice(
        self, name: str, frame_wh: tuple[int, int], upscale_limit: float, remedy: str = "", assumed: bool = False
    ) -> str:
        """What the operator should know about this preset and a camera's picture, in plain sentences.

        ``remedy`` is a sentence that says how to get more pixels of the head; it follows where there are too few.
        ``assumed``: nobody knows the size before the first picture comes, as of a stream.
        """
        head = self.head_range(frame_wh, upscale_limit)
        width, height = self.pixels_wh
        picture = f"the camera's picture ({'if it has ' if assumed else ''}{frame_wh[0]}x{frame_wh[1]} pixels)"
        if head.least > head.most:
            sentences = [f"{picture} is too small for a portrait as {name} asks for", remedy]
        else:
            sentences = [
                f"for {name}, the head must fill {head.least:.0%} to {head.most:.0%} of the height of {picture}"
            ]
            if head.full_size > head.most:
                sentences += [f"portraits are then smaller than {width}x{height} pixels", remedy]
            elif head.full_size > head.least:
                sentences.append(f"from {head.full_size:.0%} on, portraits have all of their {width}x{height} pixels")
        return "; ".join(filter(None, sentences))


class HeadRange(NamedTuple):
    """Crown to chin in the camera's picture, as shares of its height."""

    least: float
    full_size: float
    """From here on the portrait has the preset's full size."""
    most: float


def same_shape(one_wh: tuple[float, float], other_wh: tuple[float, float]) -> bool:
    """Whether one of two sizes can be scaled to the other without stretching that anybody would see."""
    return abs(one_wh[0] * other_wh[1] / (one_wh[1] * other_wh[0]) - 1) <= SAME_SHAPE


def shipped_preset(name: str) -> Preset | None:
    """The shipped preset of this name, if there is one."""
    return shipped_presets().get(name)


@cache
def shipped_presets() -> Mapping[str, Preset]:
    """The presets that come with the package, by name, in the file's order."""
    # The loader in C takes a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load(shipped.presets_path().read_text(encoding="utf-8"), loader)
    return {name: Preset.model_validate(preset) for name, preset in data.items()}
