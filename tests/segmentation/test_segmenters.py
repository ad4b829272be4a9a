"""Every segmenter keeps the contract; the shipped models find a real person in a real photograph."""

from __future__ import annotations

import importlib.util
import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_station import shipped
from capture_station.commands import bench
from capture_station.config import PortraitSettings, SegmentationSettings, StationSettings
from capture_station.errors import ConfigError, ModelError, SegmentationError
from capture_station.frames import Frame, Landmark
from capture_station.portrait.coarse_to_fine import segment_coarse_to_fine
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.deeplab import DeepLabSegmenter
from capture_station.segmentation.factory import open_segmenter
from capture_station.segmentation.interpreter import FakeInterpreter, Tensor, open_interpreter
from capture_station.segmentation.luv_threshold import LuvSegmenter

PHOTO = Path(__file__).parent.parent / "data" / "astronaut.jpg"

Open = Callable[[], Segmenter]
SEGMENTERS: dict[str, Open] = {
    "preview": lambda: open_segmenter(SegmentationSettings(), "preview"),
    "capture": lambda: open_segmenter(SegmentationSettings(), "capture"),
    "luv": lambda: open_segmenter(SegmentationSettings(kind="luv"), "preview"),
    "fake": lambda: open_segmenter(SegmentationSettings(runtime="fake"), "preview"),
}


def frame_of(image: np.ndarray, sequence: int = 7) -> Frame:
    return Frame(image, sequence, 0.0)


def photo() -> Frame:
    return frame_of(np.asarray(cv2.imread(str(PHOTO), cv2.IMREAD_COLOR_RGB), np.uint8))


@pytest.mark.parametrize("name", SEGMENTERS)
class TestContract:
    @pytest.mark.parametrize("shape", [(720, 1280, 3), (31, 17, 3), (900, 600, 3)])
    def test_matte_is_alpha_of_that_frame(self, name: str, shape: tuple[int, int, int]) -> None:
        noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        matte = SEGMENTERS[name]().segment(frame_of(noise, 42))
        assert matte.sequence == 42
        assert matte.alpha.dtype == np.float32
        assert 0 <= matte.alpha.min() <= matte.alpha.max() <= 1

    def test_same_frame_same_matte_and_the_frame_is_untouched(self, name: str) -> None:
        frame = photo()
        before = frame.image_rgb.copy()
        segmenter = SEGMENTERS[name]()
        first = segmenter.segment(frame)
        kept = first.alpha.copy()
        segmenter.segment(frame_of(255 - before))
        assert (segmenter.segment(frame).alpha == kept).all()
        assert (first.alpha == kept).all()
        assert (frame.image_rgb == before).all()

    def test_a_coarse_pass_is_nearly_the_matte_and_completing_it_gives_the_matte(self, name: str) -> None:
        segmenter, frame = SEGMENTERS[name](), photo()
        first = segmenter.coarse_pass(frame)
        segmenter.segment(frame_of(255 - frame.image_rgb))
        whole, expected = first.complete(), segmenter.segment(frame)
        assert (whole.alpha == expected.alpha).all()
        assert (whole.second_model_alpha is None) == (expected.second_model_alpha is None)
        assert np.mean(np.abs(first.matte.alpha - whole.alpha)) < 0.02
        assert first.matte.second_model_alpha is None

    def test_info_tells_what_decides(self, name: str) -> None:
        info = SEGMENTERS[name]().info
        assert info.kind == ("luv" if name == "luv" else "deeplab")
        assert min(info.input_wh) >= 64
        if name in ("preview", "capture"):
            assert len(info.sha256) == 64
            assert info.runtime


@pytest.mark.parametrize("name", ["preview", "capture"])
def test_shipped_model_finds_the_person(name: str) -> None:
    matte = SEGMENTERS[name]().segment(photo())
    alpha = cv2.resize(matte.alpha, (512, 512))
    # Her face and suit; the flag's sky, the shuttle model and the wall behind her.
    assert alpha[80:180, 190:250].mean() > 0.95
    assert alpha[330:480, 150:270].mean() > 0.9
    assert alpha[20:120, 20:100].mean() < 0.05
    assert alpha[60:200, 420:500].mean() < 0.1


