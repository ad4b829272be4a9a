"""How the config's choice becomes an open camera."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from capture_station.camera import v4l2
from capture_station.camera.contract import Camera
from capture_station.camera.demo import DemoCamera
from capture_station.camera.demo_fallback import LOOK_EVERY_S, DemoFallback
from capture_station.camera.driver import StuckOpening
from capture_station.camera.fake_drivers import FakePi, FakeWebcam
from capture_station.camera.fault_injection import FaultInjector
from capture_station.camera.loss_detection import LossDetectingCamera
from capture_station.camera.opencv import OpenCapture, open_v4l2
from capture_station.camera.raspberry import OpenPi, open_picamera2, open_raspberry
from capture_station.camera.rotated import RotatedCamera
from capture_station.camera.stream import open_stream
from capture_station.camera.webcam import open_webcam
from capture_station.config import CameraSettings
from capture_station.errors import CameraError, Trouble


def _webcam_paths() -> list[str]:
    return [webcam.path for webcam in v4l2.webcams()]


@dataclass(frozen=True, slots=True)
class Drivers:
    """Where devices come from."""

    open_pi: OpenPi = open_picamera2
    open_capture: OpenCapture = open_v4l2
    webcam_paths: Callable[[], Sequence[str]] = _webcam_paths
    look_every_s: float = LOOK_EVERY_S
    """How often a demo that stands in looks for a webcam."""


class CameraOpener:
    """Opens the configured camera, and opens it again whenever it was lost.

    ``auto`` tries Pi camera, webcams, demo, in this order, and keeps to the kind it found: a booth whose webcam is
    pulled waits for it and does not go on with the demo. The demo gives way to the first webcam that is attached.
    After a black or frozen picture the next camera is only taken at the first frame that is neither. A driver that is
    stuck in opening is not asked again until it has come back. Thread-bound.
    """

    def __init__(
        self, settings: CameraSettings, faults: FaultInjector | None = None, drivers: Drivers | None = None
    ) -> None:
        if drivers is None and settings.driver == "fake":
            webcam = FakeWebcam(settings.size_px, settings.fps, settings.pixel_format or "MJPG")
            drivers = Drivers(FakePi().open, webcam.open, lambda: ["/dev/video0"])
        self._settings = settings
        self._faults = faults or FaultInjector()
        self._drivers = drivers or Drivers()
        self._kind: str = settings.kind
        self._opened: LossDetectingCamera | None = None
        self._stuck: dict[tuple[str, str], StuckOpening] = {}
        """By kind and path."""
        self._tried: frozenset[str] = frozenset()
        self._passed_over: tuple[str, ...] = ()

    def open(self) -> Camera:
        """Open it.

        Raises:
            CameraError: It cannot be opened; the message says what was tried and why that failed.
        """
        failures, trouble = [], None
        for kind, path, open_kind in self._candidates():
            try:
                stuck = self._stuck.pop((kind, path), None)
                if stuck is not None and stuck.thread.is_alive():
                    raise stuck
                camera = self._faults.open(open_kind)
                if self._settings.rotate_deg:
                    camera = RotatedCamera(camera, self._settings.rotate_deg)
            except CameraError as error:
                if isinstance(error, StuckOpening):
                    # Without its traceback, which would grow with every try.
                    self._stuck[kind, path] = error.with_traceback(None)
                failures.append(f"{kind}: {error}" if self._settings.kind == "auto" else str(error))
                trouble = error.trouble
                continue
            if self._kind == "auto":
                self._passed_over = tuple(failures)
                if kind == "demo":
                    camera = DemoFallback(camera, self._tried, self._drivers.webcam_paths, self._drivers.look_every_s)
                else:
                    self._kind = kind
            doubted = self._opened is not None and self._opened.doubted
            self._opened = LossDetectingCamera(camera, self._settings, doubted, self._passed_over)
            return self._opened
        raise CameraError("; ".join(failures), trouble)

    def _candidates(self) -> Iterator[tuple[str, str, Callable[[], Camera]]]:
        """Kind, path where there are several, and door of each camera to try."""
        settings = self._settings
        if self._kind in ("auto", "raspberry"):
            yield "raspberry", "", lambda: open_raspberry(settings, self._drivers.open_pi)
        if self._kind == "webcam" == settings.kind:
            yield "webcam", "", lambda: open_webcam(settings, self._drivers.open_capture)
        elif self._kind in ("auto", "webcam"):
            self._tried = frozenset(paths := self._drivers.webcam_paths())
            yield from (("webcam", path, self._webcam_at(path)) for path in paths or ("",))
        if self._kind == "stream":
            yield "stream", "", lambda: open_stream(settings)
        if self._kind in ("auto", "demo"):
            yield "demo", "", lambda: DemoCamera(settings)

    def _webcam_at(self, path: str) -> Callable[[], Camera]:
        """The door to the webcam at this path; the empty path leads to none."""

        def open_it() -> Camera:
            if not path:
                raise CameraError("none is attached", Trouble("none"))
            return open_webcam(self._settings.model_copy(update={"device": path}), self._drivers.open_capture)

        return open_it


def open_camera(settings: CameraSettings) -> Camera:
    """Open the configured camera once; ``CameraOpener`` says more.

    Raises:
        CameraError: It cannot be opened; the message says what was tried and why that failed.
    """
    return CameraOpener(settings).open()
