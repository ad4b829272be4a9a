"""The texts of one language, from ``<language>.yaml`` beside this file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from capture_station.errors import Trouble
from capture_station.frames import Flaw


class Messages:
    """Texts by dotted key, such as ``hint.step-closer``. Immutable, so any thread may ask."""

    def __init__(self, language: str) -> None:
        text = Path(__file__).with_name(f"{language}.yaml").read_text(encoding="utf-8")
        self._texts = dict(_flat(yaml.safe_load(text)))

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its places filled in.

        Raises:
            KeyError: No such text, or a place without a value.
        """
        return self._texts[key].format(**values)

    def flaws(self, flaws: Iterable[Flaw]) -> tuple[str, ...]:
        """Why a portrait should be looked at, a sentence each, beginning small and without full stop."""
        return tuple(self(f"flaw.{flaw.code}", **flaw.values) for flaw in flaws)

    def trouble(self, trouble: Trouble) -> str:
        """Why there is no camera: a sentence that begins small, without full stop."""
        return self(f"trouble.{trouble.code}", **trouble.values)

    @property
    def texts(self) -> Mapping[str, str]:
        """All of them, as they stand in the file."""
        return self._texts


def in_bytes(size_bytes: int) -> str:
    """A size for people, such as ``1.5 GB`` (1 GB is 10^9 bytes, as disks are sold)."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"


def _flat(section: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
