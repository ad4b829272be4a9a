"""The evaluation of doubts counts wrong mattes, good ones, and how many of each were doubted."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tqdm", reason="evaluation needs the [train] extra")

from models.recipe import dataset
from models.recipe.evaluate.doubts import JUDGED, DoubtRow, doubts, judgements, report, worst_piece
from tests.recipe.test_evaluate import NOBODY, RIGHT

TRUTH = np.zeros((200, 200), np.float32)
TRUTH[50:150, 50:150] = 1


def test_a_thin_rim_is_no_piece_of_error_and_a_lost_corner_is() -> None:
    rim, corner = TRUTH.copy(), TRUTH.copy()
    rim[50:52] = 0
    corner[50:80, 50:80] = 0
    assert worst_piece(TRUTH, TRUTH) == worst_piece(rim, TRUTH) == 0
    assert worst_piece(corner, TRUTH) == pytest.approx(0.09, abs=0.005)


def test_portraits_are_measured_as_the_station_saves_them(data_folder: Path) -> None:
    portraits = dataset.load(data_folder, "val").portraits
    assert all(row.iou > 0.97 and row.worst_piece < 0.01 for row in doubts(RIGHT, portraits))
    assert all(row.iou == 0 and row.doubt == 0 for row in doubts(NOBODY, portraits))


def test_thresholds_come_from_the_other_half() -> None:
    good = [DoubtRow("good", 0.001 * number, 0.99, 0.0, 0.0) for number in range(100)]
    wrong = [DoubtRow("wrong", 0.7, 0.8, 0.05, 1.0)] * 4
    lines = report([*wrong, *good]).splitlines()
    assert "| 100 % of 4 | 100 % of 4 | 100 % of 4 | 0 % of 100 | 100 % of 4 | 0 % of 100 |" in lines[2]
    assert "| 100 % of 2 | 100 % of 2 | 100 % of 2 | 10 % of 50 | 100 % of 2 | 10 % of 50 |" in lines[3]


def test_most_judges_decide_and_where_they_agree_is_counted_by_itself() -> None:
    shares = {"most say wrong": 2 / 3, "most say good": 1 / 3, "all say wrong": 1.0, "all say good": 0.0}
    rows = [DoubtRow(name, 0.7, 0.8, 0.05, share) for name, share in shares.items()]
    rows.append(DoubtRow("nobody has judged it", 0.7, 0.8, 0.05))
    assert "| 100 % of 4 | 100 % of 4 | 100 % of 2 | 100 % of 2 |" in report(rows * 2).splitlines()[2]


def test_every_judgement_is_a_share_of_its_judges_and_says_whether_the_doubt_was_fitted_on_it() -> None:
    with JUDGED.open(newline="") as stream:
        sets = Counter(row["set"] for row in csv.DictReader(stream))
    assert sets == {"val": 376, "gathered-fitted": 329, "gathered": 1106}
    shares = judgements().values()
    assert len(shares) > 1800
    assert min(shares) == 0
    assert max(shares) == 1
