"""Changes the camera while the station runs, as an operator asks."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from capture_station.camera.adjustment import adjusted
from capture_station.camera.factory import CameraOpener
from capture_station.camera.webcam import device_path
from capture_station.config import CameraSettings
from capture_station.errors import Busy, NotOffered
from capture_station.station.adjustments import Adjustments, CameraOption
from capture_station.station.status import CaptureStatus


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

    def cameras(self, now: Adjustments) -> list[CameraOption]:
        """``auto``, what is attached, and what is configured or in use without being attached."""
        attached = self._opener.attached()
        names = [camera.name for camera in attached]
        options = [CameraOption("auto", "")]
        for camera in attached:
            like = names.count(camera.name) > 1
            name = f"{camera.name} ({os.path.basename(os.path.realpath(camera.device))})" if like else camera.name
            options.append(CameraOption(camera.choice, name))
        for choice in (self._settings.choice, now.camera):
            if choice in (option.choice for option in options):
                continue
            kind, _, device = choice.partition(":")
            # Another name of a camera that is listed, such as its number.
            path = os.path.realpath(device_path(device)) if kind == "webcam" else ""
            same = [at for at, one in enumerate(attached, 1) if path and os.path.realpath(one.device) == path]
            if same:
                options[same[0]] = replace(options[same[0]], choice=choice)
            else:
                name = os.path.basename(device_path(device)) if path else choice
                options.append(CameraOption(choice, name, attached=kind in ("stream", "demo")))
        return options

    def change(self, now: Adjustments, wanted: Adjustments) -> None:
        """Open the camera again, if anything of it changes.

        Raises:
            Busy: A capture is under way.
            NotOffered: There is no such camera.
            StationError: The size is no size.
        """
        camera = wanted.camera_size, wanted.camera_held, wanted.camera
        if camera == (now.camera_size, now.camera_held, now.camera):
            return
        if wanted.camera not in (now.camera, *(one.choice for one in self.cameras(now))):
            raise NotOffered(f"there is no camera {wanted.camera!r} to choose")
        captures = self._captures()
        if captures.in_progress or captures.countdown_left_s is not None:
            raise Busy("the camera cannot be changed while a capture is under way")
        self._opener.change(adjusted(self._settings, *camera))
        self._reopen()
