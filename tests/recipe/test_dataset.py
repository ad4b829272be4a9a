"""Which pictures a run sees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.recipe import dataset


def names(part: dataset.Dataset) -> set[str]:
    return {portrait.image.stem for portrait in part.portraits}


def test_val_is_never_in_train(data_folder: Path) -> None:
    train, val = dataset.load(data_folder, "train"), dataset.load(data_folder, "val")
    assert not {p.image for p in train.portraits} & {p.image for p in val.portraits}
    assert not {b.image for b in train.backgrounds} & {b.image for b in val.backgrounds}
    assert {"00003", "0005"} <= names(val)


def test_london_people_from_128_on_are_held_out(data_folder: Path) -> None:
    assert "127_03" in names(dataset.load(data_folder, "train"))
    assert {"128_03", "141_08"} <= names(dataset.load(data_folder, "val"))
    assert not {"128_03", "141_08"} & names(dataset.load(data_folder, "train"))


def test_a_training_picture_of_somebody_in_val_is_in_neither_split(data_folder: Path) -> None:
    assert (data_folder / "portraits/eg1800/train/img/02409.jpg").exists()
    for split in ("train", "val"):
        assert "02409" not in names(dataset.load(data_folder, split))


def test_licence_filter_leaves_other_classes_out(data_folder: Path) -> None:
    clean = dataset.load(data_folder, "train", ["permissive", "attribution"])
    assert {portrait.source for portrait in clean.portraits} == {"ccp", "london"}
    assert not clean.backgrounds


def test_unknown_licence_or_split_is_refused(data_folder: Path) -> None:
    with pytest.raises(ValueError, match="stolen"):
        dataset.load(data_folder, "train", ["stolen"])
    with pytest.raises(ValueError, match="test"):
        dataset.load(data_folder, "test")


def test_portraits_come_with_label_landmarks_and_cutout(data_folder: Path) -> None:
    london = next(p for p in dataset.load(data_folder, "train").portraits if p.source == "london")
    image, alpha = london.read()
    assert image.shape[:2] == alpha.shape
    assert london.landmarks_px is not None
    assert london.landmarks_px.shape == (6, 2)
    assert london.cutout is not None
    colours, cut_alpha = dataset.read_cutout(london.cutout)
    assert colours.shape[:2] == cut_alpha.shape


def test_digest_depends_on_the_pictures_and_the_landmarks(data_folder: Path) -> None:
    train = dataset.load(data_folder, "train")
    assert train.digest() == dataset.load(data_folder, "train").digest()
    assert train.digest() != dataset.load(data_folder, "val").digest()
    first, *others = train.portraits
    assert first.landmarks_px is not None
    for landmarks_px in (first.landmarks_px + 1, None):
        relabelled = replace(first, landmarks_px=landmarks_px)
        assert train.digest() != replace(train, portraits=(relabelled, *others)).digest()


def test_a_cutout_without_a_picture_stands_before_a_room_always_the_same(data_folder: Path) -> None:
    first, second = (
        next(p for p in dataset.load(data_folder, "train").portraits if p.source == "genfaces") for _ in range(2)
    )
    assert first == second
    image, alpha = first.read()
    assert image.shape == (*alpha.shape, 3)
    assert first.behind is not None
    room = dataset.covering(dataset.read_rgb(first.behind), alpha.shape[::-1])
    colours, _ = dataset.read_cutout(first.image)
    np.testing.assert_array_equal(image[alpha == 0], room[alpha == 0])
    np.testing.assert_array_equal(image[alpha == 255], colours[alpha == 255])


def test_training_takes_the_finer_cutout_where_there_is_one(data_folder: Path) -> None:
    train = next(p for p in dataset.load(data_folder, "train").portraits if p.image.stem == "127_03")
    assert train.cutout is not None
    assert train.cutout.parts[-4] == "london1024"
    val = next(p for p in dataset.load(data_folder, "val").portraits if p.image.stem == "128_03")
    assert val.cutout is not None
    assert val.cutout.parts[-4] == "london"
