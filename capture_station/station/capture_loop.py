"""The capture loop: one thread owns the camera, fills the slot, serves bursts, opens a lost camera again for ever."""

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
from capture_station.frames import Frame
from capture_station.station.burst import Burst
from capture_station.station.newest_slot import NewestSlot
from capture_station.station.viewer_demand import ViewerDemand

OpenCamera = Callable[[], Camera]

BEAT_S = 2.0


class CaptureLoop:
    """Takes frames from opening to the stop; what happens to the camera is told to ``on_change``.

    ``run`` belongs to the camera thread; the other methods are thread-safe.
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
        self._ended = False
        self._over = False
        self._sequences = itertools.count(1)
        self.frames: NewestSlot[Frame] = NewestSlot()
        self.reopens = 0
        self.beats = 0
        """Frames taken, tries to open the camera and cameras opened, and some while waiting for the next try."""
        self.taken = 0
        """Frames taken."""

    def request(self, burst: Burst) -> None:
        """Have a burst's frames taken; its future resolves, or fails when the loop ends first."""
        with self._lock:
            if self._ended:
                _fail(burst)
            else:
                self._bursts.append(burst)
        self._demand.look()

    def abandon(self, burst: Burst) -> None:
        """Take no more frames for a burst."""
        with self._lock, contextlib.suppress(ValueError):
            self._bursts.remove(burst)

    def run(self) -> None:
        """Until the stop. Any exception but a lost camera ends it."""
        delay_s = self._settings.reopen_first_s
        opened = False
        try:
            while not self._stop.is_set():
                self.beats += 1
                try:
                    camera = self._open()
                except CameraError as error:
                    self._on_change(None, error)
                    self._pause(delay_s)
                    delay_s = min(2 * delay_s, self._settings.reopen_longest_s)
                    continue
                self.beats += 1
                self.reopens += opened
                opened = True
                delivered = self._deliver(camera)
                if self._over:
                    self._pause(math.inf)
                elif delivered:
                    delay_s = self._settings.reopen_first_s
                else:
                    self._pause(delay_s)
                    delay_s = min(2 * delay_s, self._settings.reopen_longest_s)
        finally:
            self.frames.close()
            with self._lock:
                self._ended = True
                for burst in self._bursts:
                    _fail(burst)
                self._bursts.clear()

    def _pause(self, delay_s: float) -> None:
        """Wait before the next try; a long wait is no standstill to whoever counts the beats."""
        until_s = time.monotonic() + delay_s
        while (left_s := until_s - time.monotonic()) > 0 and not self._stop.wait(min(left_s, BEAT_S)):
            self.beats += 1

    def _deliver(self, camera: Camera) -> bool:
        """Frames of one opened camera until it is lost; whether there was any."""
        told: CameraInfo | None = None
        burst: Burst | None = None
        try:
            while not self._stop.is_set():
                self._demand.pause()
                with self._lock:
                    burst = self._bursts[0] if self._bursts else None
                frame = camera.read(self._settings.read_timeout_s, full_resolution=burst is not None)
                self.beats += 1
                self.taken += 1
                # One numbering across reopened cameras, so that a viewer never sees time run backwards.
                frame = replace(frame, sequence=next(self._sequences))
                # A camera may learn more about itself while it runs, such as a control that it does not lock.
                if (info := camera.info) != told:
                    told = info
                    self._on_change(info, None)
                self.frames.put(frame.small)
                if burst is not None:
                    burst.offer(frame)
                    if burst.frames.done():
                        self.abandon(burst)
        except CameraLost as error:
            if burst is not None and burst.cut():
                self.abandon(burst)
            self._over = error.trouble is not None and error.trouble.final
            self._on_change(None, error)
        finally:
            camera.close()
        return told is not None


def _fail(burst: Burst) -> None:
    burst.frames.set_exception(CameraLost("the camera stopped before the exposure"))
