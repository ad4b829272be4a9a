"""Any driver becomes a camera: a thread of its own reads it, the newest picture wins, nobody waits for a stuck one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from capture_station.camera.contract import CameraInfo
from capture_station.camera.errors import lost, refused
from capture_station.errors import CameraError, CameraLost
from capture_station.frames import Frame, Image

CLOSE_TIMEOUT_S = 0.8
IDLE_AFTER_S = 0.03
"""A reader that wants every picture is back sooner."""
_OLDEST_S = 10.0
"""A stamp older than this is no time of exposure."""

_log = logging.getLogger(__name__)


class Picture(NamedTuple):
    """What a driver delivers."""

    image_rgb: Image
    captured_at_s: float
    full_resolution: bool = True
    small_rgb: Image | None = None
    """Of the same exposure, beside a full one."""
    in_force: Mapping[str, float] = {}
    """Of a picture that was wanted in full: as in ``Frame``."""


class Driver(Protocol):
    """An open device. Thread-bound: opened, read and closed by the same thread."""

    info: CameraInfo
    """Replaced, never changed, where the driver learns more while it runs."""
    two_streams: bool
    """Whether there is a small stream beside the full one."""

    def read(self, full_resolution: Callable[[], bool]) -> Picture:
        """Block until the device's next picture.

        Args:
            full_resolution: Whether the large stream is wanted, too; asked when the picture is there.

        Raises:
            CameraError: There will be no more pictures.
        """
        ...

    def skip(self) -> None:
        """Block until the device's next picture and pass over it, at the least cost.

        Raises:
            CameraError: There will be no more pictures.
        """
        ...

    def close(self) -> None: ...


class StuckOpening(CameraError):
    """A driver did not open in time, and its thread is left behind.

    Args:
        camera: Its name.
        timeout_s: The time that it had.
        thread: While it lives, a further try would only leave one more behind.
    """

    def __init__(self, camera: str, timeout_s: float, thread: threading.Thread) -> None:
        error = refused("slow", camera=camera, seconds=f"{timeout_s:g}")
        super().__init__(str(error), error.trouble)
        self.thread = thread


class DriverCamera:
    """A camera on a driver that may block. The driver's thread is a daemon: a stuck one is left behind."""

    def __init__(self, name: str, open_driver: Callable[[], Driver], open_timeout_s: float) -> None:
        """Open the driver, on its own thread.

        Raises:
            CameraError: It cannot be opened.
            StuckOpening: Not in time.
        """
        self._name = name
        self._changed = threading.Condition()
        self._driver: Driver | None = None
        self._error: Exception | None = None
        self._newest: tuple[int, Picture] | None = None
        self._wants_full = False
        self._waiting = False
        self._asked_s = float("inf")
        self._closing = False
        self._thread = threading.Thread(target=self._run, args=(open_driver,), name=f"camera {name}", daemon=True)
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._driver or self._error, open_timeout_s)
            if self._error is not None:
                raise self._error
            if self._driver is None:
                self._closing = True
                raise StuckOpening(name, open_timeout_s, self._thread)
            self._opened: Driver = self._driver

    @property
    def info(self) -> CameraInfo:
        return self._opened.info

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        with self._changed:
            self._wants_full = full_resolution
            self._waiting = True
            self._changed.wait_for(lambda: self._fits() or self._error or self._closing, timeout_s)
            self._waiting, self._asked_s = False, time.monotonic()
            if self._newest is not None and self._fits():
                sequence, picture = self._newest
                self._newest = None
                image_rgb, captured_at_s, full, small_rgb, in_force = picture
                return Frame(image_rgb, sequence, captured_at_s, full, small_rgb, in_force)
            if isinstance(self._error, CameraError):
                raise CameraLost(str(self._error), self._error.trouble) from self._error
            if self._error is not None:
                raise self._error
            if self._closing:
                raise CameraLost(f"{self._name}: is closed")
            raise lost("silent", camera=self._name, seconds=f"{timeout_s:.2g}")

    def _is_idle(self) -> bool:
        """Whether the reader takes its time: what comes meanwhile need not be decoded."""
        return not self._waiting and time.monotonic() - self._asked_s > IDLE_AFTER_S

    def _fits(self) -> bool:
        """Whether there is a picture, and from the stream that was asked for."""
        if self._newest is None:
            return False
        return not self._opened.two_streams or self._newest[1].full_resolution == self._wants_full

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._newest = None
            self._changed.notify_all()
        self._thread.join(CLOSE_TIMEOUT_S)
        if self._thread.is_alive():
            _log.warning("%s: the driver is stuck; its thread is left behind until it returns", self._name)

    def _run(self, open_driver: Callable[[], Driver]) -> None:
        """Kept errors are raised by the constructor or the next read, in the caller's thread."""
        try:
            driver = open_driver()
            try:
                with self._changed:
                    self._driver = driver
                    self._changed.notify_all()
                self._pump(driver)
            finally:
                driver.close()
        except Exception as error:
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _pump(self, driver: Driver) -> None:
        sequence = 0
        while not self._closing:
            if self._is_idle():
                driver.skip()
                sequence += 1
                continue
            picture = driver.read(lambda: self._wants_full)
            with self._changed:
                if self._closing:
                    return
                self._newest = (sequence, picture)
                self._changed.notify_all()
            sequence += 1


def monotonic_s(stamp_s: float) -> float:
    """A driver's stamp as ``time.monotonic()``; now, where the stamp makes no sense.

    V4L2 stamps with CLOCK_MONOTONIC (V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC), libcamera documents CLOCK_BOOTTIME, which
    is ahead of it by the time the machine slept.
    """
    now = time.monotonic()
    for candidate in (stamp_s, stamp_s - (time.clock_gettime(time.CLOCK_BOOTTIME) - now)):
        if now - _OLDEST_S < candidate <= now:
            return candidate
    return now
