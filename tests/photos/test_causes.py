"""What is said of photos that are small, blurred or turned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from capture_station.config import PortraitSettings, SegmentationSettings
from capture_station.frames import Flaw, Head, Image, Matte
from capture_station.photos.causes import is_blurred, judged, refusal, without_lying_face
from capture_station.photos.cleaning import CleaningOptions, Outcome, clean_photo
from capture_station.photos.discovery import Photo
from capture_station.portrait.measure import verdict
from capture_station.portrait.pipeline import make_portrait
from tests.photos.drawing import drawn

ASTRONAUT = Path(__file__).parent.parent / "data" / "astronaut.jpg"


@pytest.fixture
def upright() -> Image:
    with Pillow.open(ASTRONAUT) as picture:
        return np.asarray(picture)


def cleaned(photo: Image, tmp_path: Path, options: CleaningOptions, preset: str = "badge") -> Outcome:
    Pillow.fromarray(photo).save(tmp_path / "photo.png")
    options = replace(options, segmentation=SegmentationSettings(), portrait=PortraitSettings(preset=preset))
    return clean_photo(Photo(str(tmp_path / "photo.png"), str(tmp_path / "result")), options)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_of_a_tiny_photo_only_its_size_is_told(
    upright: Image, tmp_path: Path, options: CleaningOptions, quarters: int
) -> None:
    tiny = cv2.resize(upright, (61, 61), interpolation=cv2.INTER_AREA)
    outcome = cleaned(np.ascontiguousarray(np.rot90(tiny, quarters)), tmp_path, options)
    assert outcome.verdict == "refused"
    (reason,) = outcome.reasons
    assert reason.startswith("the photo is too small for “Badge")
    assert reason.endswith("it has 61x61 px, and the head alone needs 115 px in height; use a larger photo")


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_of_a_blurred_photo_it_is_told_first_that_it_is_not_sharp(
    upright: Image, tmp_path: Path, options: CleaningOptions, quarters: int
) -> None:
    blurred = cv2.GaussianBlur(upright, (0, 0), 8)
    outcome = cleaned(np.ascontiguousarray(np.rot90(blurred, quarters)), tmp_path, options)
    assert outcome.verdict == ("refused" if quarters else "review")
    assert "not sharp" in outcome.reasons[0]
    assert not any("side" in reason or "upright" in reason for reason in outcome.reasons)


def test_of_a_small_head_the_pixels_are_told_and_nothing_of_its_outline(
    upright: Image, tmp_path: Path, options: CleaningOptions
) -> None:
    (reason,) = cleaned(upright, tmp_path, options, "passport-35x45").reasons
    assert reason.startswith("the head is too small to crop to “35x45 mm")
    assert reason.endswith(" px in height and needs 171; use a larger photo, or one from closer")


def test_what_a_blurred_face_does_not_tell_is_left_out() -> None:
    portrait = make_portrait(drawn(), Matte(np.zeros((64, 96), np.float32), None, 0), PortraitSettings(preset="free"))

    def told(*codes: str) -> list[str]:
        flaws = tuple(Flaw(code, {"preset": "badge", "count": 2}) for code in codes)
        measures = replace(portrait.measures, flaws=flaws, verdict=verdict(flaws))
        shown = judged(replace(portrait, measures=measures)).measures
        assert shown.verdict == measures.verdict
        assert len(shown.reasons) == len(shown.flaws)
        return [flaw.code for flaw in shown.flaws]

    assert told("uncropped-small", "several-people", "face-dark", "chin-up") == ["uncropped-small", "face-dark"]
    assert told("uncropped-small", "face-blurred", "head-tilted") == ["face-blurred"]
    assert told("limb-cut", "face-blurred", "eyes-aside") == ["face-blurred", "limb-cut"]
    assert told("limb-cut", "eyes-aside") == ["limb-cut", "eyes-aside"]


def test_where_no_face_is_found_it_is_told_what_may_be_the_cause() -> None:
    settings, photo = PortraitSettings(preset="badge"), drawn(400, 300)
    portrait = make_portrait(photo, Matte(np.zeros((64, 96), np.float32), None, 0), settings)

    def told(photo: Image, persons: int, upright: bool) -> tuple[str, ...]:
        measures = replace(portrait.measures, persons=persons, reasons=("no face",), flaws=(Flaw("uncropped-no-face"),))
        return refusal(photo, replace(portrait, measures=measures), settings, upright)

    assert told(photo, 1, True) == ("no face",)
    assert told(photo, 1, False) == ("no face", "the face may not be upright")
    assert told(photo, 7, False) == ("no face", "7 people are in the picture")
    assert told(cv2.GaussianBlur(photo, (0, 0), 12), 7, False) == ("the photo is not sharp", "no face")


def test_a_face_that_only_seems_to_lie_on_its_side_is_none() -> None:
    across = np.array([(0.5, 0.4), (0.5, 0.6), (0.4, 0.5), (0.3, 0.4), (0.3, 0.6), (0.2, 0.5)], np.float32)
    unsure, sure = (Matte(np.ones((8, 8), np.float32), Head(across, score), 0) for score in (0.7, 0.9))
    assert without_lying_face(unsure, (80, 80)).head is None
    assert without_lying_face(sure, (80, 80)) is sure
    level = replace(unsure, head=Head(across[:, ::-1].copy(), 0.7))
    assert without_lying_face(level, (80, 80)) is level


def test_a_blank_picture_is_not_called_blurred() -> None:
    assert not is_blurred(np.full((300, 400, 3), 255, np.uint8))
    assert not is_blurred(drawn(400, 300))
    assert is_blurred(cv2.GaussianBlur(drawn(400, 300), (0, 0), 12))
