"""The texts of all languages are complete and consistent."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from capture_station.config.yaml_text import parse
from capture_station.frames import Flaw
from capture_station.locales import messages
from capture_station.locales.messages import CODES, Messages, human_size
from capture_station.station.status import Hint, State


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_language_has_the_same_keys_and_placeholders() -> None:
    english = Messages("en").texts
    assert {"de", "en"} <= set(CODES)
    for language in CODES:
        texts = Messages(language).texts
        assert texts.keys() == english.keys(), language
        for key, text in texts.items():
            assert text.strip(), (language, key)
            assert placeholders(text) == placeholders(english[key]), (language, key)


@pytest.mark.parametrize("language", CODES)
def test_no_key_is_there_twice(language: str) -> None:
    text = Path(messages.__file__).with_name(f"{language}.yaml").read_text("utf-8")
    parse(text, lambda line: f"{language}.yaml:{line}")


@pytest.mark.parametrize("language", CODES)
def test_every_hint_and_state_has_a_text(language: str) -> None:
    wanted = {f"hint.{hint.value}" for hint in Hint} | {f"console.{state.value}" for state in State}
    assert wanted <= Messages(language).texts.keys()


def test_every_flaw_has_a_text() -> None:
    texts = Messages("en").texts
    code = "".join(path.read_text() for path in (Path(messages.__file__).parents[1] / "portrait").glob("*.py"))
    flaws = {f"flaw.{name}" for name in re.findall(r'\bFlaw\("([a-z-]+)"', code)}
    assert len(flaws) > 10
    assert flaws <= texts.keys()


@pytest.mark.parametrize("language", CODES)
def test_a_flaw_is_said_with_its_values(language: str) -> None:
    assert "seven" in Messages(language).flaws([Flaw("several-people", {"count": "seven"})])[0]


def test_every_camera_trouble_has_a_text_and_no_text_is_unused() -> None:
    code = "".join(path.read_text() for path in (Path(messages.__file__).parents[1] / "camera").glob("*.py"))
    troubles = {f"trouble.{name}" for name in re.findall(r'\b(?:camera_lost|open_error|Trouble)\("([a-z-]+)"', code)}
    assert troubles == {key for key in Messages("en").texts if key.startswith("trouble.")}


def test_sizes_have_readable_units() -> None:
    assert human_size(12_400_000) == "12 MB"
    assert human_size(1_530_000_000) == "1.5 GB"
