"""Whether green means ok in videos: people who move, judged live from frame to frame and captured at regular times.

``python -m models.recipe.evaluate.framing_videos FOLDER`` prints the table of ``framing_sweep``. A capture is taken by
the station's own steps: the best frame of a burst, merged with the others, and where its portrait has a flaw, another
frame within ``capture.patience_s``; ``--patience-s 0`` leaves that out. The people in the videos are small, so a
portrait needs only ``LEAST_HEIGHT_PX`` of height here. A last line says how steady the shown crop is: by how much the
height of a still head in it changes from one frame to the next.
"""

from __future__ import annotations

import argparse
import math
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from capture_station.config import CaptureSettings, PortraitSettings, SegmentationSettings
from capture_station.frames import Flaw, Frame, Head, Image, Matte
from capture_station.portrait.head_placement import Placement, place
from capture_station.portrait.measure import verdict, with_eyes
from capture_station.portrait.merging import merge
from capture_station.portrait.pipeline import frame_portrait
from capture_station.presets import FREE, shipped_presets
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.eyes import EyeReader, open_eye_reader
from capture_station.segmentation.factory import open_segmenter
from capture_station.segmentation.live_segmenter import LiveSegmenter
from capture_station.station.burst import Burst, best_frame
from capture_station.station.capture_loop import REFERENCE_FRAMES
from capture_station.station.consensus import thumbnail
from capture_station.station.live_framing import LiveFraming
from capture_station.station.live_verdict import LONG_REST_S, REST_S, Candidate, LiveVerdict
from capture_station.station.preview import shown_alpha
from capture_station.station.second_choice import Choice, second_choice
from capture_station.station.status import FramingStatus
from models.recipe.evaluate.framing_sweep import Cuts, Row, table

LEAST_HEIGHT_PX = 160
CAPTURE_EVERY_S = 0.3
VERDICT_S = 0.2
"""How long a verdict takes, on a machine with two processors."""
SMOOTHING = SegmentationSettings().smoothing
STATION = CaptureSettings()
"""A capture has its defaults."""
STILL, STILL_OVER_S = 0.1, 0.2
"""Heads a second. A head that moves and grows more slowly over such a time counts as still."""


class Viewer:
    """The live verdict of one preset over a video, judged whenever the station would judge it."""

    def __init__(self, settings: PortraitSettings, capture: Segmenter) -> None:
        self.settings = settings
        self._live = LiveFraming()
        self._verdict = LiveVerdict(capture)
        self._next_s = self._due_s = self._known_s = 0.0
        self._past: deque[tuple[float, Placement]] = deque()
        self._crop_height = 0.0
        self.changes: list[float] = []
        """Of the head's height in the crop from frame to frame, as shares of it, while the head was still."""
        self._under_way: tuple[Candidate, tuple[Flaw, ...] | None] | None = None

    def see(self, frame: Frame, matte: Matte) -> tuple[bool, str]:
        """Whether the live picture is green at a frame, and what is in the way."""
        now_s = frame.captured_at_s
        if self._under_way is not None and now_s >= self._known_s:
            candidate, flaws = self._under_way
            self._under_way = None
            if flaws is not None:
                self._verdict.remember(candidate, flaws, VERDICT_S)
            self._next_s = now_s + REST_S
            self._due_s = now_s + (LONG_REST_S if flaws == () else REST_S)

        def flaws_of(head: Head) -> tuple[Flaw, ...] | None:
            candidate = Candidate(frame, head, self.settings, 1.0)
            known = self._verdict.ask(candidate)
            due = now_s >= self._due_s or (now_s >= self._next_s and self._verdict.urgent.is_set())
            if self._under_way is None and due:
                self._verdict.urgent.clear()
                self._under_way, self._known_s = (candidate, self._verdict.judge(candidate)), now_s + VERDICT_S
            return known

        alpha = shown_alpha(matte, frame.size_wh)
        status = self._live.look(frame.image_rgb, matte, alpha, self.settings, 1.0, now_s, flaws_of)[0]
        self._follow(status, place(matte.head, alpha) if matte.head is not None else None, now_s)
        return status.ready, status.blocking.value if status.blocking else ""

    def approved(self, at_s: float) -> tuple[Image, Head] | None:
        """What a capture compares its frames with."""
        return self._verdict.approved(at_s)

    def _follow(self, status: FramingStatus, placement: Placement | None, now_s: float) -> None:
        """A still head has one height, so its height in the crop changes as the crop's does."""
        before, self._crop_height = self._crop_height, status.crop[3][1] - status.crop[0][1] if status.crop else 0.0
        if placement is None:
            self._past.clear()
            return
        self._past.append((now_s, placement))
        while len(self._past) > 2 and now_s - self._past[1][0] >= STILL_OVER_S:
            self._past.popleft()
        since_s, old = self._past[0]
        moved = math.dist(placement.eyes_px, old.eyes_px) / old.head_px, abs(math.log(placement.head_px / old.head_px))
        lasted_s = now_s - since_s
        if lasted_s >= STILL_OVER_S and max(moved) < STILL * lasted_s and before and self._crop_height:
            self.changes.append(abs(math.log(self._crop_height / before)))


def viewers_of(presets: list[str], capture: Segmenter) -> dict[str, Viewer]:
    """A viewer for each preset, which accepts small portraits."""
    small = {
        name: preset.model_copy(update={"least_px": LEAST_HEIGHT_PX}) for name, preset in shipped_presets().items()
    }
    return {name: Viewer(PortraitSettings(preset=name, presets=small), capture) for name in presets}


