"""Changes values in the text of a configuration file and keeps its comments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping


def with_values(text: str, values: Mapping[str, object]) -> str:
    """The text of a file like the shipped config.yaml with other values.

    Args:
        text: Sections with keys below them, one in each line.
        values: By ``section.key`` or ``key``: a text, a number, a bool or None.

    Raises:
        KeyError: The text has no such key.
    """
    left = dict(values)
    lines, section = [], ""
    for line in text.split("\n"):
        match = re.match(r"( *)([a-z_]+):( *)(\"[^\"]*\"|[^#]*?)( *)(#.*)?$", line)
        if match is not None:
            indent, key, gap, value, space, comment = match.groups()
            if not indent and not value:
                section = key
            name = f"{section}.{key}" if indent else key
            if name in left:
                new = _scalar(left.pop(name))
                room = len(value) + len(space) - len(new)
                line = f"{indent}{key}:{gap or ' '}{new}" + (f"{' ' * max(1, room)}{comment}" if comment else "")
        lines.append(line)
    if left:
        raise KeyError(f"the configuration has no {next(iter(left))}")
    return "\n".join(lines)


def _scalar(value: object) -> str:
    """A value in YAML: JSON, which is a part of it, and without quotes where a word needs none."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z~/][A-Za-z0-9_./~-]*", value):
        return value
    return json.dumps(value, ensure_ascii=False)
