"""What an operator may change of the camera: which one, the size of its pictures, whether its automatics are held."""

from __future__ import annotations

import re
from collections.abc import Iterable

from capture_station.camera.best_mode import is_usual
from capture_station.camera.contract import Mode
from capture_station.config import CameraSettings
from capture_station.errors import StationError

HELD_AFTER_S = 2.0
"""An opened camera needs this long to find exposure and white balance."""
MOST_SIZES = 4
_AUTOMATICS = ("auto_exposure", "auto_white_balance", "auto_focus")


def adjusted(settings: CameraSettings, size: str, held: bool, camera: str = "") -> CameraSettings:
    """The settings for an operator's choice.

    Args:
        settings: As configured.
        size: ``auto``, or such as ``1920x1080``.
        held: Whether exposure, white balance and focus stay as they are soon after the camera opens.
        camera: As ``CameraSettings.choice``; empty: as configured.

    Raises:
        StationError: It is no size.
    """
    match = re.fullmatch(r"([1-9][0-9]{1,4})x([1-9][0-9]{1,4})", size)
    if match is None and size != "auto":
        raise StationError(f"{size!r} is not a picture size; use auto, or a size such as 1920x1080")
    controls = settings.controls
    if held:
        after_s = HELD_AFTER_S if controls.lock_after_s is None else controls.lock_after_s
        controls = controls.model_copy(update={"lock_after_s": after_s})
    else:
        # A webcam that was held stays so until it is told otherwise, also when it is opened again.
        automatics = {name: True for name in _AUTOMATICS if getattr(controls, name) is None}
        controls = controls.model_copy(update={"lock_after_s": None, **automatics})
    size_px = "auto" if match is None else (int(match[1]), int(match[2]))
    chosen = settings.chosen(camera) if camera else settings
    return chosen.model_copy(update={"size_px": size_px, "controls": controls})


def offered_sizes_wh(modes: Iterable[Mode]) -> list[tuple[int, int]]:
    """The usual sizes of a camera at a usual rate, largest first, at most ``MOST_SIZES``."""
    sizes = {mode.size_wh for mode in modes if is_usual(mode)}
    return sorted(sizes, key=lambda size_wh: size_wh[0] * size_wh[1], reverse=True)[:MOST_SIZES]
