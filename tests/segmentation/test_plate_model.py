"""The plate model is loaded where clean plates are learned, and answers on its own grid."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from capture_station import shipped
from capture_station.config import SegmentationSettings
from capture_station.errors import ModelError
from capture_station.portrait.plate_evidence import PLANES
from capture_station.segmentation.plate_model import PlateModel, open_plate_model

SIDE_PX = 512


@pytest.fixture(scope="module")
def model() -> PlateModel:
    opened = open_plate_model(SegmentationSettings())
    assert opened is not None
    return opened


def evidence(log_odds: int) -> np.ndarray:
    """A frame that differs from a reliable plate, of which the segmenter thinks the same everywhere."""
    given = np.zeros((SIDE_PX, SIDE_PX, PLANES), np.int8)
    given[..., 3:6], given[..., 6:8], given[..., 8:] = 60, log_odds, 127
    return given


def test_what_everybody_is_sure_of_stays(model: PlateModel) -> None:
    person = model(evidence(127))
    same = evidence(-127)
    same[..., 3:6], same[..., 8:10] = 0, -127
    nobody = model(same)
    assert person is not None
    assert nobody is not None
    assert person.shape == (SIDE_PX, SIDE_PX)
    assert person.mean() > 0.9
    assert nobody.mean() < 0.02


def test_another_grid_is_not_its_own(model: PlateModel) -> None:
    assert model(evidence(0)[::2, ::2]) is None


def test_several_threads_get_their_own_answers(model: PlateModel) -> None:
    given = [evidence(level) for level in (127, -127)]
    alone = [model(each) for each in given]
    answers: dict[int, object] = {}
    threads = [
        threading.Thread(target=lambda number=number: answers.update({number: model(given[number % 2])}))
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, answer in answers.items():
        np.testing.assert_array_equal(answer, alone[number % 2])


@pytest.mark.parametrize("settings", [{"kind": "luv"}, {"learn_clean_plate": False}, {"runtime": "fake"}])
def test_it_is_not_loaded_where_no_plate_is_learned(settings: dict[str, object]) -> None:
    assert open_plate_model(SegmentationSettings.model_validate(settings)) is None


def test_a_damaged_file_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("plate.tflite", "plate.json"):
        (tmp_path / name).write_bytes(shipped.model_path(name).read_bytes())
    with (tmp_path / "plate.tflite").open("r+b") as file:
        file.seek(1000)
        file.write(b"damaged")
    monkeypatch.setattr(shipped, "_WHEEL", tmp_path)
    with pytest.raises(ModelError, match=r"plate\.tflite"):
        open_plate_model(SegmentationSettings())
