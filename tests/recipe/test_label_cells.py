"""Somebody says which cells of a picture are on the wrong side, and the label follows."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("skimage", reason="labels are corrected with the [train] extra")

from models.recipe.label_cells import correct, find_cells, main, parse_answer

HEIGHT, WIDTH = 240, 320


def picture() -> np.ndarray:
    """A red person with an arm before a grey wall, and a green chair."""
    image = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    cv2.rectangle(image, (110, 40), (210, 239), (200, 60, 60), -1)
    cv2.rectangle(image, (50, 100), (109, 140), (220, 170, 140), -1)
    cv2.rectangle(image, (211, 150), (290, 239), (40, 120, 40), -1)
    return image


def truth() -> np.ndarray:
    person = cv2.rectangle(np.zeros((HEIGHT, WIDTH), np.float32), (110, 40), (210, 239), 1.0, -1)
    return cv2.rectangle(person, (50, 100), (109, 140), 1.0, -1)


def wrong() -> np.ndarray:
    """The label that every network gives: with the chair, and without the arm."""
    label = cv2.rectangle(np.zeros((HEIGHT, WIDTH), np.float32), (110, 40), (210, 239), 1.0, -1)
    return cv2.rectangle(label, (211, 150), (290, 239), 1.0, -1)


def at(cells: np.ndarray, x: int, y: int) -> int:
    return int(cells[y, x])


def test_a_lost_arm_comes_back_and_a_kept_chair_goes() -> None:
    cells = find_cells(picture(), [wrong()])
    answer = f"+{at(cells, 70, 120)} -{at(cells, 260, 200)}"
    label = correct(picture(), wrong(), parse_answer(answer, cells))
    assert ((label > 0.5) != (truth() > 0.5)).mean() < 0.005
    assert np.array_equal(correct(picture(), wrong(), parse_answer("ok", cells)), wrong())


def test_a_polygon_cuts_where_cells_are_too_coarse_and_later_words_win() -> None:
    cells = find_cells(picture(), [wrong()])
    arm = "poly+ 16,42 34.5,42 34.5,58.5 16,58.5"
    label = correct(picture(), wrong(), parse_answer(f"{arm} -{at(cells, 260, 200)}", cells))
    assert ((label > 0.5) != (truth() > 0.5)).mean() < 0.01
    undone = correct(picture(), wrong(), parse_answer(f"{arm} {arm.replace('+', '-')}", cells))
    assert ((undone > 0.5) == (wrong() > 0.5)).all()


def test_a_named_cell_becomes_solid() -> None:
    hazy = truth()
    hazy[160:220, 130:190] = 0.6
    cells = find_cells(picture(), [hazy])
    assert correct(picture(), hazy, parse_answer(f"+{at(cells, 150, 80)}", cells))[190, 160] == 1


@pytest.mark.parametrize("answer", ["+9999", "poly+ 1,2 3,4", "poly+ 1,2,3", "poly+ 1,2 101,4 5,6", "arm", ""])
def test_an_answer_that_names_nothing_is_refused(answer: str) -> None:
    with pytest.raises(ValueError, match=r"cell|polygon|point|say"):
        parse_answer(answer, find_cells(picture(), [wrong()]))


def test_sheets_labels_and_packed_sides_are_written(tmp_path: Path) -> None:
    for name in ("pictures", "labels"):
        (tmp_path / name).mkdir()
    for stem in ("chair", "fine", "hopeless"):
        cv2.imwrite(str(tmp_path / "pictures" / f"{stem}.jpg"), picture()[..., ::-1])
        cv2.imwrite(str(tmp_path / "labels" / f"{stem}.png"), 255 * (truth() if stem == "fine" else wrong()))
    words = ["--pictures", str(tmp_path / "pictures"), "--labels", str(tmp_path / "labels")]
    main(["sheets", *words, "--output", str(tmp_path / "sheets")])
    assert len(list((tmp_path / "sheets").iterdir())) == 3
    (tmp_path / "answers.txt").write_text("chair: poly- 66,62 100,62 100,100 66,100\nfine: ok\nhopeless: drop\n")
    main(["apply", *words, "--answers", str(tmp_path / "answers.txt"), "--output", str(tmp_path / "right")])
    made = sorted(path.name for path in (tmp_path / "right").iterdir())
    assert made == ["chair.cut.png", "chair.png", "fine.cut.png", "fine.png"]
    assert cv2.imread(str(tmp_path / "right" / "chair.png"), 0)[200, 260] == 0
    main(["sides", "--labels", str(tmp_path / "right"), "--output", str(tmp_path / "sides.zip")])
    with zipfile.ZipFile(tmp_path / "sides.zip") as packed:
        sides = cv2.imdecode(np.frombuffer(packed.read("fine.png"), np.uint8), 0)
    assert ((sides > 0) == (cv2.resize(truth(), sides.shape[::-1]) > 0.5)).mean() > 0.99
    (tmp_path / "answers.txt").write_text("chiar: ok\n")
    with pytest.raises(SystemExit):
        main(["apply", *words, "--answers", str(tmp_path / "answers.txt"), "--output", str(tmp_path / "right")])
    (tmp_path / "answers.txt").write_text("chair: +9999\n")
    with pytest.raises(SystemExit, match=r"chair: \+9999: there is no such cell"):
        main(["apply", *words, "--answers", str(tmp_path / "answers.txt"), "--output", str(tmp_path / "right")])
