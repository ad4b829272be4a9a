"""The evaluation measures what it says and writes it down."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tqdm", reason="evaluation needs the [train] extra")

from capture_station.frames import Frame, Head, Matte
from capture_station.segmentation.deeplab import DeepLabSegmenter
from capture_station.segmentation.interpreter import FakeInterpreter
from models.recipe import dataset
from models.recipe.evaluate import accuracy, heads, tables
from models.recipe.evaluate.__main__ import arguments_of
from models.recipe.evaluate.contestants import Contestant, smoothed
from models.recipe.evaluate.markdown import write_card
from models.recipe.evaluate.sheet import picked, portrait_sheet
from models.recipe.evaluate.steadiness import change, steadiness, still_pixels
from tests.recipe.conftest import EYES_NOSE_MOUTH_CHIN, HEIGHT_PX, WIDTH_PX


def dark_is_person(image: np.ndarray) -> Matte:
    """Right for the test's portraits; its head is where theirs is, one eye distance too low."""
    points = np.array(EYES_NOSE_MOUTH_CHIN, np.float32) + np.array([0, 20], np.float32)
    alpha = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) < 150).astype(np.float32)
    return Matte(alpha, Head(points / np.array([WIDTH_PX, HEIGHT_PX], np.float32), 0.9), 0)


RIGHT = Contestant("right", dark_is_person)
NOBODY = Contestant("nobody", lambda image: Matte(np.zeros(image.shape[:2], np.float32), None, 0))


@pytest.fixture(scope="module")
def rows(data_folder: Path) -> list[accuracy.PortraitRow]:
    return accuracy.portraits([RIGHT, NOBODY], dataset.load(data_folder, "val"), data_folder, None)


def test_portraits_are_judged_at_their_own_resolution(rows: list[accuracy.PortraitRow]) -> None:
    right = [row for row in rows if row.contestant == "right"]
    assert {row.source for row in right} == {"eg1800", "ccp", "london"}
    assert all(row.iou > 0.97 and row.boundary_f > 0.97 for row in right)
    assert all(row.iou == 0 for row in rows if row.contestant == "nobody")


def test_landmark_errors_are_in_eye_distances(rows: list[accuracy.PortraitRow]) -> None:
    for row in rows:
        if row.contestant == "right":
            assert row.landmark_error == pytest.approx(1.0, abs=1e-3)
            assert row.eye_distance_px == pytest.approx(20 * 256 / WIDTH_PX)
        else:
            assert np.isnan(row.landmark_error)


def test_a_head_that_is_found_too_low_is_measured_too_low(data_folder: Path) -> None:
    rows = heads.heads(RIGHT, dataset.load(data_folder, "val"), data_folder, None)
    assert {row.source for row in rows} == {"eg1800", "ccp", "london"}
    for row in rows:
        # 20 pixels of a head of 54; the crown comes from the matte and is right.
        assert row.eyes == row.chin == pytest.approx(20 / 54, abs=1e-3)
        assert row.crown == pytest.approx(0, abs=0.03)
    lost = heads.heads(NOBODY, dataset.load(data_folder, "val"), data_folder, None)
    assert "| ccp | 0 of 1 |" in tables.heads(lost)


def test_empty_scenes_count_false_persons(data_folder: Path) -> None:
    everywhere = Contestant("everywhere", lambda image: Matte(np.ones(image.shape[:2], np.float32), None, 0))
    empty = accuracy.empty_scenes([NOBODY, everywhere], dataset.load(data_folder, "val"), data_folder, None)
    assert [row.person_area for row in empty] == [0, 1]
    assert "| nobody | 1 | 100.0 % | 0.00 % |" in tables.emptiness(empty)
    assert "| everywhere | 1 | 0.0 % | 100.00 % |" in tables.emptiness(empty)


def test_limit_is_per_source(data_folder: Path) -> None:
    few = accuracy.portraits([RIGHT], dataset.load(data_folder, "val"), data_folder, 1)
    assert sorted(row.source for row in few) == ["ccp", "eg1800", "london"]


def test_quantization_is_told_in_points_of_iou(rows: list[accuracy.PortraitRow]) -> None:
    half = [replace(row, contestant="int8", iou=row.iou - 0.01) for row in rows if row.contestant == "right"]
    assert "| int8 - right | -1.00 | -1.00 | -1.00 |" in tables.quantization([*rows, *half], {"int8": "right"})


def test_groups_take_equal_parts_of_every_source(rows: list[accuracy.PortraitRow]) -> None:
    dark, light = tables.parts([row for row in rows if row.source == "london"], lambda row: row.face_lightness, 2)
    assert {row.image for row in dark}.isdisjoint(row.image for row in light)
    assert max(row.face_lightness for row in dark) <= min(row.face_lightness for row in light)


