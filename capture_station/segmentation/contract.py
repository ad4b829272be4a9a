"""What every segmenter does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from capture_station.frames import Alpha, CoarsePass, Frame, Image, Matte

SecondModel: TypeAlias = Callable[[Image], Alpha]
"""Another network: a picture (H, W, 3) uint8 becomes an alpha (h, w). Raises ``SegmentationError``."""


@dataclass(frozen=True, slots=True)
class SegmenterInfo:
    """What decides person or background, for status, doctor and record."""

    kind: str
    model: str
    """File name, or empty."""
    sha256: str
    """Of the model's file, or empty."""
    runtime: str
    """Interpreter and its version, or empty."""
    input_wh: tuple[int, int]
    """Grid that pictures are reduced to."""


class Segmenter(Protocol):
    """Estimates a matte for a frame. Thread-bound: used only by the thread that opened it."""

    @property
    def info(self) -> SegmenterInfo: ...

    def segment(self, frame: Frame) -> Matte:
        """Estimate which pixels of a frame, or of a part of one, belong to a person.

        Returns:
            A matte on the segmenter's own grid, which covers the whole frame.

        Raises:
            SegmentationError: The interpreter failed on this frame.
        """
        ...

    def coarse_pass(self, frame: Frame) -> CoarsePass:
        """Segment a frame with one inference. The matte comes sooner than that of ``segment``, and may be less exact.

        Raises:
            SegmentationError: The interpreter failed on this frame.
        """
        ...


class SinglePass(ABC):
    """A segmenter whose coarse pass gives the full matte."""

    @abstractmethod
    def segment(self, frame: Frame) -> Matte:
        """See ``Segmenter.segment``."""

    def coarse_pass(self, frame: Frame) -> CoarsePass:
        """See ``Segmenter.coarse_pass``: its matte is already the full one."""
        matte = self.segment(frame)
        return CoarsePass(matte, lambda: matte)
