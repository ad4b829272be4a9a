"""Names of files and folders that hold no photos of the user: hidden ones, thumbnails and recycle bins."""

from __future__ import annotations

_FOLDERS = frozenset(
    {
        "@eadir",  # Synology's thumbnails
        "@recycle",  # QNAP
        "@recently-snapshot",
        "@tmp",
        "#recycle",  # Synology
        "#snapshot",
        "$recycle.bin",  # Windows
        "recycler",
        "recycled",
        "system volume information",
        "found.000",
        "lost+found",  # File systems of Linux
        "lost.dir",  # Android
        "__macosx",  # Archives made on a Mac
    }
)
_FOLDER_SUFFIXES = (".lrdata",)
"""Lightroom's previews."""


def is_left_out(name: str) -> bool:
    """Whether a file or folder of this name below a folder of photos is passed over."""
    name = name.lower()
    return name.startswith(".") or name in _FOLDERS or name.endswith(_FOLDER_SUFFIXES)
