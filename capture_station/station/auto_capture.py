"""Hands free: takes a portrait by itself once the framing has been good for a while, one for each person who comes."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from enum import Enum

from capture_station.errors import Busy, StationError
from capture_station.station.status import CaptureStatus, FramingStatus, Hint, Preview, Shot

LEFT_AFTER_S = 1.0
"""Nobody in the picture for this long: the person has left."""
SPOILT_AFTER_S = 0.4
"""A countdown stops when the framing has not been good for this long."""
FAILED_S = 3.0
"""Nothing starts for so long after a capture that came to nothing: whoever stands there reads why."""
LOOK_EVERY_S = 0.5
GAP_AWAITED_S = 2.0
"""Somebody has stood well for so long, and is not photographed: they have to be told why."""

log = logging.getLogger(__name__)


class Step(Enum):
    """What is to be done now."""

    WAIT = "wait"
    START = "start"
    CANCEL = "cancel"


class AutoTrigger:
    """Decides from picture to picture. Used by one thread.

    Args:
        hold_s: How long the framing must be good before a capture starts.
    """

    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._armed = True
        self._taken = self._failed = 0
        self._not_before_s = -math.inf
        self._good_from_s = self._bad_from_s = self._empty_from_s = math.inf
        self.held = 0.0
        """Share of the hold time that has gone, in [0, 1]."""
        self.awaits_gap = False
        """Somebody stands well who may be the last person still: they are photographed once the picture was empty."""

    def update(self, framing: FramingStatus, captures: CaptureStatus, at_s: float, again: bool = False) -> Step:
        """What to do at a picture's time.

        Args:
            framing: In this picture.
            captures: Now.
            at_s: The picture's time.
            again: Whoever was photographed last wants another portrait, and need not step out of the picture for it.
        """
        if captures.taken != self._taken:
            self._taken, self._armed = captures.taken, False
        if captures.failed != self._failed:
            self._failed, self._not_before_s = captures.failed, at_s + FAILED_S
        empty = framing.nobody or framing.blocking is Hint.NOBODY
        self._empty_from_s = min(self._empty_from_s, at_s) if empty else math.inf
        under_way = captures.countdown_left_s is not None or captures.in_progress
        # A capture that is cancelled or refused is tried again after another hold.
        good = framing.ready and not under_way and at_s >= self._not_before_s
        self._good_from_s = min(self._good_from_s, at_s) if good else math.inf
        self._bad_from_s = math.inf if framing.ready else min(self._bad_from_s, at_s)
        if at_s - self._empty_from_s >= LEFT_AFTER_S:
            self._armed = True
        self.held = 0.0
        self.awaits_gap = not (self._armed or again) and at_s - self._good_from_s >= GAP_AWAITED_S
        if captures.countdown_left_s is not None:
            return Step.CANCEL if at_s - self._bad_from_s >= SPOILT_AFTER_S else Step.WAIT
        if not (self._armed or again) or not good:
            return Step.WAIT
        held_s = at_s - self._good_from_s
        self.held = min(1.0, held_s / self._hold_s) if self._hold_s else 1.0
        if self.held < 1:
            return Step.WAIT
        self._good_from_s = at_s
        return Step.START


class AutoCapture:
    """Watches the previews and starts captures. ``run`` belongs to one thread; any may use the rest."""

    def __init__(
        self,
        hold_s: float,
        preview: Callable[[int, float], Preview | None],
        captures: Callable[[], CaptureStatus],
        allowed: Callable[[], bool],
        again: Callable[[], bool],
        start: Callable[[], Future[Shot]],
        cancel: Callable[[], bool],
    ) -> None:
        """``allowed``: whether whoever stands there may be photographed, such as after a check-in.

        ``again``: whether they are who was photographed last, and want another portrait.
        """
        self._trigger = AutoTrigger(hold_s)
        self._allowed, self._again = allowed, again
        self._preview, self._captures, self._start, self._cancel = preview, captures, start, cancel
        self._own: Future[Shot] | None = None
        """The newest capture that was started here."""
        self._not_before_s = 0.0

    def postpone(self, delay_s: float) -> None:
        """Start nothing for so long, counted from now. Thread-safe."""
        self._not_before_s = time.monotonic() + delay_s

    @property
    def held(self) -> float:
        """Share of the hold time that has gone, in [0, 1]."""
        return self._trigger.held

    def hinted(self, framing: FramingStatus) -> FramingStatus:
        """The framing, with the hint to step out where whoever stands well is photographed only after that."""
        return replace(framing, ready=False, blocking=Hint.STEP_OUT) if self._trigger.awaits_gap else framing

    def run(self, stop: threading.Event) -> None:
        """Run until the stop."""
        seen = -1
        while not stop.is_set():
            preview = self._preview(seen, LOOK_EVERY_S)
            if preview is None:
                stop.wait(LOOK_EVERY_S / 5)
                continue
            seen = preview.sequence
            captures = self._captures()
            may_start = self._allowed() and time.monotonic() >= self._not_before_s
            framing = preview.framing if may_start else replace(preview.framing, ready=False)
            step = self._trigger.update(framing, captures, preview.captured_at_s, self._again())
            if step is Step.START:
                try:
                    self._own = self._start()
                except Busy:
                    pass  # Somebody else was faster.
                except StationError as error:
                    log.warning("no capture: %s", error.anonymous)
            elif step is Step.CANCEL and self._own is not None and not self._own.done():
                self._cancel()
