"""Access to files behind URLs such as s3://bucket/prefix through fsspec; no other file imports fsspec.

Its libraries find credentials and options in their usual places, such as ``AWS_PROFILE`` or
``FSSPEC_S3_ENDPOINT_URL``.
"""

from __future__ import annotations

import errno
import ftplib
import hashlib
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from capture_station.errors import ConfigError, missing_extra

_PACKAGES = {
    "http": "aiohttp",
    "https": "aiohttp",
    "s3": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "sftp": "paramiko",
    "ssh": "paramiko",
    "smb": "smbprotocol",
    "webdav": "webdav4",
}
_ATOMIC_PROTOCOLS = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oci", "oss", "memory"})
"""Here an object appears only when it is complete. For other protocols we write a partial file and rename it."""
_REPLACED_BY_RENAME = frozenset({"file", "ftp", "sftp"})
"""Here a rename replaces the file that has the name already. SMB and WebDAV refuse it, and others may do anything."""

_LOCAL_PREFIXES = ("file://", "local://", "file:", "local:")
"""As fsspec writes folders on this machine, apart from plain paths."""


def file_system(url: str, fresh: bool = False) -> tuple[Any, str]:
    """Open the file system behind a URL. Error messages never repeat the URL, which may contain secrets.

    Args:
        url: A URL of any kind that fsspec supports.
        fresh: Open a new connection even if one to this place exists.

    Returns:
        An ``fsspec.AbstractFileSystem``, and the URL's path in it.

    Raises:
        ConfigError: fsspec or the library for this kind of URL is not installed, or the kind is unknown.
        Exception: File systems that connect at once, such as FTP, raise their library's own errors.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise _missing(error) from error
    try:
        system, place = url_to_fs(url, skip_instance_cache=fresh)
    except (ImportError, ValueError) as error:
        raise _unusable(url.partition("://")[0], error) from error
    return system, place


def check_kind(url: str) -> None:
    """Check that this kind of URL is supported, without connecting to anything.

    Raises:
        ConfigError: As ``file_system``.
    """
    if local_folder(url) is not None:
        return
    try:
        from fsspec.core import split_protocol
        from fsspec.registry import get_filesystem_class
    except ImportError as error:
        raise _missing(error) from error
    kind = split_protocol(url)[0] or "file"
    try:
        get_filesystem_class(kind)
    except (ImportError, ValueError) as error:
        raise _unusable(kind, error) from error


def needed_package(url: str) -> str:
    """The package that this kind of URL needs beside fsspec; empty for none, and for kinds that are rare."""
    return _PACKAGES.get(url.partition("://")[0], "")


def _missing(error: ImportError) -> ConfigError:
    return ConfigError(f"URLs need fsspec ({error}): {missing_extra('upload', 'cluster')}")


def _unusable(kind: str, error: ImportError | ValueError) -> ConfigError:
    return ConfigError(f"a URL of kind {kind!r} cannot be used: {error}")


def protocols(system: Any) -> frozenset[str]:
    """The protocol names of a file system; ``file`` for folders on this machine."""
    names = system.protocol
    return frozenset((names,) if isinstance(names, str) else names)


def is_object_store(system: Any) -> bool:
    """Whether the file system is a bucket. It has no folders, and an object appears only when it is complete."""
    return bool(protocols(system) & _ATOMIC_PROTOCOLS)


def local_folder(url: str) -> Path | None:
    """The folder on this machine that a URL or path names, without looking at it; None for other kinds of URL.

    This needs no fsspec, so that a plain folder does not need it either.
    """
    prefix = next((prefix for prefix in _LOCAL_PREFIXES if url.startswith(prefix)), "")
    if not prefix and ("://" in url or "::" in url):
        return None
    return Path(os.path.abspath(os.path.expanduser(url.removeprefix(prefix))))


@contextmanager
def ignore_missing() -> Iterator[None]:
    """Suppress the error for what is not there. SMB's has this number, and is no ``FileNotFoundError``."""
    try:
        yield
    except OSError as error:
        if not isinstance(error, FileNotFoundError) and error.errno != errno.ENOENT:
            raise


def write_whole(system: Any, place: str, data: bytes, shared: bool = False) -> None:
    """Write a file so that it is never visible half-written. Creates missing folders; replaces an older file.

    Buckets, folders, SFTP and most FTP servers replace an older file in one step. SMB, WebDAV and some FTP servers
    cannot. There, the older file has a hidden name until the new one has its own, and ``read_whole`` finds it. If two
    machines replace one file there at the same moment, one of them may fail, and the file of the other one stays.

    Args:
        shared: Whether other machines write this file, too. Each then sends it under a hidden name of its own.

    Raises:
        OSError: Not all of it arrived.
        Exception: Whatever the library for this kind of URL raises.
    """
    if is_object_store(system):
        system.pipe_file(place, data)
        return
    folder, _, name = place.rpartition("/")
    partial = _hidden(place, f"{_machine()}.partial" if shared else "partial")
    system.makedirs(folder, exist_ok=True)
    system.pipe_file(partial, data)
    # Some servers, and shares whose disk is full, say nothing about a file of which only a part arrived.
    system.invalidate_cache()
    arrived_bytes = system.info(partial).get("size")
    if arrived_bytes not in (None, len(data)):
        raise OSError(errno.EIO, f"{name}: only {arrived_bytes} of {len(data)} bytes arrived")
    if shared:
        _remove(system, _hidden(place, "partial"))  # Older versions may have left it.
    if protocols(system) & _REPLACED_BY_RENAME:
        with suppress(ftplib.error_perm):  # Some servers refuse to replace a file.
            system.mv(partial, place)
            return
    old = _hidden(place, "old")
    if system.exists(place):
        _remove(system, old)
        system.mv(place, old)
    system.mv(partial, place)
    _remove(system, old)


def read_whole(system: Any, place: str) -> bytes | None:
    """Read a file; None if it is not there. While ``write_whole`` replaces it, or was cut off by that, the older one.

    Raises:
        Exception: Whatever the library for this kind of URL raises.
    """
    # Between the first look and the second, the new file may have come in place of the old one.
    for file in [place] if is_object_store(system) else [place, _hidden(place, "old"), place]:
        with ignore_missing():
            return bytes(system.cat_file(file))
    return None


def remove_whole(system: Any, place: str) -> None:
    """Remove a file, if it is there, and what an interrupted ``write_whole`` may have left of it.

    Raises:
        Exception: Whatever the library for this kind of URL raises.
    """
    hidden = [] if is_object_store(system) else [_hidden(place, "partial"), _hidden(place, "old")]
    for file in [*hidden, place]:
        _remove(system, file)


def _remove(system: Any, file: str) -> None:
    system.invalidate_cache()
    # FTP has an error of its own kind where there is nothing to remove, and `exists` is false of a lost connection.
    with ignore_missing():
        system.info(file)
        system.rm_file(file)


def _hidden(place: str, suffix: str) -> str:
    folder, _, name = place.rpartition("/")
    return f"{folder}/.{name}.{suffix}"


def _machine() -> str:
    """The same at each start, so that what a power cut has left here is written over."""
    return hashlib.sha256(f"{uuid.getnode()} {socket.gethostname()}".encode()).hexdigest()[:8]
