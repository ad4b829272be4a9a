"""Training of the plate network: ``python -m models.recipe.plates.train --data DIR --output DIR``.

A run can be stopped at any time. Started again with the same output folder, it goes on from its newest checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset
from tqdm import tqdm

from capture_station import shipped
from capture_station.frames import Alpha, Frame
from capture_station.portrait.clean_plate import known_background
from capture_station.portrait.colour_evidence import informed
from capture_station.portrait.plate_evidence import Evidence, evidence
from capture_station.segmentation.deeplab import DeepLabSegmenter
from models.recipe import dataset
from models.recipe.losses import matte_loss
from models.recipe.plates.network import LOG_ODDS, PlateNetwork, as_input
from models.recipe.plates.scenes import PlateSampler, PlateScene
from models.recipe.train import CHECKPOINT_EVERY_S, Plan, follow, save, update

BATCH, CROP_PX = 8, 256
POOL, STEPS_PER_SCENE = 400, 2
"""Scenes in memory, of which each batch is drawn, and how many batches pass until one is replaced."""
WORKING_PX = 384
EDGES_SHARE = 0.65
"""How often a crop is taken where the segmenter is wrong, or about every eighth row of the outline."""
RATE, DECAY = 1.5e-3, 0.4


class Example(NamedTuple):
    """A scene as the network sees it."""

    evidence: Evidence
    """(S, S, ``PLANES``)."""
    alpha: NDArray[np.uint8]
    """(S, S)."""


def example_of(scene: PlateScene, segment: DeepLabSegmenter) -> Example | None:
    """What the station knows of a scene; None where its plate shows another room."""
    height, width = scene.alpha.shape
    alpha: Alpha = segment.segment(Frame(scene.image, 0, 0.0)).alpha
    working_px = min(WORKING_PX, height)
    reduced = np.asarray(cv2.resize(scene.image, (working_px, working_px), interpolation=cv2.INTER_AREA), np.uint8)
    behind = known_background(scene.plate, (0, 0, width, height), (width, height), reduced, alpha)
    if behind is None:
        return None
    behind = behind.resized((width, height))
    return Example(evidence(alpha, informed(alpha, scene.image, behind), scene.image, behind), scene.alpha)


class Examples(IterableDataset[Example]):
    """Examples without end, which depend on the seed only."""

    def __init__(self, data: dataset.Dataset, capture: Path, seed: int) -> None:
        self._data, self._capture, self._seed = data, capture, seed

    def __iter__(self) -> Iterator[Example]:
        cv2.setNumThreads(1)
        segmenter = DeepLabSegmenter.open(self._capture, "litert", 1, flip_averaging=True)
        sampler, rng = PlateSampler(self._data, segmenter.info.input_wh[0]), np.random.default_rng(self._seed)
        while True:
            example = example_of(sampler.scene(rng), segmenter)
            if example is not None:
                yield example


def crop(example: Example, rng: Generator) -> Example:
    """A part of an example, sometimes mirrored."""
    size = example.alpha.shape[0]
    side = min(CROP_PX, size)
    top, left = rng.integers(0, size - side + 1, 2)
    if rng.random() < EDGES_SHARE:
        person = example.alpha > 127
        there = (example.evidence[..., LOG_ODDS.start + 1] > 0) != person
        there[::8] |= cv2.morphologyEx(person.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))[::8] > 0
        places = np.argwhere(there)
        if len(places):
            middle = places[rng.integers(len(places))] + rng.integers(-side // 3, side // 3 + 1, 2)
            top, left = np.clip(middle - side // 2, 0, size - side)
    part = np.s_[top : top + side, left : left + side]
    step = -1 if rng.random() < 0.5 else 1
    return Example(*(np.ascontiguousarray(plane[part][:, ::step]) for plane in example))


def batch_of(pool: list[Example], rng: Generator) -> tuple[Tensor, Tensor]:
    """The network's input (B, ``PLANES``, H, W), and alpha (B, 1, H, W) in [0, 1]."""
    crops = [crop(pool[rng.integers(len(pool))], rng) for _ in range(BATCH)]
    given = torch.from_numpy(np.stack([one.evidence for one in crops]))
    return as_input(given), torch.from_numpy(np.stack([one.alpha for one in crops])).unsqueeze(1).float() / 255


def train(arguments: argparse.Namespace) -> None:
    plan = Plan(arguments.steps * BATCH, BATCH, CROP_PX, RATE, DECAY, arguments.seed)
    newest: Path = arguments.output / "newest.pt"
    arguments.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    data = dataset.load(arguments.data, "train", arguments.licences.split(","))
    network = PlateNetwork().to(memory_format=torch.channels_last)
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=1e-4)
    state: dict[str, Any] = {"step": 0, "scenes": 0}
    begun = newest if newest.exists() else arguments.start
    if begun is not None:
        state = torch.load(begun, weights_only=True)
        average.load_state_dict(state["average"])
        network.load_state_dict(state.get("network", state["average"]))
        if "optimizer" in state:
            optimizer.load_state_dict(state["optimizer"])
    first, scenes = state["step"], state["scenes"]
    licences = dataset.all_licences(arguments.licences.split(","), state.get("licences", []))
    rng = np.random.default_rng([plan.seed, first])
    draws = Examples(data, arguments.capture, plan.seed + scenes)
    examples = iter(
        DataLoader(draws, batch_size=None, num_workers=arguments.workers, collate_fn=lambda example: example)
    )
    pool: list[Example] = []
    saved_at_s = time.monotonic()
    network.train()
    for step in tqdm(range(first, plan.steps), initial=first, total=plan.steps, mininterval=5):
        while len(pool) < min(POOL, arguments.fill + step - first) or not pool:
            pool.append(next(examples))
            scenes += 1
        if len(pool) == POOL and step % STEPS_PER_SCENE == 0:
            pool[rng.integers(POOL)] = next(examples)
            scenes += 1
        for group in optimizer.param_groups:
            group["lr"] = plan.rate * plan.rate_at(step)
        given, alpha = batch_of(pool, rng)
        statistics = [buffer.clone() for buffer in network.buffers()]
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            logits = network(given)
        if update(network, optimizer, matte_loss(logits.float(), alpha), statistics):
            follow(average, network, min(plan.ema_decay, (1 + step) / (10 + step)))
        if time.monotonic() - saved_at_s > CHECKPOINT_EVERY_S or step == plan.steps - 1:
            kept = {"network": network.state_dict(), "average": average.state_dict()}
            counts = {"step": step + 1, "scenes": scenes, "licences": licences}
            save(newest, {**kept, **counts, "optimizer": optimizer.state_dict()})
            saved_at_s = time.monotonic()


def arguments_of(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.recipe.plates.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with MANIFEST.csv (see dataset.py)")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument(
        "--start", type=Path, help="a checkpoint or exported weights to go on from, with their steps counted"
    )
    parser.add_argument("--steps", type=int, default=10_000, help="batches in all")
    parser.add_argument("--fill", type=int, default=60, help="scenes before the first batch")
    parser.add_argument("--capture", type=Path, default=shipped.model_path(shipped.CAPTURE_MODEL), help="the segmenter")
    parser.add_argument("--licences", default=",".join(dataset.LICENCES), help="licence classes to train on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes that draw scenes")
    parser.add_argument("--bfloat16", action="store_true", help="faster where the processor has AVX512-BF16 or AMX")
    return parser.parse_args(words)


if __name__ == "__main__":
    train(arguments_of())
