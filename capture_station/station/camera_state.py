"""The station's state, which follows the camera: what it is, why, and what may come next."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from capture_station.camera.contract import CameraInfo
from capture_station.errors import CameraError, Trouble
from capture_station.station.status import State

TRANSITIONS = {
    State.STARTING: {State.RUNNING, State.DEGRADED, State.STOPPING},
    State.RUNNING: {State.DEGRADED, State.STOPPING},
    State.DEGRADED: {State.RUNNING, State.STOPPING},
    State.STOPPING: set[State](),
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CameraState:
    """One moment."""

    size_wh: tuple[int, int]
    """Of the newest camera's pictures; before the first, what it will be asked for."""
    state: State = State.STARTING
    reason: str = ""
    trouble: Trouble | None = None
    camera: CameraInfo | None = None
    """The newest one that delivered, also while it is lost."""


class CameraStateMachine:
    """Follows the camera thread. Thread-safe.

    Args:
        size_wh: What the camera will be asked for.
        lost: Called on the camera thread with why there is no camera, after each attempt to open one.
    """

    def __init__(self, size_wh: tuple[int, int], lost: Callable[[CameraError], None]) -> None:
        self._lost = lost
        self._lock = threading.Lock()
        self._now = CameraState(size_wh)

    @property
    def now(self) -> CameraState:
        with self._lock:
            return self._now

    def camera_changed(self, camera: CameraInfo | None, error: CameraError | None) -> None:
        """A camera delivers, or does not."""
        if error is not None:
            self._change(State.DEGRADED, str(error), camera, error.trouble)
            self._lost(error)
        elif camera is not None and camera.kept_out is not None:
            self._change(State.RUNNING, str(camera.kept_out), camera, camera.kept_out.trouble)
        else:
            self._change(State.RUNNING, "", camera)

    def stop(self) -> None:
        """The station is stopping; nothing comes after that."""
        self._change(State.STOPPING, "")

    def _change(
        self, state: State, reason: str, camera: CameraInfo | None = None, trouble: Trouble | None = None
    ) -> None:
        with self._lock:
            before = self._now
            if state not in TRANSITIONS[before.state] | {before.state}:
                return
            self._now = replace(before, state=state, reason=reason, trouble=trouble)
            if camera is not None:
                self._now = replace(self._now, camera=camera, size_wh=camera.mode.size_wh)
        if (state, reason) != (before.state, before.reason):
            name = f": {camera.name}" if camera is not None else ""
            because = f": {reason}" if reason else ""
            log.info("%s%s%s", state.value, name, because, extra={"STATE": state.value, "REASON": reason})
