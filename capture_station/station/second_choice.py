"""Looks for another frame where the chosen one has a flaw that passes, such as a hand before the face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from capture_station.camera.contract import CameraInfo
from capture_station.frames import Frame

OTHERS = 2
"""So many further frames of a burst are judged: far ones show another moment, and neighbours mostly share the flaw."""


class Choice(NamedTuple):
    """A frame, and the burst and the camera that it is from."""

    frame: Frame
    burst: list[Frame]
    camera: CameraInfo


def second_choice(
    first: Choice, expose: Callable[[], Choice | None], passes: Callable[[Frame], bool], time_left: Callable[[], bool]
) -> Choice | None:
    """The first frame that passes: one of the same burst, or of the bursts after it; None if none does in time.

    Args:
        first: What was chosen and has a flaw.
        expose: Takes another burst and chooses its best frame; None if the camera gives no more.
        passes: Whether a portrait of a frame would be without flaws.
        time_left: Whether another frame may be judged, or another burst be taken.
    """
    choice: Choice | None = first
    while choice is not None:
        tried = [choice.frame]
        if choice is not first and passes(choice.frame):
            return choice
        for _ in range(min(OTHERS, len(choice.burst) - 1)):
            if not time_left():
                return None
            tried.append(_farthest(choice.burst, tried))
            if passes(tried[-1]):
                return choice._replace(frame=tried[-1])
        choice = expose() if time_left() else None
    return None


def _farthest(burst: Sequence[Frame], tried: Sequence[Frame]) -> Frame:
    """The frame that is farthest in time from all that were tried."""
    return max(burst, key=lambda frame: min(abs(frame.captured_at_s - one.captured_at_s) for one in tried))
