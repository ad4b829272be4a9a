"""Opens the camera that the config selects, and opens it again after a loss."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from capture_station.camera import v4l2
from capture_station.camera.adjustment import offered_sizes_wh
from capture_station.camera.attached_cameras import AttachedCamera, AttachedCameras, list_without_pi_modes
from capture_station.camera.best_mode import LARGEST_WH, asked_size_wh
from capture_station.camera.contract import Camera
from capture_station.camera.demo import DemoCamera
from capture_station.camera.demo_fallback import LOOK_EVERY_S, RETRY_EVERY_S, DemoFallback
from capture_station.camera.driver import OpenTimeout
from capture_station.camera.fake_drivers import FakePi, FakeWebcam
from capture_station.camera.fault_injection import FaultInjector
from capture_station.camera.loss_detection import LossDetectingCamera
from capture_station.camera.opencv import OpenCapture, open_v4l2
from capture_station.camera.picture_limit import check_picture_size, largest_picture_px
from capture_station.camera.raspberry import OpenPi, open_picamera2, open_raspberry, picamera2_attached
from capture_station.camera.rotated import RotatedCamera
from capture_station.camera.stream import open_stream
from capture_station.camera.webcam import ListModes, device_path, open_webcam
from capture_station.config import CameraSettings
from capture_station.config.settings import USUAL_WH
from capture_station.errors import CameraError, Trouble


def _webcam_paths() -> list[str]:
    return [webcam.path for webcam in v4l2.webcams()]


@dataclass(frozen=True, slots=True)
class Drivers:
    """The functions that find and open devices; tests pass fakes."""

    open_pi: OpenPi = open_picamera2
    open_capture: OpenCapture = open_v4l2
    webcam_paths: Callable[[], Sequence[str]] = _webcam_paths
    list_modes: ListModes = v4l2.modes
    largest_px: Callable[[], int] = largest_picture_px
    """The largest picture that there is memory for."""
    look_every_s: float = LOOK_EVERY_S
    """How often the fallback demo camera looks for a webcam, and an operator is told of another one."""
    retry_every_s: float = RETRY_EVERY_S
    """How often cameras that did not open are tried again behind the fallback demo camera."""
    list_attached: Callable[[], Sequence[AttachedCamera]] = list_without_pi_modes


class CameraOpener:
    """Opens the configured camera. Call ``open`` again after the camera was lost.

    - ``auto`` tries the Pi camera, the webcams and the demo, in this order, and then keeps to the kind that it found:
      a booth whose webcam is unplugged waits for a webcam and does not show the demo.
    - The demo gives way to the first webcam that is attached, and to a camera that did not open before and does now.
    - After a loss because of black or frozen pictures, the reopened camera has to show a frame that is neither before
      its frames are used.
    - A driver that hangs while opening is not tried again until it has returned.

    Thread-bound, except where a method says otherwise.
    """

    def __init__(
        self, settings: CameraSettings, faults: FaultInjector | None = None, drivers: Drivers | None = None
    ) -> None:
        if drivers is None and settings.driver == "fake":
            webcam = FakeWebcam(settings.size_wh, settings.fps, settings.pixel_format or "MJPG")
            drivers = Drivers(
                FakePi().open,
                webcam.open,
                lambda: ["/dev/video0"],
                webcam.list_modes,
                list_attached=lambda: [
                    AttachedCamera("raspberry", "0", "Pi camera", ()),
                    AttachedCamera("webcam", "/dev/video0", "Webcam", ()),
                ],
            )
        self._settings = self._wanted = settings
        self._faults = faults or FaultInjector()
        self._drivers = drivers or Drivers()
        self._attached = AttachedCameras(self._drivers.list_attached, self._drivers.look_every_s)
        self._kind: str = settings.kind
        self._opened: LossDetectingCamera | None = None
        self._stuck: dict[tuple[str, str], OpenTimeout] = {}
        """Drivers that hang while opening, by kind and device."""
        self._tried: frozenset[str] = frozenset()
        self._passed_over: tuple[str, ...] = ()
        self._device = ""
        """Path of the webcam that was opened last."""

    def change(self, settings: CameraSettings) -> None:
        """Use other settings from the next ``open`` on. Thread-safe."""
        self._wanted = settings

    def attached(self) -> Sequence[AttachedCamera]:
        """The cameras to choose from, as they are attached now. Thread-safe."""
        return self._attached.newest()

    def sizes_wh(self) -> list[tuple[int, int]]:
        """Sizes that the camera which was opened last offers, largest first; empty where it does not say. Thread-safe.

        Opens the device once more to ask the kernel, which takes some milliseconds.
        """
        if self._opened is None:
            return []
        match self._opened.info.kind:
            case "webcam":
                return offered_sizes_wh(self._drivers.list_modes(os.path.realpath(self._device)))
            case "raspberry" | "demo":
                return [LARGEST_WH, USUAL_WH]  # They scale to any size.
        return []

    def open(self, heartbeat: Callable[[], None] = lambda: None) -> Camera:
        """Open the camera.

        Args:
            heartbeat: Called before each attempt. An attempt takes up to ``open_timeout_s``, and several cameras that
                hang would exhaust the patience of a watchdog that sees them as one.

        Raises:
            CameraError: No camera opens. The message lists each attempt and why it failed.
        """
        wanted = self._wanted
        if wanted.choice != self._settings.choice:
            self._kind, self._passed_over = wanted.kind, ()
        self._settings = wanted
        failures, trouble, kept_out, attempts = [], None, None, list[Callable[[], Camera]]()
        for kind, device, open_kind in self._candidates():
            heartbeat()
            attempts.append(partial(self._attempt, kind, device, open_kind))
            try:
                camera = attempts[-1]()
                if self._settings.rotate_deg:
                    camera = RotatedCamera(camera, self._settings.rotate_deg)
            except CameraError as error:
                if kind == "webcam" and device:
                    kept_out = kept_out or error.with_traceback(None)
                failures.append(f"{kind}: {error}" if self._settings.kind == "auto" else str(error))
                trouble = error.trouble
                continue
            if self._kind == "auto":
                self._passed_over = tuple(failures)
                if kind == "demo":
                    camera = self._giving_way(camera, kept_out, attempts[:-1])
                else:
                    self._kind = kind
            if kind == "webcam":
                self._device = device
            suspect = self._opened is not None and self._opened.suspect
            self._opened = LossDetectingCamera(camera, self._settings, suspect, self._passed_over)
            return self._opened
        raise CameraError("; ".join(failures), trouble)

    def _giving_way(
        self, demo: Camera, kept_out: CameraError | None, retries: Sequence[Callable[[], Camera]]
    ) -> DemoFallback:
        drivers, tried = self._drivers, self._tried
        every_s = drivers.look_every_s, drivers.retry_every_s
        return DemoFallback(demo, retries, tried, kept_out, drivers.webcam_paths, *every_s)

    def _attempt(self, kind: str, device: str, open_kind: Callable[[], Camera]) -> Camera:
        """Open one camera; also called by the demo that stands in, on a thread of its own."""
        stuck = self._stuck.pop((kind, device), None)
        try:
            if stuck is not None and stuck.thread.is_alive():
                raise stuck
            return self._opened_within_limit(open_kind)
        except OpenTimeout as error:
            # The traceback would grow with every attempt.
            self._stuck[kind, device] = error.with_traceback(None)
            raise

    def _opened_within_limit(self, open_kind: Callable[[], Camera]) -> Camera:
        camera = self._faults.open(open_kind)
        try:
            check_picture_size(camera.info, self._drivers.largest_px())
        except CameraError:
            camera.close()
            raise
        return camera

    def _candidates(self) -> Iterator[tuple[str, str, Callable[[], Camera]]]:
        """The cameras to try: kind, device (empty for kinds without one), and the function that opens it."""
        settings = self._settings
        if self._kind in ("auto", "raspberry"):
            yield "raspberry", str(settings.device), lambda: open_raspberry(settings, self._drivers.open_pi)
        if self._kind == "webcam" == settings.kind:
            yield "webcam", (path := device_path(settings.device)), self._webcam_at(path)
        elif self._kind in ("auto", "webcam"):
            self._tried = frozenset(paths := self._drivers.webcam_paths())
            yield from (("webcam", path, self._webcam_at(path)) for path in paths or ("",))
        if self._kind == "stream":
            yield "stream", "", lambda: open_stream(settings)
        if self._kind in ("auto", "demo"):
            yield "demo", "", lambda: DemoCamera(settings)

    def _webcam_at(self, path: str) -> Callable[[], Camera]:
        """A function that opens the webcam at this path. The empty path stands for no attached webcam."""

        def open_it() -> Camera:
            if not path:
                raise CameraError("none is attached", Trouble("none"))
            settings = self._settings.model_copy(update={"device": path})
            return open_webcam(settings, self._drivers.open_capture, self._drivers.list_modes)

        return open_it


def open_camera(settings: CameraSettings) -> Camera:
    """Open the configured camera once, as ``CameraOpener`` does.

    Raises:
        CameraError: No camera opens. The message lists each attempt and why it failed.
    """
    return CameraOpener(settings).open()


def expected_size_wh(settings: CameraSettings, drivers: Drivers | None = None) -> tuple[int, int]:
    """The size that the camera will be asked for, found out without opening it; before the pictures are rotated."""
    drivers = drivers or Drivers()
    if settings.size_px != "auto" or settings.driver == "fake" or settings.kind in ("stream", "demo"):
        return settings.size_wh
    if settings.kind != "webcam" and (settings.kind == "raspberry" or picamera2_attached()):
        return LARGEST_WH
    paths = [device_path(settings.device)] if settings.kind == "webcam" else drivers.webcam_paths()
    return asked_size_wh(settings, lambda: drivers.list_modes(paths[0]) if paths else ())


def expects_demo(settings: CameraSettings, drivers: Drivers | None = None) -> bool:
    """Whether the demo camera will be opened: it is asked for, or no camera is attached."""
    if settings.kind != "auto" or settings.driver == "fake":
        return settings.kind == "demo"
    return not picamera2_attached() and not (drivers or Drivers()).webcam_paths()
