"""Lists the photos below paths and URLs, and the place of each result in the output folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from capture_station.errors import ArchiveError, PhotoError
from capture_station.masking import shown, shown_file
from capture_station.photos.formats.identify import RAW_SUFFIXES, SUFFIXES, UNREAD_SUFFIXES
from capture_station.photos.left_out import is_left_out
from capture_station.photos.locations import is_url, local_path, readable_path
from capture_station.photos.name_folding import listed_path, same_folder

RESULT_SUFFIXES = {"jpeg": ".jpg", "png": ".png"}


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo and the place of its result, each a path or a URL."""

    source: str
    target: str
    """In the output folder, without the file name's suffix."""
    review_target: str | None = None
    """The same in the folder for portraits that need a review; None if they stay with the others."""

    @property
    def is_raw(self) -> bool:
        """Whether the name says that this is a camera's raw photo, which is refused."""
        return readable_path(self.source).suffix.lower() in RAW_SUFFIXES

    def result(self, suffix: str) -> str:
        """The result file with this suffix."""
        return self.target + suffix


def list_photos(
    paths: Sequence[str | Path],
    output: str | Path,
    unlisted: Callable[[str, str], None] | None = None,
    unread: Callable[[str], None] = lambda _: None,
) -> list[Photo]:
    """List the named files, and the photos in the named folders and all folders below, in a fixed order.

    Hidden names, thumbnails, recycle bins and the output folder are left out. Links are followed, but no folder is
    read twice below one path.
    A photo that several paths lead to gets the place that follows from the first path.

    Args:
        paths: Paths and URLs.
        output: Path or URL of the output folder.
        unlisted: Called with path and reason for each folder below a path that cannot be listed. None makes such a
            folder an error.
        unread: Called with the path of each picture in a local folder whose format is not read.

    Raises:
        PhotoError: A path is empty or does not exist, or a folder cannot be listed.
        ArchiveError: Results would be among the originals.
        ConfigError: fsspec does not support a URL.
    """
    output = output_folder(output)
    found: dict[str, Photo] = {}
    for path in paths:
        path = local_path(str(path))
        if not path:
            raise PhotoError("an empty path names no photo or folder; write . for the current folder")
        sources = (
            _remote(path, output) if is_url(path) else _local(Path(os.path.abspath(path)), output, unlisted, unread)
        )
        for source, place in sources:
            # Path.stem would be "." for a file called ..jpg, which cannot be a file name.
            found.setdefault(source, Photo(source, f"{output}/{place.as_posix().removesuffix(place.suffix)}"))
    originals = {_canonical(photo.source) for photo in found.values()}
    for photo in found.values():
        for suffix in RESULT_SUFFIXES.values():
            result = photo.result(suffix)
            if _canonical(result) in originals:
                raise ArchiveError(f"{shown_file(result)}: an original has this name; choose another output folder")
    return list(found.values())


def output_folder(output: str | Path) -> str:
    """The output folder as an absolute path without links, or as a normalized URL.

    Raises:
        ArchiveError: It is empty.
        ConfigError: fsspec does not support the URL.
    """
    place = local_path(str(output))
    if not place:
        raise ArchiveError("the output folder has no name; write . for the current folder")
    if is_url(place):
        from capture_station.photos.remote import normalized_url

        return normalized_url(place)
    return str(listed_path(Path(place).resolve()))


def _local(
    path: Path, output: str, unlisted: Callable[[str, str], None] | None, unread: Callable[[str], None]
) -> Iterator[tuple[str, PurePath]]:
    if os.path.isdir(path):
        if same_folder(path, output):
            raise ArchiveError(f"{shown(output)}: the originals are here; choose another folder for the results")
        root, sources = path, _below(path, output, unlisted, unread)
    elif os.path.isfile(path):
        root, sources = path.parent, iter([path])
    else:
        raise PhotoError(f"{path}: no such photo or folder")
    for source in sources:
        if same_folder(source.parent, output):
            raise ArchiveError(f"{shown(output)}: the original {source.name} is here; choose another folder")
        yield str(source), source.relative_to(root)


def _remote(url: str, output: str) -> Iterator[tuple[str, PurePath]]:
    from capture_station.photos.remote import list_remote, normalized_url

    root = normalized_url(url)
    if root == output:
        raise ArchiveError(f"{shown(output)}: the originals are here; choose another folder for the results")
    inside = f"{output}/"
    for source, place in list_remote(url):
        if source == root and source.rpartition("/")[0] == output:
            raise ArchiveError(f"{shown(output)}: the original {place} is here; choose another folder")
        result = source.startswith(inside) and not root.startswith(inside)
        if source == root or (place.suffix.lower() in SUFFIXES and not result):
            yield source, place


def _canonical(location: str) -> str:
    return location if is_url(location) else os.path.realpath(location)


def _below(
    root: Path, output: str, unlisted: Callable[[str, str], None] | None, unread: Callable[[str], None]
) -> Iterator[Path]:
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
        folders[:] = sorted(name for name in folders if not is_left_out(name))
        for name in sorted(files):
            photo = Path(folder, name)
            if is_left_out(name) or _is_special(photo):
                continue
            if photo.suffix.lower() in SUFFIXES:
                yield photo
            elif photo.suffix.lower() in UNREAD_SUFFIXES:
                unread(str(photo))


def _is_special(path: Path) -> bool:
    """Whether this is a pipe, device or socket, which might never end. A broken link is not: reading it reports it."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False
