"""Training: ``python -m models.recipe.train --data DIR --initial FILE.npz --output DIR``.

A run can be stopped at any time. Started again with the same output folder, it continues from its newest checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import csv
import dataclasses
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from tqdm import tqdm

from models.recipe import dataset, metrics
from models.recipe.architectures import HEADS, OURS, build_network
from models.recipe.augmentation import Sample, TrainingSampler
from models.recipe.backbone import EXPANSIONS, MobileNetV2
from models.recipe.distillation import Teacher, prune
from models.recipe.export import load_network
from models.recipe.initial import full_network, grow, prune_by_reconstruction
from models.recipe.losses import total_loss
from models.recipe.network import BACKBONES, DECODERS
from models.recipe.plot import plot

HEAD_RATE = 2e-3
BACKBONE_SHARE = 0.15
INITIAL_PICTURES = 64
WARMUP_STEPS = 200
LARGEST_GRADIENT = 100.0
EMA_SHARE = 0.1
"""Fraction of the run's steps over which the weights are averaged. The average covers at most 1000 steps."""
CHECKPOINT_EVERY_S = 240
ARCHITECTURE: dict[str, str | float] = {
    "head": OURS,
    "backbone": "mobilenetv2",
    "width": 1.0,
    "dilation_multiplier": 1,
    "expansion": "full",
    "decoder": "wide",
}
"""Arguments that ``build_network`` takes as well, with what counts if neither they nor a checkpoint are given."""


@dataclass(frozen=True)
class Plan:
    """Length and hyperparameters of a run.

    The learning rate is constant first. It decays to zero over the last fraction ``decay`` of the images.
    """

    images: int
    batch: int
    size_px: int
    rate: float
    decay: float
    seed: int

    @property
    def steps(self) -> int:
        return self.images // self.batch

    @property
    def ema_decay(self) -> float:
        return 1 - 1 / max(1.0, min(1000.0, EMA_SHARE * self.steps))

    def rate_at(self, step: int) -> float:
        """Learning rate as a fraction of the full rate.

        It has three phases: linear warm-up, constant, then 1 - sqrt decay (Hägele et al. 2024).
        """
        cooling = int(self.steps * self.decay)
        left = self.steps - step
        ramp = min(1.0, (step + 1) / WARMUP_STEPS)
        return ramp if left >= cooling else ramp * (1 - math.sqrt(1 - left / cooling))


class SampleDataset(TorchDataset[Sample]):
    """The samples of a run.

    Each sample depends only on the seed and on its number in the run, so interruptions do not change it.
    """

    def __init__(self, sampler: TrainingSampler, seed: int, first: int, count: int) -> None:
        self._sampler, self._seed, self._first, self._count = sampler, seed, first, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        if index >= self._count:
            raise IndexError(index)
        return self._sampler.draw(np.random.default_rng([self._seed, self._first + index]))


