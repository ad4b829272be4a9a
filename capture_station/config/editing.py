"""Changes values in the text of a configuration file and keeps its comments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping


def with_values(text: str, values: Mapping[str, object]) -> str:
    """The text of a file like the shipped config.yaml with other values.

    Args:
        text: Sections with keys and further sections below them, one in each line.
        values: By ``key``, ``section.key`` or ``section.section.key``: a text, a number, a bool or None.

    Raises:
        KeyError: The text has no such key.
    """
    left = dict(values)
    lines: list[str] = []
    sections: list[tuple[int, str]] = []
    """The indent and the dotted name, with a dot behind it, of each section around the line."""
    for line in text.split("\n"):
        match = re.match(r"( *)([a-z_]+):( *)(\"[^\"]*\"|[^#]*?)( *)(#.*)?$", line)
        if match is not None:
            indent, key, gap, value, space, comment = match.groups()
            while sections and sections[-1][0] >= len(indent):
                sections.pop()
            name = f"{sections[-1][1]}{key}" if sections else key
            if not value:
                sections.append((len(indent), f"{name}."))
            elif name in left:
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
