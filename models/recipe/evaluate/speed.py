"""Inference times of the models, their coverage by XNNPACK, and the agreement between the runtimes."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from capture_station.frames import Image
from models.recipe.evaluate.contestants import opened, shipped

ROUNDS = 60
WARM_UP_ROUNDS = 5


@dataclass(frozen=True)
class Timing:
    """Median time of one inference; all models are timed in turn within the same minute."""

    model: str
    threads: int
    median_ms: float
    ratio: float
    """Median time divided by the first model's."""


@dataclass(frozen=True)
class Coverage:
    """How many of a file's operations LiteRT delegates to XNNPACK."""

    model: str
    operations: int
    delegated: int
    delegate_nodes: int


def timings(models: Mapping[str, Path], threads: Sequence[int] = (1, 2), rounds: int = ROUNDS) -> list[Timing]:
    """Time the named models.

    The inferences are interleaved, so that other load on the machine affects all models alike.
    """
    result = []
    for count in threads:
        interpreters = {name: opened(path, count) for name, path in models.items()}
        rng = np.random.default_rng(0)
        for interpreter in interpreters.values():
            details = interpreter.get_input_details()[0]
            noise = rng.integers(-128, 127, details["shape"], np.int8)
            pixels = noise if details["dtype"] is np.int8 else noise.astype(np.float32) / 255 + 0.5
            interpreter.set_tensor(details["index"], pixels)
        times: dict[str, list[float]] = {name: [] for name in interpreters}
        for _ in range(rounds + WARM_UP_ROUNDS):
            for name, interpreter in interpreters.items():
                began_s = time.perf_counter()
                interpreter.invoke()
                times[name].append(time.perf_counter() - began_s)
        medians = {name: float(np.median(taken[WARM_UP_ROUNDS:])) * 1e3 for name, taken in times.items()}
        first = next(iter(medians.values()))
        result += [Timing(name, count, median, median / first) for name, median in medians.items()]
    return result


def coverage(name: str, model: Path) -> Coverage:
    """Count the operations that the delegate nodes replace: those between a node's inputs and its outputs."""
    operations: list[dict[str, Any]] = opened(model)._get_ops_details()
    plain = [op for op in operations if op["op_name"] != "DELEGATE"]
    delegates = [op for op in operations if op["op_name"] == "DELEGATE"]
    maker = {tensor: op for op in plain for tensor in op["outputs"].tolist()}
    taken: set[int] = set()
    for delegate in delegates:
        given, wanted = set(delegate["inputs"].tolist()), delegate["outputs"].tolist()
        while wanted:
            tensor = wanted.pop()
            if tensor in maker and maker[tensor]["index"] not in taken and tensor not in given:
                taken.add(maker[tensor]["index"])
                wanted += maker[tensor]["inputs"].tolist()
    return Coverage(name, len(plain), len(taken), len(delegates))


def runtimes_agree(model: Path, pictures: Sequence[Image]) -> float | None:
    """Return the mean absolute difference of alpha between LiteRT and tflite-runtime.

    It is None if either runtime is not installed.
    """
    if not all(importlib.util.find_spec(name) for name in ("ai_edge_litert", "tflite_runtime")):
        return None
    new, old = shipped("new", model, runtime="litert"), shipped("old", model, runtime="tflite-runtime")
    return float(np.mean([np.abs(new.segment(p).alpha - old.segment(p).alpha).mean() for p in pictures]))


def input_side_px(model: Path) -> int:
    """Return the side of a model's square input."""
    return int(opened(model).get_input_details()[0]["shape"][1])
