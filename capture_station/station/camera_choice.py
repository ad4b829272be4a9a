"""Changes the camera while the station runs, as an operator asks."""

from __future__ import annotations

from collections.abc import Callable

from capture_station.camera.adjustment import adjusted
from capture_station.camera.factory import CameraOpener
from capture_station.config import CameraSettings
from capture_station.errors import Busy
from capture_station.station.status import Adjustments, CaptureStatus


class CameraChoice:
    """Thread-safe.

    Args:
        settings: As configured.
        opener: Opens the camera.
        reopen: Closes it and lets it be opened again.
        captures: What is under way.
    """

    def __init__(
        self,
        settings: CameraSettings,
        opener: CameraOpener,
        reopen: Callable[[], None],
        captures: Callable[[], CaptureStatus],
    ) -> None:
        self._settings = settings
        self._opener = opener
        self._reopen = reopen
        self._captures = captures

    def sizes_wh(self) -> list[tuple[int, int]]:
        """What the open camera offers, largest first."""
        return self._opener.sizes_wh()

    def change(self, now: Adjustments, size: str | None, held: bool | None) -> None:
        """Open the camera again, if anything changes; None leaves a choice as it is.

        Raises:
            Busy: A capture is under way.
            StationError: ``size`` is no size.
        """
        wanted = now.camera_size if size is None else size, now.camera_held if held is None else held
        if wanted == (now.camera_size, now.camera_held):
            return
        captures = self._captures()
        if captures.in_progress or captures.countdown_left_s is not None:
            raise Busy("the camera cannot be changed while a capture is under way")
        self._opener.change(adjusted(self._settings, *wanted))
        self._reopen()
