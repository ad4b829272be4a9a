"""Another place for portraits: a folder, a bucket, or whatever fsspec knows."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from capture_station.archive.disk import Disk
from capture_station.archive.unfinished import sync_folder
from capture_station.errors import ConfigError
from capture_station.urls import file_system


class Target:
    """Files below a URL. Each appears there whole, under its name or over an older one of that name.

    Args:
        url: A folder's path, or a URL such as ``s3://bucket/prefix``. Credentials come from where its library looks
            for them, such as ``AWS_PROFILE`` or ``FSSPEC_S3_ENDPOINT_URL`` in the environment.
        disk: What makes names in a folder durable.

    Raises:
        ConfigError: fsspec or the library for this kind of URL is missing, or there is no such kind.
    """

    def __init__(self, url: str, disk: Disk | None = None) -> None:
        try:
            self._system, self._root = file_system(url)
        except ConfigError as error:
            raise ConfigError(f"upload.url: {error}") from error
        self._disk = disk or Disk()
        protocols = self._system.protocol
        self._is_folder = "file" in ((protocols,) if isinstance(protocols, str) else protocols)

    def put(self, name: PurePosixPath, data: bytes) -> None:
        """Write a file; in a folder it is durable, with all names that lead to it, when this returns.

        Raises:
            FileNotFoundError: The URL is a folder that is not there.
            Exception: Whatever the library for this kind of URL raises.
        """
        if self._is_folder:
            self._put_into_folder(name, data)
        else:
            # One request to an object store: there whole or not at all.
            self._system.pipe_file(f"{self._root.rstrip('/')}/{name}", data)

    def _put_into_folder(self, name: PurePosixPath, data: bytes) -> None:
        # The URL may be a link, and a link cannot be synced.
        root = Path(self._root).resolve()
        # Not made here: it would be on the wrong disk while the right one is not mounted.
        if not root.is_dir():
            raise FileNotFoundError(f"upload.url: {self._root} is not there: make the folder, or mount what it is on")
        folders = [root / parent for parent in name.parents]
        for folder in reversed(folders[:-1]):
            folder.mkdir(exist_ok=True)
        part = (root / name).with_name(f".{name.name}.part")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, root / name)
        for folder in folders:
            sync_folder(self._disk, folder)
