"""The upload target: a folder, a bucket, or anything else that fsspec supports."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from capture_station.archive import names
from capture_station.archive.disk import Disk, partial_path, permit, sync_folder, write_atomically
from capture_station.errors import ConfigError
from capture_station.regular_files import read_regular_file
from capture_station.urls import (
    check_kind,
    file_system,
    ignore_missing,
    is_object_store,
    local_folder,
    read_whole,
    remove_whole,
    write_whole,
)


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

    def refuse_archives(self, archive: Path) -> None:
        """Check that uploads to a folder do not mix with an archive. Other targets are checked when they are reached.

        Args:
            archive: The folder of the archive whose captures are uploaded.

        Raises:
            ConfigError: The target is in an archive, or the archive is in the target, also by symlinks or bind mounts.
        """
        folder = local_folder(self._url)
        if folder is None:
            return
        folder = folder.resolve()
        _refuse_inside_archive(folder, lambda path: Path(path).is_dir())
        for path in (archive.resolve(), *archive.resolve().parents):
            # Bind mounts give a folder several names, but only one inode.
            if folder.is_dir() and path.is_dir() and path.samefile(folder):
                raise ConfigError(f"upload.url: the archive {archive} is in {folder}; choose a folder outside of it")

    def require_folder(self) -> None:
        """Look for the target if it is a folder. Nothing else is asked.

        Raises:
            FileNotFoundError: The URL is a folder that does not exist.
        """
        if (folder := local_folder(self._url)) is not None:
            _require_folder(folder)

    def put(self, name: PurePosixPath, data: bytes) -> None:
        """Write a file. If the target is a folder, the file and its parent folders are durable when this returns.

        Raises:
            FileNotFoundError: The URL is a folder that does not exist.
            Exception: Whatever the library for this kind of URL raises.
        """
        folder = local_folder(self._url)
        if folder is not None:
            try:
                self._put_into_folder(folder, name, data)
            except OSError as error:
                if error.errno == errno.EROFS:
                    # The sandbox of a service opens what is there at its start.
                    advice = "make it writable; restart a service that was started before the folder was made"
                    raise OSError(errno.EROFS, f"upload.url: {folder} is read-only: {advice}") from error
                raise
            return
        system, root = self._reached or file_system(self._url, fresh=True)
        # A lost connection does not recover by itself, so a connection is kept only after a success.
        if self._reached is None and not is_object_store(system):
            _refuse_inside_archive(PurePosixPath(root), system.exists)
        self._reached = None
        write_whole(system, f"{root.rstrip('/')}/{name}", data)
        # fsspec's listing cache would otherwise grow with every folder.
        system.invalidate_cache()
        self._reached = system, root

    def read(self, name: PurePosixPath) -> bytes | None:
        """A file's content; None if it is not there.

        Raises:
            FileNotFoundError: The URL is a folder that does not exist.
            Exception: Whatever the library for this kind of URL raises.
        """
        folder = local_folder(self._url)
        if folder is not None:
            _require_folder(folder)
        try:
            if folder is not None:
                return read_regular_file(folder / name, follow=True)
        except FileNotFoundError:
            return None
        with self._reaching() as (system, root):
            return read_whole(system, f"{root}/{name}")

    def remove(self, name: PurePosixPath) -> None:
        """Remove a file, if it is there, and what a power cut left of it while it was written.

        Raises:
            Exception: Whatever the library for this kind of URL raises.
        """
        folder = local_folder(self._url)
        if folder is None:
            with self._reaching() as (system, root):
                remove_whole(system, f"{root}/{name}")
                system.invalidate_cache()
            return
        for path in (folder / name, partial_path(folder / name)):
            with suppress(FileNotFoundError):
                path.unlink()
                sync_folder(self._disk, path.parent)

    def has(self, stem: str) -> bool:
        """Whether there is a file in the target itself with this name, whatever its suffix.

        Raises:
            Exception: As ``listing``.
        """
        return any(name.rpartition(".")[0] == stem for name in self.listing(""))

    def listing(self, folder: str) -> dict[str, str]:
        """The files in a folder of the target, each with a text that changes when the file does; none without a folder.

        Raises:
            FileNotFoundError: The URL is a folder that does not exist.
            Exception: Whatever the library for this kind of URL raises.
        """
        local = local_folder(self._url)
        if local is not None:
            _require_folder(local)
            try:
                entries = list(os.scandir(local / folder))
            except FileNotFoundError:
                return {}
            found = {}
            for entry in entries:
                with suppress(FileNotFoundError):  # Another booth may just have renamed or removed it.
                    if entry.is_file():
                        stat = entry.stat()
                        found[entry.name] = f"{stat.st_ino} {stat.st_mtime_ns} {stat.st_size}"
            return found
        with self._reaching() as (system, root):
            system.invalidate_cache()
            entries = []
            with ignore_missing():
                entries = system.ls(f"{root}/{folder}".rstrip("/"), detail=True)
            changes = ("ETag", "etag", "LastModified", "mtime", "created", "size")
            return {
                entry["name"].rpartition("/")[2]: " ".join(str(entry.get(key, "")) for key in changes)
                for entry in entries
                if entry["type"] == "file"
            }

    @contextmanager
    def _reaching(self) -> Iterator[tuple[Any, str]]:
        """The file system and the URL's path in it. A lost connection does not recover: it is kept only if it works."""
        system, root = self._reached or file_system(self._url, fresh=True)
        self._reached = None
        yield system, root.rstrip("/")
        self._reached = system, root

    def _put_into_folder(self, folder: Path, name: PurePosixPath, data: bytes) -> None:
        # The URL may be a symlink, which cannot be synced.
        root = folder.resolve()
        # The folder is not created: while its disk is not mounted, it would be on the wrong disk.
        _require_folder(folder)
        _refuse_inside_archive(root, lambda path: Path(path).is_dir())
        folders = [root / parent for parent in name.parents]
        # As open to others as the target, for the programs that fetch portraits from there: the service's umask is not.
        open_to = root.stat().st_mode
        for inner in reversed(folders[:-1]):
            inner.mkdir(exist_ok=True)
            permit(inner, open_to & 0o775)
        write_atomically(self._disk, root / name, data, mode=0o666, at_least=open_to & 0o444)
        for inner in folders[1:]:
            sync_folder(self._disk, inner)


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise FileNotFoundError(f"upload.url: {folder} does not exist: create the folder, or mount its disk")


def _refuse_inside_archive(folder: PurePath, exists: Callable[[str], bool]) -> None:
    """An archive is recognised by its folder of unfinished captures, under whatever name it is reached."""
    for path in (folder, *folder.parents):
        if exists(str(path / names.UNFINISHED)):
            raise ConfigError(f"upload.url: {path} is an archive of captures; choose a folder outside of it")
