"""What a clean plate gains: ``python -m models.recipe.evaluate.clean_plates --data DIR [--pictures DIR]``.

Held-out cut-outs are placed before held-out rooms, and the same room alone is the plate: in slightly other light, half
a pixel aside, with noise. Further lines show what happens where the plate does not fit. ``--pictures`` has the
photographs of ``raised_arms``: these people are cut out by hand and placed before rooms as well.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from capture_station import shipped as package
from capture_station.config import SegmentationSettings
from capture_station.frames import Image, Matte
from capture_station.portrait.doubt import MOST_DOUBT
from capture_station.portrait.foreground import layers
from capture_station.portrait.pipeline import make_portrait
from capture_station.portrait.plate_evidence import CleanPlate, Network
from capture_station.segmentation.plate_model import open_plate_model
from models.recipe import dataset, metrics
from models.recipe.evaluate.composites import composites, levels, noisy
from models.recipe.evaluate.contestants import UNCROPPED, Contestant, for_saving, sure_of, unit_alpha
from models.recipe.evaluate.markdown import markdown
from models.recipe.evaluate.raised_arms import WHOLE, cases

LIGHT, ASIDE_PX, NOISE_LEVELS = 0.05, 0.5, 0.7
"""Standard deviations of the logarithm of each channel's light, of a shift along each axis, and of noise."""
CUT_EDGE_PX = 1.0
"""Softness of the edge of a person who was cut out by hand."""
MOST_KEPT = 0.02
"""A portrait is wrong that keeps more of the room, as a share of the person, or lacks more than ``WHOLE``."""
THING = 0.06, 0.15
"""Half the width and height of a thing that was put down since, as shares of the picture's width."""

Rng = np.random.Generator
PlateOf = Callable[["Scene", "Scene", Rng], Image]


class Scene(NamedTuple):
    """A person before a room."""

    image: Image
    alpha: NDArray[np.float32]
    on_white: Image | None
    """The true portrait; None where the person's true colours are not known."""
    behind: Image


