"""Develops a chosen frame: its portrait is made while its original is being saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from capture_station.archive.archive import Archive
from capture_station.archive.pending_capture import PendingCapture
from capture_station.archive.record import CameraRecord, Circumstances, PresetRanges, SegmenterRecord
from capture_station.camera.contract import CameraInfo
from capture_station.config import PortraitSettings, StationSettings
from capture_station.frames import Frame, Head, Image, Portrait
from capture_station.portrait.coarse_to_fine import segment_coarse_to_fine
from capture_station.portrait.colour import Correction
from capture_station.portrait.measure import with_eyes
from capture_station.portrait.merging import merge
from capture_station.portrait.pipeline import make_portrait
from capture_station.portrait.plate_evidence import CleanPlate
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.eyes import EyeReader
from capture_station.station.live_verdict import LARGEST_PX, reduced_for_verdict
from capture_station.station.second_choice import Choice


class Stopwatch:
    """Measures the time of each stage."""

    def __init__(self) -> None:
        self._since_s = time.monotonic()
        self.laps_ms: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now_s = time.monotonic()
        self.laps_ms[name] = round((now_s - self._since_s) * 1e3, 1)
        self._since_s = now_s


@dataclass(frozen=True, slots=True)
class Draft:
    """A finished portrait that is not in the archive yet."""

    pending: PendingCapture
    portrait: Portrait
    burst: int
    """Number of frames that were taken and confirmed."""
    merged: float
    """Share of the other frames' pixels that went into the picture, in [0, 1]."""
    in_force: Mapping[str, float]
    """Camera controls at the exposure, as far as known."""
    camera: CameraInfo
    """Of the exposure; another one may have taken its place since."""


class Renderer:
    """The steps from a frame to a portrait, with their network. Used by one thread.

    Args:
        settings: Of the station.
        archive: Where the originals are saved.
        segmenter: Of the captures.
        eyes: Sees whether eyes are open, and where they look; None: eyes do not count.
        correction: Of every portrait's colours; None for none.
        clean_plate: The empty booth; None while it is not known.
    """

    def __init__(
        self,
        settings: StationSettings,
        archive: Archive,
        segmenter: Segmenter,
        eyes: EyeReader | None,
        correction: Correction | None,
        clean_plate: Callable[[], CleanPlate | None],
    ) -> None:
        self._settings = settings
        self._archive = archive
        self._segmenter = segmenter
        self._eyes = eyes
        self._correction = correction
        self._clean_plate = clean_plate

    def render(
        self, choice: Choice, settings: PortraitSettings, stopwatch: Stopwatch, drafts: ExitStack, keep_burst: bool
    ) -> Draft:
        """Make the portrait of a chosen frame.

        Args:
            choice: The original is its frame as it was delivered. Matte and portrait are made from the merged picture.
            settings: How the portrait is made.
            stopwatch: Gets a lap for each step.
            drafts: Discards the draft when it closes, unless it was finished.
            keep_burst: The burst is needed again. Otherwise, and if its frames are large, its list is emptied.

        Raises:
            ArchiveError: The original cannot be saved.
            SegmentationError: There is no matte.
        """
        frame, burst, camera = choice
        # A read may have been under way when the burst began; a webcam reports its controls only from the next one on.
        in_force = frame.in_force or burst[-1].in_force
        pending = drafts.enter_context(self._archive.begin(frame.image_rgb, taken_at(frame)))
        count = len(burst)
        others = [other.image_rgb for other in burst if other is not frame] if self._settings.capture.merge else []
        merged = merge(frame.image_rgb, others)
        others.clear()
        if not keep_burst or frame.size_wh[0] * frame.size_wh[1] > LARGEST_PX:
            burst.clear()  # Frees 36 MB for each frame of 12 megapixels.
        stopwatch.lap("merge")
        matte = segment_coarse_to_fine(replace(frame, image_rgb=merged.image), self._segmenter, settings)
        stopwatch.lap("segment")
        portrait = make_portrait(merged.image, matte, settings, self._correction, self._clean_plate())
        portrait = self._with_eyes(portrait, merged.image, matte.head, settings)
        stopwatch.lap("portrait")
        return Draft(pending, portrait, count, merged.share, in_force, camera)

    def is_flawless(self, frame: Frame, settings: PortraitSettings) -> bool:
        """Whether the portrait of a frame would have no flaws, found out as for the live picture.

        Raises:
            SegmentationError: There is no matte.
        """
        image, settings = reduced_for_verdict(frame.image_rgb, settings)
        matte = segment_coarse_to_fine(replace(frame, image_rgb=image), self._segmenter, settings)
        portrait = make_portrait(image, matte, settings, self._correction, self._clean_plate())
        return not self._with_eyes(portrait, image, matte.head, settings).measures.flaws

    def circumstances(self, draft: Draft, settings: PortraitSettings, timings_ms: dict[str, float]) -> Circumstances:
        """What the record says about how a draft came about."""
        preset, segmenter, camera = settings.geometry, self._segmenter.info, draft.camera
        return Circumstances(
            camera=CameraRecord(
                kind=camera.kind,
                name=camera.name,
                size_wh=camera.mode.size_wh,
                fps=camera.mode.fps,
                pixel_format=camera.mode.pixel_format,
                asked_px=self._settings.camera.size_px,
                controls=self._settings.camera.controls.model_dump(exclude_none=True),
                in_force=dict(draft.in_force),
                differences=camera.differences,
            ),
            segmenter=SegmenterRecord(
                kind=segmenter.kind, model=segmenter.model, sha256=segmenter.sha256, runtime=segmenter.runtime
            ),
            preset=settings.preset,
            preset_px=None if preset is None else preset.pixels_wh,
            preset_ranges=(
                None if preset is None else PresetRanges(eye_line=preset.eye_lines, head_height=preset.head_heights)
            ),
            gains=None if self._correction is None else self._correction.gains,
            burst=draft.burst,
            merged=round(draft.merged, 4),
            timings_ms=timings_ms,
        )

    def _with_eyes(
        self, portrait: Portrait, image_rgb: Image, head: Head | None, settings: PortraitSettings
    ) -> Portrait:
        if self._eyes is None or head is None:
            return portrait
        eyes = self._eyes.read(image_rgb, head)
        return with_eyes(portrait, eyes, settings.eyes_preset)


def taken_at(frame: Frame) -> datetime:
    """Local wall-clock time of a frame's exposure."""
    return datetime.now().astimezone() - timedelta(seconds=time.monotonic() - frame.captured_at_s)
