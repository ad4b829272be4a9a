"""Whether green means ok: the demo people at many places, judged live and captured a moment later.

``python -m models.recipe.evaluate.framing_sweep`` prints a Markdown table with a row for each preset: how often the
live picture was green, and how many of the portraits taken then got the verdict ``ok``; and how often it was green
where ``ok`` was possible, that is, where the portraits of both moments get it. Nobody stands still: between the live
picture and the capture the person moves by ``HEAD_MOTION``. All 5760 scenes take some hours of one processor.
``--count 400`` takes so many at random, and ``--after`` leaves out the first ones of that order: the guide's margins
were chosen on the first ``CHOSEN_ON``.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.camera.demo_rooms import room
from capture_station.camera.demo_scene import _PEOPLE, _cutout
from capture_station.config import PortraitSettings, Rgb, SegmentationSettings
from capture_station.frames import CoarsePass, Flaw, Frame, Head, Image, Matte
from capture_station.images import fit_within_wh, resized
from capture_station.portrait.coarse_to_fine import shown_px, with_fine_part
from capture_station.portrait.framing import frame_head
from capture_station.portrait.measure import verdict
from capture_station.portrait.pipeline import Cut, cut_person, frame_portrait
from capture_station.presets import FREE, shipped_presets
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.factory import open_segmenter
from capture_station.segmentation.live_segmenter import LiveSegmenter
from capture_station.station.live_framing import LiveFraming
from capture_station.station.live_verdict import flaws_of
from capture_station.station.preview import shown_alpha
from capture_station.station.status import FramingStatus
from capture_station.station.steadiness import SETTLES_S

PREVIEW_WH = (1280, 720)
HEAD_SHARES = tuple(np.geomspace(0.12, 0.85, 12).round(3).tolist())
SIDEWAYS = (-0.3, -0.12, 0.0, 0.12, 0.3)
HEIGHTS = (0.36, 0.46, 0.58)
LIGHTS = (0.18, 0.5, 1.0, 1.5)
LIGHTS_VARY = 0.2
"""By up to this share from scene to scene, so that no person is at the limit in all scenes of one light."""
HEAD_MOTION = 0.02
"""How far the person moves before the capture, in heads (crown to chin)."""
NOISE_LEVELS = 1.5
CHOSEN_ON = 800
"""So many scenes, the first of the random order, were used to choose the guide's margins."""
SIZES_WH = ((640, 480), (1280, 720), (1920, 1080), (720, 1280))


@dataclass(frozen=True)
class Scene:
    """One picture of a demo person."""

    size_wh: tuple[int, int]
    head_share: float
    """Distance from crown to chin, as a share of the picture's height."""
    sideways: float
    """Horizontal offset of the face's centre from the picture's centre, as a share of the picture's width."""
    eyes: float
    """Distance of the head's middle from the upper edge, as a share of the picture's height."""
    light: float
    """Factor by which the person's pixel values are multiplied."""
    person: int
    moment: int = 0
    """The camera's noise differs from moment to moment."""

    def later(self) -> Scene:
        """The same scene after the person has moved by ``HEAD_MOTION`` into one of many directions."""
        direction = 2 * np.pi * np.random.default_rng(abs(hash(self))).random()
        head_px = self.head_share * self.size_wh[1]
        return replace(
            self,
            sideways=self.sideways + HEAD_MOTION * float(np.cos(direction)) * head_px / self.size_wh[0],
            eyes=self.eyes + HEAD_MOTION * float(np.sin(direction)) * self.head_share,
            moment=self.moment + 1,
        )

    def image(self) -> Image:
        """Render the scene as (H, W, 3) RGB with a little noise."""
        width, height = self.size_wh
        rgba, at = person(self.person)
        scale = self.head_share * height / (at.chin_px - at.crown_px)
        reduced = rgba if scale >= 1 else cv2.resize(rgba, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        rest = max(1.0, scale)
        factor = reduced.shape[0] / rgba.shape[0] * rest
        x = width * (0.5 + self.sideways) - at.middle_px * factor
        y = height * self.eyes - (at.crown_px + at.chin_px) / 2 * factor
        matrix = np.array([[rest, 0, x], [0, rest, y]])
        layer = cv2.warpAffine(reduced, matrix, self.size_wh)
        picture = cv2.resize(room(self.person), self.size_wh, interpolation=cv2.INTER_LINEAR)
        clear = cv2.bitwise_not(cv2.cvtColor(cv2.extractChannel(layer, 3), cv2.COLOR_GRAY2RGB))
        cv2.multiply(picture, clear, dst=picture, scale=min(1.0, 0.4 + 0.6 * self.light) / 255)
        lit = cv2.convertScaleAbs(cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB), alpha=self.light)
        cv2.add(picture, lit, dst=picture)
        return np.asarray(cv2.add(picture, noise(self.size_wh, self.moment), dtype=cv2.CV_8U), np.uint8)


person = cache(_cutout)


@lru_cache(maxsize=8)
def noise(size_wh: tuple[int, int], moment: int) -> NDArray[np.int16]:
    """A camera's noise, (H, W, 3)."""
    levels = np.random.default_rng(moment).standard_normal((size_wh[1], size_wh[0], 3), np.float32)
    return np.asarray(np.rint(NOISE_LEVELS * levels), np.int16)


@dataclass(frozen=True)
class Row:
    """The result of one scene with one preset."""

    scene: object
    """A ``Scene``, or words that say where in a video."""
    preset: str
    green: bool
    hint: str
    verdict: str
    flaws: tuple[str, ...]
    possible: bool
    """The portraits of both moments are ``ok``."""


