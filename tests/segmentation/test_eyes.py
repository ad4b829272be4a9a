"""Open and closed eyes: read in a picture, preferred in a burst, judged where the preset wants a neutral face."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_station.config import PortraitSettings, SegmentationSettings
from capture_station.frames import Frame, Head, Image
from capture_station.portrait.measure import LEAST_EYES_OPEN, with_eyes
from capture_station.portrait.pipeline import make_portrait
from capture_station.segmentation.eyes import EyeReader, open_eye_reader
from capture_station.station.burst import best_frame
from tests.portrait.scenes import person

PHOTO = Path(__file__).parent.parent / "data" / "astronaut.jpg"
EYES_PX = ((203.0, 115.0), (250.0, 113.0))


@pytest.fixture(scope="module")
def photo() -> Image:
    return np.asarray(cv2.imread(str(PHOTO), cv2.IMREAD_COLOR_RGB), np.uint8)


@pytest.fixture(scope="module")
def head(photo: Image) -> Head:
    points = np.array([*EYES_PX, (228, 143), (208, 163), (252, 162), (230, 194)], np.float32)
    return Head(points / np.array([photo.shape[1], photo.shape[0]], np.float32), 1.0)


@pytest.fixture(scope="module")
def reader() -> EyeReader:
    return open_eye_reader(SegmentationSettings())


def closed(photo: Image) -> Image:
    """The same photo with lids of skin drawn over both eyes, and lashes below them."""
    drawn = photo.copy()
    apart_px = EYES_PX[1][0] - EYES_PX[0][0]
    for x, y in (tuple(round(value) for value in eye) for eye in EYES_PX):
        skin = photo[round(y + 0.42 * apart_px), x].tolist()
        cv2.ellipse(drawn, (x, y), (round(0.3 * apart_px), round(0.16 * apart_px)), 0, 0, 360, skin, -1)
        lashes = round(0.2 * apart_px), round(0.06 * apart_px)
        cv2.ellipse(drawn, (x, y + 1), lashes, 0, 0, 180, (50, 35, 30), 1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 0.8), np.uint8)


@pytest.mark.parametrize("turned_deg", [0, 20])
@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_open_and_closed_eyes_are_told_apart(
    reader: EyeReader, photo: Image, head: Head, turned_deg: float, scale: float
) -> None:
    size_wh = photo.shape[1], photo.shape[0]
    turn = cv2.getRotationMatrix2D((228, 130), turned_deg, 1.0) * scale
    points = (head.points_px(size_wh) @ turn[:, :2].T + turn[:, 2]) / (np.array(size_wh) * scale)
    turned = Head(points.astype(np.float32), 1.0)
    shown_wh = round(size_wh[0] * scale), round(size_wh[1] * scale)
    opened, shut = (
        reader.openness(np.asarray(cv2.warpAffine(image, turn, shown_wh), np.uint8), turned)
        for image in (photo, closed(photo))
    )
    assert opened > LEAST_EYES_OPEN + 0.03
    assert shut < LEAST_EYES_OPEN - 0.03


def test_the_burst_prefers_open_eyes_to_a_sharper_picture(reader: EyeReader, photo: Image, head: Head) -> None:
    soft = np.asarray(cv2.GaussianBlur(photo, (0, 0), 1.0), np.uint8)
    sharp_but_shut = cv2.addWeighted(closed(photo), 2.0, cv2.GaussianBlur(closed(photo), (0, 0), 2), -1.0, 0)
    frames = [Frame(soft, 0, 0.0), Frame(np.asarray(sharp_but_shut, np.uint8), 1, 0.03)]
    assert best_frame(frames, head).sequence == 1
    assert best_frame(frames, head, reader).sequence == 0


def test_closed_eyes_are_a_flaw_where_the_preset_wants_a_neutral_face() -> None:
    scene = person((900, 720), head_px=300)
    good = make_portrait(scene.image, scene.matte(), PortraitSettings(preset="portrait-4x5")).measures
    assert good.verdict == "ok"
    judged = with_eyes(good, 0.1, must_be_open=True)
    assert (judged.verdict, judged.eyes_open, [flaw.code for flaw in judged.flaws]) == ("review", 0.1, ["eyes-closed"])
    assert judged.reasons == ("the eyes are closed",)
    assert with_eyes(good, 0.1, must_be_open=False).verdict == "ok"
    assert with_eyes(good, 0.3, must_be_open=True).verdict == "ok"


@pytest.mark.parametrize(
    ("eyes", "preset", "must"),
    [
        ("off", "passport-35x45", False),
        ("advise", "passport-35x45", False),
        ("require", "passport-35x45", True),
        ("require", "portrait-4x5", False),
        ("require", "free", False),
    ],
)
def test_setting_and_preset_decide_whether_eyes_count(eyes: str, preset: str, must: bool) -> None:
    assert PortraitSettings.model_validate({"eyes": eyes, "preset": preset}).eyes_must_be_open is must
