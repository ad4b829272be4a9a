"""Another network is asked about every picture that is captured, where its runtime can run it."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.config import SegmentationSettings
from capture_station.segmentation.factory import open_segmenter
from capture_station.segmentation.interpreter import Runtime
from capture_station.segmentation.second_model import open_second_model
from tests.segmentation.test_segmenters import photo


def test_a_capture_carries_what_another_network_sees() -> None:
    pytest.importorskip("ai_edge_litert", reason="only LiteRT has the network's operations")
    matte = open_segmenter(SegmentationSettings(), "capture").segment(photo())
    assert matte.second_model_alpha is not None
    ours, theirs = matte.alpha[::2, ::2] > 0.5, matte.second_model_alpha > 0.5
    assert np.count_nonzero(ours & theirs) > 0.95 * np.count_nonzero(ours)
    assert open_segmenter(SegmentationSettings(), "preview").segment(photo()).second_model_alpha is None


@pytest.mark.parametrize("runtime", ["fake", "tflite-runtime"])
def test_a_runtime_that_lacks_its_operations_gives_none(runtime: Runtime) -> None:
    assert open_second_model(SegmentationSettings(runtime=runtime)) is None
