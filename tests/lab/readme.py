"""Reads README's commands, which are marked by two comments with a name."""

from __future__ import annotations

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def commands(name: str) -> str:
    """Return the shell lines between ``<!-- name -->`` and ``<!-- /name -->``."""
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n```sh\n(.*?)```\n<!-- /{name} -->", text, re.DOTALL)
    assert found, f"README.md names no commands {name}"
    return found[1]
