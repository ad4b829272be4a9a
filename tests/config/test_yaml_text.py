"""Whatever PyYAML raises becomes one line with its place, and hostile texts end quickly."""

from __future__ import annotations

import pytest

from capture_station.config import load
from capture_station.config.yaml_text import LONGEST_TEXT, MOST_VALUES, parse
from capture_station.errors import ConfigError


def value_of(text: str) -> object:
    return parse(text, lambda line: f"line {line}")[0]


def mistake_in(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, lambda line: f"line {line}")
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("text", ["2026-31-12", "2026-12-31", "2026-12-31 10:00:00", "=", "<<", "off", "On", "no"])
def test_dates_and_yaml_1_1_oddities_stay_text(text: str) -> None:
    assert value_of(f"archive:\n  folder: {text}\n") == {"archive": {"folder": text}}


def test_keys_are_text_whatever_they_look_like() -> None:
    assert value_of("on: 1\n5: 2\n2026-12-31: 3\n") == {"on": 1, "5": 2, "2026-12-31": 3}


def test_scalars_lists_and_aliases_are_read() -> None:
    assert value_of("a: &size [1280, 720]\nb: *size\nc: {d: true, e: null, f: .5, g: 'x'}\n") == {
        "a": [1280, 720],
        "b": [1280, 720],
        "c": {"d": True, "e": None, "f": 0.5, "g": "x"},
    }


@pytest.mark.parametrize(
    "scalar",
    [
        "0x_",
        "0b_",
        "9" * 5000,
        "0x" + "f" * 5000,
        "!!int ''",
        "!!float ''",
        "!!bool perhaps",
        "!!timestamp now",
        "!!binary aGk=",
        "!!python/name:os.system ''",
        "!unknown x",
        r'"\uD800"',
        r'"\0"',
        r'"two\nlines"',
    ],
)
def test_a_scalar_that_cannot_be_read_names_its_line_and_key(scalar: str) -> None:
    assert mistake_in(f"# a comment\nmqtt:\n  host: {scalar}\n").startswith("line 3: mqtt.host: ")


@pytest.mark.parametrize(
    "text",
    [
        "camera: [",
        "camera: *nowhere",
        "camera: @x",
        "%YAML 3.0\n---\na: 1",
        "a: 1\n---\nb: 2",
        '"\\U00110000": 1',
        '"\\UFFFFFFFF": 1',
        "[" * 1200 + "]" * 1200,
        "{" * 20_000,
        "\x07",
        "? [a]\n: b",
        '"\\uD800": 1',
        "!!set {a, b}",
    ],
)
def test_a_text_that_is_no_configuration_names_its_line(text: str) -> None:
    assert mistake_in(text).startswith("line ")


@pytest.mark.parametrize("text", ["&a [*a]", "camera: &a\n  controls: *a\n", "a: &a\n  <<: *a\n"])
def test_an_alias_in_itself_is_refused(text: str) -> None:
    assert "alias contains itself" in mistake_in(text)


def test_a_million_values_made_of_aliases_are_refused() -> None:
    lines = ["a: &a {k1: 1, k2: 2, k3: 3, k4: 4}"]
    for previous, name in zip("abcdef", "bcdefg", strict=True):
        keys = ", ".join(f"k{number}: *{previous}" for number in range(10))
        lines.append(f"{name}: &{name} {{{keys}}}")
    assert f"more than {MOST_VALUES} values" in mistake_in("\n".join(lines))


def test_a_text_that_is_too_long_is_refused() -> None:
    assert "no configuration" in mistake_in("a" * (LONGEST_TEXT + 1))


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("portrait.gate=off", "off"),
        ("subjects.mode=off", "off"),
        ("capture.auto=on", True),
        ("capture.merge=no", False),
    ],
)
def test_off_is_a_choice_where_it_is_one_and_a_switch_where_it_is_one(flag: str, expected: object) -> None:
    section, key = flag.partition("=")[0].split(".")
    assert getattr(getattr(load(None, [flag]), section), key) == expected
