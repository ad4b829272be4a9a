"""Makes the portrait of the live picture in the background, so that green is the verdict of the saved portrait."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from capture_station.config import PortraitSettings
from capture_station.errors import StationError
from capture_station.frames import Flaw, Frame, Head, Image, Landmark, Measures
from capture_station.images import resized
from capture_station.portrait.coarse_to_fine import segment_coarse_to_fine
from capture_station.portrait.colour import Correction
from capture_station.portrait.doubt import MOST_DOUBT
from capture_station.portrait.measure import (
    EXPOSURE_RANGE,
    LEAST_FACE_SCORE,
    LEAST_SHARPNESS,
    MOST_CLIPPED,
    MOST_ROLL_DEG,
    pose_flaw,
)
from capture_station.portrait.pipeline import Cut, cut_person, frame_portrait
from capture_station.portrait.plate_evidence import CleanPlate
from capture_station.segmentation.contract import Segmenter
from capture_station.station.likeness import changed_share
from capture_station.station.newest_slot import NewestSlot

LARGEST_PX = 1920 * 1080
"""Larger pictures are reduced first: the verdict hardly changes, and the time does."""
REST_S = 0.1
"""Between two verdicts."""
LONG_REST_S = 1.0
"""The same while the last verdict holds."""
REST_PER_WORK = 0.5
"""A slow machine rests so many times as long as a verdict takes, if that is longer."""
FRESH_S = 1.5
"""A verdict holds until the next one is due, and for so long beyond."""
MOVED = 0.8
"""A head that has moved by this share of eyes to chin is judged anew. Until then the live matte watches the edges."""
GREW = 0.17
"""The same for a change of its size, of eye distance and of eyes to chin: nodding changes one, turning the other."""
LOOKS_DIFFERENT = 0.1
"""Share of the picture that has changed. The verdict still holds, but the next one is due at once.

With 0.02, somebody who only sways is judged three times a second, and green is right no more often.
"""
LOOK_EVERY_S = 0.1
"""Between two looks whether the picture has changed."""
CROP_MARGIN = 0.01
"""Nobody stands quite still: the head must be inside each limit by this share of the portrait."""
HEAD_MOTION = 0.01
"""How far a head moves before the capture, in heads."""
SHARPNESS_MARGIN = 1.2
"""The face must be so many times as sharp as a saved one."""
EXPOSURE_MARGIN = 0.7
"""Levels of 255 by which the face must be better exposed than a saved one; likewise the next two."""
CLIPPED_MARGIN = 0.01
ROLL_MARGIN_DEG = 1.5
POSE_MARGIN = 0.03
SCORE_MARGIN = 0.02
DOUBT_MARGIN = 0.1
NICENESS = 5
"""The live picture and captures go first."""

log = logging.getLogger(__name__)


class Candidate(NamedTuple):
    """A live picture whose portrait may be good."""

    frame: Frame
    head: Head
    settings: PortraitSettings
    reduced: float
    """Pixels of the saved frame per pixel of this one."""


class Judged(NamedTuple):
    """The verdict on one candidate."""

    flaws: tuple[Flaw, ...]
    candidate: Candidate
    holds_s: float
    """How long it holds after the candidate's exposure."""
    told: bool
    """Whether it counts: flaws that only one verdict found may have passed with a hand or a blur."""


