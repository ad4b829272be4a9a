"""Hard photographs that nobody trains on are measured by labels that were corrected by eye."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tqdm", reason="evaluation needs the [train] extra")

from models.recipe.evaluate.held_out import LABELS, held_out
from models.recipe.evaluate.raised_arms import measured


def test_every_label_has_an_origin_and_no_repository_is_both_trained_on_and_held_out() -> None:
    with LABELS.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    with zipfile.ZipFile(LABELS.with_suffix(".zip")) as packed:
        assert sorted(packed.namelist()) == sorted(f"{row['stem']}.png" for row in rows)
    trained, held = ({row["repository"] for row in rows if row["split"] == split} for split in ("train", "held-out"))
    assert held
    assert not trained & held


def test_the_photograph_is_compared_at_its_own_size_and_the_outline_is_no_error(tmp_path: Path) -> None:
    labels, mask = tmp_path / "labels.csv", np.zeros((30, 40), np.uint8)
    mask[10:, 12:28] = 255
    rows = ["stem,repository,commit,path,licence_class,split", "a,o/r,c,p/a.jpg,permissive,held-out"]
    labels.write_text("\n".join([*rows, "b,o/s,c,p/b.jpg,permissive,train"]))
    with zipfile.ZipFile(labels.with_suffix(".zip"), "w") as packed:
        packed.writestr("a.png", cv2.imencode(".png", mask)[1].tobytes())
    with pytest.raises(OSError, match=r"a\.jpg is missing: take p/a\.jpg of github o/r @ c"):
        list(held_out(tmp_path, labels))
    cv2.imwrite(str(tmp_path / "a.jpg"), np.full((300, 400, 3), 90, np.uint8))
    (case,) = held_out(tmp_path, labels)
    assert case.image.shape == (300, 400, 3)
    almost = np.zeros((300, 400), np.float32)
    almost[104:, 124:276] = 1
    row = measured(almost, case)
    assert row.lost == row.kept == 0
    blank = measured(np.zeros_like(almost), case)
    assert blank.lost > 0.8
    assert blank.boundary_f == 0
    assert measured(case.person.astype(np.float32), case).boundary_f == 1
