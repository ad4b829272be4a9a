"""What can be changed while a station runs, and the cameras to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # As in ``status``, which imports this file.
    from capture_station.config import StationSettings


@dataclass(frozen=True, slots=True)
class CameraOption:
    """A camera that the station can be told to use."""

    choice: str
    """Value for ``Adjustments.camera``."""
    name: str
    """Name to display; empty for ``auto``."""
    attached: bool = True


@dataclass(frozen=True, slots=True)
class Adjustments:
    """Settings that can be changed while the station runs. A restart forgets the changes."""

    guide: bool = True
    """Frontends draw the oval and the eye line."""
    countdown_s: float = 3.0
    """In [0, 30]. For captures that name no countdown of their own."""
    smoothing: float = 0.6
    """How much the preview's matte is smoothed over time, in [0, 1]."""
    mirrored: bool = True
    """Frontends show the preview as a mirror does."""
    preset: str = "free"
    """How portraits are framed; one of ``Status.presets``."""
    camera: str = "auto"
    """Which camera is used: ``auto``, or the choice of a ``CameraOption``."""
    camera_size: str = "auto"
    """What the camera is asked for: ``auto``, or such as ``1920x1080``."""
    camera_held: bool = False
    """Exposure and white balance stay as they were soon after the camera opened."""

    @classmethod
    def of(cls, settings: StationSettings) -> Adjustments:
        """What a configuration says of them."""
        size = settings.camera.size_px
        return cls(
            guide=settings.window.guide,
            countdown_s=settings.capture.countdown_s,
            smoothing=settings.segmentation.smoothing,
            mirrored=settings.window.mirrored,
            preset=settings.portrait.preset,
            camera=settings.camera.choice,
            camera_size="auto" if size == "auto" else f"{size[0]}x{size[1]}",
            camera_held=settings.camera.controls.lock_after_s is not None,
        )