class LiveVerdict:
    """Judges candidates by the capture's own network and steps. ``run`` belongs to one thread; the rest is thread-safe.

    Args:
        segmenter: That of the captures; several threads may use it.
        correction: The colour correction of the captures.
        busy: Whether a capture is under way, which gets all the machine's time and memory.
        clean_plate: The empty booth, as the captures know it; None while it is not known.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        correction: Correction | None = None,
        busy: Callable[[], bool] = lambda: False,
        clean_plate: Callable[[], CleanPlate | None] = lambda: None,
    ) -> None:
        self._segmenter = segmenter
        self.correction = correction
        self._candidates: NewestSlot[Candidate] = NewestSlot()
        self._judged: Judged | None = None
        self._good: Judged | None = None
        """The last one without flaws."""
        self._busy = busy
        self._clean_plate = clean_plate
        self._looked_s = -math.inf
        self.urgent = threading.Event()
        """Somebody asked and got no verdict, or one on a picture that looked different."""
        self._closing = False

    def ask(self, candidate: Candidate) -> tuple[Flaw, ...] | None:
        """The flaws that a portrait of this picture would have; None while they are not known. Never waits.

        The picture is judged in the background, for later questions about the same person at the same place.
        """
        self._candidates.put(candidate)
        done = self._judged
        if done is None or not done.told or not _holds(done, candidate):
            self.urgent.set()
            return None
        # A look takes a millisecond or two, and ten a second are enough.
        if abs(candidate.frame.captured_at_s - self._looked_s) >= LOOK_EVERY_S:
            self._looked_s = candidate.frame.captured_at_s
            before, now = done.candidate.frame.small.image_rgb, candidate.frame.small.image_rgb
            if changed_share(before, now) > LOOKS_DIFFERENT:
                self.urgent.set()
        return done.flaws

    def approved(self, at_s: float) -> tuple[Image, Head] | None:
        """The last picture (H, W, 3) whose portrait was good, and its face, while such a verdict holds.

        Whoever saw green expects such a one, also if a hand has come up since.
        """
        good = self._good
        if good is None or at_s - good.candidate.frame.captured_at_s > good.holds_s:
            return None
        return good.candidate.frame.image_rgb, good.candidate.head

    def close(self) -> None:
        """Let ``run`` return after the step under way."""
        self._closing = True
        self._candidates.close()
        self.urgent.set()

    def run(self, stop: threading.Event) -> None:
        """Judge the newest candidate again and again, until closed or stopped."""
        # A sandbox may forbid it, and then the rests between verdicts have to do.
        with suppress(OSError):
            os.nice(NICENESS)  # Linux: of this thread alone.
        read = 0
        while not stop.is_set():
            candidate, read = self._candidates.get(read, timeout_s=None)
            if candidate is None:
                return
            rest_s = REST_S
            if not self._busy():
                started_s = time.monotonic()
                flaws = self.judge(candidate)
                took_s = time.monotonic() - started_s
                if flaws is not None:
                    self.remember(candidate, flaws, took_s)
                rest_s = max(REST_S, REST_PER_WORK * took_s)
            stop.wait(rest_s)
            self.urgent.clear()
            if self._judged is not None and not self._judged.flaws:
                self.urgent.wait(LONG_REST_S - REST_S)

    def remember(self, candidate: Candidate, flaws: tuple[Flaw, ...], took_s: float) -> None:
        """Take up the verdict on a candidate, which took so long."""
        holds_s = LONG_REST_S + (2 + REST_PER_WORK) * took_s + FRESH_S
        before = self._judged
        done = Judged(flaws, candidate, holds_s, not flaws or (before is not None and bool(before.flaws)))
        self._judged = done
        if not flaws:
            self._good = done

    def judge(self, candidate: Candidate) -> tuple[Flaw, ...] | None:
        """The flaws of a portrait of this picture; None where the network failed, or after ``close``.

        Takes as long as a capture.
        """
        image, settings = reduced_for_verdict(candidate.frame.image_rgb, candidate.settings, candidate.reduced)
        try:
            matte = segment_coarse_to_fine(replace(candidate.frame, image_rgb=image), self._segmenter, settings)
            if self._closing:
                return None
            return flaws_of(cut_person(image, matte, settings, self.correction, self._clean_plate()), settings)
        except StationError as error:
            log.warning("the live picture cannot be judged: %s", error)
            return None


def reduced_for_verdict(
    image_rgb: Image, settings: PortraitSettings, reduced: float = 1.0
) -> tuple[Image, PortraitSettings]:
    """A picture (H, W, 3) of at most ``LARGEST_PX``, and the settings with which its portrait gets the same flaws.

    Args:
        image_rgb: The picture.
        settings: Of the saved portrait.
        reduced: Pixels of the saved frame per pixel of the picture.
    """
    height, width = image_rgb.shape[:2]
    share = min(1.0, math.sqrt(LARGEST_PX / (width * height)))
    # A portrait made from fewer pixels may be enlarged as much more.
    limit = settings.upscale_limit * reduced / share
    image_rgb = resized(image_rgb, (round(width * share), round(height * share)))
    return image_rgb, settings.model_copy(update={"upscale_limit": limit})


def flaws_of(cut: Cut, settings: PortraitSettings) -> tuple[Flaw, ...]:
    """The flaws of a portrait, and where there are none, those that the portrait of a moment later may have."""
    measures = frame_portrait(cut, settings, CROP_MARGIN, HEAD_MOTION).measures
    return measures.flaws or (() if cut.head is None else tuple(_doubts(measures, cut, settings)))


def _doubts(measures: Measures, cut: Cut, settings: PortraitSettings) -> Iterator[Flaw]:
    """What is just good enough is not so for long."""
    if measures.persons == 1 and cut.head is not None:
        size_wh = cut.alpha.shape[1], cut.alpha.shape[0]
        if (flaw := pose_flaw(cut.head, size_wh, settings.geometry, POSE_MARGIN)) is not None:
            yield flaw
        if cut.head.score < LEAST_FACE_SCORE + SCORE_MARGIN:
            yield Flaw("face-hidden")
    if measures.sharpness < SHARPNESS_MARGIN * LEAST_SHARPNESS:
        yield Flaw("face-blurred")
    if measures.exposure < EXPOSURE_RANGE[0] + EXPOSURE_MARGIN:
        yield Flaw("face-dark")
    if measures.exposure > EXPOSURE_RANGE[1] - EXPOSURE_MARGIN:
        yield Flaw("face-bright")
    if measures.clipped > MOST_CLIPPED - CLIPPED_MARGIN:
        yield Flaw("clipped")
    if measures.doubt > MOST_DOUBT - DOUBT_MARGIN:
        yield Flaw("outline-uncertain")
    if abs(measures.roll_deg or 0.0) > MOST_ROLL_DEG - ROLL_MARGIN_DEG:
        yield Flaw("head-tilted")


def _holds(done: Judged, candidate: Candidate) -> bool:
    """Whether a verdict is still that of the newest picture: the same person at about the same place."""
    before, size_wh = done.candidate, candidate.frame.size_wh
    if before.settings is not candidate.settings:
        return False
    if candidate.frame.captured_at_s - before.frame.captured_at_s > done.holds_s:
        return False
    # Landmarks of a coarse network may be wrong all the time, but then they were so when the verdict was made.
    preset = candidate.settings.geometry
    if pose_flaw(candidate.head, size_wh, preset) not in (None, pose_flaw(before.head, before.frame.size_wh, preset)):
        return False
    old, new = (_place(head, size_wh) for head in (before.head, candidate.head))
    away = float(np.hypot(*(new.eyes - old.eyes)))
    grew = min(abs(math.log(now / then)) for now, then in zip(new.sizes_px, old.sizes_px, strict=True))
    return away < MOVED * old.sizes_px[0] and grew < GREW


class _Place(NamedTuple):
    """Where a head is in a picture, in pixels."""

    eyes: NDArray[np.float32]
    """Their midpoint."""
    sizes_px: tuple[float, float]
    """Eyes to chin, and eye to eye; at least 1."""


def _place(head: Head, size_wh: tuple[int, int]) -> _Place:
    points = head.points_px(size_wh)
    right, left = points[Landmark.RIGHT_EYE], points[Landmark.LEFT_EYE]
    eyes = (right + left) / 2
    to_chin, apart = (max(1.0, float(np.hypot(*span))) for span in (points[Landmark.CHIN] - eyes, left - right))
    return _Place(eyes, (to_chin, apart))
