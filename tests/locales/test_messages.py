"""The texts of all languages are complete and consistent."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from pathlib import Path

import pytest

from capture_station.config import ControlSettings, PortraitSettings
from capture_station.config.yaml_text import parse
from capture_station.frames import Flaw
from capture_station.locales import messages
from capture_station.locales.messages import CODES, Messages, human_size
from capture_station.presets import shipped_presets
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


@pytest.mark.parametrize("language", CODES)
def test_a_flaw_says_a_preset_by_its_title_in_one_sentence(language: str) -> None:
    messages = Messages(language)
    (said,) = messages.flaws([Flaw("uncropped-cut-top", {"preset": "square"})])
    assert messages("preset.square") in said
    assert not re.search("[:\uff1a]", said.replace(messages("preset.square"), ""))
    assert "our-own" in messages.flaws([Flaw("uncropped-small", {"preset": "our-own"})])[0]


def test_every_camera_trouble_has_a_text_and_no_text_is_unused() -> None:
    code = "".join(path.read_text() for path in (Path(messages.__file__).parents[1] / "camera").glob("*.py"))
    troubles = {f"trouble.{name}" for name in re.findall(r'\b(?:camera_lost|open_error|Trouble)\("([a-z-]+)"', code)}
    assert troubles == {key for key in Messages("en").texts if key.startswith("trouble.")}


def test_sizes_have_readable_units() -> None:
    assert human_size(12_400_000) == "12 MB"
    assert human_size(1_530_000_000) == "1.5 GB"
    assert Messages("de").size(1_530_000_000) == "1,5 GB"


def used_keys(texts: Iterable[str], code: str, names: set[str]) -> set[str]:
    """The texts that the code may ask for: by a whole key, or by one that it puts together of what it names elsewhere.

    Args:
        texts: All keys.
        code: Of everything that asks for texts.
        names: What stands for a placeholder besides quoted words and numbers.
    """
    keys = set(texts)
    sections = "|".join({key.partition(".")[0] for key in keys})
    named = names | set(re.findall(r"[\"'`]([a-z0-9.-]+)[\"'`]", code)) | set(re.findall(r"\b\d+\b", code))
    built = set(re.findall(rf"[\"'`]((?:{sections})\.[a-z.-]*(?:\$?\{{[^{{}}]+\}}[a-z.-]*)+)[\"'`]", code))
    patterns = [re.compile("(.+)".join(map(re.escape, re.split(r"\$?\{[^{}]+\}", text)))) for text in built]
    found = keys & named
    for key in keys - found:
        matches = (pattern.fullmatch(key) for pattern in patterns)
        if any(match is not None and named.issuperset(match.groups()) for match in matches):
            found.add(key)
    # A banner's second line.
    return found | {key for key in keys if key.removesuffix("-detail") in found}


def test_no_text_is_unused() -> None:
    package = Path(messages.__file__).parents[1]
    files = (path for path in package.rglob("*") if path.suffix in (".py", ".js", ".html"))
    code = "\n".join(path.read_text("utf-8") for path in files)
    sides = {f"uncropped-cut-{side}" for side in ("top", "bottom", "left", "right")}
    old = {"face-small"}  # Records of older versions have it.
    settings = {name.replace("_", "-") for name in (*ControlSettings.model_fields, "pixel_format")}
    keys = set(Messages("en").texts)
    assert keys - used_keys(keys, code, {*shipped_presets(), *settings, *sides, *old}) == set()


def test_an_unused_text_is_found() -> None:
    code = 'say("page.title"); say(f"operator.{key}"); keys = ("speed",)'
    keys = {"page.title", "page.gone", "operator.speed", "operator.network"}
    assert used_keys(keys, code, set()) == {"page.title", "operator.speed"}


@pytest.mark.parametrize("language", CODES)
def test_presets_have_a_title_in_every_language_and_own_ones_keep_theirs(language: str) -> None:
    say = Messages(language)
    for name, title in PortraitSettings().choices:
        assert say.preset(name, title) == say(f"preset.{name}")
    assert Messages("en").preset("badge", "Badge (CR80 card), 25x32 mm") == "Badge (CR80 card), 25x32 mm"
    assert say.preset("badge", "Our own card") == "Our own card"
    assert say.preset("team", "Team") == "Team"


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        ("controls.auto_focus: the camera has no AfMode", "automatic focus"),
        ("controls.lock_after_s: white balance cannot be locked", "holding exposure and focus"),
        ("pixel format: asked for MJPG, got YUYV", "picture format"),
        ("preview size: asked for 640x480, got 320x240", "picture size"),
        ("fps: the camera has no FrameDurationLimits", "frame rate"),
        ("something new: no", "another one"),
    ],
)
def test_a_setting_that_a_camera_does_not_take_is_said_in_plain_words(difference: str, words: str) -> None:
    assert Messages("en").setting(difference) == words
    for language in CODES:
        assert Messages(language).setting(difference)


def test_every_control_has_plain_words() -> None:
    for control in ControlSettings.model_fields:
        assert Messages("en").setting(f"controls.{control}: no") != Messages("en")("setting.other"), control
