"""Finds out which different names a file system takes for the same one, as exFAT, NTFS, SMB and a Mac's disks do."""

from __future__ import annotations

import contextlib
import os
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

Folding = Callable[[str], str]
"""Maps paths that lead to the same file to the same text."""


def folding_of(folder: str) -> Folding:
    """How the file system of a folder compares names. Makes and removes a file there.

    Args:
        folder: Where results will be written; it need not exist yet.

    Returns:
        The identity where names are compared byte by byte, or where it cannot be found out.
    """
    place = Path(folder)
    while not place.is_dir() and place != place.parent:
        place = place.parent
    ignores_case = ignores_form = False
    # In a locale of ASCII, Python cannot encode the probe's name.
    unknown = contextlib.suppress(OSError, UnicodeEncodeError)
    with unknown, tempfile.NamedTemporaryFile(prefix=".name-probe-é-", dir=place) as probe:
        name = os.path.basename(probe.name)
        ignores_case = os.path.lexists(place / name.upper())
        ignores_form = os.path.lexists(place / unicodedata.normalize("NFD", name))
    if not ignores_case and not ignores_form:
        return str
    return lambda path: _folded(path, ignores_case, ignores_form)


def listed_path(path: Path) -> Path:
    """The path with each name as its folder lists it; names that are not there stay as they are."""
    listed = Path(path.anchor)
    for name in path.parts[1:]:
        with contextlib.suppress(OSError):
            names = os.listdir(listed)
            if name not in names and os.path.lexists(listed / name):
                wanted = _folded(name, True, True)
                name = next((other for other in names if _folded(other, True, True) == wanted), name)
        listed /= name
    return listed


def same_folder(folder: Path, listed: str) -> bool:
    """Whether a folder is the one at a path that ``listed_path`` returned."""
    resolved = folder.resolve()
    alike = _folded(str(resolved), True, True) == _folded(listed, True, True)
    return alike and (str(resolved) == listed or str(listed_path(resolved)) == listed)


def _folded(path: str, ignores_case: bool, ignores_form: bool) -> str:
    if ignores_form:
        path = unicodedata.normalize("NFC", path)
    if ignores_case:
        # File systems fold single characters: for them, "ß" is not "SS". FAT and SMB drop dots and spaces at the end.
        path = "".join(upper if len(upper := character.upper()) == 1 else character for character in path)
        path = "/".join(name.rstrip(". ") or name for name in path.split("/"))
    return path
