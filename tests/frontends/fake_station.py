"""A station without camera, model and disk, driven by hand: unplug it, fill its disk, fail its capture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

from capture_station.archive.amendments import Amendments
from capture_station.camera.contract import CameraInfo, Mode
from capture_station.errors import ArchiveError, Busy, CameraLost, DiskFull, SegmentationError, StationError, Trouble
from capture_station.frames import Flaw, Head, Image
from capture_station.station.adjustments import Adjustments, CameraOption
from capture_station.station.contract import PortraitRefused, UnknownPreset
from capture_station.station.retakes import Retakes
from capture_station.station.status import (
    DiskStatus,
    Figures,
    FramingStatus,
    Guide,
    Hint,
    Histogram,
    LiveStatus,
    Person,
    Preview,
    PrintingStatus,
    Saved,
    Shot,
    State,
    Status,
    SubjectStatus,
)
from tests.frontends.fake_printing import FakePrinting
from tests.frontends.fake_subjects import FakeSubjects

PRESETS = (
    ("portrait-4x5", "Portrait 4:5"),
    ("square", "Square 1:1"),
    ("passport-35x45", "35x45 mm, head 32 to 36 mm (Germany, Australia, many others)"),
    ("free", "free"),
)
IDLE = {**dict.fromkeys(("countdown_left_s", "subject", "retakes")), "in_progress": False, "exposing": False}


class FakeStation:
    """Implements ``PublicStation``. Time stands still between calls unless it is moved on or ``clock_s`` runs."""

    def __init__(self, image_rgb: Image, white_rgb: Image, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.image_rgb = image_rgb
        self.white_rgb = white_rgb
        self.head: Head | None = None
        self.hint: Hint | None = None
        self.crop: tuple[tuple[float, float], ...] = ()
        """Corners of the portrait in the raw picture."""
        self.clock_s = clock_s
        self.retaken: list[str] = []
        self.capture_preset: str | None = None
        """What the newest capture asked for."""
        self.removed = False
        """Somebody removed the last shot on another screen."""
        self.archive: dict[str, Saved] = {}
        self._amendments = Amendments()
        self.changes = self._amendments.after
        self.archive_away = False
        """The disk does not answer."""
        self.portrait = ""
        self.attached = [CameraOption("webcam:/dev/video0", "Webcam"), CameraOption("webcam:/dev/video2", "DSLR")]
        self.auto_from_s = 0.0
        """No capture begins hands free before."""
        self.captures_from_s = 0.0
        """None is accepted before, except retakes and of who is named."""
        self.requests = self.refusals = self.looks = self.listings = self.statuses = 0
        self._changed = threading.Condition()
        self._sequence = -1
        self._pending: Future[Shot] | None = None
        self._next_subject: Person | None = None
        self._retakes: str | None = None
        self._retaken = Retakes(lambda one, kept: self.amend(one, kept=True) if kept else self.retake(one), self.find)
        camera, disk = CameraInfo("demo", "demo camera", Mode((1280, 720), 30, "")), DiskStatus(50_000_000_000)
        # A slow machine has the time to look at a portrait before it is kept by itself.
        self._status = Status(State.STARTING, camera=camera, disk=disk, presets=PRESETS, review_s=120)

        self.subjects = FakeSubjects(self)
        self.printing: FakePrinting | None = None

    @property
    def capturing(self) -> bool:
        """A portrait is being taken, from the countdown until it is saved."""
        captures = self._status.captures
        return captures.countdown_left_s is not None or captures.in_progress

    @property
    def shown_subjects(self) -> SubjectStatus:
        return self._status.subjects

    # What happens to a station.

    def show_subjects(self, subjects: SubjectStatus) -> None:
        self._set(subjects=subjects)

    def use_printer(self, **status: object) -> FakePrinting:
        """A printer is configured and in this state."""
        self.printing = self.printing or FakePrinting(self)
        self._set(printing=replace(self.status().printing or PrintingStatus(), **status))  # type: ignore[arg-type]
        return self.printing

    def see(self, hint: Hint | None = None) -> None:
        """A new picture arrives."""
        with self._changed:
            self.hint = hint
            self._sequence += 1
            live = LiveStatus(fps=30.0)
            framing = FramingStatus(ready=hint is None, blocking=hint, crop=self.crop)
            self._status = replace(
                self._status, state=State.RUNNING, reason="", trouble=None, live=live, framing=framing
            )
            self._changed.notify_all()

    def hold(self, share: float) -> None:
        """Hands free: the framing has been good for this share of the time that it must be."""
        self._set_captures(held=share)

    def offer(self, presets: tuple[tuple[str, str], ...]) -> None:
        """Names and titles of the presets that can be chosen."""
        self._set(presets=presets)

    def become(self, **camera: object) -> None:
        """Another camera, or it has learned something about itself."""
        known = self.status().camera
        assert known is not None
        self._set(camera=replace(known, **camera))  # type: ignore[arg-type]

    def unplug(self, reason: str, trouble: Trouble | None = None, then: State = State.DEGRADED) -> None:
        self._set(state=then, reason=reason, trouble=trouble, live=LiveStatus())
        if then is State.DEGRADED and self._status.captures.countdown_left_s is not None:
            self._fail(CameraLost(f"no camera at the moment: {reason}"))

    def fill_disk(self, free_bytes: int = 12_000_000) -> None:
        self._set(disk=DiskStatus(free_bytes, low=True))

    def use_up_inodes(self, free_bytes: int = 52_000_000) -> None:
        self._set(disk=DiskStatus(free_bytes, low=True, lacks_files=True))

    def count_down(self, left_s: float) -> None:
        self._set_captures(countdown_left_s=left_s)

    def expose(self) -> None:
        """The burst begins; it ends with ``render`` or ``finish``."""
        self._set_captures(countdown_left_s=None, in_progress=True, exposing=True)

    def render(self) -> None:
        """The burst is over, and a portrait is made of it."""
        self._set_captures(exposing=False)

    def finish(
        self, verdict: str = "ok", flaws: tuple[Flaw, ...] = (), kept: bool = True, guide: Guide | None = None
    ) -> Shot:
        """The capture under way is on disk, and kept or waiting for somebody to keep it."""
        number = self._status.captures.taken + 1
        saved = self.save(verdict, flaws, portrait=self.portrait)
        person = self._next_subject
        self.archive[saved.id] = replace(saved, subject=person, kept=kept, guide=guide)
        further = person, guide, (800, 1000), self._retakes, self.subjects.lacks(self.archive[saved.id])
        shot = Shot(saved.id, "/", self.portrait, verdict, saved.reasons, flaws, kept, *further)
        self._retaken.taken(shot)
        self._set_captures(**IDLE, taken=number, last_shot=shot)
        self.subjects.count()
        if self._pending is not None:
            self._pending.set_result(shot)
            self._pending = None
        return shot

    def save(self, verdict: str = "ok", flaws: tuple[Flaw, ...] = (), **pictures: str) -> Saved:
        """A capture is in the archive, newer than those before, with these files as its pictures."""
        taken_at = self.subjects.now()
        shot_id = f"{taken_at:%Y%m%d-%H%M%S}-000000-00000000"
        reasons = tuple(flaw.code for flaw in flaws)
        saved = Saved(shot_id, taken_at, verdict, reasons, True, pictures, flaws, {"id": shot_id})
        with self._changed:
            self.archive[shot_id] = saved
        return saved

    def refuse(self, *flaws: Flaw) -> None:
        """The picture taken is no portrait."""
        self._set_captures(refused_for=flaws)
        self._fail(PortraitRefused(flaws, tuple(flaw.code for flaw in flaws)))

    def fail(self, reason: str) -> None:
        """The capture under way comes to nothing."""
        self._fail(SegmentationError(reason))

    def _fail(self, error: StationError) -> None:
        failures = self._status.captures.failed + 1
        self._set_captures(**IDLE, failed=failures, last_failure=str(error))
        self.subjects.count()
        if self._pending is not None:
            self._pending.set_exception(error)
            self._pending = None

    def show_for(self, review_s: float) -> None:
        """How long frontends show a portrait."""
        self._set(review_s=review_s)

    def stop(self) -> None:
        self._set(state=State.STOPPING)

    def await_requests(self, count: int, timeout_s: float = 20) -> bool:
        """Until so many captures were accepted."""
        with self._changed:
            return self._changed.wait_for(lambda: self.requests >= count, timeout_s)

    def await_person(self, subject_id: str, timeout_s: float = 20) -> bool:
        """Until this person is checked in."""
        with self._changed:
            return self._changed.wait_for(
                lambda: getattr(self.shown_subjects.current, "id", "") == subject_id, timeout_s
            )

    def await_refusals(self, count: int, timeout_s: float = 20) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.refusals >= count, timeout_s)

    def await_looks(self, count: int = 2, timeout_s: float = 20) -> bool:
        """Until a viewer asked for so many more previews.

        A viewer asks when it has shown what it got before: after two, whatever was the case before is on the screen.
        """
        with self._changed:
            before = self.looks
            return self._changed.wait_for(lambda: self.looks >= before + count, timeout_s)

    def await_listings(self, count: int = 2, timeout_s: float = 20) -> bool:
        """Until the ids in the archive were asked for so many more times; the answer to all but the last was used."""
        with self._changed:
            before = self.listings
            return self._changed.wait_for(lambda: self.listings >= before + count, timeout_s)

    def await_statuses(self, count: int, timeout_s: float = 20) -> bool:
        """Until the status was asked for so many more times."""
        with self._changed:
            before = self.statuses
            return self._changed.wait_for(lambda: self.statuses >= before + count, timeout_s)

    # What frontends may ask of it.

    def capture(
        self,
        countdown_s: float | None = None,
        subject_id: str | None = None,
        preset: str | None = None,
        retakes: str | None = None,
    ) -> Future[Shot]:
        of, again = self.subjects.for_capture, self.subjects.for_retake
        with self._changed:
            try:
                self._next_subject = of(subject_id) if retakes is None else again(self.archive.get(retakes))
                self._accept(subject_id is not None or retakes is not None)
            except StationError:
                self.refusals += 1
                self._changed.notify_all()
                raise
            self.capture_preset, self._retakes = preset, retakes
            self._pending = Future()
            self.requests += 1
            at_once: dict[str, object] = {"in_progress": True, "exposing": True}
            begun = at_once if countdown_s == 0 else {"countdown_left_s": countdown_s or 3.0}
            self._set_captures(**begun, subject=self._next_subject, retakes=retakes)
            return self._pending

    def cancel(self) -> bool:
        with self._changed:
            if self._status.captures.countdown_left_s is None or self._pending is None:
                return False
            self._pending.cancel()
            self._pending = None
            self._set_captures(**IDLE)
        self.subjects.count()
        return True

    def retake(self, capture_id: str) -> None:
        if self.removed:
            raise ArchiveError(f"there is no capture {capture_id!r}")
        self.retaken.append(capture_id)
        self.amend(capture_id, kept=False)

    def keep(self, capture_id: str) -> None:
        self.amend(capture_id, kept=True)
        self._retaken.kept(capture_id)

    def saved(self, limit: int, before: str | None = None) -> list[Saved]:
        with self._changed:
            if self.archive_away:
                raise ArchiveError("the disk is away")
            ids = sorted((key for key in self.archive if before is None or key < before), reverse=True)
            return [self.subjects.judged(self.archive[key]) for key in ids[:limit]]

    def ids(self, limit: int) -> list[str]:
        with self._changed:
            self.listings += 1
            self._changed.notify_all()
            if self.archive_away:
                raise ArchiveError("the disk is away")
            return sorted(self.archive, reverse=True)[:limit]

    def find(self, capture_id: str) -> Saved | None:
        with self._changed:
            return self.subjects.judged(self.archive[capture_id]) if capture_id in self.archive else None

    def remove(self, capture_id: str) -> bool:
        with self._changed:
            self._amendments.add(capture_id)
            return self.archive.pop(capture_id, None) is not None

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
        changes = {
            "guide": guide,
            "countdown_s": countdown_s,
            "smoothing": smoothing,
            "mirrored": mirrored,
            "preset": preset,
            "camera": camera,
            "camera_size": camera_size,
            "camera_held": camera_held,
        }
        if preset is not None and preset not in dict(PRESETS):
            raise UnknownPreset(preset, tuple(dict(PRESETS)))
        wanted = {name: value for name, value in changes.items() if value is not None}
        adjusted = replace(self.status().adjustments, **wanted)  # type: ignore[arg-type]
        self._set(adjustments=adjusted)
        return adjusted

    def postpone_auto(self, delay_s: float) -> None:
        self.auto_from_s = self.clock_s() + delay_s

    def postpone_captures(self, delay_s: float) -> None:
        self.captures_from_s = self.clock_s() + delay_s

    def cameras(self) -> list[CameraOption]:
        return [CameraOption("auto", ""), *self.attached]

    def camera_sizes(self) -> list[tuple[int, int]]:
        return [(1920, 1080), (1280, 960), (1280, 720), (640, 480)]

    def preview(self, after: int = -1, timeout_s: float = 0.0) -> Preview | None:
        with self._changed:
            self.looks += 1
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._sequence > after, timeout_s):
                return None
            ready = self.hint is None and self.head is not None
            framing = FramingStatus(ready=ready, blocking=self.hint, crop=self.crop)
            return Preview(self.image_rgb, self.white_rgb, self.head, framing, self._sequence, self.clock_s())

    def status(self) -> Status:
        self.subjects.notice_who_left()
        with self._changed:
            self.statuses += 1
            self._changed.notify_all()
            return replace(self._status, disk=replace(self._status.disk, away=self.archive_away))

    def figures(self) -> Figures:
        took_s = Histogram((0.01, 0.1), (1, 2, 0), 0.05)
        verdicts = {"ok": self._status.captures.taken}
        return Figures(100, 90, 80, 0, verdicts, took_s, {"save": took_s}, Histogram((0.5, 1.0), (0, 1, 0), 0.97))

    def _accept(self, named: bool) -> None:
        if self.capturing or (not named and self.clock_s() < self.captures_from_s):
            raise Busy("a capture is under way")
        if self.archive_away:
            raise ArchiveError("the archive is away")
        if self._status.disk.low:
            raise DiskFull("the disk is full")
        if self._status.state is not State.RUNNING:
            raise CameraLost("no camera")

    def amend(self, capture_id: str, **changes: object) -> None:
        """A record changes, wherever somebody asks for it."""
        with self._changed:
            if capture_id in self.archive:
                self.archive[capture_id] = replace(self.archive[capture_id], **changes)  # type: ignore[arg-type]
                self._amendments.add(capture_id)

    def _set_captures(self, **changes: object) -> None:
        with self._changed:
            self._set(captures=replace(self._status.captures, **changes))  # type: ignore[arg-type]

    def _set(self, **changes: object) -> None:
        with self._changed:
            self._status = replace(self._status, **changes)  # type: ignore[arg-type]
            self._changed.notify_all()
