"""One reason to review a portrait, as a code that frontends translate."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Flaw:
    """One reason to review a portrait."""

    code: str
    """A stable name such as ``face-small``. Its sentence is the text ``flaw.face-small`` of each language."""
    values: dict[str, int | str] = field(default_factory=dict)
    """Fills the placeholders of the sentence. ``left_px``, ``top_px``, ``width_px`` and ``height_px``, where given, are
    the place in the portrait."""
