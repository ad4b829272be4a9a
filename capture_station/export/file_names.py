"""File names made of a template such as ``{family}_{given}``, safe on every file system that portraits are taken to."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from capture_station.export.template import filled

LONGEST_BYTES = 120
"""Of a name in UTF-8, without suffix: with a folder before it, it stays below what Windows and FAT allow."""
_FORBIDDEN = frozenset('<>:"/\\|?*%')
"""By FAT and NTFS; and the percent sign, which URLs give a meaning."""
_RESERVED = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))})
"""Devices to Windows, whatever the suffix (Microsoft: Naming Files, Paths, and Namespaces)."""


def file_name(template: str, values: Mapping[str, str]) -> str:
    """The name of one file, without suffix.

    Raises:
        ConfigError: The template has a place without a value.
    """
    return safe_name(filled(template, values, "export.name"))


def safe_name(text: str) -> str:
    """A name for FAT, exFAT, NTFS, ext4, SMB and object stores alike: never empty, hidden or a device's."""
    text = unicodedata.normalize("NFC", text)
    plain = "".join("_" if character in _FORBIDDEN or not character.isprintable() else character for character in text)
    name = " ".join(plain.split()).strip(" .")
    while len(name.encode()) > LONGEST_BYTES:
        name = name[:-1].rstrip(" .")
    if name.partition(".")[0].rstrip().upper() in _RESERVED:
        name = f"_{name}"
    return name or "_"


class Names:
    """Gives out names so that no two are one file, also where a file system ignores case. Not thread-safe."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def number(self) -> str:
        """The number of the next file, for ``{n}``; it counts from 1."""
        number = len(self._owners) + 1
        while str(number) in self._owners:
            number += 1
        return str(number)

    def claim(self, name: str, capture_id: str) -> str:
        """The name for a capture: as it is, or with ``-2``, ``-3`` … where other captures have it.

        The same capture gets the same name again.
        """
        for number in range(1, len(self._owners) + 2):
            candidate = name if number == 1 else f"{name}-{number}"
            if self._owners.setdefault(file_key(candidate), capture_id) == capture_id:
                return candidate
        raise AssertionError("one more name than there are owners is always free")


def file_key(name: str) -> str:
    """The same for names that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", name).casefold())
