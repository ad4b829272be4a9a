"""Lists the attached cameras and the modes that each one offers."""

from __future__ import annotations

from dataclasses import dataclass

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

    def lines(self) -> list[str]:
        """Human-readable lines: the config values, then one line for each format and size with its highest rate."""
        fastest: dict[tuple[str, tuple[int, int]], float] = {}
        for mode in self.modes:
            key = mode.pixel_format, mode.size_wh
            fastest[key] = max(mode.fps, fastest.get(key, 0.0))
        rows = [f"  {form} {width}x{height} at {fps:g} fps" for (form, (width, height)), fps in fastest.items()]
        return [f"{self.name}: camera.kind={self.kind} camera.device={self.device}", *rows]


def list_cameras() -> list[AttachedCamera]:
    """All attached cameras in the order in which ``camera.kind: auto`` tries them: Pi cameras, then webcams."""
    pi = [
        AttachedCamera("raspberry", str(number), name, modes) for number, (name, modes) in enumerate(list_picamera2())
    ]
    webcams = [AttachedCamera("webcam", found.by_id or found.path, found.name, found.modes) for found in v4l2.webcams()]
    return pi + webcams
