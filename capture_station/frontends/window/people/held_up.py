"""The badge that is held up while the window asks whose a portrait is: what it asks itself comes after the answer."""

from __future__ import annotations

from capture_station.station.status import CameraCode, SubjectStatus


class HeldUp:
    """The code that was read last meanwhile. Used by one thread.

    Args:
        told_s: Whoever held it up so long ago has left.
    """

    def __init__(self, told_s: float) -> None:
        self._told_s = told_s
        self._code: CameraCode | None = None
        self._from_s: float | None = None
        """When it was looked at first; None: not yet."""
        self._here_then: set[str] = set()
        """The ids of who was checked in or waited then."""

    def hold(self, code: CameraCode) -> None:
        """Another code has been read."""
        self._code, self._from_s = code, None

    def follow(self, status: SubjectStatus, now_s: float) -> None:
        """Forget a badge whose holder has gone, or was checked in by another screen meanwhile."""
        here = {one.id for one in (status.current, *status.waiting) if one is not None}
        if self._from_s is None:
            self._from_s, self._here_then = now_s, here
        elif here - self._here_then or now_s - self._from_s >= self._told_s:
            self._code = None

    def take(self) -> CameraCode | None:
        """The code, which is then forgotten; None for none."""
        code, self._code = self._code, None
        return code
