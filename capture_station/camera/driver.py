"""Turns a blocking driver into a camera: a thread reads it, keeps the newest picture, and may hang without harm."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from capture_station.camera.contract import CameraInfo
from capture_station.camera.errors import DamagedFrame, camera_lost, open_error
from capture_station.camera.picture_limit import check_picture_size, largest_picture_px
from capture_station.errors import CameraError, CameraLost
from capture_station.frames import Frame, Image

CLOSE_TIMEOUT_S = 0.8
IDLE_AFTER_S = 0.03
"""A reader that has been away for longer does not want every picture."""
_OLDEST_S = 10.0
"""An older driver timestamp is not a time of exposure."""

_log = logging.getLogger(__name__)


class Picture(NamedTuple):
    """One picture as a driver delivers it."""

    image_rgb: Image
    captured_at_s: float
    full_resolution: bool = True
    small_rgb: Image | None = None
    """The same exposure from the small stream, if ``image_rgb`` is from the full one."""
    in_force: Mapping[str, float] = {}
    """Camera controls at the exposure, as in ``Frame``; filled in only for full-resolution reads."""


class Driver(Protocol):
    """An open device. Thread-bound: the same thread opens, reads and closes it."""

    info: CameraInfo
    """Immutable. The driver replaces it when it learns more while running."""
    two_streams: bool
    """Whether the device has a small stream beside the full-resolution one."""

    def read(self, full_resolution: Callable[[], bool]) -> Picture:
        """Block until the device delivers its next picture, and return it.

        Args:
            full_resolution: Whether the caller also wants the full-resolution stream. Called when the picture has
                arrived.

        Raises:
            DamagedFrame: One buffer holds no picture; the next call may succeed.
            CameraError: There will be no more pictures.
        """
        ...

    def skip(self) -> None:
        """Block until the device delivers its next picture, and discard it as cheaply as possible.

        Raises:
            DamagedFrame: As for ``read``.
            CameraError: There will be no more pictures.
        """
        ...

    def close(self) -> None: ...


class OpenTimeout(CameraError):
    """A driver did not open in time; its thread still hangs in it.

    Args:
        camera: The camera's name.
        timeout_s: The time-out that passed.
        thread: The hanging thread. As long as it lives, another attempt would only add another hanging thread.
    """

    def __init__(self, camera: str, timeout_s: float, thread: threading.Thread) -> None:
        error = open_error("slow", camera=camera, seconds=f"{timeout_s:g}")
        super().__init__(str(error), error.trouble)
        self.thread = thread


class DriverCamera:
    """A camera whose driver may block. The driver runs on a daemon thread, which is abandoned if it hangs."""

    def __init__(
        self, name: str, open_driver: Callable[[], Driver], open_timeout_s: float, largest_px: int | None = None
    ) -> None:
        """Open the driver on a thread of its own, and wait for it.

        Args:
            name: Name to display.
            open_driver: Opens the device, on the driver's thread.
            open_timeout_s: The longest wait.
            largest_px: Pictures with more pixels are refused before the first is read; by default, the limit that
                this process's memory sets.

        Raises:
            CameraError: The driver cannot be opened, or its pictures are too large.
            OpenTimeout: The driver did not open within ``open_timeout_s``.
        """
        self._name = name
        self._largest_px = largest_picture_px() if largest_px is None else largest_px
        self._changed = threading.Condition()
        self._driver: Driver | None = None
        self._error: Exception | None = None
        self._newest: tuple[int, Picture] | None = None
        self._damage: DamagedFrame | None = None
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
                raise OpenTimeout(name, open_timeout_s, self._thread)
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
                raise CameraLost(f"{self._name} is closed")
            if self._damage is not None:
                raise camera_lost("garbled", camera=self._name, reason=str(self._damage)) from self._damage
            raise camera_lost("silent", camera=self._name, seconds=f"{timeout_s:.2g}")

    def _is_idle(self) -> bool:
        """Whether the reader is away, so that pictures need not be decoded."""
        return not self._waiting and time.monotonic() - self._asked_s > IDLE_AFTER_S

    def _fits(self) -> bool:
        """Whether there is a picture from the stream that the reader wants."""
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
            _log.warning("%s: the driver hangs; its thread ends when the driver returns", self._name)

    def _run(self, open_driver: Callable[[], Driver]) -> None:
        """The driver thread. It keeps errors, which the constructor or the next read raises in the caller's thread."""
        try:
            driver = open_driver()
            try:
                check_picture_size(driver.info, self._largest_px)
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
            try:
                if self._is_idle():
                    driver.skip()
                    sequence += 1
                    continue
                picture = driver.read(lambda: self._wants_full)
            except DamagedFrame as damage:
                self._damage = damage
                sequence += 1
                continue
            with self._changed:
                if self._closing:
                    return
                self._newest, self._damage = (sequence, picture), None
                self._changed.notify_all()
            sequence += 1


def monotonic_s(stamp_s: float) -> float:
    """Convert a driver's timestamp to ``time.monotonic()``; the present moment if the timestamp is implausible.

    V4L2 uses CLOCK_MONOTONIC (V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC). libcamera documents CLOCK_BOOTTIME, which is ahead
    of it by the time that the machine was suspended.
    """
    now = time.monotonic()
    for candidate in (stamp_s, stamp_s - (time.clock_gettime(time.CLOCK_BOOTTIME) - now)):
        if now - _OLDEST_S < candidate <= now:
            return candidate
    return now
