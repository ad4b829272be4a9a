"""Which portraits leave the station: one rule for export, download, upload and print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from capture_station.config import StationSettings

NOT_KEPT, NAMELESS, BY_DEMO = "not kept", "without a name", "the demo camera's"
"""As what a portrait is left out."""


class Releasable(Protocol):
    """A capture, as a record, a summary or a frontend has it."""

    @property
    def kept(self) -> bool: ...

    @property
    def by_demo(self) -> bool: ...

    @property
    def subject(self) -> object | None:
        """None: nobody said whose portrait it is."""


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """Which portraits leave the station."""

    named_only: bool = False
    """Leave portraits out of which nobody said whose they are."""
    demo_too: bool = True
    """Also what the demo camera took, as it stood in for a missing one or because it is the one that was chosen."""

    @classmethod
    def of(cls, settings: StationSettings) -> ReleaseRule:
        """The rule of a station: what its stand-in took never leaves, and where names are required, nothing without."""
        return cls(named_only=settings.subjects.mode == "required", demo_too=settings.camera.kind == "demo")

    def left_out_as(self, capture: Releasable) -> str:
        """``NOT_KEPT``, ``NAMELESS`` or ``BY_DEMO``; empty if the portrait may leave."""
        if capture.by_demo and not self.demo_too:
            return BY_DEMO
        if not capture.kept:
            return NOT_KEPT
        return NAMELESS if capture.subject is None and self.named_only else ""


ALL_KEPT = ReleaseRule()
"""Everything that was kept leaves."""
