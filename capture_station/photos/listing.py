"""Which photos there are below some paths, and where in the output each one's result goes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture_station.errors import ArchiveError, PhotoError
from capture_station.photos.reading import SUFFIXES

RESULT_SUFFIXES = {"jpeg": ".jpg", "png": ".png"}


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo and its place in the output."""

    source: Path
    target: Path
    """Below the output folder, without suffix."""

    def result(self, suffix: str) -> Path:
        """The file of the result that has this suffix."""
        return self.target.with_name(self.target.name + suffix)


def list_photos(paths: Sequence[Path], output: Path) -> list[Photo]:
    """Files as they are named, folders with everything below them, in a fixed order; hidden names are left out.

    Links are followed, but no folder is read twice below one path; a photo that several paths lead to keeps the place
    that the first gives it. The output folder is not read.

    Raises:
        PhotoError: A path does not exist, or a folder cannot be listed.
        ArchiveError: Results would lie among the originals.
    """
    output = output.resolve()
    found: dict[Path, Photo] = {}
    for path in paths:
        path = Path(os.path.abspath(path))
        if os.path.isdir(path):
            if path.resolve() == output:
                raise ArchiveError(f"{output}: the originals are here; choose another folder for the results")
            root, sources = path, list(_below(path, output))
        elif os.path.isfile(path):
            root, sources = path.parent, [path]
        else:
            raise PhotoError(f"{path}: no such photo or folder")
        for source in sources:
            if source.parent.resolve() == output:
                raise ArchiveError(f"{output}: the original {source.name} is here; choose another folder")
            found.setdefault(source, Photo(source, output / source.relative_to(root).with_name(source.stem)))
    originals = {os.path.realpath(photo.source) for photo in found.values()}
    for photo in found.values():
        for suffix in RESULT_SUFFIXES.values():
            if os.path.realpath(photo.result(suffix)) in originals:
                raise ArchiveError(f"{photo.result(suffix)}: an original has this name; choose another output folder")
    return list(found.values())


def _below(root: Path, output: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise PhotoError(f"{error.filename}: cannot list this folder: {error.strerror}") from error

    seen = {str(output)}
    for folder, folders, files in os.walk(root, onerror=fail, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            photo = Path(folder, name)
            if not name.startswith(".") and photo.suffix.lower() in SUFFIXES and not _special(photo):
                yield photo


def _special(path: Path) -> bool:
    """A pipe, device or socket, which might never end; what is broken is left to fail when it is read."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False