@pytest.mark.parametrize("name", ["preview", "capture"])
def test_shipped_model_finds_the_face(name: str) -> None:
    head = SEGMENTERS[name]().segment(photo()).head
    assert head is not None
    points = head.points_px((512, 512))
    expected = {Landmark.RIGHT_EYE: (203, 102), Landmark.LEFT_EYE: (248, 103), Landmark.NOSE: (224, 130)}
    for landmark, at in expected.items():
        assert np.hypot(*(points[landmark] - at)) < 8, landmark.name


@pytest.mark.parametrize("name", ["preview", "capture"])
def test_of_two_people_one_face_is_found_and_not_parts_of_both(name: str) -> None:
    image = photo().image_rgb
    smaller = cv2.copyMakeBorder(cv2.resize(image, (435, 435)), 77, 0, 0, 77, cv2.BORDER_REFLECT)
    for pair, on_the_right in (((image, smaller), False), ((smaller, image), True)):
        head = SEGMENTERS[name]().segment(frame_of(np.hstack([part[:, :400] for part in pair]))).head
        assert head is not None
        assert ((head.points[:, 0] > 0.5) == on_the_right).all()


def test_a_portrait_does_not_depend_on_which_way_round_the_picture_is() -> None:
    segmenter, image = SEGMENTERS["capture"](), photo().image_rgb
    seen, turned = segmenter.segment(frame_of(image)), segmenter.segment(frame_of(np.ascontiguousarray(image[:, ::-1])))
    assert np.abs(seen.alpha - turned.alpha[:, ::-1]).max() < 1e-3
    assert seen.head is not None
    assert turned.head is not None
    # Half a pixel of the network's: of two cells that are as sure, the first one is the peak.
    half = 0.5 / 512
    assert abs(seen.head.points[Landmark.LEFT_EYE, 0] - (1 - turned.head.points[Landmark.RIGHT_EYE, 0])) < half
    assert abs(seen.head.points[Landmark.CHIN, 1] - turned.head.points[Landmark.CHIN, 1]) < half


def test_nobody_is_nobody() -> None:
    ramp = np.linspace(120, 200, 640).astype(np.uint8)
    wall = np.repeat(np.broadcast_to(ramp, (480, 640))[..., None], 3, axis=2)
    matte = SEGMENTERS["preview"]().segment(frame_of(np.ascontiguousarray(wall)))
    assert (matte.alpha > 0.5).mean() < 0.005
    assert matte.head is None


class TestLuv:
    def test_person_before_a_painted_wall(self) -> None:
        image = np.full((240, 320, 3), (60, 160, 90), np.uint8)
        image[60:, 120:200] = (200, 150, 130)
        alpha = cv2.resize(LuvSegmenter().segment(frame_of(image)).alpha, (320, 240))
        assert alpha[100:, 130:190].min() > 0.9
        assert alpha[:, :100].max() < 0.1

    def test_clean_plate_makes_an_uneven_wall_usable(self, tmp_path: Path) -> None:
        ramp = np.linspace(30, 220, 320).astype(np.uint8)
        booth = np.repeat(np.broadcast_to(ramp, (240, 320))[..., None], 3, axis=2).copy()
        plate = tmp_path / "plate.png"
        cv2.imwrite(str(plate), booth)
        image = booth.copy()
        image[60:, 120:200] = (200, 40, 40)
        segmenter = open_segmenter(SegmentationSettings(kind="luv", clean_plate=plate), "preview")
        alpha = cv2.resize(segmenter.segment(frame_of(image)).alpha, (320, 240))
        assert alpha[100:, 130:190].min() > 0.9
        assert max(alpha[:, :100].max(), alpha[:, 220:].max()) < 0.1

    def test_a_fine_pass_compares_with_the_same_part_of_the_clean_plate(self) -> None:
        ramp = np.linspace(110, 235, 1280)[None, :, None] * np.array([1, 0.97, 0.93])
        plate = np.ascontiguousarray(np.broadcast_to(ramp, (720, 1280, 3)).astype(np.uint8))
        image, person = plate.copy(), np.zeros((720, 1280), bool)
        person[250:, 190:470] = True
        image[person] = (60, 30, 20)
        segmenter = LuvSegmenter(np.ascontiguousarray(plate[::2, ::2]))
        matte = segment_coarse_to_fine(frame_of(image), segmenter, PortraitSettings(preset="free"))
        assert matte.fine is not None
        left, top, right, bottom = matte.fine.box_px
        alpha = cv2.resize(matte.fine.matte.alpha, (right - left, bottom - top))
        assert np.mean((alpha > 0.5) == person[top:bottom, left:right]) > 0.99

    def test_missing_clean_plate_is_explained(self, tmp_path: Path) -> None:
        settings = SegmentationSettings(kind="luv", clean_plate=tmp_path / "none.png")
        with pytest.raises(ConfigError, match=r"none\.png .*calibrate"):
            open_segmenter(settings, "preview")


