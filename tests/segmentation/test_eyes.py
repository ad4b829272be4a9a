"""Closed eyes and looks aside: read in a picture, avoided in a burst, judged as the preset wants it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest

from capture_station.config import PortraitSettings, SegmentationSettings
from capture_station.frames import Eyes, Frame, Head, Image, Landmark
from capture_station.portrait.measure import LEAST_EYES_OPEN, MOST_ASIDE, with_eyes
from capture_station.portrait.pipeline import make_portrait
from capture_station.presets import shipped_presets
from capture_station.segmentation.eyes import EyeReader, open_eye_reader
from capture_station.station.burst import best_frame
from tests.portrait.scenes import person

PHOTO = Path(__file__).parent.parent / "data" / "astronaut.jpg"
EYES_PX = ((203.0, 101.0), (246.0, 103.0))


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


def looking(photo: Image, moved_px: float) -> Image:
    """The same photo with both irises moved to the right, and the corners of the eyes where they were."""
    y, x = np.mgrid[: photo.shape[0], : photo.shape[1]].astype(np.float32)
    from_x = x.copy()
    for eye_x, eye_y in EYES_PX:
        from_x -= moved_px * np.maximum(0, 1 - ((x - eye_x) / 9) ** 2) * (np.abs(y - eye_y) < 4)
    return np.asarray(cv2.remap(photo, from_x, y, cv2.INTER_CUBIC), np.uint8)


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
        reader.read(np.asarray(cv2.warpAffine(image, turn, shown_wh), np.uint8), turned).open
        for image in (photo, closed(photo))
    )
    assert opened > LEAST_EYES_OPEN + 0.03
    assert shut < LEAST_EYES_OPEN - 0.03


@pytest.mark.parametrize("moved_px", [-6, 6])
def test_a_look_aside_is_told_from_one_ahead(reader: EyeReader, photo: Image, head: Head, moved_px: float) -> None:
    ahead, aside = reader.read(photo, head), reader.read(looking(photo, moved_px), head)
    assert abs(ahead.aside) < MOST_ASIDE - 0.03
    assert np.sign(moved_px) * aside.aside > MOST_ASIDE + 0.01
    assert aside.open > LEAST_EYES_OPEN


def test_a_turned_head_looks_into_the_camera_with_its_irises_aside(reader: EyeReader, photo: Image, head: Head) -> None:
    turned = head.points.copy()
    apart = turned[Landmark.LEFT_EYE] - turned[Landmark.RIGHT_EYE]
    turned[Landmark.NOSE] += 0.45 * apart
    # Its irises are in the middle, so that it looks to where its nose points.
    assert reader.read(photo, Head(turned, 1.0)).aside > MOST_ASIDE
    assert abs(reader.read(looking(photo, -4), Head(turned, 1.0)).aside) < MOST_ASIDE


def test_the_burst_prefers_a_look_ahead_to_a_sharper_picture(reader: EyeReader, photo: Image, head: Head) -> None:
    soft = np.asarray(cv2.GaussianBlur(photo, (0, 0), 0.8), np.uint8)
    frames = [Frame(soft, 0, 0.0), Frame(looking(photo, 6), 1, 0.03)]
    assert best_frame(frames, head).sequence == 1
    assert best_frame(frames, head, reader).sequence == 0


def test_the_burst_prefers_open_eyes_to_a_sharper_picture(reader: EyeReader, photo: Image, head: Head) -> None:
    soft = np.asarray(cv2.GaussianBlur(photo, (0, 0), 1.0), np.uint8)
    sharp_but_shut = cv2.addWeighted(closed(photo), 2.0, cv2.GaussianBlur(closed(photo), (0, 0), 2), -1.0, 0)
    frames = [Frame(soft, 0, 0.0), Frame(np.asarray(sharp_but_shut, np.uint8), 1, 0.03)]
    assert best_frame(frames, head).sequence == 1
    assert best_frame(frames, head, reader).sequence == 0


@pytest.mark.parametrize(
    ("eyes", "preset", "flaw"),
    [
        (Eyes(0.1, 0.0), "portrait-4x5", "eyes-closed"),
        (Eyes(0.12, 0.0), "passport-35x45", None),
        (Eyes(0.1, 0.15), "passport-35x45", "eyes-closed"),
        (Eyes(0.25, 0.15), "portrait-4x5", None),
        (Eyes(0.25, 0.15), "badge", "eyes-aside"),
        (Eyes(0.25, -0.15), "passport-35x45", "eyes-aside"),
        (Eyes(0.25, 0.05), "passport-35x45", None),
        (Eyes(0.1, 0.2), "free", None),
    ],
)
def test_the_preset_decides_what_the_eyes_must_do(eyes: Eyes, preset: str, flaw: str | None) -> None:
    settings = PortraitSettings(preset=preset)
    scene = person((900, 720), head_px=300)
    good = make_portrait(scene.image, scene.matte(), PortraitSettings(preset="portrait-4x5"))
    assert good.measures.verdict == "ok"
    judged = with_eyes(good, eyes, settings.eyes_preset).measures
    assert judged.verdict == ("ok" if flaw is None else "review")
    assert (judged.eyes_open, judged.eyes_aside) == eyes
    assert [found.code for found in judged.flaws] == ([] if flaw is None else [flaw])


@pytest.mark.parametrize("setting", ["off", "advise"])
def test_eyes_are_no_flaw_unless_they_are_required(setting: Literal["off", "advise"]) -> None:
    assert PortraitSettings(eyes=setting, preset="passport-35x45").eyes_preset is None


def test_nothing_is_said_of_eyes_behind_dark_glasses() -> None:
    scene = person((900, 720), head_px=300)
    made = make_portrait(scene.image, scene.matte(), PortraitSettings(preset="portrait-4x5"))
    behind_glasses = replace(made, measures=replace(made.measures, eye_light=0.4))
    assert with_eyes(behind_glasses, Eyes(0.1, 0.2), shipped_presets()["portrait-4x5"]).measures.verdict == "ok"
