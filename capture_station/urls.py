"""What is behind a URL such as s3://bucket/prefix, through fsspec; nothing else imports it.

Credentials and options are where its libraries look for them: ``AWS_PROFILE``, ``FSSPEC_S3_ENDPOINT_URL`` and the like.
"""

from __future__ import annotations

from typing import Any

from capture_station.errors import ConfigError

_WHOLE_AT_ONCE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oci", "oss", "memory"})
"""Where an object appears with its last byte. Elsewhere a file is written beside its place, then renamed."""


def file_system(url: str, fresh: bool = False) -> tuple[Any, str]:
    """An ``fsspec.AbstractFileSystem``, and the URL's place in it; errors do not repeat a URL, which may hold secrets.

    Args:
        fresh: Make a new one, with a connection of its own, and not one that was made before for such a URL.

    Raises:
        ConfigError: fsspec or the library for this kind of URL is missing, or there is no such kind.
        Exception: Kinds that connect at once, such as FTP, raise what their library does.
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
    """Whether there is such a kind of URL here; nothing is connected to.

    Raises:
        ConfigError: As ``file_system``.
    """
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


def _missing(error: ImportError) -> ConfigError:
    return ConfigError(f"URLs need fsspec ({error}): install the extra [upload] or [cluster]")


def _unusable(kind: str, error: ImportError | ValueError) -> ConfigError:
    return ConfigError(f"a URL of kind {kind!r} cannot be used: {error}")


def protocols(system: Any) -> frozenset[str]:
    """What a file system calls its kind: ``file`` for folders of this machine."""
    names = system.protocol
    return frozenset((names,) if isinstance(names, str) else names)


def write_whole(system: Any, place: str, data: bytes) -> None:
    """Make a file appear whole, in folders that are made for it, or over an older one of its name.

    Raises:
        Exception: Whatever the library for this kind of URL raises.
    """
    if protocols(system) & _WHOLE_AT_ONCE:
        system.pipe_file(place, data)
        return
    folder, _, name = place.rpartition("/")
    partial = f"{folder}/.{name}.partial"
    system.makedirs(folder, exist_ok=True)
    system.pipe_file(partial, data)
    # Not every kind renames over a file.
    if system.exists(place):
        system.rm_file(place)
    system.mv(partial, place)
