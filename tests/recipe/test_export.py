"""What is exported runs in the station and says what the network says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="export needs the [train] extra")
pytest.importorskip("litert_torch", reason="export needs the [train] extra")
pytest.importorskip("ai_edge_quantizer", reason="export needs the [train] extra")

from capture_station.frames import Frame  # noqa: E402
from capture_station.segmentation.deeplab import DeepLabSegmenter  # noqa: E402
from capture_station.segmentation.interpreter import open_interpreter  # noqa: E402
from models.recipe import dataset  # noqa: E402
from models.recipe.architectures import build_network  # noqa: E402
from models.recipe.augmentation import TrainingSampler  # noqa: E402
from models.recipe.backbone import MobileNetV2  # noqa: E402
from models.recipe.evaluate import accuracy, curve  # noqa: E402
from models.recipe.evaluate.contestants import float_network, shipped  # noqa: E402
from models.recipe.evaluate.speed import coverage, timings  # noqa: E402
from models.recipe.export import describe, export_float, load_network, quantize  # noqa: E402
from models.recipe.network import BACKBONES, DeepLabV3Plus  # noqa: E402
from tests.recipe.test_network import SMALL  # noqa: E402

# The exporters' own libraries warn about themselves.
pytestmark = pytest.mark.filterwarnings("ignore")
SIZE_PX = 64


@pytest.fixture(scope="module")
def pictures(data_folder: Path) -> np.ndarray:
    sampler = TrainingSampler(dataset.load(data_folder, "train"), SIZE_PX)
    return np.stack([sampler.draw(np.random.default_rng(seed)).image for seed in range(8)])


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, pictures: np.ndarray) -> Path:
    """A folder with float.tflite and int8.tflite of one small network."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("exported")
    network = DeepLabV3Plus(MobileNetV2(0.25)).eval()
    export_float(network, SIZE_PX, folder / "float.tflite")
    quantize(folder / "float.tflite", pictures, folder / "int8.tflite")
    return folder


@pytest.mark.parametrize("name", [name for name in BACKBONES if name != "mobilenetv2"])
def test_the_other_base_models_export_what_they_compute(name: str, tmp_path: Path, pictures: np.ndarray) -> None:
    torch.manual_seed(0)
    network = DeepLabV3Plus(SMALL[name](), rates=(3,)).eval()
    export_float(network, SIZE_PX, tmp_path / "float.tflite")
    with torch.no_grad():
        matte = network(torch.from_numpy(pictures[:1]).permute(0, 3, 1, 2) / 255).matte.sigmoid()[0, 0].numpy()
    exported = float_network("float", tmp_path / "float.tflite", SIZE_PX).segment(pictures[0])
    np.testing.assert_allclose(exported.alpha, matte, atol=1e-3)


def test_the_int8_input_is_a_byte_minus_128(exported: Path) -> None:
    tensor = open_interpreter(exported / "int8.tflite", "litert").input
    assert tensor.shape == (1, SIZE_PX, SIZE_PX, 3)
    assert tensor.scale == pytest.approx(1 / 255, rel=1e-4)
    assert tensor.zero_point == -128


def test_int8_says_what_float_says(exported: Path, pictures: np.ndarray) -> None:
    origin = float_network("float", exported / "float.tflite", SIZE_PX)
    segmenter = DeepLabSegmenter(open_interpreter(exported / "int8.tflite", "litert"))
    for picture in pictures:
        difference = segmenter.segment(Frame(picture, 0, 0.0)).alpha - origin.segment(picture).alpha
        assert np.abs(difference).mean() < 0.02


def test_the_delegate_takes_every_operation_and_speed_is_measured(exported: Path) -> None:
    taken = coverage("int8", exported / "int8.tflite")
    assert taken.operations == taken.delegated > 50
    assert taken.delegate_nodes <= 2
    first, second = timings({"a": exported / "int8.tflite", "b": exported / "int8.tflite"}, threads=[1], rounds=3)
    assert first.ratio == 1
    assert second.median_ms > 0


def test_the_description_names_file_and_training(exported: Path) -> None:
    run = {"images": 16, "seed": 3, "data_sha256": "f" * 64}
    told = {"images": 16, "licences": ["permissive"], "runs": [run]}
    state = {"architecture": {"backbone": "mobilenetv2", "width": 0.25}, **told}
    description = json.loads(json.dumps(describe(exported / "int8.tflite", state, "7", SIZE_PX)))
    assert description["sha256"] == hashlib.sha256((exported / "int8.tflite").read_bytes()).hexdigest()
    assert description["training"]["licence_classes"] == ["permissive"]
    assert description["training"]["runs"] == [run]


def saved_checkpoint(path: Path, network: DeepLabV3Plus, architecture: dict[str, object], **told: object) -> Path:
    """A checkpoint of some pictures and licence classes."""
    torch.save({"architecture": architecture, "average": network.state_dict(), **told}, path)
    return path


def test_points_of_the_curve_are_checkpoints_measured_as_int8(data_folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    architecture = {"backbone": "mobilenetv2", "width": 0.125, "dilation_multiplier": 1, "expansion": "lean"}
    told = {"images": 1234, "licences": ["permissive"]}
    checkpoints = [
        (name, saved_checkpoint(tmp_path / f"{name}.pt", build_network(**architecture), architecture, **told))
        for name in ("best", "newest")
    ]
    points = curve.exported(checkpoints, SIZE_PX, dataset.load(data_folder, "train"), tmp_path)
    ours = [shipped(point.name, point.file) for point in points]
    rows = accuracy.portraits(ours, dataset.load(data_folder, "val"), data_folder, 1)
    measured = timings({point.name: point.file for point in points}, threads=[1], rounds=1)
    header, _, *lines = curve.table(points, rows, measured, ["ccp", "london"]).splitlines()
    assert "| time / best | IoU ccp | IoU london |" in header
    for name, line in zip(("best", "newest"), lines, strict=True):
        assert line.startswith(f"| {name} | 1,234 | 0.")
        assert "nan" not in line
    assert points[0].file.read_bytes() != points[1].file.read_bytes()


def test_several_checkpoints_are_one_network_with_their_mean_weights(tmp_path: Path) -> None:
    architecture = {"backbone": "mobilenetv2", "width": 0.25}
    networks = [build_network(**architecture) for _ in range(2)]
    checkpoints = [
        saved_checkpoint(tmp_path / f"{images}.pt", network, architecture, images=images, licences=[licence])
        for network, images, licence in zip(networks, (10, 20), ("unclear", "permissive"), strict=True)
    ]
    both, told = load_network(*checkpoints)
    for mean, first, second in zip(both.parameters(), *(network.parameters() for network in networks), strict=True):
        torch.testing.assert_close(mean, (first + second) / 2)
    assert told["images"] == 20
    assert told["licences"] == ["permissive", "unclear"]
