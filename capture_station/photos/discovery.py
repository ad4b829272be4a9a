"""Which photos there are below some paths and URLs, and where in the output each one's result goes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from capture_station.errors import ArchiveError, PhotoError
from capture_station.photos.reading import SUFFIXES
from capture_station.photos.store import is_url, plain

RESULT_SUFFIXES = {"jpeg": ".jpg", "png": ".png"}


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo and its place in the output, each a path or a URL."""

    source: str
    target: str
    """Below the output folder, without suffix."""

    def result(self, suffix: str) -> str:
        """The file of the result that has this suffix."""
        return self.target + suffix


def list_photos(
    paths: Sequence[str | Path], output: str | Path, unlisted: Callable[[str, str], None] | None = None
) -> list[Photo]:
    """Files as they are named, folders with everything below them, in a fixed order; hidden names are left out.

    Links are followed, but no folder is read twice below one path; a photo that several paths lead to keeps the place
    that the first gives it. The output folder is not read.

    Args:
        paths: Paths and URLs.
        output: A folder's path or URL.
        unlisted: Told path and reason of each folder below a path that cannot be listed; None: that is an error.

    Raises:
        PhotoError: A path is empty or does not exist, or a folder cannot be listed.
        ArchiveError: Results would lie among the originals.
        ConfigError: fsspec does not reach a URL.
    """
    output = folder_of(output)
    found: dict[str, Photo] = {}
    for path in paths:
        path = plain(str(path))
        if not path:
            raise PhotoError("an empty path names no photo or folder; write . for the current folder")
        sources = _remote(path, output) if is_url(path) else _local(Path(os.path.abspath(path)), output, unlisted)
        for source, place in sources:
            # Not Path.stem: that of a file called ..jpg cannot be a name.
            found.setdefault(source, Photo(source, f"{output}/{place.as_posix().removesuffix(place.suffix)}"))
    originals = {_real(photo.source) for photo in found.values()}
    for photo in found.values():
        for suffix in RESULT_SUFFIXES.values():
            if _real(photo.result(suffix)) in originals:
                raise ArchiveError(f"{photo.result(suffix)}: an original has this name; choose another output folder")
    return list(found.values())


def folder_of(output: str | Path) -> str:
    """The output folder as results are named after it: a path without links, or a URL in its one form.

    Raises:
        ArchiveError: It is empty.
        ConfigError: fsspec does not reach the URL.
    """
    place = plain(str(output))
    if not place:
        raise ArchiveError("the output folder has no name; write . for the current folder")
    if is_url(place):
        from capture_station.photos.remote import normal

        return normal(place)
    return str(Path(place).resolve())


def _local(path: Path, output: str, unlisted: Callable[[str, str], None] | None) -> Iterator[tuple[str, PurePath]]:
    if os.path.isdir(path):
        if str(path.resolve()) == output:
            raise ArchiveError(f"{output}: the originals are here; choose another folder for the results")
        root, sources = path, _below(path, output, unlisted)
    elif os.path.isfile(path):
        root, sources = path.parent, iter([path])
    else:
        raise PhotoError(f"{path}: no such photo or folder")
    for source in sources:
        if str(source.parent.resolve()) == output:
            raise ArchiveError(f"{output}: the original {source.name} is here; choose another folder")
        yield str(source), source.relative_to(root)


def _remote(url: str, output: str) -> Iterator[tuple[str, PurePath]]:
    from capture_station.photos.remote import list_remote, normal

    root = normal(url)
    if root == output:
        raise ArchiveError(f"{output}: the originals are here; choose another folder for the results")
    inside = f"{output}/"
    for source, place in list_remote(url):
        if source == root and source.rpartition("/")[0] == output:
            raise ArchiveError(f"{output}: the original {place} is here; choose another folder")
        result = source.startswith(inside) and not root.startswith(inside)
        if source == root or (place.suffix.lower() in SUFFIXES and not result):
            yield source, place


def _real(location: str) -> str:
    return location if is_url(location) else os.path.realpath(location)


def _below(root: Path, output: str, unlisted: Callable[[str, str], None] | None) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        reason = f"cannot list this folder: {error.strerror}"
        if unlisted is None or error.filename == str(root):
            raise PhotoError(f"{error.filename}: {reason}") from error
        unlisted(error.filename, reason)

    seen = {output}
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
