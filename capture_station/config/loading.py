"""Reads config.yaml, lets the environment and flags override it, and validates the result."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from capture_station.config.explanations import explain
from capture_station.config.settings import RemoteSettings, StationSettings
from capture_station.config.values import TypedText
from capture_station.config.yaml_text import LONGEST_TEXT, KeyPath, parse
from capture_station.errors import ConfigError

ENVIRONMENT_PREFIX = "CAPTURE_STATION__"
MOST_MISTAKES = 20
_PLAIN_TEXT = re.compile(r"#|\{[\w -]+\}")
"""How a colour or a template of names begins."""


def load(
    path: Path | None,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    kept: Sequence[str] = (),
) -> StationSettings:
    """Read a configuration file; environment variables override it and ``overrides`` override both.

    Args:
        path: A YAML file; None leaves every setting that is not overridden at its default.
        overrides: ``section.key=value``, the value in YAML; paths in them are relative to the current folder.
        environment: Holds variables such as ``CAPTURE_STATION__CAMERA__FPS``; the process's environment by default.
        kept: As ``overrides``, but weaker than the environment.

    Raises:
        ConfigError: One line a mistake: file and line, key, value and what is allowed.
    """
    data, origins = _merged(path, overrides, environment, kept)
    _move_own_preset(data)
    # A section that is present is validated as a part: messages then name the setting, and only one validator is built.
    for name, field in StationSettings.model_fields.items():
        if field.default_factory is not None:
            data.setdefault(name, {})
    source = "defaults" if path is None else str(path)
    try:
        return StationSettings.model_validate(data, context={"base": _base(path)})
    except ValidationError as error:
        mistakes = list(dict.fromkeys(explain(details, origins, source) for details in error.errors()))
        more = [f"{source}: and {len(mistakes) - MOST_MISTAKES} more mistakes"] if len(mistakes) > MOST_MISTAKES else []
        raise ConfigError("\n".join([*mistakes[:MOST_MISTAKES], *more])) from error


def socket_of(path: Path | None, overrides: Sequence[str] = ()) -> Path | None:
    """Read ``remote.socket`` as ``load`` does, also where other settings have mistakes; None where it has one, too.

    Raises:
        ConfigError: The file cannot be read, or an override names no setting.
    """
    data, _ = _merged(path, overrides)
    try:
        return RemoteSettings.model_validate(data.get("remote", {}), context={"base": _base(path)}).socket
    except ValidationError:
        return None


def _merged(
    path: Path | None,
    overrides: Sequence[str],
    environment: Mapping[str, str] | None = None,
    kept: Sequence[str] = (),
) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    """The content of all that ``load`` reads, and where each key in it comes from."""
    data, origins = ({}, {}) if path is None else _read(path)
    environment = os.environ if environment is None else environment
    for origin, key, value in (*_flags(kept), *_variables(environment), *_flags(overrides)):
        _put(data, key, value, origin)
        origins[key] = origin
    return data, origins


def _base(path: Path | None) -> Path:
    """What relative paths in the settings are relative to."""
    return Path.cwd() if path is None else path.resolve().parent


def _move_own_preset(data: dict[str, Any]) -> None:
    """Take ``portrait.own`` of version 0.1.0 for the preset ``own``; whole files of that version have it, unused."""
    portrait = data.get("portrait")
    if isinstance(portrait, dict) and isinstance(portrait.get("own"), dict):
        own = portrait.pop("own")
        if portrait.get("preset") == "own":
            portrait.setdefault("presets", {"own": own})


def _read(path: Path) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    """The file's content, and the line of each key in it as ``path:line``."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST_TEXT + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot read the configuration: {error}") from error
    data, origins = parse(text, lambda line: f"{path}:{line}")
    if data is None:
        return {}, {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: a configuration is a list of sections such as `camera:`")
    return data, origins


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, KeyPath, object]]:
    """Origin, key path and value of each variable that overrides the file."""
    for name, text in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            key = tuple(part.lower() for part in name.removeprefix(ENVIRONMENT_PREFIX).split("__"))
            origin = f"environment variable {name}"
            yield origin, key, _value(key, text, origin)


def _flags(flags: Sequence[str]) -> Iterator[tuple[str, KeyPath, object]]:
    """The same of each ``section.key=value``."""
    for flag in flags:
        name, equals, text = flag.partition("=")
        if not equals:
            raise ConfigError(f"--set {flag}: write it as section.key=value, such as --set camera.kind=demo")
        key = tuple(name.split("."))
        yield f"--set {name}", key, _value(key, text, f"--set {name}")


def _value(key: KeyPath, text: str, origin: str) -> object:
    # In a file, #ffffff would be a comment and {family} a mapping. Nobody types either of them here.
    value, _ = (text, {}) if _PLAIN_TEXT.match(text) else parse(text, lambda _: origin)
    if key == ("window", "operator_pin") and not isinstance(value, str):
        value = text  # A shell takes quotes off the digits, and YAML reads 0123 as 83.
    return TypedText(value) if isinstance(value, str) else value


def _put(data: dict[str, Any], key: KeyPath, value: object, origin: str) -> None:
    for part in key[:-1]:
        inner = data.get(part)
        if inner is None:
            inner = data[part] = {}
        if not isinstance(inner, dict):
            raise ConfigError(f"{origin}: {part} is not a section")
        data = inner
    data[key[-1]] = value
