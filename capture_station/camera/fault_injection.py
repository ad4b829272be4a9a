"""Injects faults between a real camera and the station, such as an unplugged cable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from capture_station.camera.contract import Camera, CameraInfo
from capture_station.camera.errors import camera_lost
from capture_station.errors import CameraError, Trouble
from capture_station.frames import Frame

Fault = Literal["", "unplugged", "stalled", "frozen", "black", "misshapen", "slow"]


class FaultInjector:
    """Switches faults on and off. They affect open cameras at once. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._fault: Fault = ""
        self._delay_s = 0.0
        self._plugs = 0

    def unplug(self) -> None:
        """Lose all open cameras for good, as pulling a USB plug does; nothing opens until ``plug``."""
        self._become("unplugged", plugs=1)

    def plug(self) -> None:
        """End the current fault, whichever it is."""
        self._become("")

    def stall(self) -> None:
        """Deliver no frames, while the device stays present."""
        self._become("stalled")

    def freeze(self) -> None:
        """Repeat the last picture, bit for bit."""
        self._become("frozen")

    def blacken(self) -> None:
        """Deliver black pictures, as with a lens cap."""
        self._become("black")

    def misshape(self) -> None:
        """Deliver pictures of a single row, as a driver does that delivers raw bytes."""
        self._become("misshapen")

    def slow_down(self, delay_s: float) -> None:
        """Deliver every frame with a delay."""
        self._become("slow", delay_s)

    def open(self, open_camera: Callable[[], Camera]) -> Camera:
        """Open a camera that the faults affect.

        Raises:
            CameraError: The camera is unplugged or does not open.
        """
        if self._fault == "unplugged":
            raise CameraError("the cable is unplugged", Trouble("none"))
        return FaultInjectedCamera(self, open_camera())

    def _become(self, fault: Fault, delay_s: float = 0.0, plugs: int = 0) -> None:
        with self._changed:
            self._fault = fault
            self._delay_s = delay_s
            self._plugs += plugs
            self._changed.notify_all()


class FaultInjectedCamera:
    """A camera that shows the faults of its ``FaultInjector``."""

    def __init__(self, faults: FaultInjector, camera: Camera) -> None:
        self._faults = faults
        self._camera = camera
        self._plugs = faults._plugs
        self._last: dict[bool, Frame] = {}

    @property
    def info(self) -> CameraInfo:
        return self._camera.info

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        end_s = time.monotonic() + timeout_s
        faults = self._faults
        with faults._changed:
            if faults._fault == "slow":
                faults._changed.wait_for(lambda: faults._fault != "slow", min(faults._delay_s, timeout_s))
            faults._changed.wait_for(lambda: faults._fault != "stalled", max(0.0, end_s - time.monotonic()))
            fault = faults._fault
        if self._plugs != faults._plugs:
            raise camera_lost("pulled", camera=self.info.name)
        if time.monotonic() >= end_s and fault in ("slow", "stalled"):
            raise camera_lost("silent", camera=self.info.name, seconds=f"{timeout_s:.2g}")
        frame = self._camera.read(max(0.0, end_s - time.monotonic()), full_resolution)
        match fault:
            case "black":
                return replace(
                    frame,
                    image_rgb=np.zeros_like(frame.image_rgb),
                    small_rgb=None if frame.small_rgb is None else np.zeros_like(frame.small_rgb),
                )
            case "misshapen":
                return replace(frame, image_rgb=frame.image_rgb.reshape(1, -1, 3))
            case "frozen" if frame.full_resolution in self._last:
                last = self._last[frame.full_resolution]
                return replace(frame, image_rgb=last.image_rgb, small_rgb=last.small_rgb)
        self._last[frame.full_resolution] = frame
        return frame

    def close(self) -> None:
        self._camera.close()
