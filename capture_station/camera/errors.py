"""Camera errors with a stable code, which every frontend can show in its own language.

The sentences are under ``trouble`` in the locale files. The English one is the exception's message.
"""

from __future__ import annotations

from functools import cache

from capture_station.errors import CameraError, CameraLost, Trouble
from capture_station.locales.messages import Messages


def open_error(code: str, **values: str) -> CameraError:
    """The error for a camera that does not open; ``code`` is a key under ``trouble``."""
    trouble = Trouble(code, values)
    return CameraError(_english().trouble(trouble), trouble)


def camera_lost(code: str, **values: str) -> CameraLost:
    """The error for an open camera that stops delivering pictures; ``code`` is a key under ``trouble``."""
    trouble = Trouble(code, values)
    return CameraLost(_english().trouble(trouble), trouble)


class DamagedFrame(CameraLost):
    """A driver received one buffer that holds no picture. The camera itself works, and the next picture may be whole.

    ``DriverCamera`` passes over such buffers. It raises the last one if nothing else arrives in time.
    """


@cache
def _english() -> Messages:
    return Messages("en")
