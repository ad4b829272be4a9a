"""The capture thread: turns a request into durable files through countdown, burst, matte and portrait."""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import cv2
import numpy as np

from capture_station.archive.archive import Archive
from capture_station.archive.record import Record
from capture_station.archive.sample_capture import sample_pictures
from capture_station.camera.contract import CameraInfo
from capture_station.config import PortraitSettings, StationSettings
from capture_station.errors import CameraError, CameraLost, NotRunning, StationError
from capture_station.frames import Flaw, Frame, Head, Image, Matte
from capture_station.images import fit_within_wh
from capture_station.portrait.grey_card import locked_correction
from capture_station.portrait.pipeline import make_portrait
from capture_station.portrait.plate_evidence import CleanPlate
from capture_station.release import ReleaseRule
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.eyes import EyeReader, open_eye_reader
from capture_station.station.burst import Burst, best_frame
from capture_station.station.capture_loop import CaptureLoop
from capture_station.station.contract import PortraitRefused
from capture_station.station.counters import CaptureCounters
from capture_station.station.gate import pass_gate
from capture_station.station.recorded_person import with_person
from capture_station.station.renderer import Draft, Renderer, Stopwatch
from capture_station.station.saved_captures import PersonOf, guide_of, recorded_person
from capture_station.station.second_choice import Choice, second_choice
from capture_station.station.status import CaptureStatus, Person, Shot
from capture_station.subjects.check_in import CheckedIn

WARM_UP_MATTE_PX = (256, 192)

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Request:
    """A request for a portrait."""

    countdown_s: float
    portrait: PortraitSettings
    """How the portrait is made."""
    person: CheckedIn | None = None
    """Whose portrait it will be."""
    retakes: str | None = None
    """Id of the capture that it is to replace."""
    expose_at_s: float = math.inf
    """``time.monotonic()`` of the exposure; set when this request is first in the queue."""
    shot: Future[Shot] = field(default_factory=Future)
    cancelled: threading.Event = field(default_factory=threading.Event)
    exposed: threading.Event = field(default_factory=threading.Event)
    """Set once the frame is chosen."""
    dropped: bool = False
    """Its person was deleted meanwhile: nothing of it is to be saved."""
    lost: CameraLost | None = None
    """Why its countdown has ended, where the camera was lost during it."""

    def begin(self) -> None:
        """Start the countdown."""
        self.expose_at_s = time.monotonic() + self.countdown_s


class LiveFace(NamedTuple):
    """The face in the live picture at the moment of exposure."""

    head: Head | None
    """The newest one."""
    approved: tuple[Image, Head] | None
    """The last picture, and its face, for which the station showed green; None where it did not lately."""