class Shutter:
    """Captures of one video as the station takes them: bursts, the choice among their frames, and second choices."""

    def __init__(self, shown: list[Frame], capture: Segmenter, eyes: EyeReader, patience_s: float) -> None:
        self._shown = shown
        self._capture = capture
        self._eyes = eyes
        self._patience_s = patience_s
        self._cuts: dict[tuple[int, ...], Cuts] = {}

    def press(self, number: int, head: Head | None, viewer: Viewer) -> tuple[Flaw, ...]:
        """The flaws of the portrait that somebody gets who asks for it at a frame.

        Args:
            number: Of the frame.
            head: In the live picture of that frame.
            viewer: Whose preset and last approved picture count.
        """
        now_s = asked_s = self._shown[number].captured_at_s
        settings, approved = viewer.settings, viewer.approved(now_s)

        def expose() -> Choice | None:
            nonlocal now_s
            burst = self._burst(now_s)
            if not burst:
                return None
            now_s = burst[-1].captured_at_s
            return Choice(best_frame(burst, head, self._eyes, approved), burst)

        def flaws_of(frame: Frame, burst: list[Frame]) -> tuple[Flaw, ...]:
            nonlocal now_s
            now_s += VERDICT_S
            cuts = self._cuts_of(frame, burst)
            cut = cuts.of(settings)
            portrait = frame_portrait(cut, settings)
            if cut.head is not None:
                portrait = with_eyes(portrait, self._eyes.read(cuts.image_rgb, cut.head), settings.eyes_preset)
            return portrait.measures.flaws

        first = expose()
        assert first is not None
        flaws = flaws_of(*first)
        if flaws and approved is not None and self._patience_s:
            until_s = asked_s + self._patience_s
            second = second_choice(first, expose, lambda one: not flaws_of(one, []), lambda: now_s < until_s)
            flaws = flaws if second is None else flaws_of(*second) and flaws
        return flaws

    def _burst(self, at_s: float) -> list[Frame]:
        """What a camera gives that shows the rest of the video; empty after its end."""
        burst = Burst(at_s, STATION.burst, STATION.burst_s)
        for number, frame in enumerate(self._shown):
            if not burst.frames.done():
                recent = self._shown[max(0, number + 1 - REFERENCE_FRAMES) : number + 1]
                burst.offer(frame, tuple(thumbnail(one.image_rgb) for one in recent))
        return burst.frames.result(0) if burst.end_early() else []

    def _cuts_of(self, frame: Frame, burst: list[Frame]) -> Cuts:
        """The person of a frame, merged with its burst."""
        key = frame.sequence, *(other.sequence for other in burst)
        if key not in self._cuts:
            merged = merge(frame.image_rgb, [other.image_rgb for other in burst if other is not frame])
            self._cuts[key] = Cuts(merged.image, self._capture)
        return self._cuts[key]


def watch(
    video: Path, viewers: dict[str, Viewer], preview: Segmenter, capture: Segmenter, eyes: EyeReader, patience_s: float
) -> Iterator[Row]:
    """Judge every frame of a video, capture one every ``CAPTURE_EVERY_S``, and yield both for each preset."""
    live = LiveSegmenter(preview, SMOOTHING)
    due_s, shown = CAPTURE_EVERY_S, list(frames(video))
    shutter = Shutter(shown, capture, eyes, patience_s)
    for number, frame in enumerate(shown):
        matte = live.segment(frame)
        seen = {name: viewer.see(frame, matte) for name, viewer in viewers.items()}
        if frame.captured_at_s < due_s:
            continue
        due_s += CAPTURE_EVERY_S
        for name, (ready, hint) in seen.items():
            flaws = shutter.press(number, matte.head, viewers[name])
            scene = f"{video.name} at {frame.captured_at_s:.1f} s"
            codes = tuple(flaw.code for flaw in flaws)
            yield Row(scene, name, ready, hint, verdict(flaws), codes, possible=not flaws)


def frames(video: Path) -> Iterator[Frame]:
    """Yield a video's frames with their times."""
    reader = cv2.VideoCapture(str(video))
    try:
        fps = reader.get(cv2.CAP_PROP_FPS) or 25.0
        number = 0
        while True:
            more, image_bgr = reader.read()
            if not more:
                return
            image: Image = np.asarray(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2RGB), np.uint8)
            yield Frame(image, number, number / fps)
            number += 1
    finally:
        reader.release()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--presets", nargs="*", default=["portrait-4x5", "passport-35x45", "badge", FREE])
    parser.add_argument("--wrong", action="store_true", help="list every capture where green and verdict disagree")
    parser.add_argument("--patience-s", type=float, default=STATION.patience_s, help="see capture.patience_s")
    arguments = parser.parse_args()
    settings = SegmentationSettings()
    networks = open_segmenter(settings, "preview"), open_segmenter(settings, "capture"), open_eye_reader(settings)
    videos = sorted(path for path in arguments.folder.iterdir() if path.suffix in (".mkv", ".mp4", ".gif", ".avi"))
    rows, changes = [], list[float]()
    for video in videos:
        viewers = viewers_of(arguments.presets, networks[1])
        rows += watch(video, viewers, *networks, arguments.patience_s)
        changes += (change for viewer in viewers.values() for change in viewer.changes)
    if arguments.wrong:
        for row in rows:
            if row.green != (row.verdict == "ok"):
                print(row)
    print(table(rows))
    print(
        f"\nchange of a still head's height from frame to frame: {np.median(changes):.2%} (median), "
        f"{np.quantile(changes, 0.99):.2%} (99 of 100), {max(changes):.2%} (most of {len(changes)})"
    )


if __name__ == "__main__":
    main()
