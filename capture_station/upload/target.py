"""The upload target: a folder, a bucket, or anything else that fsspec supports."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from capture_station.archive.disk import Disk, sync_folder, write_atomically
from capture_station.errors import ConfigError
from capture_station.urls import check_kind, file_system, protocols, write_whole


class Target:
    """Files below a URL. Each file is written atomically and replaces an older one with the same name.

    Args:
        url: A folder's path, or a URL such as ``s3://bucket/prefix``. Its library finds the credentials, for example
            ``AWS_PROFILE`` or ``FSSPEC_S3_ENDPOINT_URL`` in the environment.
        disk: Makes files in a folder durable.

    Raises:
        ConfigError: fsspec or the library for this kind of URL is missing, or the kind is unknown.
    """

    def __init__(self, url: str, disk: Disk | None = None) -> None:
        self._url = url
        self._disk = disk or Disk()
        self._reached: tuple[Any, str] | None = None
        """The file system that took the last file, and the URL's path in it."""
        try:
            check_kind(url)
        except ConfigError as error:
            raise ConfigError(f"upload.url: {error}") from error

    def put(self, name: PurePosixPath, data: bytes) -> None:
        """Write a file. If the target is a folder, the file and its parent folders are durable when this returns.

        Raises:
            FileNotFoundError: The URL is a folder that does not exist.
            Exception: Whatever the library for this kind of URL raises.
        """
        system, root = self._reached or file_system(self._url, fresh=True)
        if "file" in protocols(system):
            self._put_into_folder(Path(root), name, data)
            return
        # A lost connection does not recover by itself, so a connection is kept only after a success.
        self._reached = None
        write_whole(system, f"{root.rstrip('/')}/{name}", data)
        # fsspec's listing cache would otherwise grow with every folder.
        system.invalidate_cache()
        self._reached = system, root

    def _put_into_folder(self, folder: Path, name: PurePosixPath, data: bytes) -> None:
        # The URL may be a symlink, which cannot be synced.
        root = folder.resolve()
        # The folder is not created: while its disk is not mounted, it would be on the wrong disk.
        if not root.is_dir():
            raise FileNotFoundError(f"upload.url: {folder} does not exist: create the folder, or mount its disk")
        folders = [root / parent for parent in name.parents]
        for inner in reversed(folders[:-1]):
            inner.mkdir(exist_ok=True)
        # Readable by others as the folders are, for the programs that fetch portraits from there.
        write_atomically(self._disk, root / name, data, mode=0o666)
        for inner in folders[1:]:
            sync_folder(self._disk, inner)
