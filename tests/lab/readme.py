"""README's commands, word for word: each stands between two comments that name it."""

from __future__ import annotations

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def commands(name: str) -> str:
    """The shell lines between ``<!-- name -->`` and ``<!-- /name -->``."""
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n```sh\n(.*?)```\n<!-- /{name} -->", text, re.DOTALL)
    assert found, f"README.md names no commands {name}"
    return found[1]
