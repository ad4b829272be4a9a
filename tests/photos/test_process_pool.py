"""Bulk cleaning gives exactly one outcome for each photo, whatever happens to the workers."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from capture_station.config import SegmentationSettings
from capture_station.errors import ModelError
from capture_station.photos.cleaning import CleaningOptions
from capture_station.photos.discovery import Photo, list_photos
from capture_station.photos.process_pool import clean_photos


def test_two_photos_with_the_same_result_name_are_not_mixed_up(
    album: Path, tmp_path: Path, options: CleaningOptions
) -> None:
    (album / "a.png").write_bytes((album / "b.png").read_bytes())
    outcomes = {
        Path(outcome.source).relative_to(album).as_posix(): outcome
        for outcome in clean_photos(list_photos([album], tmp_path / "out"), options, jobs=1)
    }
    assert len(outcomes) == 5
    assert outcomes["a.png"].verdict == "failed"
    assert str(album / "a.jpg") in outcomes["a.png"].reasons[0]
    assert [name for name, outcome in outcomes.items() if outcome.verdict == "failed"] == ["a.png"]


def test_a_killed_worker_loses_only_the_photo_that_kills_it_twice(
    album: Path, tmp_path: Path, options: CleaningOptions
) -> None:
    """The deadly photo is a named pipe. When its other end opens, a worker is reading it."""
    deadly = album / "deadly.jpg"
    os.mkfifo(deadly)

    def kill_twice() -> None:
        for _ in range(2):
            with deadly.open("wb"):
                for worker in multiprocessing.active_children():
                    worker.kill()
                    worker.join()

    killer = threading.Thread(target=kill_twice, daemon=True)
    killer.start()
    photos = [Photo(str(deadly), str(tmp_path / "out" / "deadly")), *list_photos([album], tmp_path / "out")]
    outcomes = list(clean_photos(photos, options, jobs=2))
    killer.join()
    assert Counter(outcome.source for outcome in outcomes) == Counter(photo.source for photo in photos)
    assert [(outcome.source, outcome.reasons[0][:15]) for outcome in outcomes if outcome.verdict == "failed"] == [
        (str(deadly), "the worker proc")
    ]
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == 4
    assert not multiprocessing.active_children()


def test_a_missing_model_stops_the_batch(album: Path, tmp_path: Path, options: CleaningOptions) -> None:
    options = replace(options, segmentation=SegmentationSettings(capture_model=tmp_path / "absent.tflite"))
    with pytest.raises(ModelError, match=r"absent\.tflite"):
        list(clean_photos(list_photos([album], tmp_path / "out"), options, jobs=1))
    assert not multiprocessing.active_children()
