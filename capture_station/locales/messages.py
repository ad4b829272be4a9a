"""The texts of one language, from ``<language>.yaml`` beside this file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from capture_station.errors import Trouble
from capture_station.flaws import Flaw

_FOLDER = Path(__file__).parent

CODES = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))
"""All languages, as ISO 639-1 codes: one for each file."""


_SETTINGS = {
    "exposure_ms": "exposure",
    "white_balance_k": "white-balance",
    "lock_after_s": "lock",
    "fps": "rate",
    "preview size": "size",
}
"""What a camera calls a setting, where its text has another name."""


class Messages:
    """Texts by dotted key, such as ``hint.step-closer``. Immutable and therefore thread-safe."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = _read(language)

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its placeholders filled in.

        Raises:
            KeyError: There is no such text, or a placeholder has no value.
        """
        return self._texts[key].format(**values)

    def flaws(self, flaws: Iterable[Flaw]) -> tuple[str, ...]:
        """One sentence for each reason to review a portrait, in lower case and without a full stop."""
        return tuple(self(f"flaw.{flaw.code}", **self._in_words(flaw.values)) for flaw in flaws)

    def refusal(self, flaws: Sequence[Flaw]) -> str:
        """Why a picture is no portrait and what to do, said to who stands there; the flaws are not empty."""
        reason = self._texts.get(f"refused.{flaws[0].code}") or self.flaws(flaws)[0]
        return self("notice.refused", reason=reason)

    def preset(self, name: str, title: str) -> str:
        """The title of a preset, in this language if it is one that comes with the package."""
        key = f"preset.{name}"
        return self._texts[key] if _read("en").get(key) == title else title

    def _in_words(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """Values of a flaw as people read them: a preset has its title, and one of the station's own its name."""
        preset = values.get("preset")
        return values if preset is None else {**values, "preset": self._texts.get(f"preset.{preset}", preset)}

    def setting(self, difference: str) -> str:
        """In plain words, the setting that ``CameraInfo.differences`` is about."""
        name = difference.partition(":")[0].removeprefix("controls.")
        key = f"setting.{_SETTINGS.get(name, name.replace('_', '-').replace(' ', '-'))}"
        return self._texts.get(key, self._texts["setting.other"])

    def trouble(self, trouble: Trouble) -> str:
        """A sentence that says why there is no camera, in lower case and without a full stop."""
        return self(f"trouble.{trouble.code}", **trouble.values)

    def size(self, size_bytes: int) -> str:
        """A size as people read it, such as ``1.5 GB``, or ``1,5 GB`` in German."""
        return human_size(size_bytes).replace(".", self("report.point"))

    @property
    def texts(self) -> Mapping[str, str]:
        """All texts by key, with their placeholders."""
        return self._texts


class ChosenMessages(Messages):
    """Texts whose language changes while they are used, by the one thread that uses them."""

    def speak(self, language: str) -> None:
        self.language, self._texts = language, _read(language)


def human_size(size_bytes: int) -> str:
    """A size as people read it, such as ``1.5 GB``; 1 GB is 10^9 bytes, as on disk labels."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"


@cache
def _read(language: str) -> Mapping[str, str]:
    text = (_FOLDER / f"{language}.yaml").read_text(encoding="utf-8")
    return dict(_flat(yaml.safe_load(text)))


def _flat(section: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