def taken(scene: Scene, _: Scene, rng: Rng, light: float = LIGHT, aside_px: float = ASIDE_PX) -> Image:
    """The room alone, as it was photographed at another time."""
    lit = scene.behind * np.exp(rng.normal(0, light, 3) + rng.normal(0, light))
    matrix = np.array([[1, 0, rng.normal(0, aside_px)], [0, 1, rng.normal(0, aside_px)]])
    moved = cv2.warpAffine(lit, matrix, lit.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    return levels(moved + rng.normal(0, NOISE_LEVELS, moved.shape))


def another(scene: Scene, other: Scene, rng: Rng) -> Image:
    """Another room."""
    behind = np.asarray(cv2.resize(other.behind, scene.behind.shape[1::-1]), np.uint8)
    return taken(scene._replace(behind=behind), other, rng)


def half_moved(scene: Scene, other: Scene, rng: Rng) -> Image:
    """A room of which one half has changed."""
    plate, middle = taken(scene, other, rng), scene.behind.shape[1] // 2
    half = np.s_[:, :middle] if rng.random() < 0.5 else np.s_[:, middle:]
    plate[half] = another(scene, other, rng)[half]
    return plate


def with_somebody(scene: Scene, other: Scene, rng: Rng) -> Image:
    """A plate in which the person stands a little aside."""
    step = round(0.08 * scene.image.shape[1])
    share = np.roll(scene.alpha, step, axis=1)[..., None]
    return levels(taken(scene, other, rng) * (1 - share) + np.roll(scene.image, step, axis=1) * share)


PLATES: dict[str, PlateOf | None] = {
    "no plate": None,
    "a plate": taken,
    "in other light": lambda *scenes: taken(*scenes, light=0.15),
    "two pixels aside": lambda *scenes: taken(*scenes, aside_px=2),
    "six pixels aside": lambda *scenes: taken(*scenes, aside_px=6),
    "half of the room has changed": half_moved,
    "somebody stands in it": with_somebody,
    "another room": another,
}


def in_own_shadow(scene: Scene) -> Scene:
    """The same scene, with the person's shadow close beside them on the wall."""
    width = scene.image.shape[1]
    cast = np.roll(scene.alpha, (round(0.03 * width), round(0.06 * width)), axis=(0, 1))
    dark = 0.45 * cv2.GaussianBlur(cast, (0, 0), 0.012 * width)[..., None]
    image = scene.image - scene.behind * dark * (1 - scene.alpha[..., None])
    return scene._replace(image=levels(image))


def with_a_thing(scene: Scene, other: Scene, rng: Rng) -> Scene:
    """The same scene, with something behind the person that is not on the plate: a piece of another room.

    It touches the outline below the upper quarter of the picture.
    """
    person = (scene.alpha > 0.5).astype(np.uint8)
    outline = np.argwhere(cv2.morphologyEx(person, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    height, width = person.shape
    row, column = rng.choice(outline[outline[:, 0] >= min(height / 4, outline[:, 0].max())])
    half_px = np.maximum(np.rint(rng.uniform(*THING, 2) * width), 1).astype(int).tolist()
    thing = np.zeros((height, width), np.float32)
    cv2.ellipse(thing, (int(column), int(row)), half_px, rng.uniform(0, 180), 0, 360, 1, -1)
    share = cv2.GaussianBlur(thing, (0, 0), CUT_EDGE_PX)[..., None] * (1 - scene.alpha[..., None])
    there = cv2.resize(other.behind, (width, height)).astype(np.float32)
    return scene._replace(image=levels(scene.image + (there - scene.behind) * share))


def scenes(data: dataset.Dataset, hair: bool, limit: int | None) -> Iterator[Scene]:
    """The composites of a split, each cut-out before one room."""
    for number, made in enumerate(composites(data, limit, hair)):
        if number % 2 == 0:
            yield Scene(made.image, made.alpha, made.on_white, made.behind)


def arms(data: dataset.Dataset, pictures: Path, limit: int | None) -> Iterator[Scene]:
    """People with raised arms, cut out by hand, before rooms."""
    rooms = sorted(room.image for room in data.backgrounds if room.source == "houses")
    for number, case in list(enumerate(cases(pictures)))[:limit]:
        rng = np.random.default_rng(number)
        alpha = np.asarray(cv2.GaussianBlur(case.person.astype(np.float32), (0, 0), CUT_EDGE_PX), np.float32)
        own = layers(case.image.astype(np.float32), alpha).person
        colours = np.where(alpha[..., None] > 0.97, case.image, own)
        room = dataset.read_rgb(rooms[number % len(rooms)])
        behind = dataset.covering(room, (alpha.shape[1], alpha.shape[0]))
        share = alpha[..., None]
        yield Scene(noisy(np.asarray(colours * share + behind * (1 - share), np.float32), rng), alpha, None, behind)


def row(name: str, group: list[tuple[Scene, Matte]], plate_of: PlateOf | None, network: Network | None) -> list[str]:
    """One line of the table."""
    found = []
    all_scenes = [scene for scene, _ in group]
    for number, (scene, matte) in enumerate(group):
        other = before_another_room(all_scenes, number)
        plate = None if plate_of is None else CleanPlate(plate_of(scene, other, np.random.default_rng(number)), network)
        made = make_portrait(scene.image, sure_of(matte), UNCROPPED, clean_plate=plate)
        ours, true = unit_alpha(made), scene.alpha
        error = np.nan if scene.on_white is None else metrics.white_error(made.image_rgb, scene.on_white, true)
        kept = np.count_nonzero((ours > 0.5) & (true <= 0.5)) / np.count_nonzero(true > 0.5)
        lost = metrics.lost(ours, true)
        scores = (metrics.iou(ours, true), metrics.boundary_f(ours, true), 1000 * metrics.mae_in_band(ours, true))
        found.append((*scores, error, lost, kept, made.measures.doubt))
    results = np.array(found)
    iou, boundary_f, mae, white, lost, kept, _ = results.mean(axis=0)
    cells = [f"{iou:.4f}", f"{boundary_f:.3f}", f"{mae:.1f}", "" if np.isnan(white) else f"{white:.2f}"]
    shares = [f"{100 * lost:.2f} %", f"{100 * kept:.2f} %"]
    whole, doubted = results[:, 4] <= WHOLE, results[:, 6] > MOST_DOUBT
    wrong = ~whole | (results[:, 5] > MOST_KEPT)
    counts = [(whole, np.ones_like(wrong)), (doubted & wrong, wrong), (doubted & ~wrong, ~wrong)]
    return [name, *cells, *shares, *(f"{some.sum()} of {all_.sum()}" for some, all_ in counts)]


def before_another_room(group: list[Scene], number: int) -> Scene:
    """The next scene before another room than that of the given one; a room serves several people."""
    rest = (group[(number + step) % len(group)] for step in range(1, len(group)))
    return next((one for one in rest if not np.array_equal(one.behind, group[number].behind)), group[number])


def report(data: dataset.Dataset, capture: Path, pictures: Path | None, limit: int | None) -> str:
    """A table for each kind of people."""
    ours: Contestant = for_saving("ours", capture)
    network = open_plate_model(SegmentationSettings(runtime="litert"))
    groups = {"hair": scenes(data, True, limit), "other cut-outs": scenes(data, False, limit)}
    if pictures is not None:
        groups["raised arms"] = arms(data, pictures, limit)
    heads = ["", "IoU", "boundary F", "band MAE, 1/1000", "white error", "lost", "kept"]
    heads += ["whole", "wrong ones in doubt", "good ones in doubt"]
    texts = []
    for title, group in groups.items():
        seen = [(scene, ours.segment(scene.image)) for scene in group]
        lines = [row(name, seen, plate_of, network) for name, plate_of in tqdm(PLATES.items(), desc=title)]
        lines.insert(2, row("a plate, colours alone", seen, taken, None))
        plain = [scene for scene, _ in seen]
        changed = {
            "own shadow": map(in_own_shadow, plain),
            "a thing was put down since": (
                with_a_thing(scene, before_another_room(plain, number), np.random.default_rng(number))
                for number, scene in enumerate(plain)
            ),
        }
        for what, others in changed.items():
            pairs = [(scene, ours.segment(scene.image)) for scene in others]
            lines += [row(f"{what}, no plate", pairs, None, None), row(f"{what}, a plate", pairs, taken, network)]
        texts.append(f"**{title}** ({len(seen)})\n\n{markdown(heads, lines)}")
    return "\n\n".join(texts)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.recipe.evaluate.clean_plates", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="root of the data set")
    parser.add_argument("--pictures", type=Path, help="folder with the photographs of raised_arms, as <id>.jpg")
    parser.add_argument("--capture", type=Path, default=package.model_path(package.CAPTURE_MODEL), help="the model")
    parser.add_argument("--limit", type=int, help="use the first N cut-outs of each kind only")
    arguments = parser.parse_args()
    data = dataset.load(arguments.data, "val")
    print(report(data, arguments.capture, arguments.pictures, arguments.limit))


if __name__ == "__main__":
    main()
