"""The evaluation of raised arms counts what is lost and kept, and says which photograph is missing."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tqdm", reason="evaluation needs the [train] extra")

from models.recipe.evaluate.raised_arms import MASKS, Case, cases, measured, report

BODY = np.zeros((200, 200), np.bool_)
BODY[60:200, 50:150] = True
ARM = np.zeros_like(BODY)
ARM[20:60, 130:150] = True
CASE = Case("arm", np.zeros((200, 200, 3), np.uint8), BODY | ARM, np.zeros_like(BODY))


def test_a_lost_arm_is_counted_and_a_rim_is_lost_on_the_outline_only() -> None:
    whole = (BODY | ARM).astype(np.float32)
    assert measured(whole, CASE).lost == 0
    assert measured(BODY.astype(np.float32), CASE).lost == pytest.approx(ARM.sum() / (BODY | ARM).sum())
    rim = cv2.erode(whole, np.ones((3, 3)))
    assert measured(rim, CASE).lost > 0.015
    assert measured(rim, CASE).lost_inside == 0
    assert measured(np.ones_like(whole), CASE).kept > 1


def test_what_either_answer_is_right_for_does_not_count() -> None:
    either = Case("either", CASE.image, BODY, ARM)
    for alpha in (BODY, BODY | ARM):
        row = measured(alpha.astype(np.float32), either)
        assert (row.iou, row.lost, row.kept) == (1, 0, 0)


def test_the_table_says_how_often_a_lost_arm_is_doubted() -> None:
    lost = [measured(BODY.astype(np.float32), CASE, doubted) for doubted in (True, False, True)]
    assert report({"capture": lost}).splitlines()[-1].endswith("| 0 of 3 | 0 of 3 | 0.0 % | 2 of 3 |")


def test_every_mask_has_an_origin_and_a_missing_photograph_is_named_with_it(tmp_path: Path) -> None:
    with (MASKS / "origins.csv").open(newline="") as stream:
        names = [row["id"] for row in csv.DictReader(stream)]
    assert sorted(names) == sorted(file.stem for file in MASKS.glob("*.png"))
    with pytest.raises(OSError, match=rf"{names[0]}\.jpg is missing: take .* of github"):
        next(cases(tmp_path))