class CaptureWorker:
    """Serves capture requests one after another. ``run`` is the capture thread's; the rest is thread-safe."""

    def __init__(
        self,
        settings: StationSettings,
        loop: CaptureLoop,
        archive: Archive,
        open_segmenter: Callable[[], Segmenter],
        camera: Callable[[], CameraInfo],
        live_face: Callable[[float], LiveFace],
        person_of: PersonOf,
        taken: Callable[[Shot], None],
        clean_plate: Callable[[], CleanPlate | None],
    ) -> None:
        """Raises ``ConfigError`` if the colour reference cannot be used.

        ``taken`` is told each portrait that is saved, before its request is answered.
        """
        self._settings = settings
        self._loop = loop
        self._archive = archive
        self._open_segmenter = open_segmenter
        self._eyes: EyeReader | None = None
        self.correction = locked_correction(settings.portrait)
        """Of every portrait's colours; None for none."""
        self._camera = camera
        self._live_face = live_face
        self._person_of = person_of
        self._taken = taken
        self._clean_plate = clean_plate
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._saving = threading.Lock()
        """Held while a portrait is saved; taken before the other lock."""
        self._pending: list[Request] = []
        self._closed = False
        self.captures = 0
        self.failures = 0
        self.last_failure = ""
        self.refused_for: tuple[Flaw, ...] = ()
        self.last_shot: Shot | None = None
        self.counters = CaptureCounters()

    def submit(
        self,
        countdown_s: float,
        wait_for_others: bool,
        portrait: PortraitSettings,
        person: CheckedIn | None = None,
        retakes: str | None = None,
    ) -> Future[Shot] | None:
        """Queue a request; None if another is pending and ``wait_for_others`` is False.

        Raises:
            NotRunning: The worker is closed.
        """
        request = Request(countdown_s, portrait, person, retakes)
        request.shot.add_done_callback(lambda shot: request.cancelled.set() if shot.cancelled() else None)
        with self._lock:
            if self._closed:
                raise NotRunning("the station is stopping; nothing more is taken")
            if self._pending and not wait_for_others:
                return None
            self._pending.append(request)
            if request is self._pending[0]:
                request.begin()
            self._requests.put(request)
        return request.shot

    def drop(self, is_theirs: Callable[[str], bool]) -> None:
        """Take and save nothing more of those of whose ids this is true. A portrait being saved is waited for."""
        with self._saving, self._lock:
            for request in self._pending:
                if request.person is not None and is_theirs(request.person.subject.id):
                    request.dropped = True
                    request.cancelled.set()

    def camera_lost(self, error: CameraError) -> None:
        """End the countdown: whoever poses looks into no camera. An exposure waits, since a camera may come back."""
        with self._lock:
            for request in self._pending:
                counts_down = request.countdown_s and request.expose_at_s > time.monotonic()
                if counts_down and not request.cancelled.is_set():
                    request.lost = CameraLost(f"no camera at the moment: {error}", error.trouble)
                    request.cancelled.set()

    @property
    def current(self) -> Request | None:
        """The request that is being served."""
        with self._lock:
            return self._pending[0] if self._pending else None

    def status(self) -> CaptureStatus:
        """The capture under way, and the captures since the start: none is both."""
        with self._lock:
            request = self._pending[0] if self._pending else None
            done = CaptureStatus(
                taken=self.captures,
                last_shot=self.last_shot,
                failed=self.failures,
                last_failure=self.last_failure,
                refused_for=self.refused_for,
            )
        left_s = request.expose_at_s - time.monotonic() if request is not None and request.countdown_s else 0.0
        return replace(
            done,
            countdown_left_s=left_s if left_s > 0 else None,
            in_progress=request is not None and left_s <= 0,
            subject=None if request is None or request.person is None else self._person(request.person),
            retakes=None if request is None else request.retakes,
            exposing=request is not None and left_s <= 0 and not request.exposed.is_set(),
        )

    def _person(self, checked_in: CheckedIn) -> Person:
        return self._person_of(checked_in.subject.id, checked_in.subject.name, checked_in.consent is not None)

    @property
    def waiting(self) -> int:
        """Requests that are not done."""
        with self._lock:
            return len(self._pending)

    def close(self) -> None:
        """Take no more requests, end a countdown, fail who waits; ``run`` finishes what was exposed and returns."""
        with self._lock:
            self._closed = True
            for request in self._pending:
                # The first one without a countdown is being exposed, or saved already.
                if request.countdown_s or request is not self._pending[0]:
                    request.cancelled.set()
            self._requests.put(None)

    def run(self) -> None:
        """Run until closed. A failed capture fails its own future; an unexpected exception also ends this."""
        try:
            segmenter = self._open_segmenter()
            if self._settings.portrait.eyes != "off":
                self._eyes = open_eye_reader(self._settings.segmentation)
            self._warm_up(segmenter)
            renderer = Renderer(
                self._settings, self._archive, segmenter, self._eyes, self.correction, self._clean_plate
            )
            while (request := self._requests.get()) is not None:
                try:
                    self._serve(request, renderer)
                finally:
                    with self._lock:
                        self._end(request)
        finally:
            self.close()
            with self._lock:
                for request in self._pending:
                    if request.shot.set_running_or_notify_cancel():
                        request.shot.set_exception(NotRunning("the station stopped before the exposure"))
                self._pending.clear()

    def _warm_up(self, segmenter: Segmenter) -> None:
        """Make a portrait of a small sample picture: the first one of any size takes twice as long."""
        camera = self._settings.camera
        image_rgb, sample = sample_pictures(fit_within_wh(camera.size_wh, camera.preview_size_px))
        coarse = np.asarray(cv2.resize(sample.alpha, WARM_UP_MATTE_PX, interpolation=cv2.INTER_AREA), np.float32)
        try:
            segmenter.segment(Frame(image_rgb, 0, 0.0))
        except StationError as error:
            log.warning("captures will fail: %s", error)
        make_portrait(image_rgb, Matte(coarse / np.float32(255), None, 0), self._settings.portrait)

    def _serve(self, request: Request, renderer: Renderer) -> None:
        try:
            if request.cancelled.wait(max(0.0, request.expose_at_s - time.monotonic())) and request.lost is None:
                self._cancel(request)
                return
            # From here on, whoever holds the future cannot cancel it.
            if not request.shot.set_running_or_notify_cancel():
                return
            if request.lost is not None:
                raise request.lost
            shot = self._take(max(request.expose_at_s, time.monotonic()), renderer, request)
        except StationError as error:
            self._failed(request, error)
        except BaseException as error:
            self._failed(request, StationError(f"the capture failed unexpectedly: {error!r}"))
            raise
        else:
            self._taken(shot)
            with self._lock:
                self.captures += 1
                self.last_shot = shot
                self._end(request)
            words = ", ".join((shot.verdict, *shot.reasons))
            log.info("captured %s: %s", shot.portrait, words, extra={"CAPTURE": shot.id, "VERDICT": shot.verdict})
            request.shot.set_result(shot)

    def _cancel(self, request: Request) -> None:
        if not self._closed:
            request.shot.cancel()
        if request.shot.set_running_or_notify_cancel():
            request.shot.set_exception(NotRunning("the station stopped before the exposure"))

    def _end(self, request: Request) -> None:
        """The request is no longer under way, and the next one begins; for who holds the lock. Once is enough."""
        if request in self._pending:
            self._pending.remove(request)
            if self._pending:
                self._pending[0].begin()

    def _failed(self, request: Request, error: StationError) -> None:
        with self._lock:
            self.failures += 1
            self.last_failure = str(error)
            self.refused_for = error.flaws if isinstance(error, PortraitRefused) else ()
            self._end(request)
        log.info("no capture: %s", error, extra={"REASON": error})
        request.shot.set_exception(error)

    def _take(self, requested_at_s: float, renderer: Renderer, request: Request) -> Shot:
        stopwatch, settings = Stopwatch(), request.portrait
        face = self._live_face(requested_at_s)
        patience_s = self._settings.capture.patience_s if face.approved is not None else 0.0
        try:
            choice = self._expose(requested_at_s, face, self._settings.capture.deadline_s)
            if not patience_s:
                request.exposed.set()
            stopwatch.lap("expose")
            with ExitStack() as drafts:
                draft = renderer.render(choice, settings, stopwatch, drafts, keep_burst=patience_s > 0)
                if patience_s and draft.portrait.measures.flaws:
                    until_s = requested_at_s + patience_s
                    draft = self._better(choice, face, renderer, request, stopwatch, drafts, until_s) or draft
                request.exposed.set()
                passed = pass_gate(draft.portrait, settings.gate)
                circumstances = renderer.circumstances(draft, settings, stopwatch.laps_ms)
                circumstances = with_person(circumstances, request.person)
                with self._saving:
                    if request.dropped:
                        raise StationError("the person was deleted meanwhile; nothing was saved")
                    record = draft.pending.finish(passed.portrait, circumstances, passed.kept)
        finally:
            request.exposed.set()
        self.counters.add(record.measures, record.timings_ms)
        return replace(self._shot(record), retakes=request.retakes)

    def _better(
        self,
        first: Choice,
        face: LiveFace,
        renderer: Renderer,
        request: Request,
        stopwatch: Stopwatch,
        drafts: ExitStack,
        until_s: float,
    ) -> Draft | None:
        """A portrait without flaws; None if there is none in time, or nobody waits for it any more."""
        settings = request.portrait
        try:
            second = second_choice(
                first,
                lambda: self._expose(time.monotonic(), face, self._settings.capture.patience_s),
                lambda frame: renderer.is_flawless(frame, settings),
                lambda: time.monotonic() < until_s and not self._closed,
            )
            stopwatch.lap("second_choice")
            if second is not None:
                draft = renderer.render(second, settings, stopwatch, drafts, keep_burst=False)
                return None if draft.portrait.measures.flaws else draft
        except StationError as error:
            log.warning("no better frame than the first one: %s", error)
        return None

    def _expose(self, requested_at_s: float, face: LiveFace, deadline_s: float) -> Choice:
        settings = self._settings.capture
        burst = Burst(requested_at_s, settings.burst, settings.burst_s)
        self._loop.request(burst)
        try:
            frames, camera = burst.frames.result(deadline_s), self._camera()
        except FutureTimeout:
            raise CameraLost(f"the camera gave no picture within {deadline_s:g} s; nothing was saved") from None
        finally:
            self._loop.abandon(burst)
        return Choice(best_frame(frames, face.head, self._eyes, face.approved), frames, camera)

    def _shot(self, record: Record) -> Shot:
        return Shot(
            id=record.id,
            folder=str(self._archive.folder_of(record.id)),
            portrait=str(self._archive.path(record, "portrait")),
            verdict=record.measures.verdict,
            reasons=record.measures.reasons,
            flaws=record.measures.flaws,
            kept=record.kept,
            subject=recorded_person(record, self._person_of),
            guide=guide_of(record),
            portrait_px=record.portrait_px,
            lacks=ReleaseRule.of(self._settings).lacks(record),
        )
