"""Checks a model file against the checksum in the JSON beside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from capture_station.errors import ModelError


def checked_sha256(model: Path) -> str:
    """sha256 of a model file, compared with its JSON's.

    Raises:
        ModelError: They differ, or a file is missing or cannot be read.
    """
    require_file(model)
    card = model.with_suffix(".json")
    try:
        found = hashlib.sha256(model.read_bytes()).hexdigest()
        expected = json.loads(card.read_text(encoding="utf-8"))["sha256"] if card.exists() else found
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{card}: cannot check the model: {error!r}; reinstall capture-station") from error
    if found != expected:
        raise ModelError(f"{model}: sha256 is {found[:12]}…, not {expected[:12]}…: damaged or changed; reinstall it")
    return found


def require_file(model: Path) -> None:
    """Raises ``ModelError`` if there is no such file."""
    if not model.is_file():
        raise ModelError(f"{model}: no such model; reinstall capture-station or correct the path in the configuration")
