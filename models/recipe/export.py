"""Export: ``python -m models.recipe.export --checkpoint FILE.pt --data DIR --size 256 --output models/preview.tflite``.

A checkpoint becomes a float TFLite file, and that becomes a full-integer int8 file. A JSON file beside it describes the
model, and a .pt file holds the float weights in half precision, from which training can continue.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.recipe import dataset
from models.recipe.architectures import OURS, build_network
from models.recipe.augmentation import TrainingSampler

CALIBRATION_PICTURES = 150


def load_network(*checkpoints: Path, dilation_multiplier: int | None = None) -> tuple[nn.Module, dict[str, Any]]:
    """Load the averaged network of a checkpoint in evaluation mode, and the checkpoint's state.

    If several checkpoints are given, each was trained further from the one before. The network then has the mean of
    their weights (Wortsman et al. 2022: Model soups). The state is that of the last checkpoint, except that the
    weights are the mean, and the runs and licence classes are those of all checkpoints. If ``dilation_multiplier`` is
    given, it replaces the value used in training.
    """
    states = [torch.load(checkpoint, weights_only=True, map_location="cpu") for checkpoint in checkpoints]
    state = states[-1]
    for name, value in state["average"].items():
        if value.is_floating_point():
            state["average"][name] = torch.stack([one["average"][name].float() for one in states]).mean(dim=0)
    state["licences"] = dataset.all_licences(*(one["licences"] for one in states))
    runs = [run for one in states for run in one.get("runs", [])]
    state["runs"] = [run for index, run in enumerate(runs) if run not in runs[:index]]
    if dilation_multiplier is not None:
        state["architecture"]["dilation_multiplier"] = dilation_multiplier
    network = build_network(**state["architecture"])
    network.load_state_dict(state["average"])
    return network.eval(), state


class PlainOutputs(nn.Module):
    """Wrapper that returns the outputs as a plain tuple, because the exporter can only transpose a plain tuple."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return tuple(self.network(image))


def export_float(network: nn.Module, size_px: int, path: Path) -> None:
    """Write the network as a float TFLite file.

    The input is (1, S, S, 3) in [0, 1]. The outputs are the logits of the matte and of the heatmaps, in NHWC order.
    """
    import litert_torch

    channels_last = litert_torch.to_channel_last_io(PlainOutputs(network).eval(), args=[0], outputs=[0, 1])
    litert_torch.convert(channels_last, (torch.rand(1, size_px, size_px, 3),)).export(str(path))


def quantize(float_path: Path, pictures: NDArray[np.uint8], path: Path) -> None:
    """Write an int8 TFLite file from a float TFLite file and calibration pictures (N, S, S, 3) uint8."""
    # One black and one white pixel in every picture fix the input quantization at scale 1/255 and zero point -128.
    # The quantized input is then the byte value minus 128.
    pictures = pictures.copy()
    pictures[:, 0, 0], pictures[:, 0, 1] = 0, 255
    path.write_bytes(quantized(float_path, [picture[None].astype(np.float32) / 255 for picture in pictures]))


def quantized(float_path: Path, inputs: Sequence[NDArray[np.float32]]) -> bytes:
    """An int8 TFLite file from a float TFLite file and inputs for its calibration.

    Inputs and outputs are int8. The weights are quantized per channel.
    """
    from ai_edge_litert.interpreter import Interpreter
    from ai_edge_quantizer import quantizer, recipe

    signature, names = next(iter(Interpreter(str(float_path)).get_signature_list().items()))
    data = [{names["inputs"][0]: values} for values in inputs]
    quantization = quantizer.Quantizer(str(float_path))
    quantization.load_quantization_recipe(recipe.static_wi8_ai8())
    result = quantization.quantize(quantization.calibrate({signature: data}))
    return bytes(result.quantized_model)


def calibration_pictures(data: dataset.Dataset, size_px: int) -> NDArray[np.uint8]:
    """Training pictures (N, S, S, 3) uint8 for calibration: half of them augmented, half only resized."""
    rng = np.random.default_rng(0)
    sampler = TrainingSampler(data, size_px)
    pictures = [sampler.draw(rng).image for _ in range(CALIBRATION_PICTURES // 2)]
    whole = min(len(data.portraits), CALIBRATION_PICTURES - len(pictures))
    for index in rng.choice(len(data.portraits), whole, replace=False):
        image, _ = data.portraits[index].read()
        pictures.append(np.asarray(cv2.resize(image, (size_px, size_px), interpolation=cv2.INTER_AREA), np.uint8))
    return np.stack(pictures)


def describe(model: Path, state: dict[str, Any], version: str, size_px: int) -> dict[str, Any]:
    """Content of the JSON file that accompanies the model."""
    content = model.read_bytes()
    return {
        "name": f"capture-station {model.stem}",
        "version": version,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "exported": date.today().isoformat(),
        "architecture": {"head": OURS, **state["architecture"]},
        "input": {"shape": [1, size_px, size_px, 3], "order": "RGB", "range": "value / 255, picture stretched"},
        "outputs": {"matte": "logits, 1 channel", "heatmaps": "logits, 6 landmarks and the face's centre"},
        "training": {
            "images": state["images"],
            "hours": round(state.get("trained_s", 0.0) / 3600, 2),
            "licence_classes": state["licences"],
            "runs": state["runs"],
        },
    }


def slim(state: dict[str, Any]) -> dict[str, Any]:
    """The part of a checkpoint that another run needs to start from it, with floats in half precision."""
    average = {name: value.half() if value.is_floating_point() else value for name, value in state["average"].items()}
    kept = ("architecture", "images", "trained_s", "licences", "runs")
    return {"average": average, **{name: state[name] for name in kept if name in state}}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.recipe.export", description=__doc__)
    parser.add_argument(
        "--checkpoint",
        type=Path,
        nargs="+",
        required=True,
        help="several, the last one newest: the mean of their weights",
    )
    parser.add_argument("--data", type=Path, required=True, help="the data folder, for calibration")
    parser.add_argument("--size", type=int, required=True, help="side of the square input, pixels")
    parser.add_argument("--output", type=Path, required=True, help="the .tflite file to write")
    parser.add_argument("--float-output", type=Path, help="keep the float file too, for evaluation")
    parser.add_argument(
        "--dilation-multiplier", type=int, help="dilation multiplier, if not the checkpoint's; 2 for 512 px after 256"
    )
    parser.add_argument("--version", default="1")
    arguments = parser.parse_args()
    network, state = load_network(*arguments.checkpoint, dilation_multiplier=arguments.dilation_multiplier)
    data = dataset.load(arguments.data, "train", state["licences"])
    with tempfile.TemporaryDirectory() as folder:
        float_path = arguments.float_output or Path(folder) / "float.tflite"
        export_float(network, arguments.size, float_path)
        quantize(float_path, calibration_pictures(data, arguments.size), arguments.output)
    torch.save(slim(state), arguments.output.with_suffix(".pt"))
    description = describe(arguments.output, state, arguments.version, arguments.size)
    arguments.output.with_suffix(".json").write_text(json.dumps(description, indent=2) + "\n")


if __name__ == "__main__":
    main()
