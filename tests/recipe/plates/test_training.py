"""The plate network begins with what it is given, a run goes on where it stopped, and the file says the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the [train] extra")

from capture_station.portrait.plate_evidence import PLANES  # noqa: E402
from capture_station.segmentation.interpreter import open_interpreter  # noqa: E402
from capture_station.segmentation.plate_model import PlateModel  # noqa: E402
from models.recipe.plates.export import export  # noqa: E402
from models.recipe.plates.network import PlateNetwork, as_input  # noqa: E402
from models.recipe.plates.train import arguments_of, train  # noqa: E402

# The exporters' own libraries warn about themselves.
pytestmark = pytest.mark.filterwarnings("ignore")
SIZE_PX = 64


def run(data_folder: Path, output: Path, steps: int, *more: str) -> dict[str, object]:
    words = f"--data {data_folder} --output {output} --steps {steps} --fill 1 --workers 0"
    train(arguments_of([*words.split(), *more]))
    return torch.load(output / "newest.pt", weights_only=True)


def evidence(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(-127, 128, (count, SIZE_PX, SIZE_PX, PLANES)).astype(np.int8)


def test_it_begins_with_the_mean_of_both_log_odds() -> None:
    given = evidence(1)
    with torch.no_grad():
        logits = PlateNetwork().eval()(as_input(torch.from_numpy(given)))[0, 0].numpy()
    np.testing.assert_allclose(logits, given[0, ..., 6:8].mean(axis=2) * (6 / 127), atol=1e-4)


def test_a_run_that_goes_on_counts_on(data_folder: Path, tmp_path: Path) -> None:
    first = run(data_folder, tmp_path, 1)
    second = run(data_folder, tmp_path, 3)
    assert (first["step"], second["step"]) == (1, 3)
    assert second["scenes"] > first["scenes"]
    assert any(not torch.equal(first["network"][name], weight) for name, weight in second["network"].items())


def test_a_run_goes_on_from_exported_weights(data_folder: Path, tmp_path: Path) -> None:
    first = run(data_folder, tmp_path / "first", 1)
    exported = tmp_path / "plate.pt"
    torch.save({name: first[name] for name in ("average", "step", "scenes", "licences")}, exported)
    second = run(data_folder, tmp_path / "second", 2, "--start", str(exported))
    assert second["step"] == 2
    assert second["scenes"] > first["scenes"]


def test_the_file_says_what_the_network_says(tmp_path: Path) -> None:
    pytest.importorskip("litert_torch", reason="export needs the [train] extra")
    torch.manual_seed(0)
    network = PlateNetwork().eval()
    given = evidence(4)
    export(network, given, tmp_path / "plate.tflite")
    alpha = PlateModel(open_interpreter(tmp_path / "plate.tflite"))(given[0])
    with torch.no_grad():
        expected = network(as_input(torch.from_numpy(given[:1]))).sigmoid()[0, 0].numpy()
    assert alpha is not None
    assert np.abs(alpha - expected).mean() < 0.02
