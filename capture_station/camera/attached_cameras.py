"""Lists the attached cameras and the modes that each one offers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from concurrent.futures import Future
from dataclasses import dataclass, field

from capture_station.camera import v4l2
from capture_station.camera.contract import Mode
from capture_station.camera.raspberry import list_picamera2


@dataclass(frozen=True, slots=True)
class AttachedCamera:
    """An attached camera, and the config values that select it."""

    kind: str
    device: str
    """Value for ``camera.device``; a path that survives replugging where there is one."""
    name: str
    modes: tuple[Mode, ...]
    """Supported modes. A webcam that scales to any size lists its smallest and its largest."""

    @property
    def choice(self) -> str:
        """As ``CameraSettings.choice``."""
        return f"{self.kind}:{self.device}"

    def lines(self) -> list[str]:
        """Human-readable lines: the config values, then one line for each format and size with its highest rate."""
        fastest: dict[tuple[str, tuple[int, int]], float] = {}
        for mode in self.modes:
            key = mode.pixel_format, mode.size_wh
            fastest[key] = max(mode.fps, fastest.get(key, 0.0))
        rows = [f"  {form} {width}x{height} at {fps:g} fps" for (form, (width, height)), fps in fastest.items()]
        return [f"{self.name}: camera.kind={self.kind} camera.device={self.device}", *rows]


def list_cameras(pi_modes: bool = True) -> list[AttachedCamera]:
    """All attached cameras in the order in which ``camera.kind: auto`` tries them: Pi cameras, then webcams.

    Args:
        pi_modes: Also ask Pi cameras for their modes, which opens those that are not in use.
    """
    pi = [
        AttachedCamera("raspberry", str(number), name, modes)
        for number, (name, modes) in enumerate(list_picamera2(pi_modes))
    ]
    webcams = [AttachedCamera("webcam", found.link or found.path, found.name, found.modes) for found in v4l2.webcams()]
    return pi + webcams


def list_without_pi_modes() -> list[AttachedCamera]:
    """As ``list_cameras``, without disturbing any camera."""
    return list_cameras(pi_modes=False)


LOOK_EVERY_S = 2.0
FIRST_LOOK_S = 0.5


@dataclass(slots=True)
class AttachedCameras:
    """What is attached now, for somebody who asks thirty times a second. Thread-safe.

    It looks on a thread of its own and not more often than every ``look_every_s``: a device that fails may keep whoever
    opens it waiting for seconds.
    """

    look: Callable[[], Sequence[AttachedCamera]] = list_without_pi_modes
    look_every_s: float = LOOK_EVERY_S
    _looking: Future[Sequence[AttachedCamera]] | None = None
    _looked_s: float = 0.0
    _found: Sequence[AttachedCamera] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def newest(self) -> Sequence[AttachedCamera]:
        """What the newest finished look found. The first look is waited for, for at most ``FIRST_LOOK_S``."""
        with self._lock:
            first, now_s = self._looking is None, time.monotonic()
            if self._looking is None or (self._looking.done() and now_s - self._looked_s >= self.look_every_s):
                self._looking, self._looked_s = Future(), now_s
                threading.Thread(target=self._run, args=(self._looking,), name="camera list", daemon=True).start()
            looking = self._looking
        if first:
            futures.wait([looking], FIRST_LOOK_S)
        if looking.done():
            self._found = looking.result()
        return self._found

    def _run(self, looking: Future[Sequence[AttachedCamera]]) -> None:
        try:
            looking.set_result(self.look())
        except Exception as error:
            looking.set_exception(error)
