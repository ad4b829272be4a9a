"""Another place for portraits: a folder, a bucket, or whatever fsspec knows."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

from capture_station.errors import ConfigError
from capture_station.urls import file_system


class Target:
    """Files below a URL. Each appears there whole, under its name or over an older one of that name.

    Args:
        url: A folder's path, or a URL such as ``s3://bucket/prefix``. Credentials come from where its library looks
            for them, such as ``AWS_PROFILE`` or ``FSSPEC_S3_ENDPOINT_URL`` in the environment.

    Raises:
        ConfigError: fsspec or the library for this kind of URL is missing, or there is no such kind.
    """

    def __init__(self, url: str) -> None:
        try:
            self._system, self._root = file_system(url)
        except ConfigError as error:
            raise ConfigError(f"upload.url: {error}") from error
        protocols = self._system.protocol
        self._is_folder = "file" in ((protocols,) if isinstance(protocols, str) else protocols)

    def put(self, name: PurePosixPath, data: bytes) -> None:
        """Write a file.

        Raises:
            Exception: Whatever the library for this kind of URL raises.
        """
        path = f"{self._root.rstrip('/')}/{name}"
        if self._is_folder:
            self._put_into_folder(path, data)
        else:
            # One request to an object store: there whole or not at all.
            self._system.pipe_file(path, data)

    def _put_into_folder(self, path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        part = f"{folder}/.{name}.part"
        self._system.makedirs(folder, exist_ok=True)
        with self._system.open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