class TestModelFile:
    def test_missing_is_one_clear_line(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=r"gone\.tflite: no such model"):
            open_segmenter(SegmentationSettings(preview_model=tmp_path / "gone.tflite"), "preview")

    def test_changed_is_refused(self, tmp_path: Path) -> None:
        shipped_model = shipped.model_path(shipped.PREVIEW_MODEL)
        model = tmp_path / "preview.tflite"
        shutil.copy(shipped_model, model)
        card = json.loads(shipped_model.with_suffix(".json").read_text())
        model.with_suffix(".json").write_text(json.dumps(card | {"sha256": "0" * 64}))
        with pytest.raises(ModelError, match="damaged or changed"):
            open_segmenter(SegmentationSettings(preview_model=model), "preview")

    def test_damaged_is_told_before_the_runtime_reads_it(self, tmp_path: Path) -> None:
        shipped_model = shipped.model_path(shipped.PREVIEW_MODEL)
        model = tmp_path / "preview.tflite"
        content = shipped_model.read_bytes()
        model.write_bytes(content[: len(content) // 2])
        shutil.copy(shipped_model.with_suffix(".json"), tmp_path)
        with pytest.raises(ModelError, match="damaged or changed; reinstall it"):
            open_segmenter(SegmentationSettings(preview_model=model), "preview")

    def test_rubbish_is_refused(self, tmp_path: Path) -> None:
        model = tmp_path / "rubbish.tflite"
        model.write_bytes(b"not a model" * 100)
        with pytest.raises(ModelError, match=r"rubbish\.tflite"):
            open_interpreter(model)

    @pytest.mark.parametrize("shape", [(1, 64, 64, 21), (1, 64, 64)])
    def test_one_without_a_matte_is_refused_in_one_line(self, shape: tuple[int, ...]) -> None:
        interpreter = FakeInterpreter()
        interpreter.outputs = (Tensor(shape, 0.1, 0),)
        with pytest.raises(ModelError, match=r"^custom\.tflite: .*\(1, 64, 64.* configuration.*$"):
            DeepLabSegmenter(interpreter, "custom.tflite")

    def test_one_without_landmarks_is_used_and_timed(self, tmp_path: Path) -> None:
        model = matte_alone(tmp_path / "matte.tflite")
        settings = StationSettings(segmentation=SegmentationSettings(preview_model=model))
        matte = open_segmenter(settings.segmentation, "preview").segment(photo())
        assert matte.head is None
        assert matte.alpha.max() > 0.9
        _, figures = bench.stage_times(settings)
        assert {figure.name: figure.value for figure in figures}["dequantize matte"] > 0

    @pytest.mark.skipif(importlib.util.find_spec("tflite_runtime") is not None, reason="tflite-runtime is installed")
    def test_absent_runtime_is_named(self) -> None:
        with pytest.raises(ModelError, match="tflite-runtime"):
            open_interpreter(shipped.model_path(shipped.PREVIEW_MODEL), "tflite-runtime")


def matte_alone(path: Path) -> Path:
    """The shipped preview without its heatmaps: in the file, the list of its two outputs becomes a list of one."""
    runtime = pytest.importorskip("ai_edge_litert.interpreter")
    shipped_model = shipped.model_path(shipped.PREVIEW_MODEL)
    details = runtime.Interpreter(str(shipped_model)).get_output_details()
    matte, heatmaps = (output["index"] for output in details)
    content = shipped_model.read_bytes()
    both, one = struct.pack("<3i", 2, matte, heatmaps), struct.pack("<3i", 1, matte, heatmaps)
    assert content.count(both) == 1
    path.write_bytes(content.replace(both, one))
    return path


def test_failing_interpreter_is_a_segmentation_error() -> None:
    interpreter = FakeInterpreter()
    segmenter = DeepLabSegmenter(interpreter)
    segmenter.segment(photo())
    interpreter.broken = True
    with pytest.raises(SegmentationError):
        segmenter.segment(photo())
