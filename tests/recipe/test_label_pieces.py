"""Where alphas of one picture differ, they vote piece by piece on what is person."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from models.recipe.label_pieces import corrected, find_pieces, main


def person() -> np.ndarray:
    """A person (240, 320) in [0, 1]."""
    return cv2.rectangle(np.zeros((240, 320), np.float32), (110, 40), (210, 239), 1.0, -1)


def with_arm(alpha: np.ndarray) -> np.ndarray:
    return cv2.rectangle(alpha.copy(), (60, 100), (109, 130), 1.0, -1)


def with_chair(alpha: np.ndarray) -> np.ndarray:
    return cv2.rectangle(alpha.copy(), (211, 150), (290, 239), 1.0, -1)


def test_a_lost_arm_comes_back_and_a_kept_chair_goes_but_only_the_pieces_that_were_named() -> None:
    label, second, third = with_chair(person()), with_arm(person()), with_arm(with_chair(person()))
    pieces = find_pieces([label, second, third])
    assert pieces.person == (True, False)
    assert pieces.labels[200, 250] == 1
    assert pieces.labels[115, 80] == 2
    assert np.array_equal(corrected([label, second, third], pieces, []), label)
    assert np.array_equal(corrected([label, second, third], pieces, [2]), with_arm(label))
    assert np.array_equal(corrected([label, second, third], pieces, [1, 2]), with_arm(person()))


def test_in_a_vote_only_pieces_that_most_of_the_mattes_see_on_the_other_side_change(tmp_path: Path) -> None:
    mattes = {"first": with_chair(person()), "second": with_arm(person()), "third": person()}
    (tmp_path / "pictures").mkdir()
    cv2.imwrite(str(tmp_path / "pictures" / "one.jpg"), np.full((240, 320, 3), 128, np.uint8))
    for name, matte in mattes.items():
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "one.png"), 255 * matte)
    words = ["--pictures", str(tmp_path / "pictures"), "--alphas", *(str(tmp_path / name) for name in mattes)]
    main([*words, "--output", str(tmp_path / "labels")])
    assert np.array_equal(cv2.imread(str(tmp_path / "labels" / "one.png"), 0), 255 * person())


def test_outlines_that_are_a_little_off_are_no_pieces() -> None:
    assert find_pieces([person(), np.asarray(cv2.dilate(person(), np.ones((3, 3))))]).person == ()
