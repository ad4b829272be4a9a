"""What is behind a URL such as s3://bucket/prefix, through fsspec; nothing else imports it.

Credentials and options are where its libraries look for them: ``AWS_PROFILE``, ``FSSPEC_S3_ENDPOINT_URL`` and the like.
"""

from __future__ import annotations

from typing import Any

from capture_station.errors import ConfigError


def file_system(url: str) -> tuple[Any, str]:
    """An ``fsspec.AbstractFileSystem``, and the URL's place in it; errors do not repeat a URL, which may hold secrets.

    Raises:
        ConfigError: fsspec or the library for this kind of URL is missing, or there is no such kind.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ConfigError(f"URLs need fsspec ({error}): install the extra [upload] or [cluster]") from error
    try:
        system, place = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"a URL of kind {url.partition('://')[0]!r} cannot be used: {error}") from error
    return system, place
