"""Another place for portraits: a folder, a bucket, or whatever fsspec knows."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from capture_station.archive.disk import Disk, sync_folder, write_atomically
from capture_station.errors import ConfigError
from capture_station.urls import check_kind, file_system, protocols, write_whole


class Target:
    """Files below a URL. Each appears there whole, under its name or over an older one of that name.

    Args:
        url: A folder's path, or a URL such as ``s3://bucket/prefix``. Credentials come from where its library looks
            for them, such as ``AWS_PROFILE`` or ``FSSPEC_S3_ENDPOINT_URL`` in the environment.
        disk: What makes a file in a folder durable.

    Raises:
        ConfigError: fsspec or the library for this kind of URL is missing, or there is no such kind.
    """

    def __init__(self, url: str, disk: Disk | None = None) -> None:
        self._url = url
        self._disk = disk or Disk()
        self._reached: tuple[Any, str] | None = None
        """The file system that took the last file, and the URL's place in it."""
        try:
            check_kind(url)
        except ConfigError as error:
            raise ConfigError(f"upload.url: {error}") from error

    def put(self, name: PurePosixPath, data: bytes) -> None:
        """Write a file; in a folder it is durable, with all names that lead to it, when this returns.

        Raises:
            FileNotFoundError: The URL is a folder that is not there.
            Exception: Whatever the library for this kind of URL raises.
        """
        system, root = self._reached or file_system(self._url, fresh=True)
        if "file" in protocols(system):
            self._put_into_folder(Path(root), name, data)
            return
        # A connection that is lost does not come back by itself: only one that has just served is used again.
        self._reached = None
        write_whole(system, f"{root.rstrip('/')}/{name}", data)
        # What it remembers of each folder would grow for ever.
        system.invalidate_cache()
        self._reached = system, root

    def _put_into_folder(self, folder: Path, name: PurePosixPath, data: bytes) -> None:
        # The URL may be a link, and a link cannot be synced.
        root = folder.resolve()
        # Not made here: it would be on the wrong disk while the right one is not mounted.
        if not root.is_dir():
            raise FileNotFoundError(f"upload.url: {folder} is not there: make the folder, or mount what it is on")
        folders = [root / parent for parent in name.parents]
        for inner in reversed(folders[:-1]):
            inner.mkdir(exist_ok=True)
        # For whoever fetches portraits there, as the folders are.
        write_atomically(self._disk, root / name, data, mode=0o666)
        for inner in folders[1:]:
            sync_folder(self._disk, inner)