def batches(draws: SampleDataset, batch: int, workers: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Yield images (B, 3, S, S) and alpha (B, 1, S, S) in [0, 1], landmarks (B, 2, 6, 2) in pixels and known (B,)."""
    loader = DataLoader(
        draws, batch, num_workers=workers, drop_last=True, worker_init_fn=lambda _: cv2.setNumThreads(1)
    )
    for image, alpha, landmarks_px, known in loader:
        pixels = image.permute(0, 3, 1, 2).float().div_(255).contiguous(memory_format=torch.channels_last)
        yield pixels, alpha.unsqueeze(1).float().div_(255), landmarks_px, known


def typical_pictures(training: dataset.Dataset, plan: Plan) -> Tensor:
    """A few dozen drawn pictures (N, 3, S, S) in [0, 1], by which a larger network is pruned."""
    rng = np.random.default_rng(plan.seed)
    sampler = TrainingSampler(training, plan.size_px)
    pictures = np.stack([sampler.draw(rng).image for _ in range(INITIAL_PICTURES)])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Update the exponential moving average of the network's weights and batch norm statistics (Polyak averaging)."""
    for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def update(network: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, statistics: list[Tensor]) -> bool:
    """Take one step down the gradient of a batch's loss, unless the loss or the gradient is not finite or too large.

    Args:
        network: The network in training.
        optimizer: Of its parameters.
        loss: Of the batch, a scalar.
        statistics: Copies of the network's buffers (batch norm) from before the batch. They are put back if there is no
            step: one NaN in them would never go away.

    Returns:
        Whether there was a step.
    """
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    # A run in bfloat16 once became NaN, and a gradient of 2e27 was seen there.
    if loss.isfinite() and nn.utils.clip_grad_norm_(network.parameters(), 1.0) < LARGEST_GRADIENT:
        optimizer.step()
        return True
    for buffer, before in zip(network.buffers(), statistics, strict=True):
        buffer.copy_(before)
    return False


@torch.no_grad()
def validate(network: nn.Module, data: dataset.Dataset, size_px: int, limit: int) -> dict[str, float]:
    """Mean IoU and boundary F-score for each source.

    They are computed on the first ``limit`` pictures of the source, at each picture's original resolution.
    """
    network.eval()
    scores: dict[str, float] = {}
    for source, group in dataset.sources(data.portraits).items():
        pairs = []
        for portrait in group[:limit]:
            image, alpha = portrait.read()
            square = cv2.resize(image, (size_px, size_px), interpolation=cv2.INTER_AREA)
            pixels = torch.from_numpy(square).permute(2, 0, 1)[None].float() / 255
            matte = network(pixels).matte.sigmoid()[0, 0].numpy()
            matte = cv2.resize(matte, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
            truth = alpha.astype(np.float32) / 255
            pairs.append((metrics.iou(matte, truth), metrics.boundary_f(matte, truth)))
        scores[f"{source}_iou"], scores[f"{source}_boundary_f"] = (float(x) for x in np.mean(pairs, axis=0))
    network.train()
    return scores


class Log:
    """A CSV file of metrics. The keys of the first row become its header.

    A run that resumes after ``images`` images continues an existing file.
    """

    def __init__(self, path: Path, images: int) -> None:
        self._path = path
        self._columns: list[str] = []
        if path.exists() and path.stat().st_size:
            header, *rows = path.read_text().splitlines(keepends=True)
            self._columns = header.strip().split(",")
            # Remove rows logged after the last checkpoint, because the resumed run logs them again.
            path.write_text("".join([header, *(row for row in rows if float(row.split(",")[0]) <= images)]))

    def add(self, row: dict[str, float]) -> None:
        with self._path.open("a", newline="") as stream:
            # A run that began with an older version has fewer columns.
            writer = csv.DictWriter(stream, fieldnames=self._columns or list(row), extrasaction="ignore")
            if not self._columns:
                writer.writeheader()
                self._columns = list(row)
            writer.writerow({key: f"{value:.6g}" for key, value in row.items()})


def save(path: Path, state: dict[str, object]) -> None:
    """Write a checkpoint atomically, so that an interruption leaves no incomplete file.

    Raises:
        FloatingPointError: A weight is not finite. The checkpoint that was there stays.
    """
    for name in ("network", "average"):
        weights: dict[str, Tensor] = state.get(name, {})  # type: ignore[assignment]
        if not all(weight.isfinite().all() for weight in weights.values()):
            raise FloatingPointError(f"{path}: not saved, because a weight is not finite: try a smaller --rate")
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def newest_of(arguments: argparse.Namespace) -> Path:
    """The run's own newest checkpoint, with which it goes on if it is there."""
    output: Path = arguments.output
    return output / "newest.pt"


def architecture_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """What ``build_network`` takes: what was given, else what the checkpoint has from which the run continues."""
    newest = newest_of(arguments)
    origin = newest if newest.exists() else arguments.start or arguments.prune
    begun = {} if origin is None else torch.load(origin, weights_only=True)["architecture"]
    given = {name: getattr(arguments, name) for name in ARCHITECTURE if getattr(arguments, name) is not None}
    return {**ARCHITECTURE, **begun, **given}


def train(arguments: argparse.Namespace) -> None:
    plan = Plan(arguments.images, arguments.batch, arguments.size, arguments.rate, arguments.decay, arguments.seed)
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    cv2.setNumThreads(1)
    licences = arguments.licences.split(",")
    training = dataset.load(arguments.data, "train", licences)
    validation = dataset.load(arguments.data, "val")

    architecture = architecture_of(arguments)
    network = build_network(**architecture)
    newest = newest_of(arguments)
    goes_on = newest.exists()
    if not goes_on and arguments.initial is not None and isinstance(network.backbone, MobileNetV2):
        full = full_network(arguments.initial, architecture["width"])
        kept = prune_by_reconstruction(network.backbone, full, typical_pictures(training, plan))
        print("share of each block's output kept from the initial weights:", *(f"{share:.2f}" for share in kept))
    network = network.to(memory_format=torch.channels_last)
    run = {**dataclasses.asdict(plan), "data_sha256": training.digest()}
    runs_before: list[dict[str, object]] = []
    images_before, trained_before_s = 0, 0.0
    if not goes_on and arguments.start is not None:
        origin = torch.load(arguments.start, weights_only=True)
        begun = build_network(**origin["architecture"])
        begun.load_state_dict(origin["average"])
        try:
            grow(network, begun)
        except ValueError as error:
            raise SystemExit(f"{arguments.start} does not fit: {error}") from error
        images_before, trained_before_s = origin["images"], origin.get("trained_s", 0.0)
        runs_before = origin.get("runs", [])
        licences = dataset.all_licences(licences, origin["licences"])
    if not goes_on and arguments.prune is not None:
        larger, origin = load_network(arguments.prune, dilation_multiplier=architecture["dilation_multiplier"])
        kept = prune(network, larger, typical_pictures(training, plan))
        print("share of each block's output kept from the larger network:", *(f"{share:.3f}" for share in kept))
        images_before, trained_before_s = origin["images"], origin.get("trained_s", 0.0)
        runs_before = origin.get("runs", [])
        licences = dataset.all_licences(licences, origin["licences"])
    average = copy.deepcopy(network)
    # These must be lists, because the optimizer state in a checkpoint depends on the order of the parameters.
    backbone = list(network.backbone.parameters())
    head = [p for name, p in network.named_parameters() if not name.startswith("backbone.")]
    optimizer = torch.optim.AdamW(
        [
            {"params": head, "share": 1.0},
            {"params": backbone, "share": arguments.backbone_share},
        ],
        weight_decay=1e-4,
    )
    step, skipped, trained_s = 0, 0, trained_before_s
    if goes_on:
        state = torch.load(newest, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, trained_s = state["step"], state["trained_s"]
        skipped = state.get("skipped", 0)
        licences = dataset.all_licences(licences, state["licences"])
        runs_before = [one for one in state["runs"] if one != run]
        images_before = state["images"] - step * plan.batch
    began_s = time.monotonic() - trained_s

    def checkpoint(path: Path) -> None:
        save(
            path,
            {
                "network": network.state_dict(),
                "average": average.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step,
                "skipped": skipped,
                "architecture": architecture,
                "images": images_before + step * plan.batch,
                "trained_s": time.monotonic() - began_s,
                "licences": licences,
                "runs": [*runs_before, run],
            },
        )

    log = Log(output / "metrics.csv", step * plan.batch)
    # A run that starts from an earlier run's checkpoint draws different samples than the earlier run did.
    first = images_before + step * plan.batch
    draws = SampleDataset(TrainingSampler(training, plan.size_px), plan.seed, first, (plan.steps - step) * plan.batch)
    progress = tqdm(total=plan.images, initial=step * plan.batch, unit="img", smoothing=0.05, mininterval=5)
    saved_at_s = time.monotonic()
    running = np.zeros(2)
    teacher = Teacher(arguments.teacher) if arguments.teacher is not None else None
    network.train()
    for image, alpha, landmarks_px, known in batches(draws, plan.batch, arguments.workers):
        for group in optimizer.param_groups:
            group["lr"] = plan.rate * group["share"] * plan.rate_at(step)
        statistics = [buffer.clone() for buffer in network.buffers()]
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            prediction = network(image)
        matte, landmarks = total_loss(prediction, alpha, landmarks_px, known)
        loss = matte + arguments.landmarks * landmarks
        if teacher is not None:
            loss = loss + arguments.teacher_weight * teacher.loss(image, prediction)
        step += 1
        if update(network, optimizer, loss, statistics):
            follow(average, network, min(plan.ema_decay, (1 + step) / (10 + step)))
            losses = np.array([matte.item(), landmarks.item()])
            running = losses if not running.any() else 0.98 * running + 0.02 * losses
        else:
            skipped += 1
            progress.write(f"batch {step} is skipped: its loss is {loss.item():.3g} or its gradient is too large")
        progress.update(plan.batch)
        shown = {"matte": f"{running[0]:.4f}", "landmarks": f"{running[1]:.4f}", "skipped": skipped}
        progress.set_postfix(shown, refresh=False)
        if step % max(1, arguments.validate_every // plan.batch) == 0 or step == plan.steps:
            scores = validate(average, validation, plan.size_px, arguments.validate_limit)
            losses_before = {"matte": running[0], "landmarks": running[1], "skipped": skipped}
            log.add({"images": step * plan.batch, **losses_before, **scores})
        if time.monotonic() - saved_at_s > CHECKPOINT_EVERY_S or step == plan.steps:
            checkpoint(newest)
            saved_at_s = time.monotonic()
    progress.close()
    plot(output / "metrics.csv", output / "metrics.png")


def arguments_of(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.recipe.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with MANIFEST.csv (see dataset.py)")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoints and metrics.csv")
    parser.add_argument("--initial", type=Path, help="initial backbone weights, .npz")
    parser.add_argument("--start", type=Path, help="a checkpoint to go on from: at another size, or with more channels")
    parser.add_argument("--prune", type=Path, help="a checkpoint with more hidden channels to start from")
    parser.add_argument("--teacher", type=Path, help="an int8 file to imitate")
    parser.add_argument("--teacher-weight", type=float, default=1.0, help="weight of imitation in the loss")
    parser.add_argument("--backbone-share", type=float, default=BACKBONE_SHARE, help="its share of the learning rate")
    network = parser.add_argument_group("network", "What is not given is as in the checkpoint of --start or --prune.")
    network.add_argument("--head", choices=HEADS, help="what is behind the base model")
    network.add_argument("--backbone", choices=list(BACKBONES))
    network.add_argument("--width", type=float, help="width multiplier of the base model")
    network.add_argument("--expansion", choices=list(EXPANSIONS), help="expansion factors of MobileNetV2's blocks")
    network.add_argument("--decoder", choices=list(DECODERS), help="channels of the decoder")
    network.add_argument("--dilation-multiplier", type=int, help="dilation multiplier; 2 for 512 px after 256 px")
    parser.add_argument("--landmarks", type=float, default=0.5, help="weight of their loss; 0 trains a matte alone")
    parser.add_argument("--size", type=int, default=256, help="side of the square pictures, pixels")
    parser.add_argument("--images", type=int, default=240_000, help="training pictures in all")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=HEAD_RATE, help="learning rate of the head")
    parser.add_argument("--decay", type=float, default=0.3, help="last share of the images, over which it falls to 0")
    parser.add_argument("--licences", default=",".join(dataset.LICENCES), help="licence classes to train on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes that draw pictures")
    parser.add_argument("--bfloat16", action="store_true", help="faster where the processor has AVX512-BF16 or AMX")
    parser.add_argument("--validate-every", type=int, default=8_000, help="pictures between validations")
    parser.add_argument("--validate-limit", type=int, default=30, help="pictures a source in these validations")
    return parser.parse_args(words)


if __name__ == "__main__":
    train(arguments_of())
