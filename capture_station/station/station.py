"""The station: runs camera, segmentation, preview and captures as threads that start, stop and fail together."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Literal

from capture_station.archive.archive import Archive
from capture_station.archive.disk import Disk
from capture_station.camera.contract import CameraInfo
from capture_station.camera.factory import CameraOpener
from capture_station.camera.fault_injection import FaultInjector
from capture_station.config import PortraitSettings, SegmentationSettings, StationSettings
from capture_station.errors import ArchiveError, Busy, CameraLost, NotRunning, StationError
from capture_station.frames import Head
from capture_station.release import ReleaseRule
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.factory import open_segmenter
from capture_station.segmentation.plate_model import open_plate_model
from capture_station.segmentation.shared import SharedSegmenter
from capture_station.station import saved_captures
from capture_station.station.adjustments import Adjustments, CameraOption
from capture_station.station.auto_capture import AutoCapture
from capture_station.station.camera_choice import CameraChoice
from capture_station.station.camera_state import CameraStateMachine
from capture_station.station.capture_loop import CaptureLoop
from capture_station.station.capture_worker import CaptureWorker, LiveFace
from capture_station.station.code_watch import CodeWatch
from capture_station.station.contract import PublicPrinting
from capture_station.station.disk_status import disk_status
from capture_station.station.empty_booth import EmptyBooth
from capture_station.station.live_adjustments import LiveAdjustments
from capture_station.station.live_verdict import LiveVerdict
from capture_station.station.preview import PreviewStage, SegmentationStage
from capture_station.station.retakes import Retakes
from capture_station.station.status import (
    Figures,
    FramingStatus,
    Hint,
    LiveStatus,
    Preview,
    Saved,
    Shot,
    State,
    Status,
)
from capture_station.station.subject_desk import SubjectDesk
from capture_station.station.viewer_demand import ViewerDemand
from capture_station.subjects.code_reader import CodeReader

log = logging.getLogger(__name__)

OpenSegmenter = Callable[[SegmentationSettings, Literal["preview", "capture"]], Segmenter]

STOP_WITHIN_S = 5.0
LAST_FRAMES_WITHIN_S = 3.0
"""A capture under way gets no more frames so long after the stop: it may wait for a camera that is lost."""
_VERDICT = "live verdict"
"""The thread that only computes: nothing is lost if a busy machine keeps it from ending in time."""
LONGEST_COUNTDOWN_S = 30
CANCELLED_S = 5.0
"""Whoever has cancelled is not counted down again hands free for so long."""


class Station:
    """A running station; a context manager that starts and stops it.

    Threads: one owns the camera, one the preview's interpreter, one composes previews, one judges them by the steps of
    a portrait, one takes portraits and owns the disk. The last two share the capture's interpreter. All public methods
    are thread-safe.

    An unexpected exception in any thread is kept, sets ``closing`` and is raised by ``stop``.

    The constructor loads the preview's model and opens the archive, but not the camera.

    Raises:
        ModelError: The preview's model cannot be used.
        ArchiveError: Portraits cannot be saved.
        ConfigError: Codes are to be read through the camera, and zxing-cpp is not installed.
    """

    def __init__(
        self,
        settings: StationSettings,
        faults: FaultInjector | None = None,
        open_segmenter: OpenSegmenter = open_segmenter,
        disk: Disk | None = None,
        printing: PublicPrinting | None = None,
    ) -> None:
        self._settings = settings
        self._rule = ReleaseRule.of(settings)
        self.printing = printing
        self.closing = threading.Event()
        """Set by whoever wants the station to end, and by a failed thread; its owner then calls ``stop``."""
        self._halt = threading.Event()
        self._lock = threading.Lock()
        self._state = CameraStateMachine(settings.camera.size_wh, lambda error: worker.camera_lost(error))
        self._failure: BaseException | None = None
        self.archive = Archive.open(settings.archive, disk)
        """Thread-safe, and closed by ``stop``."""
        opener = CameraOpener(settings.camera, faults)
        self._demand = ViewerDemand(settings.camera.idle_fps)
        self._loop = CaptureLoop(settings.camera, opener.open, self._halt, self._demand, self._state.camera_changed)
        segmenter = open_segmenter(settings.segmentation, "preview")
        self._segmenter = segmenter.info
        frames = self._loop.frames
        weighing = open_plate_model(settings.segmentation)
        booth = EmptyBooth(settings.segmentation, lambda: self._state.now.camera, weighing)
        self._segmentation = SegmentationStage(segmenter, settings.segmentation.smoothing, frames, booth.look)
        shared = SharedSegmenter(lambda: open_segmenter(settings.segmentation, "capture"))
        self.retakes = Retakes(self.archive.set_kept, self.find)
        worker = self._capture_worker = CaptureWorker(
            settings,
            self._loop,
            self.archive,
            shared.opened,
            self._camera_info,
            self._live_face,
            lambda *who: self.subjects.recorded(*who),
            self._taken,
            booth.clean_plate,
        )
        captures = worker.status
        self._camera_choice = CameraChoice(settings.camera, opener, self._loop.reopen, captures)
        self._verdict = LiveVerdict(shared, worker.correction, lambda: worker.status().in_progress, booth.clean_plate)
        self._preview = PreviewStage(
            settings, frames, self._segmentation.mattes, lambda: self._state.now.size_wh, self._verdict
        )
        self._adjustments = LiveAdjustments(settings, self._camera_choice, self._apply)
        reads_codes = settings.subjects.reads_codes
        self.subjects = SubjectDesk(
            settings.subjects,
            self.archive,
            self._rule,
            lambda: worker.current is not None,
            self._deserted,
            settings.window.review_s,
            self.retakes.corrected,
            settings.capture.auto,
            worker.drop,
        )
        self._codes = CodeWatch(CodeReader(), frames, self._newest_head, self.subjects) if reads_codes else None
        hold_s, again = settings.capture.auto_hold_s, self.subjects.comes_again
        self._auto = AutoCapture(
            hold_s, self._watched, captures, self._awaits_portrait, again, self.capture, self._cancel
        )
        self._threads: list[threading.Thread] = []
        self._not_before_s = 0.0
        """Captures are postponed until then."""

    def start(self) -> None:
        """Start all threads; returns at once, frames follow."""
        for name, run in (
            ("camera", self._loop.run),
            ("segmentation", self._segmentation.run),
            ("preview", self._preview.run),
            (_VERDICT, partial(self._verdict.run, self._halt)),
            ("roster", partial(self.subjects.run, self._halt)),
            *([("codes", partial(self._codes.run, self._halt))] if self._codes is not None else []),
            *([("auto capture", partial(self._auto.run, self._halt))] if self._settings.capture.auto else []),
            # Started last, so that ``stop`` lets it finish before it halts the others.
            ("capture worker", self._capture_worker.run),
        ):
            # Daemons: a thread stuck in a driver must not keep the process alive.
            thread = threading.Thread(target=self._guarded, args=(run,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Finish the capture that was exposed, fail the others, end all threads within seconds.

        Raises:
            ArchiveError: The disk hangs, and a capture with it.
            BaseException: What made a thread fail, if one did.
        """
        self.closing.set()
        self._state.stop()
        self._capture_worker.close()
        deadline_s = time.monotonic() + STOP_WITHIN_S
        saving = False
        for thread in reversed(self._threads):
            if thread.name == "capture worker":  # It is the first, and its last capture may still need frames.
                thread.join(LAST_FRAMES_WITHIN_S)
            self._halt.set()
            thread.join(max(0.5, deadline_s - time.monotonic()))
            if thread.is_alive() and thread.name != _VERDICT:
                log.error("thread %s did not stop within %g s and is left behind", thread.name, STOP_WITHIN_S)
                saving |= thread.name == "capture worker"
        self._threads.clear()
        if saving:
            # The archive's own threads hang as this one does; to close it would be to wait for them.
            raise ArchiveError(
                f"{self.archive.folder}: the capture under way was not saved within {STOP_WITHIN_S:g} s of the stop; "
                "check the disk"
            ) from self._failure
        self.archive.close()
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Station:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def capture(
        self,
        countdown_s: float | None = None,
        subject_id: str | None = None,
        preset: str | None = None,
        retakes: str | None = None,
    ) -> Future[Shot]:
        now, adjusted = self._state.now, self._adjustments.now
        portrait = self._adjustments.portrait(adjusted.preset if preset is None else preset)
        countdown_s = adjusted.countdown_s if countdown_s is None else countdown_s
        if not 0 <= countdown_s <= LONGEST_COUNTDOWN_S:
            raise StationError(f"a countdown lasts 0 to {LONGEST_COUNTDOWN_S} s")
        if now.state is State.STOPPING:
            raise NotRunning("the station is stopping; nothing more is taken")
        if now.state is not State.RUNNING:
            raise CameraLost(f"no camera at the moment: {now.reason or 'it is starting'}")
        postponed = time.monotonic() < self._not_before_s or self.subjects.is_next_here
        if retakes is None and subject_id is None and postponed:  # Whoever is named gets nobody else's name.
            raise Busy("a screen asks something first, such as whether the portrait before is kept")
        self.archive.check_space(now.size_wh)
        person = self.subjects.for_capture(subject_id) if retakes is None else self.subjects.for_retake(retakes)
        wait = self._settings.capture.when_busy == "queue"
        shot = self._capture_worker.submit(countdown_s, wait, portrait, person, retakes)
        if shot is None:
            raise Busy("a capture is under way; try again when it is done")
        return shot

    def cancel(self) -> bool:
        cancelled = self._cancel()
        if cancelled:
            self._auto.postpone(CANCELLED_S)
        return cancelled

    def _cancel(self) -> bool:
        # Of hands free itself, which may begin again at once.
        request = self._capture_worker.current
        if request is None or not request.countdown_s or request.expose_at_s <= time.monotonic():
            return False
        if request.cancelled.is_set():  # It is ending already.
            return False
        request.cancelled.set()
        return True

    def retake(self, capture_id: str) -> None:
        self.archive.set_kept(capture_id, kept=False)
        self.subjects.discarded(capture_id)

    def keep(self, capture_id: str) -> None:
        self.subjects.kept(self.archive.set_kept(capture_id, kept=True))
        self.retakes.kept(capture_id)

    def saved(self, limit: int, before: str | None = None) -> list[Saved]:
        return saved_captures.listed(self.archive, limit, before, self.subjects.recorded, self._rule)

    def ids(self, limit: int) -> list[str]:
        return list(islice(self.archive.ids(), limit))

    def changes(self, after: int) -> tuple[int, list[str]]:
        return self.archive.amendments.after(after)

    def find(self, capture_id: str) -> Saved | None:
        return saved_captures.whole(self.archive, capture_id, self.subjects.recorded, self._rule)

    def remove(self, capture_id: str) -> bool:
        removed = saved_captures.remove(self.archive, capture_id)
        self.subjects.discarded(capture_id)
        return removed

    def adjust(
        self,
        guide: bool | None = None,
        countdown_s: float | None = None,
        smoothing: float | None = None,
        mirrored: bool | None = None,
        preset: str | None = None,
        camera: str | None = None,
        camera_size: str | None = None,
        camera_held: bool | None = None,
    ) -> Adjustments:
        return self._adjustments.change(
            guide=guide,
            countdown_s=countdown_s,
            smoothing=smoothing,
            mirrored=mirrored,
            preset=preset,
            camera=camera,
            camera_size=camera_size,
            camera_held=camera_held,
        )

    def _apply(self, adjusted: Adjustments, portrait: PortraitSettings) -> None:
        self._preview.portrait = portrait
        self._segmentation.smooth(adjusted.smoothing)

    def cameras(self) -> list[CameraOption]:
        return self._camera_choice.cameras(self._adjustments.now)

    def camera_sizes(self) -> list[tuple[int, int]]:
        return self._camera_choice.sizes_wh()

    def postpone_auto(self, delay_s: float) -> None:
        self._auto.postpone(delay_s)

    def postpone_captures(self, delay_s: float) -> None:
        self._not_before_s = time.monotonic() + delay_s

    def _taken(self, shot: Shot) -> None:
        self.subjects.taken(shot)
        self.retakes.taken(shot)

    def _awaits_portrait(self) -> bool:
        camera = self._state.now.camera  # Nobody stands before one that stands in.
        return not (camera and camera.stands_in) and self.subjects.awaits_portrait()

    def _watched(self, after: int, timeout_s: float) -> Preview | None:
        """The next preview for hands free captures, at the full frame rate while somebody is in the picture."""
        preview = self._preview.newest(after, timeout_s)
        if preview is not None and preview.framing.blocking is not Hint.NOBODY:
            self._demand.viewer_seen()
        return preview

    def preview(self, after: int = -1, timeout_s: float = 0.0) -> Preview | None:
        self._demand.viewer_seen()
        return self._preview.newest(after, timeout_s)

    def status(self) -> Status:
        now = self._state.now
        newest = self._preview.newest(-1, 0.0) if now.state is State.RUNNING else None
        return Status(
            state=now.state,
            reason=now.reason,
            trouble=now.trouble,
            camera=now.camera,
            segmenter=self._segmenter,
            framing=self._auto.hinted(newest.framing if newest is not None else FramingStatus()),
            live=LiveStatus(self._preview.fps, self._preview.count, self._loop.beats, self._loop.reopens),
            captures=replace(self._capture_worker.status(), held=self._auto.held),
            disk=disk_status(self.archive, now.size_wh),
            adjustments=self._adjustments.now,
            subjects=self.subjects.status(),
            printing=None if self.printing is None else self.printing.status(),
            review_s=self._settings.window.review_s,
            presets=tuple(self._settings.usable_presets.items()),
        )

    def figures(self) -> Figures:
        counters = self._capture_worker.counters
        return Figures(
            frames=self._loop.taken,
            segmented=self._segmentation.count,
            previews=self._preview.count,
            waiting=self._capture_worker.waiting,
            verdicts=counters.verdicts,
            inference_s=self._segmentation.inference_s.histogram(),
            stages_s=counters.stages,
            confidence=counters.confidence.histogram(),
        )

    def _guarded(self, run: Callable[[], None]) -> None:
        """A thread's whole life: what it raises ends the station."""
        try:
            run()
        except BaseException as error:
            with self._lock:
                self._failure = self._failure or error
            log.error("%s failed: %s", threading.current_thread().name, error)
            self._capture_worker.close()
            self.closing.set()

    def _camera_info(self) -> CameraInfo:
        camera = self._state.now.camera
        assert camera is not None
        return camera

    def _live_face(self, at_s: float) -> LiveFace:
        return LiveFace(self._newest_head(), self._verdict.approved(at_s))

    def _deserted(self) -> bool:
        """Whether nobody is before the camera; without a picture nobody can tell."""
        newest = self._preview.newest(-1, 0.0) if self._state.now.state is State.RUNNING else None
        return newest is not None and newest.framing.nobody

    def _newest_head(self) -> Head | None:
        preview = self._preview.newest(-1, 0.0)
        return preview.head if preview is not None else None
