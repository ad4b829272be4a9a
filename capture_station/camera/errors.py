"""What keeps a camera from giving pictures: errors that every frontend can say in its language.

Their sentences stand under ``trouble`` in the words; the English one is the error's message, for logs and commands.
"""

from __future__ import annotations

from functools import cache

from capture_station.errors import CameraError, CameraLost, Trouble
from capture_station.locales.messages import Messages


def refused(code: str, **values: str) -> CameraError:
    """A camera does not open."""
    trouble = Trouble(code, values)
    return CameraError(_english().trouble(trouble), trouble)


def lost(code: str, **values: str) -> CameraLost:
    """An open camera gives no more pictures."""
    trouble = Trouble(code, values)
    return CameraLost(_english().trouble(trouble), trouble)


@cache
def _english() -> Messages:
    return Messages("en")
