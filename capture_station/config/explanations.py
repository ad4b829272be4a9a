"""Turns what pydantic finds wrong into one line a mistake: where it is, which setting, and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from capture_station.config.settings import StationSettings
from capture_station.config.yaml_text import LONGEST_SHOWN, KeyPath
from capture_station.masking import HIDDEN, masked


def explain(details: ErrorDetails, origins: Mapping[KeyPath, str], source: str) -> str:
    """Say one mistake so that a person can correct it.

    Args:
        details: What pydantic found.
        origins: Where each key was set, such as ``config.yaml:3`` or ``--set camera.fps``.
        source: Names the configuration for keys that nothing set.
    """
    location = tuple(str(part) for part in details["loc"])
    known = max((key for key in origins if location[: len(key)] == key), key=len, default=())
    origin = origins.get(known, source)
    # For a union pydantic appends the branch that it tried; the user knows only the key.
    key = ".".join(known or location)
    if details["type"] == "extra_forbidden":
        near = difflib.get_close_matches(location[-1], _setting_names(location[:-1]), n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(_setting_names(location[:-1]))}"
        return f"{origin}: there is no setting {'.'.join(location)}{hint}"
    allowed = details["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    if not key:  # Several settings do not fit together.
        return f"{origin}: {allowed}"
    given = "" if location[:2] == ("window", "operator_pin") else f" = {_shown(details['input'])}"
    return f"{origin}: {key}{given}: {allowed}"


def _shown(value: object) -> str:
    text = repr(value)
    if "://" in text or "@" in text:
        # An address in the wrong place may hold a password.
        return repr(masked(value)) if isinstance(value, str) and "://" in value else HIDDEN
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _setting_names(location: KeyPath) -> list[str]:
    """Names of the settings in a section."""
    section: type[BaseModel] = StationSettings
    for part in location:
        if part not in section.model_fields:  # The name of an own preset, which is no setting.
            continue
        annotation = section.model_fields[part].annotation
        candidates = (annotation, *get_args(annotation))
        section = next(c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel))
    return list(section.model_fields)