def test_faces_count_as_turned_away_only_in_sources_where_faces_are_labelled(rows: list[accuracy.PortraitRow]) -> None:
    mine = [row for row in rows if row.contestant == "right"]
    turned = replace(next(row for row in mine if row.source == "ccp"), image="turned", eye_distance_px=np.nan)
    unlabelled = replace(turned, source="figaro", image="nobody labelled it")
    line = tables.groups([*mine, turned, unlabelled]).splitlines()[-1]
    assert line.startswith("| no face labelled in these sources (turned away, covered) | 1 |")


def test_steadiness_looks_only_where_the_picture_is_still() -> None:
    before = np.full((60, 80, 3), 100, np.uint8)
    after = before.copy()
    after[:, 60:] = 200
    still = still_pixels(before, after)
    assert still[:, :50].all()
    assert not still[:, 60:].any()
    alpha = np.zeros((60, 80), np.float32)
    flickering = alpha.copy()
    flickering[:, :10], flickering[:, 60:] = 0.4, 1.0
    everywhere, _ = change(alpha, flickering, still)
    assert everywhere == pytest.approx(0.4 * 10 / np.flatnonzero(still[0]).size, rel=1e-5)


def test_what_flickers_flickers_less_as_it_is_shown() -> None:
    alphas = iter([0.5, 0.6, 0.5, 0.6])
    flickering = Contestant("flickering", lambda _: Matte(np.full((4, 4), next(alphas), np.float32), None, 0))
    shown = smoothed(flickering, "shown")
    picture = np.zeros((4, 4, 3), np.uint8)
    means = [float(shown.segment(picture).alpha.mean()) for _ in range(4)]
    assert np.abs(np.diff(means)).max() < 0.08


def test_a_video_is_smoothed_without_the_one_before(tmp_path: Path) -> None:
    for number, level in enumerate((100, 101)):
        writer = cv2.VideoWriter(str(tmp_path / f"{number}.avi"), cv2.VideoWriter.fourcc(*"FFV1"), 25, (64, 64))
        for _ in range(3):
            writer.write(np.full((64, 64, 3), level, np.uint8))
        writer.release()

    def person(image: np.ndarray) -> Matte:
        alpha = np.zeros((64, 64), np.float32)
        alpha[16:48, 8 if image.mean() < 100.5 else 32 :] = 1
        return Matte(alpha, None, 0)

    (shown,) = steadiness([smoothed(Contestant("steady", person), "shown")], tmp_path)
    assert shown.pairs == 4
    assert shown.everywhere == shown.near_outline == 0


def test_a_video_is_smoothed_at_its_own_rate(tmp_path: Path) -> None:
    found = []
    for rate_hz in (5, 30):
        folder = tmp_path / str(rate_hz)
        folder.mkdir()
        writer = cv2.VideoWriter(str(folder / "still.avi"), cv2.VideoWriter.fourcc(*"FFV1"), rate_hz, (64, 64))
        for _ in range(9):
            writer.write(np.full((64, 64, 3), 100, np.uint8))
        writer.release()
        levels = itertools.cycle((0.6, 0.7))

        def flickering(_: np.ndarray, levels: Iterator[float] = levels) -> Matte:
            alpha = np.zeros((64, 64), np.float32)
            alpha[:, 32:] = next(levels)
            return Matte(alpha, None, 0)

        shown = smoothed(Contestant("flickering", flickering), "shown")
        found.append(steadiness([shown], folder)[0].everywhere)
    assert 0.05 > found[0] > 2 * found[1]


def test_heads_below_the_stations_score_are_seen() -> None:
    white = Frame(np.full((64, 64, 3), 255, np.uint8), 0, 0.0)
    assert DeepLabSegmenter(FakeInterpreter()).segment(white).head is None
    assert DeepLabSegmenter(FakeInterpreter(), least_face_score=0.0).segment(white).head is not None


def test_a_card_takes_no_tables_of_a_few_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments_of(["--data", str(tmp_path), "--limit", "3", "--card", str(tmp_path / "CARD.md")])
    assert "--limit" in capsys.readouterr().err


def test_the_card_keeps_what_stands_around_the_tables(tmp_path: Path, rows: list[accuracy.PortraitRow]) -> None:
    card = tmp_path / "CARD.md"
    card.write_text("# Title\n\n<!-- evaluation: begin -->\nold\n<!-- evaluation: end -->\n\nThe end.\n")
    results = tables.Results(rows, [], [], [], [], {}, {}, {})
    for _ in range(2):
        write_card(card, tables.report(results))
    text = card.read_text()
    assert text.startswith("# Title\n")
    assert text.endswith("\n\nThe end.\n")
    assert "old" not in text
    assert text.count("### Mattes, by source") == 1
    card.write_text("no markers")
    with pytest.raises(ValueError, match="no lines"):
        write_card(card, "tables")


def test_the_sheet_shows_the_worst_the_median_and_the_best(
    tmp_path: Path, rows: list[accuracy.PortraitRow], data_folder: Path
) -> None:
    assert picked(range(100), 10) == {
        "worst": list(range(10)),
        "median": list(range(45, 55)),
        "best": list(range(90, 100)),
    }
    portrait_sheet(tmp_path / "sheet.png", rows, RIGHT, dataset.load(data_folder, "val"))
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[0] >= 900
