"""The one file that knows TFLite runtimes: LiteRT, its predecessor tflite-runtime, and a fake."""

from __future__ import annotations

import importlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from capture_station.errors import ModelError, SegmentationError
from capture_station.segmentation.model_file import require_file

Runtime = Literal["auto", "litert", "tflite-runtime", "fake"]
Int8 = NDArray[np.int8]
Floats = NDArray[np.float32]

_MODULES = {
    "litert": ("ai_edge_litert.interpreter", "ai-edge-litert"),
    "tflite-runtime": ("tflite_runtime.interpreter", "tflite-runtime"),
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """An int8 tensor; real = (stored - zero_point) * scale."""

    shape: tuple[int, ...]
    scale: float
    zero_point: int


class Interpreter(Protocol):
    """A loaded model with one input. Thread-bound."""

    runtime: str
    """Name and version."""
    input: Tensor
    outputs: tuple[Tensor, ...]

    def invoke(self, values: Int8) -> tuple[Int8, ...]:
        """Run the model.

        Args:
            values: Of the input's shape.

        Returns:
            One array an output, valid until the next call.

        Raises:
            SegmentationError: The runtime failed.
        """
        ...


def open_interpreter(model: Path, runtime: Runtime = "auto", threads: int = 1) -> Interpreter:
    """Load a model; ``auto`` takes LiteRT where it is installed, else tflite-runtime.

    Raises:
        ModelError: The file is missing, is no int8 model, or no runtime can load it.
    """
    if runtime == "fake":
        return FakeInterpreter()
    require_file(model)
    return TfliteInterpreter(model, runtime, threads)


def _load(model: Path, runtime: Runtime, threads: int) -> tuple[Any, str]:
    """The allocated interpreter of a model, and the name and version of its runtime.

    LiteRT and tflite-runtime share their Python interface.

    Raises:
        ModelError: No runtime can load it.
    """
    reasons = []
    for name in _MODULES if runtime == "auto" else [runtime]:
        module_name, distribution = _MODULES[name]
        try:
            module = importlib.import_module(module_name)
            interpreter = module.Interpreter(model_path=str(model), num_threads=threads)
            interpreter.allocate_tensors()
            return interpreter, f"{distribution} {importlib.metadata.version(distribution)}"
        except ImportError as error:
            reasons.append(f"{name}: {error}")
        except (ValueError, RuntimeError, SystemError, OSError) as error:
            # SystemError is what tflite-runtime 2.14 raises beside numpy 2.
            raise ModelError(f"{model}: {name} cannot load this model: {error}") from error
    raise ModelError(f"no TFLite runtime is installed ({'; '.join(reasons)}); pip install ai-edge-litert")


class TfliteInterpreter:
    """An int8 model in LiteRT or tflite-runtime.

    Raises:
        ModelError: It is no int8 model with one input, or no runtime can load it.
    """

    def __init__(self, model: Path, runtime: Runtime, threads: int) -> None:
        self._interpreter, self.runtime = _load(model, runtime, threads)
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        for details in (*inputs, *outputs):
            if details["dtype"] is not np.int8:
                raise ModelError(f"{model}: tensor {details['name']} is {details['dtype'].__name__}, not int8")
        if len(inputs) != 1:
            raise ModelError(f"{model}: {len(inputs)} inputs where one picture goes in")
        self.input = _tensor(inputs[0])
        self.outputs = tuple(_tensor(details) for details in outputs)
        self._input_index = inputs[0]["index"]
        self._output_indices = [details["index"] for details in outputs]

    def invoke(self, values: Int8) -> tuple[Int8, ...]:
        try:
            self._interpreter.set_tensor(self._input_index, values)
            self._interpreter.invoke()
            return tuple(self._interpreter.get_tensor(index) for index in self._output_indices)
        except (ValueError, RuntimeError) as error:
            raise SegmentationError(f"{self.runtime} failed on a frame: {error}") from error


class FloatInterpreter:
    """A model whose one input and whose outputs are float32. Thread-bound.

    Raises:
        ModelError: No runtime can load it.
    """

    def __init__(self, model: Path, runtime: Runtime, threads: int) -> None:
        self._interpreter, self._runtime = _load(model, runtime, threads)
        self._input_index = self._interpreter.get_input_details()[0]["index"]
        self._output_indices = [details["index"] for details in self._interpreter.get_output_details()]

    def invoke(self, values: Floats) -> tuple[Floats, ...]:
        """Run the model on an array of the input's shape.

        Raises:
            SegmentationError: The runtime failed.
        """
        try:
            self._interpreter.set_tensor(self._input_index, values)
            self._interpreter.invoke()
            return tuple(self._interpreter.get_tensor(index) for index in self._output_indices)
        except (ValueError, RuntimeError) as error:
            raise SegmentationError(f"{self._runtime} failed: {error}") from error


def _tensor(details: dict[str, Any]) -> Tensor:
    scale, zero_point = details["quantization"]
    return Tensor(tuple(int(side) for side in details["shape"]), float(scale), int(zero_point))


class FakeInterpreter:
    """A model without a file: whatever is darker than mid-grey is person, and its head is in the middle.

    ``broken`` makes the following calls fail, as a runtime does that ran out of memory.
    """

    runtime = "fake"
    input = Tensor((1, 64, 64, 3), 1 / 255, -128)
    outputs: tuple[Tensor, ...] = (Tensor((1, 64, 64, 1), 0.1, 0), Tensor((1, 16, 16, 7), 0.1, 0))
    broken = False

    def invoke(self, values: Int8) -> tuple[Int8, ...]:
        if self.broken:
            raise SegmentationError("the fake interpreter was told to fail")
        dark = values.astype(np.int16).mean(axis=3, keepdims=True) < 0
        heatmaps = np.full(self.outputs[1].shape, -100, np.int8)
        heatmaps[:, 8, 7:9] = 100 if dark.any() else -100  # Also in the mirrored picture.
        return np.where(dark, 100, -100).astype(np.int8), heatmaps
