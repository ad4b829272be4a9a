"""Names of exported files, on every file system that somebody carries them to."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from capture_station.config import ExportSettings
from capture_station.errors import ConfigError
from capture_station.export.file_names import LONGEST_BYTES, Names, file_name, safe_name

ADA = {"subject": "20417", "family": "Lovelace", "given": "Ada", "date": "2026-11-28", "n": "1", "class": "3/b"}


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{subject}", "20417"),
        ("{family}_{given}", "Lovelace_Ada"),
        ("{date} {subject}-{n}", "2026-11-28 20417-1"),
        ("{class}/{subject}", "3_b_20417"),
    ],
)
def test_a_template_names_the_person(template: str, name: str) -> None:
    assert file_name(template, ADA) == name


@pytest.mark.parametrize(
    "template", ["portrait", "{}", "{subject", "{0.__class__}", "{subject!r}", "{subject:>9}", "{a[b]}"]
)
def test_a_template_that_makes_no_names_is_refused(template: str) -> None:
    with pytest.raises(ValidationError):
        ExportSettings(name=template)


def test_an_unknown_place_is_said_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"no \{surname\}; known here: class, date, family"):
        file_name("{surname}", ADA)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a/b\\c:d*e?f", "a_b_c_d_e_f"),
        ("con", "_con"),
        ("LPT1.x", "_LPT1.x"),
        ("Zoe\u0308 ", "Zo\u00eb"),
        ("name.", "name"),
        (".hidden", "hidden"),
        ("a\x00b\x1b[31m\n", "a_b_[31m_"),
        ("", "_"),
        ("...", "_"),
        ("100%", "100_"),
        ("李 小龙", "李 小龙"),
    ],
)
def test_a_name_is_safe_everywhere(text: str, safe: str) -> None:
    assert safe_name(text) == safe


def test_a_long_name_is_cut_between_characters() -> None:
    name = safe_name("é" * 500)
    assert len(name.encode()) == LONGEST_BYTES
    assert set(name) == {"é"}


def test_no_two_captures_get_one_file() -> None:
    names = Names()
    claimed = [names.claim(name, capture) for name, capture in [("Ada", "1"), ("ada", "2"), ("ADA", "3"), ("Ada", "1")]]
    assert claimed == ["Ada", "ada-2", "ADA-3", "Ada"]


def test_a_name_that_looks_like_a_counted_one_is_kept_apart() -> None:
    names = Names()
    assert [names.claim("a-2", "1"), names.claim("a", "2"), names.claim("a", "3")] == ["a-2", "a", "a-3"]
