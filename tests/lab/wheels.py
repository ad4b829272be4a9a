"""Prints the installed distributions. Fails if two of them contain the same file."""

from __future__ import annotations

import collections
import importlib.metadata as metadata

owners: dict[str, set[str]] = collections.defaultdict(set)
for wheel in metadata.distributions():
    for file in wheel.files or ():
        owners[str(file.locate())].add(wheel.metadata["Name"])
    print(wheel.metadata["Name"], wheel.version, end=", ")
print()
twice = {path: names for path, names in owners.items() if len(names) > 1}
assert not twice, twice