def scenes() -> list[Scene]:
    """Return all scenes in a fixed order."""
    people, random = range(len(_PEOPLE)), np.random.default_rng(0)
    every = product(SIZES_WH, HEAD_SHARES, SIDEWAYS, HEIGHTS, LIGHTS, people)
    return [
        Scene(*where, light * (1 + float(random.uniform(-LIGHTS_VARY, LIGHTS_VARY))), number)
        for *where, light, number in every
    ]


def sweep(chosen: list[Scene], presets: list[str], preview: Segmenter, capture: Segmenter) -> Iterator[Row]:
    """Judge each scene in the live preview, then capture it, and yield both results for each preset.

    The presets share all that does not depend on the crop.
    """
    settings = {name: PortraitSettings(preset=name) for name in presets}
    for scene in chosen:
        image, later = scene.image(), scene.later().image()
        small = resized(image, fit_within_wh(scene.size_wh, PREVIEW_WH))
        live = settled(preview, small)
        now, taken = Cuts(image, capture), Cuts(later, capture)
        for name, portrait in settings.items():
            framing = seen_live(small, live, image.shape[1] / small.shape[1], portrait, now)
            flaws = flaws_in(taken, portrait)
            possible = not flaws and (framing.ready or not flaws_in(now, portrait))
            hint = framing.blocking.value if framing.blocking else ""
            yield Row(scene, name, framing.ready, hint, verdict(flaws), tuple(flaw.code for flaw in flaws), possible)


def settled(preview: Segmenter, image_rgb: Image) -> Matte:
    """The live matte of a picture that stands still: the second look is at the part about the face."""
    live = LiveSegmenter(preview, 0)
    live.segment(Frame(image_rgb, 0, 1.0))
    return live.segment(Frame(image_rgb, 1, 1.1))


class Cuts:
    """The person of one picture, cut out once for each background and each part that had a fine pass."""

    def __init__(self, image_rgb: Image, segmenter: Segmenter) -> None:
        self.image_rgb = image_rgb
        self._segmenter = segmenter
        self._done: dict[tuple[Rgb, tuple[int, ...] | None], Cut] = {}

    @cached_property
    def _first(self) -> CoarsePass:
        return self._segmenter.coarse_pass(Frame(self.image_rgb, 0, 0.0))

    @cached_property
    def _whole(self) -> Matte:
        return self._first.complete()

    def of(self, settings: PortraitSettings) -> Cut:
        first = self._first.matte
        box_px = shown_px(first, self.image_rgb, settings)
        key = settings.background, box_px
        if key not in self._done:
            segment = self._segmenter.segment
            finer = None if box_px is None else with_fine_part(self.image_rgb, first, segment, box_px)
            self._done[key] = cut_person(self.image_rgb, self._whole if finer is None else finer, settings)
        return self._done[key]


def flaws_in(cuts: Cuts, settings: PortraitSettings) -> tuple[Flaw, ...]:
    """The flaws of a portrait; only the first one where the preset cannot be kept, which spares most of the time."""
    cut = cuts.of(settings)
    if cut.persons and (flaw := frame_head(cut.head, cut.alpha, settings).flaw) is not None:
        return (flaw,)
    return frame_portrait(cut, settings).measures.flaws


def seen_live(small: Image, live: Matte, reduced: float, settings: PortraitSettings, cuts: Cuts) -> FramingStatus:
    """What the station tells somebody who stands still for a moment."""
    alpha = shown_alpha(live, (small.shape[1], small.shape[0]))

    @cache
    def flaws(_: Head) -> tuple[Flaw, ...]:
        return flaws_of(cuts.of(settings), settings)

    framing = LiveFraming()
    for at_s in (0.0, SETTLES_S):
        status = framing.look(small, live, alpha, settings, reduced, at_s, flaws)[0]
    return status


def table(rows: list[Row]) -> str:
    """Return a Markdown table with one line per preset and one line for all presets together."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.preset].append(row)
    groups["all"] = rows
    lines = ["| preset | scenes | green | of them ok | possible | of them green |", "|---|---|---|---|---|---|"]
    for name, group in groups.items():
        green = [row for row in group if row.green]
        possible = [row for row in group if row.possible]
        good = sum(row.verdict == "ok" for row in green)
        both = sum(row.green for row in possible)
        lines.append(
            f"| {name} | {len(group)} | {len(green)} | {_percent(good, len(green))} | {len(possible)} | "
            f"{_percent(both, len(possible))} |"
        )
    return "\n".join(lines)


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, help="so many scenes, chosen at random; without it, all")
    parser.add_argument(
        "--after",
        type=int,
        default=0,
        help=f"leave out so many scenes of that random order; the margins were chosen on the first {CHOSEN_ON}",
    )
    parser.add_argument("--presets", nargs="*", default=[*shipped_presets(), FREE])
    parser.add_argument("--wrong", action="store_true", help="list every scene where green and verdict disagree")
    arguments = parser.parse_args()
    chosen = scenes()
    order = np.random.default_rng(1).permutation(len(chosen))[arguments.after :]
    chosen = [chosen[n] for n in order[: arguments.count]]
    settings = SegmentationSettings()
    rows = list(
        sweep(chosen, arguments.presets, open_segmenter(settings, "preview"), open_segmenter(settings, "capture"))
    )
    if arguments.wrong:
        for row in rows:
            if row.green != (row.verdict == "ok"):
                print(row)
    print(table(rows))


if __name__ == "__main__":
    main()
