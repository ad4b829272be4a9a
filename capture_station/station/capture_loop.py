"""The camera thread: reads frames, serves bursts, and reopens a lost camera for as long as the station runs."""

from __future__ import annotations

import contextlib
import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from capture_station.camera.contract import Camera, CameraInfo
from capture_station.config import CameraSettings
from capture_station.errors import CameraError, CameraLost
from capture_station.frames import Frame, Image
from capture_station.station.burst import Burst
from capture_station.station.consensus import thumbnail
from capture_station.station.newest_slot import NewestSlot
from capture_station.station.viewer_demand import ViewerDemand

OpenCamera = Callable[[Callable[[], None]], Camera]
"""Opens the camera; calls its argument before each of its attempts, which count as heartbeats."""

HEARTBEAT_S = 0.1
"""While waiting; also how soon a wait ends for another camera that somebody chooses."""
REFERENCE_FRAMES = 5
"""A burst knows so many frames from before, its own first one included."""


class CaptureLoop:
    """Reads frames until ``stop`` is set.

    ``on_change`` is called on the camera thread, with the info of a camera that delivers or with the error of one that
    does not. ``run`` is the camera thread's; the other methods are thread-safe.
    """

    def __init__(
        self,
        settings: CameraSettings,
        open_camera: OpenCamera,
        stop: threading.Event,
        demand: ViewerDemand,
        on_change: Callable[[CameraInfo | None, CameraError | None], None],
    ) -> None:
        self._settings = settings
        self._open = open_camera
        self._stop = stop
        self._demand = demand
        self._on_change = on_change
        self._lock = threading.Lock()
        self._bursts: deque[Burst] = deque()
        self._recent: deque[Image] = deque(maxlen=REFERENCE_FRAMES)
        """Thumbnails of the newest frames of the open camera, with which a burst compares its own."""
        self._reopen_requested = threading.Event()
        """The camera is to be closed and opened again."""
        self._loop_ended = False
        self._source_finished = False
        self._sequences = itertools.count(1)
        self.frames: NewestSlot[Frame] = NewestSlot()
        self.reopens = 0
        self.beats = 0
        """Heartbeats for the watchdog: one for each frame and each attempt to open, and regular ones while waiting."""
        self.taken = 0
        """Frames read so far."""

    def request(self, burst: Burst) -> None:
        """Queue a burst. Its future resolves, or fails if the loop ends first."""
        with self._lock:
            if self._loop_ended:
                _fail(burst)
            else:
                self._bursts.append(burst)
        self._demand.viewer_seen()

    def abandon(self, burst: Burst) -> None:
        """Stop collecting frames for a burst."""
        with self._lock, contextlib.suppress(ValueError):
            self._bursts.remove(burst)

    def reopen(self) -> None:
        """Close the camera and open it again, once no burst is under way; where none is open, open it at once."""
        self._reopen_requested.set()

    def run(self) -> None:
        """Run until ``stop`` is set. Any exception except a lost camera ends the loop."""
        delay_s = self._settings.reopen_first_s
        opened = False
        try:
            while not self._stop.is_set():
                self._beat()
                asked = self._reopen_requested.is_set()
                self._reopen_requested.clear()
                self._source_finished = False
                if asked:
                    delay_s = self._settings.reopen_first_s
                try:
                    camera = self._open(self._beat)
                except CameraError as error:
                    self._on_change(None, error)
                    self._pause(delay_s)
                    delay_s = min(2 * delay_s, self._settings.reopen_longest_s)
                    continue
                self.beats += 1
                self.reopens += opened and not asked
                opened = True
                delivered = self._deliver(camera)
                if self._source_finished:
                    self._pause(math.inf)
                elif delivered:
                    delay_s = self._settings.reopen_first_s
                else:
                    self._pause(delay_s)
                    delay_s = min(2 * delay_s, self._settings.reopen_longest_s)
        finally:
            self.frames.close()
            with self._lock:
                self._loop_ended = True
                for burst in self._bursts:
                    _fail(burst)
                self._bursts.clear()

    def _beat(self) -> None:
        self.beats += 1

    def _pause(self, delay_s: float) -> None:
        """Wait before the next attempt, with heartbeats, so that a long wait does not trigger the watchdog."""
        until_s = time.monotonic() + delay_s
        while (left_s := until_s - time.monotonic()) > 0 and not self._reopen_requested.is_set():
            if self._stop.wait(min(left_s, HEARTBEAT_S)):
                return
            self._beat()

    def _deliver(self, camera: Camera) -> bool:
        """Read frames from one camera until it is lost; return whether there was any frame."""
        told: CameraInfo | None = None
        self._recent.clear()
        burst: Burst | None = None
        try:
            while not self._stop.is_set() and not (self._reopen_requested.is_set() and not self._bursts):
                self._demand.wait_for_turn()
                with self._lock:
                    burst = self._bursts[0] if self._bursts else None
                frame = camera.read(self._settings.read_timeout_s, full_resolution=burst is not None)
                self.beats += 1
                self.taken += 1
                # Numbers continue across reopened cameras, so that viewers never see them go backwards.
                frame = replace(frame, sequence=next(self._sequences))
                # The info may change while the camera runs, for example when a control cannot be locked.
                if (info := camera.info) != told:
                    told = info
                    self._on_change(info, None)
                self.frames.put(frame.small)
                self._recent.append(thumbnail(frame.small.image_rgb))
                if burst is not None:
                    burst.offer(frame, tuple(self._recent))
                    if burst.frames.done():
                        self.abandon(burst)
        except CameraLost as error:
            if burst is not None and burst.end_early():
                self.abandon(burst)
            self._source_finished = error.trouble is not None and error.trouble.final
            self._on_change(None, error)
        finally:
            camera.close()
        return told is not None


def _fail(burst: Burst) -> None:
    burst.frames.set_exception(CameraLost("the camera stopped before the exposure"))
