"""The driver thread keeps the newest picture, and readers do not wait for a driver that hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

import numpy as np
import pytest

from capture_station.camera.contract import CameraInfo, Mode
from capture_station.camera.driver import IDLE_AFTER_S, DriverCamera, Picture, monotonic_s
from capture_station.errors import CameraError, CameraLost

WAIT_S = 5.0


class ScriptedDriver:
    """Delivers what the test puts into ``script``, and blocks like a driver while it is empty."""

    two_streams = False

    def __init__(self) -> None:
        self.info = CameraInfo("scripted", "scripted", Mode((16, 16), 30, ""))
        self.script: SimpleQueue[int | Exception] = SimpleQueue()
        self.reads = threading.Semaphore(0)
        self.skipped = threading.Semaphore(0)
        self.closed = threading.Event()

    def read(self, full_resolution: Callable[[], bool]) -> Picture:  # noqa: ARG002
        self.reads.release()
        value = self.script.get()
        if isinstance(value, Exception):
            raise value
        return Picture(np.full((16, 16, 3), value, np.uint8), time.monotonic())

    def skip(self) -> None:
        self.read(lambda: False)
        self.skipped.release()

    def close(self) -> None:
        self.closed.set()


def open_scripted(driver: ScriptedDriver) -> DriverCamera:
    return DriverCamera("scripted", lambda: driver, WAIT_S)


def test_only_the_newest_picture_is_kept() -> None:
    driver = ScriptedDriver()
    camera = open_scripted(driver)
    for value in (1, 2, 3):
        driver.script.put(value)
    for _ in range(4):
        assert driver.reads.acquire(timeout=WAIT_S)
    frame = camera.read(WAIT_S)
    assert (frame.sequence, frame.image_rgb[0, 0, 0]) == (2, 3)
    driver.script.put(CameraLost("end"))
    camera.close()


def test_pictures_are_skipped_while_the_reader_is_away() -> None:
    driver = ScriptedDriver()
    camera = open_scripted(driver)
    driver.script.put(1)
    assert camera.read(WAIT_S).image_rgb[0, 0, 0] == 1
    threading.Event().wait(IDLE_AFTER_S)
    for value in (2, 3, 4):  # The read of the first one began before the reader was considered away.
        driver.script.put(value)
    assert driver.skipped.acquire(timeout=WAIT_S)
    assert driver.skipped.acquire(timeout=WAIT_S)
    driver.script.put(CameraLost("end"))
    camera.close()


def test_a_hanging_driver_is_lost_in_time_and_abandoned() -> None:
    driver = ScriptedDriver()
    camera = open_scripted(driver)
    started_s = time.monotonic()
    with pytest.raises(CameraLost, match=r"no picture for 0\.05 s"):
        camera.read(0.05)
    camera.close()
    assert time.monotonic() - started_s < 1
    assert not driver.closed.is_set()
    driver.script.put(1)
    assert driver.closed.wait(WAIT_S)


def test_driver_errors_reach_the_reader() -> None:
    driver = ScriptedDriver()
    camera = open_scripted(driver)
    driver.script.put(1)
    assert driver.reads.acquire(timeout=WAIT_S)
    driver.script.put(ZeroDivisionError("a bug"))
    assert driver.closed.wait(WAIT_S)
    camera.read(WAIT_S)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="a bug"):
            camera.read(WAIT_S)


def test_opening_errors_reach_the_caller() -> None:
    def refuse() -> ScriptedDriver:
        raise CameraError("no such device")

    with pytest.raises(CameraError, match="no such device"):
        DriverCamera("scripted", refuse, WAIT_S)


def test_a_driver_that_opens_too_late_is_closed_again() -> None:
    driver = ScriptedDriver()
    may_open = threading.Event()

    def open_late() -> ScriptedDriver:
        assert may_open.wait(WAIT_S)
        return driver

    with pytest.raises(CameraError, match="did not open within"):
        DriverCamera("scripted", open_late, 0.02)
    may_open.set()
    assert driver.closed.wait(WAIT_S)
    assert driver.script.empty()


def test_pictures_too_large_for_the_memory_are_refused_before_the_first_is_read() -> None:
    driver = ScriptedDriver()
    with pytest.raises(CameraError, match=r"pictures of 16x16: .*set a smaller camera\.size_px"):
        DriverCamera("scripted", lambda: driver, WAIT_S, largest_px=255)
    assert driver.closed.wait(WAIT_S)
    assert not driver.reads.acquire(blocking=False)


def test_close_wakes_a_waiting_reader() -> None:
    driver = ScriptedDriver()
    camera = open_scripted(driver)
    assert driver.reads.acquire(timeout=WAIT_S)
    errors: SimpleQueue[Exception] = SimpleQueue()

    def read() -> None:
        try:
            camera.read(WAIT_S)
        except CameraLost as error:
            errors.put(error)

    reader = threading.Thread(target=read)
    reader.start()
    driver.script.put(CameraLost("closed by the driver"))
    camera.close()
    reader.join(WAIT_S)
    assert not errors.empty()


def test_driver_timestamps_become_monotonic() -> None:
    now_s = time.monotonic()
    slept_s = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    assert monotonic_s(now_s - 0.02) == pytest.approx(now_s - 0.02, abs=1e-6)
    assert monotonic_s(now_s - 0.02 + slept_s) == pytest.approx(now_s - 0.02, abs=0.01)
    for senseless_s in (-1.0, 0.0, now_s - 3600, now_s + 3600 + slept_s):
        assert now_s <= monotonic_s(senseless_s) <= time.monotonic()
