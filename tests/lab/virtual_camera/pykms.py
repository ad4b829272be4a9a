"""Stands in for kms++, which only a Pi has: picamera2 names its pixel formats while it is imported, and no more."""


class _Names(type):
    def __getattr__(cls, name: str) -> str:
        return name


class PixelFormat(metaclass=_Names): ...
