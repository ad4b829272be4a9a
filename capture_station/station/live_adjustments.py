"""Keeps what is adjusted while the station runs, so that captures, preview, status and camera agree on it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from capture_station.config import PortraitSettings, StationSettings
from capture_station.station.adjustments import Adjustments
from capture_station.station.camera_choice import CameraChoice
from capture_station.station.contract import UnknownPreset


class LiveAdjustments:
    """Thread-safe. Changes wait for each other; whoever reads waits for nobody.

    Args:
        settings: As configured.
        camera: Changes the camera.
        apply: Is told what holds now, after each change; changes wait for it.
    """

    def __init__(
        self, settings: StationSettings, camera: CameraChoice, apply: Callable[[Adjustments, PortraitSettings], None]
    ) -> None:
        self._settings = settings.portrait
        self._presets = tuple(settings.usable_presets)
        self._camera = camera
        self._apply = apply
        self._changing = threading.Lock()
        self.now = Adjustments.of(settings)
        """What holds now: one value, which is only ever replaced."""

    def portrait(self, preset: str) -> PortraitSettings:
        """How portraits are made with a preset.

        Raises:
            UnknownPreset: There is no such preset.
        """
        if preset not in self._presets:
            raise UnknownPreset(preset, self._presets)
        return self._settings.model_copy(update={"preset": preset})

    def change(self, **changes: Any) -> Adjustments:
        """Change what is not None, all of it or nothing. See ``PublicStation.adjust``, which names the errors."""
        wanted = {name: value for name, value in changes.items() if value is not None}
        with self._changing:
            before = self.now
            adjusted = replace(before, **wanted)
            portrait = self.portrait(adjusted.preset)
            # Last of what may be refused.
            self._camera.change(before, adjusted)
            self.now = adjusted
            self._apply(adjusted, portrait)
        return adjusted
