"""Which portraits leave the station, and what one lacks: a rule for export, download, upload, print and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from capture_station.config import StationSettings

NOT_KEPT, NAMELESS, BY_DEMO = "not kept", "without a name", "the demo camera's"
"""As what a portrait is left out."""
Lack = Literal["", "name", "name-required", "consent"]
"""What somebody has to add to a portrait; ``name-required``: it does not leave the station before. Frontends have the
words."""


class Releasable(Protocol):
    """A capture, as a record, a summary or a frontend has it."""

    @property
    def kept(self) -> bool: ...

    @property
    def by_demo(self) -> bool: ...

    @property
    def subject(self) -> object | None:
        """None: nobody said whose portrait it is."""


class Recorded(Releasable, Protocol):
    """A capture, as a record or a summary has it."""

    @property
    def agreed(self) -> bool:
        """The record has the person's consent."""


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """Which portraits leave the station."""

    named_only: bool = False
    """Leave portraits out of which nobody said whose they are."""
    demo_too: bool = True
    """Also what the demo camera took, as it stood in for a missing one or because it is the one that was chosen."""
    wants_names: bool = False
    """A portrait without a name lacks one: there is a roster, or names are required."""
    asks_consent: bool = False
    """People agree before the first picture."""

    @classmethod
    def of(cls, settings: StationSettings) -> ReleaseRule:
        """The rule of a station: what its stand-in took never leaves, and where names are required, nothing without."""
        subjects = settings.subjects
        named_only = subjects.mode == "required"
        return cls(
            named_only=named_only,
            demo_too=settings.camera.kind == "demo",
            wants_names=named_only or (subjects.mode == "optional" and bool(subjects.roster)),
            asks_consent=subjects.asks_consent,
        )

    def left_out_as(self, capture: Releasable) -> str:
        """``NOT_KEPT``, ``NAMELESS`` or ``BY_DEMO``; empty if the portrait may leave."""
        if capture.by_demo and not self.demo_too:
            return BY_DEMO
        if not capture.kept:
            return NOT_KEPT
        return NAMELESS if capture.subject is None and self.named_only else ""

    def lacks(self, capture: Recorded) -> Lack:
        """What somebody has to add, be the portrait kept or not; empty for nothing, and for what a stand-in took."""
        if capture.by_demo and not self.demo_too:
            return ""
        if capture.subject is None:
            return "name-required" if self.named_only else "name" if self.wants_names else ""
        return "consent" if self.asks_consent and not capture.agreed else ""


ALL_KEPT = ReleaseRule()
"""Everything that was kept leaves."""
