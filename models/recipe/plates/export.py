"""Export of the plate network: ``python -m models.recipe.plates.export --checkpoint FILE.pt --data DIR --output FILE``.

A checkpoint becomes an int8 TFLite file, with a JSON file that describes it and the float weights beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from datetime import date
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from capture_station import shipped
from capture_station.portrait.plate_evidence import PLANES
from models.recipe import dataset
from models.recipe.export import quantized
from models.recipe.plates.network import PlateNetwork
from models.recipe.plates.train import Examples

CALIBRATION_SCENES = 80


def export(network: nn.Module, given: NDArray[np.int8], path: Path) -> None:
    """Write the network as an int8 TFLite file, calibrated with evidence (N, S, S, ``PLANES``).

    Its input is the evidence as it is stored, and its output has logits (1, S, S, 1).
    """
    import litert_torch

    size_px = given.shape[1]
    channels_last = litert_torch.to_channel_last_io(network, args=[0], outputs=[0])
    # These two pixels fix the input's quantization at scale 1/127 and zero point 0.
    given = given.copy()
    given[:, 0, 0], given[:, 0, 1] = -127, 127
    with tempfile.TemporaryDirectory() as folder:
        float_path = Path(folder) / "float.tflite"
        litert_torch.convert(channels_last, (torch.rand(1, size_px, size_px, PLANES),)).export(str(float_path))
        path.write_bytes(quantized(float_path, [one[None].astype(np.float32) / 127 for one in given]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.recipe.plates.export", description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="the data folder, for calibration")
    parser.add_argument("--capture", type=Path, default=shipped.model_path(shipped.CAPTURE_MODEL), help="the segmenter")
    parser.add_argument("--output", type=Path, required=True, help="the .tflite file to write")
    parser.add_argument("--version", default="1")
    arguments = parser.parse_args()
    state = torch.load(arguments.checkpoint, weights_only=True)
    network = PlateNetwork()
    network.load_state_dict({name: value.float() for name, value in state["average"].items()})
    data = dataset.load(arguments.data, "train", state["licences"])
    scenes = islice(Examples(data, arguments.capture, seed=1), CALIBRATION_SCENES)
    export(network.eval(), np.stack([scene.evidence for scene in scenes]), arguments.output)
    weights = {name: value.half() if value.is_floating_point() else value for name, value in state["average"].items()}
    counts = {name: state[name] for name in ("step", "scenes", "licences")}
    torch.save({"average": weights, **counts}, arguments.output.with_suffix(".pt"))
    content = arguments.output.read_bytes()
    description = {
        "name": "capture-station clean plate",
        "version": arguments.version,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "exported": date.today().isoformat(),
        "input": "evidence of frame, matte and clean plate (portrait/plate_evidence.py), value / 127",
        "output": "logits of the matte",
        "training": {"steps": state["step"], "scenes": state["scenes"], "licence_classes": state["licences"]},
    }
    arguments.output.with_suffix(".json").write_text(json.dumps(description, indent=2) + "\n")


if __name__ == "__main__":
    main()
