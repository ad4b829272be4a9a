"""From the exposure to the upload: only portraits that somebody may have leave the station."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from capture_station.config import StationSettings
from capture_station.frames import Frame, Matte
from capture_station.segmentation.contract import Segmenter, SinglePass
from capture_station.segmentation.factory import open_segmenter
from capture_station.station.contract import PortraitRefused
from capture_station.station.station import Station
from capture_station.upload.queue import UploadQueue
from tests.upload.uploading import PATIENCE_S, eventually


class Room:
    """The capture's real network, in a room where people come and go."""

    def __init__(self) -> None:
        self.who = "one"

    def open(self, settings: Any, purpose: Any) -> Segmenter:
        segmenter, room = open_segmenter(settings, purpose), self

        class Seen(SinglePass):
            info = segmenter.info

            def segment(self, frame: Frame) -> Matte:
                matte = segmenter.segment(frame)
                alpha = matte.alpha.copy()
                if room.who == "nobody":
                    alpha[:] = 0
                elif room.who == "two":
                    alpha[alpha.shape[0] // 3 :, : alpha.shape[1] // 8] = 1
                    alpha[:, alpha.shape[1] // 8 : alpha.shape[1] // 6] = 0
                return replace(matte, alpha=np.asarray(alpha, np.float32))

        return Seen() if purpose == "capture" else segmenter


def test_refused_doubtful_and_retaken_portraits_stay_and_kept_ones_leave(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    settings = StationSettings.model_validate(
        {
            "camera": {"kind": "demo", "size_px": [640, 480], "preview_size_px": [320, 240]},
            "capture": {"countdown_s": 0, "burst": 2},
            "portrait": {"preset": "free"},
            "window": {"review_s": 0},
            "archive": {"folder": tmp_path / "archive", "keep_free_bytes": 0},
            "upload": {"url": str(elsewhere), "after_s": 0, "files": ["portrait", "original", "matte", "record"]},
        }
    )
    room, stop = Room(), threading.Event()
    with Station(settings, open_segmenter=room.open) as station:
        assert station.preview(timeout_s=PATIENCE_S) is not None
        room.who = "nobody"
        with pytest.raises(PortraitRefused):
            station.capture().result(PATIENCE_S)
        room.who = "two"
        doubtful = station.capture().result(PATIENCE_S)
        assert (doubtful.verdict, doubtful.kept) == ("review", False)
        room.who = "one"
        retaken, good = (station.capture().result(PATIENCE_S) for _ in range(2))
        assert (retaken.kept, good.kept) == (True, True)
        station.retake(retaken.id)

        asked = itertools.count()
        # A queue that looks for new captures every time, not once a minute.
        queue = UploadQueue(station.archive, settings, lambda: next(asked))
        thread = threading.Thread(target=queue.run, args=(stop,))
        thread.start()
        try:

            def left() -> set[str]:
                """Ids of the captures of which anything has left."""
                names = [path.name for path in elsewhere.rglob("*") if path.is_file()]
                return {shot.id for shot in (doubtful, retaken, good) if any(shot.id in name for name in names)}

            def done(shot_id: str) -> bool:
                return (station.archive.folder_of(shot_id) / "uploaded").exists()

            eventually(lambda: done(good.id))
            assert left() == {good.id}
            station.keep(doubtful.id)
            eventually(lambda: done(doubtful.id))
            assert left() == {good.id, doubtful.id}
        finally:
            stop.set()
            thread.join(PATIENCE_S)
