"""picamera2 opens libcamera's virtual camera, which has no raw stream and wants buffers of libcamera's own."""

from __future__ import annotations

from typing import Any

from picamera2 import picamera2
from picamera2.allocators import LibcameraAllocator


class Picamera2(picamera2.Picamera2):
    """Differs from picamera2's own in nothing else."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.allocator = LibcameraAllocator(self.camera)

    @property
    def sensor_modes(self) -> list[dict[str, Any]]:
        """As of every camera that has no sensor of a Pi's."""
        return [{"format": "NV12"}]

    def _get_raw_modes(self) -> list[dict[str, Any]]:
        return [{"format": "NV12", "size": (1920, 1080)}]
