"""Cleaning one photo: which files are written, which are skipped, and what is reported."""

from __future__ import annotations

import errno
import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from capture_station.config import ArchiveSettings, SegmentationSettings
from capture_station.errors import ArchiveError, ModelError
from capture_station.photos import memory
from capture_station.photos.cleaning import CleaningOptions, clean_photo
from capture_station.photos.discovery import Photo, list_photos
from capture_station.photos.name_collisions import split_collisions
from tests.photos.drawing import doubtful, drawn

ASTRONAUT = Path(__file__).parent.parent / "data" / "astronaut.jpg"


def placed(source: Path, target: Path) -> Photo:
    return Photo(str(source), str(target))


@pytest.fixture
def photo(album: Path, tmp_path: Path) -> Photo:
    return placed(album / "day 2" / "d.tif", tmp_path / "out" / "day 2" / "d.v1")


def test_a_real_photo_becomes_a_portrait_on_pure_white(tmp_path: Path, options: CleaningOptions) -> None:
    before = ASTRONAUT.read_bytes()
    outcome = clean_photo(
        placed(ASTRONAUT, tmp_path / "astronaut"), replace(options, segmentation=SegmentationSettings())
    )
    assert outcome.verdict in ("ok", "review")
    portrait = np.asarray(Pillow.open(tmp_path / "astronaut.jpg"))
    assert portrait.shape == np.asarray(Pillow.open(ASTRONAUT)).shape
    height, width = portrait.shape[:2]
    assert np.all(portrait[: height // 8, : width // 8] == 255)
    assert portrait[height // 3, width * 2 // 5].min() < 250
    assert ASTRONAUT.read_bytes() == before


def test_file_formats_follow_the_settings_and_names_keep_their_dots(photo: Photo, options: CleaningOptions) -> None:
    options = replace(options, archive=ArchiveSettings(portrait_formats=("jpeg", "png")))
    assert clean_photo(photo, options).verdict in ("ok", "review")
    assert sorted(path.name for path in Path(photo.target).parent.iterdir()) == ["d.v1.jpg", "d.v1.png"]


def test_alpha_only_writes_an_eight_bit_matte_of_the_upright_size(
    album: Path, tmp_path: Path, options: CleaningOptions
) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.fromarray(np.ascontiguousarray(np.rot90(drawn(96, 64)))).save(album / "turned.jpg", exif=exif)
    clean_photo(placed(album / "turned.jpg", tmp_path / "out" / "turned"), replace(options, alpha_only=True))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["turned.png"]
    alpha = cv2.imread(str(tmp_path / "out" / "turned.png"), cv2.IMREAD_UNCHANGED)
    assert alpha is not None
    assert alpha.shape == (64, 96)
    assert alpha.dtype == np.uint8
    assert alpha[32, 40] == 255
    assert alpha[32, 90] == 0


def test_existing_results_are_skipped_and_unchanged(photo: Photo, options: CleaningOptions) -> None:
    Path(photo.target).parent.mkdir(parents=True)
    Path(photo.result(".jpg")).write_bytes(b"somebody's work")
    assert clean_photo(photo, options).verdict == "skipped"
    assert Path(photo.result(".jpg")).read_bytes() == b"somebody's work"
    both = replace(options, archive=ArchiveSettings(portrait_formats=("jpeg", "png")))
    assert clean_photo(photo, both).verdict in ("ok", "review")
    assert Path(photo.result(".jpg")).read_bytes() == b"somebody's work"
    assert Path(photo.result(".png")).exists()


def test_partial_files_of_a_killed_run_are_ignored(photo: Photo, options: CleaningOptions) -> None:
    Path(photo.target).parent.mkdir(parents=True)
    (Path(photo.target).parent / ".d.v1.jpg.partial").write_bytes(b"half of a port")
    assert clean_photo(photo, options).verdict in ("ok", "review")
    assert [path.name for path in Path(photo.target).parent.iterdir()] == ["d.v1.jpg"]
    assert np.asarray(Pillow.open(photo.result(".jpg"))).shape == (64, 96, 3)


def test_a_bad_photo_fails_alone(album: Path, tmp_path: Path, options: CleaningOptions) -> None:
    (album / "a.jpg").write_text("no photo")
    outcome = clean_photo(placed(album / "a.jpg", tmp_path / "a"), options)
    assert outcome.verdict == "failed"
    assert outcome.reasons == ("not a JPEG, PNG, WebP, TIFF, HEIC or AVIF picture",)
    assert not (tmp_path / "a.jpg").exists()
    assert clean_photo(placed(album / "b.png", tmp_path / ("b" * 251)), options).verdict == "failed"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EILSEQ])
def test_a_name_the_disk_cannot_hold_fails_alone(
    album: Path, tmp_path: Path, options: CleaningOptions, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """FAT refuses a colon with EINVAL. A file system that requires UTF-8 refuses other bytes with EILSEQ."""
    real = Path.open

    def refusing_colons(path: Path, *words: Any, **named: Any) -> IO[Any]:
        if ":" in path.name:
            raise OSError(number, os.strerror(number))
        return real(path, *words, **named)

    Pillow.fromarray(doubtful()).save(album / "b.png")
    monkeypatch.setattr(Path, "open", refusing_colons)
    outcome = clean_photo(placed(album / "b.png", tmp_path / "at 10:30"), options)
    assert (outcome.verdict, "cannot hold this name" in outcome.reasons[0]) == ("failed", True)
    assert clean_photo(placed(album / "b.png", tmp_path / "at 10"), options).verdict == "review"


def test_a_fault_that_concerns_every_photo_stops_the_batch(
    photo: Photo, options: CleaningOptions, tmp_path: Path
) -> None:
    absent = SegmentationSettings(capture_model=tmp_path / "absent.tflite")
    with pytest.raises(ModelError):
        clean_photo(photo, replace(options, segmentation=absent))
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(ArchiveError):
        clean_photo(photo, options)


def test_photo_and_options_can_be_pickled(photo: Photo, options: CleaningOptions) -> None:
    work, photo, options = pickle.loads(pickle.dumps((clean_photo, photo, options)))
    assert pickle.loads(pickle.dumps(work(photo, options))).source == photo.source


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_photo_is_turned_until_its_face_is_upright(tmp_path: Path, options: CleaningOptions, quarters: int) -> None:
    with Pillow.open(ASTRONAUT) as picture:
        upright = np.asarray(picture)[:, 60:440]
    Pillow.fromarray(np.ascontiguousarray(np.rot90(upright, quarters))).save(tmp_path / "photo.png")
    outcome = clean_photo(
        placed(tmp_path / "photo.png", tmp_path / "result"), replace(options, segmentation=SegmentationSettings())
    )
    assert outcome.verdict in ("ok", "review")
    turned = [reason for reason in outcome.reasons if "turned" in reason]
    assert turned == ([f"turned clockwise by {90 * quarters} degrees, so that the face is upright"] if quarters else [])
    assert np.asarray(Pillow.open(tmp_path / "result.jpg")).shape == upright.shape


def test_portraits_that_need_a_review_are_put_apart(photo: Photo, tmp_path: Path, options: CleaningOptions) -> None:
    Pillow.fromarray(doubtful()).save(photo.source)
    apart = replace(photo, review_target=str(tmp_path / "review" / "d"))
    assert clean_photo(apart, options).verdict == "review"
    assert (tmp_path / "review" / "d.jpg").exists()
    assert not Path(photo.result(".jpg")).exists()
    assert clean_photo(apart, options).verdict == "skipped"


def test_a_photo_of_nobody_is_refused_and_no_portrait_of_it_is_written(
    tmp_path: Path, options: CleaningOptions
) -> None:
    Pillow.new("RGB", (96, 64), "white").save(tmp_path / "empty.png")
    photo = placed(tmp_path / "empty.png", tmp_path / "out" / "empty")
    assert clean_photo(photo, options).verdict == "refused"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("gate", ["advise", "off"])
def test_what_a_looser_gate_lets_pass_is_put_apart_for_a_review(
    tmp_path: Path, options: CleaningOptions, gate: str
) -> None:
    Pillow.new("RGB", (96, 64), "white").save(tmp_path / "empty.png")
    photo = placed(tmp_path / "empty.png", tmp_path / "out" / "empty")
    apart = replace(photo, review_target=str(tmp_path / "review" / "empty"))
    loose = replace(options, portrait=options.portrait.model_copy(update={"gate": gate}))
    outcome = clean_photo(apart, loose)
    assert (outcome.verdict, outcome.shape) == ("review", "free")
    assert outcome.reasons == clean_photo(photo, options).reasons
    assert (tmp_path / "review" / "empty.jpg").exists()
    assert not (tmp_path / "out").exists()
    again = clean_photo(apart, loose)
    assert (again.verdict, again.reviewed_before) == ("skipped", True)


def test_a_photo_that_may_be_damaged_needs_a_review(tmp_path: Path, options: CleaningOptions) -> None:
    Pillow.fromarray(doubtful()).save(tmp_path / "grey.png")
    outcome = clean_photo(placed(tmp_path / "grey.png", tmp_path / "grey"), options)
    assert outcome.verdict == "review"
    assert "one colour" in outcome.reasons[0]


def test_a_raw_photo_is_refused_and_leaves_its_name_to_the_jpeg(tmp_path: Path, options: CleaningOptions) -> None:
    for name in ("IMG_1.DNG", "IMG_1.JPG"):
        Pillow.fromarray(doubtful()).save(tmp_path / name, format="JPEG")
    photos, collisions = split_collisions(
        list_photos([tmp_path / "IMG_1.DNG", tmp_path / "IMG_1.JPG"], tmp_path / "out")
    )
    assert collisions == []
    raw, jpeg = [clean_photo(photo, options) for photo in photos]
    assert (raw.verdict, raw.reasons) == ("failed", ("a raw photo: export it as JPEG or TIFF first",))
    assert jpeg.verdict == "review"


def test_a_photo_without_room_in_the_memory_is_refused_with_its_size(
    tmp_path: Path, options: CleaningOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    Pillow.new("1", (10_000, 6_000), 1).save(tmp_path / "large.png")
    monkeypatch.setattr(memory, "free_bytes", lambda: 500_000_000)
    outcome = clean_photo(placed(tmp_path / "large.png", tmp_path / "out"), options)
    assert outcome.verdict == "failed"
    assert outcome.reasons[0].startswith("too large: its 60 megapixels need 1.0 GB of memory, and 0.5 GB are free")
