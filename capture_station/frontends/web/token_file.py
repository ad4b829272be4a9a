"""The file with the web server's token: read, checked, and created where there is none."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from capture_station.errors import ConfigError, StationError
from capture_station.frontends.state_folder import state_folder
from capture_station.frontends.unix_sockets import ROOT
from capture_station.regular_files import NotRegular, open_regular_file

MIN_TOKEN_CHARS = 16
MAX_TOKEN_BYTES = 1024


def default_token_file() -> Path:
    """Where a generated token is stored: in the service's state folder, or in the user's."""
    return state_folder() / "web-token"


def load_or_create_token(path: Path) -> str:
    """Read the token from a file. If there is no file, create one with a new token that only this user can read.

    Raises:
        ConfigError: It is no regular file, others can read or replace it, or the token is too short or too long.
        StationError: The file cannot be read or created.
    """
    try:
        if not path.exists():
            _create_token(path)
        token = _read(path)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: the token of the web page is not text") from error
    except NotRegular as error:
        raise ConfigError(f"{path}: the token of the web page must be in a regular file") from error
    except OSError as error:
        raise StationError(f"{path}: the token of the web page cannot be stored here: {error.strerror}") from error
    if len(token) < MIN_TOKEN_CHARS:
        raise ConfigError(f"{path}: the token of the web page must have at least {MIN_TOKEN_CHARS} characters")
    return token


def _read(path: Path) -> str:
    with open(open_regular_file(path, follow=True), "rb") as file:
        status = os.fstat(file.fileno())
        if status.st_uid not in (ROOT, os.geteuid()):
            raise ConfigError(f"{path}: the token of the web page belongs to another user; run chown on it")
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{path}: other users can read the token of the web page; run chmod 600 on it")
        data = file.read(MAX_TOKEN_BYTES + 1)
    if len(data) > MAX_TOKEN_BYTES:
        raise ConfigError(f"{path}: the token of the web page must have at most {MAX_TOKEN_BYTES} bytes")
    return data.decode("utf-8").strip()


def _create_token(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(24) + "\n")
        file.flush()
        os.fsync(file.fileno())
    # A link never replaces a token that another station has just created, and never shows a half-written one.
    try:
        os.link(new, path)
    except FileExistsError:
        return
    finally:
        new.unlink()
