"""Reads config.yaml, lets the environment and flags override it, and validates the result."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from capture_station.config.explanations import KeyPath, explain
from capture_station.config.settings import StationSettings
from capture_station.config.values import TypedText
from capture_station.errors import ConfigError

ENVIRONMENT_PREFIX = "CAPTURE_STATION__"


def load(path: Path, overrides: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> StationSettings:
    """Read a configuration file; environment variables override it and ``overrides`` override both.

    Args:
        path: A YAML file.
        overrides: ``section.key=value``, the value in YAML; paths in them are relative to the current folder.
        environment: Holds variables such as ``CAPTURE_STATION__CAMERA__FPS``; the process's environment by default.

    Raises:
        ConfigError: One line a mistake: file and line, key, value and what is allowed.
    """
    data, lines = _read(path)
    origins = {key: f"{path}:{line}" for key, line in lines.items()}
    for origin, key, value in _overrides(overrides, os.environ if environment is None else environment):
        _put(data, key, value, origin)
        origins[key] = origin
    # The default folder needs a home. With the section present, the message about a missing home names the setting.
    data.setdefault("archive", {})
    try:
        return StationSettings.model_validate(data, context={"base": path.resolve().parent})
    except ValidationError as error:
        mistakes = [explain(details, origins, path) for details in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(mistakes))) from error


def _read(path: Path) -> tuple[dict[str, Any], dict[KeyPath, int]]:
    """The file's content, and the line of each key in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot read the configuration: {error}") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{path}{line}: not YAML: {problem}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: a configuration is a list of sections such as `camera:`, not {data!r}")
    return data, {} if root is None else dict(_lines(root, path))


def _lines(node: yaml.Node, path: Path, prefix: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:
    """Key path and line of every key.

    Raises:
        ConfigError: A section has the same key twice.
    """
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in seen:
            name = ".".join((*prefix, key.value))
            raise ConfigError(f"{path}:{line}: {name} is already set in line {seen[key.value]}")
        seen[key.value] = line
        yield (*prefix, key.value), line
        yield from _lines(value, path, (*prefix, key.value))


def _overrides(flags: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[str, KeyPath, object]]:
    """Origin, key path and value of each override, the weakest first."""
    for name, text in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            key = tuple(part.lower() for part in name.removeprefix(ENVIRONMENT_PREFIX).split("__"))
            yield f"environment variable {name}", key, _value(text, name)
    for flag in flags:
        name, equals, text = flag.partition("=")
        if not equals:
            raise ConfigError(f"--set {flag}: write it as section.key=value, such as --set camera.kind=demo")
        yield f"--set {name}", tuple(name.split(".")), _value(text, name)


def _value(text: str, name: str) -> object:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: {text!r} is not a YAML value") from error
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
