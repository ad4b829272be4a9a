"""Which cameras are attached, and which modes each has."""

from __future__ import annotations

from dataclasses import dataclass

from capture_station.camera import v4l2
from capture_station.camera.contract import Mode
from capture_station.camera.raspberry import list_picamera2


@dataclass(frozen=True, slots=True)
class AttachedCamera:
    """A camera that could be opened, and what to write into the config for it."""

    kind: str
    device: str
    """Value for ``camera.device``, the most lasting one there is."""
    name: str
    modes: tuple[Mode, ...]
    """What it can deliver; of a webcam that scales freely, the smallest and the largest size."""

    def lines(self) -> list[str]:
        """For people: what to write into the config, then a line a size with its highest rate."""
        fastest: dict[tuple[str, tuple[int, int]], float] = {}
        for mode in self.modes:
            key = mode.pixel_format, mode.size_wh
            fastest[key] = max(mode.fps, fastest.get(key, 0.0))
        rows = [f"  {form} {width}x{height} at {fps:g} fps" for (form, (width, height)), fps in fastest.items()]
        return [f"{self.name}: camera.kind={self.kind} camera.device={self.device}", *rows]


def list_cameras() -> list[AttachedCamera]:
    """Pi cameras first, then webcams, in the order in which ``auto`` tries them."""
    pi = [
        AttachedCamera("raspberry", str(number), name, modes) for number, (name, modes) in enumerate(list_picamera2())
    ]
    webcams = [AttachedCamera("webcam", found.by_id or found.path, found.name, found.modes) for found in v4l2.webcams()]
    return pi + webcams
