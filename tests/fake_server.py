"""A file server behind a URL, whose folders are on this disk."""

from __future__ import annotations

import errno
import ftplib
import os
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem


class Server(LocalFileSystem):
    """Like FTP: nothing makes folders but who asks, half a file has its name, and a lost connection stays lost."""

    protocol = ("like-ftp", "ftp")
    cachable = False
    away = False
    breaks = False
    swallows = False
    forbids = False
    replaces = True
    """Whether a file may get the name of another one, which goes. Some servers refuse it."""

    def __init__(self, **options: object) -> None:
        if self.away:
            raise ConnectionRefusedError("nobody listens")
        super().__init__(**options)
        self.lost = False

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.removeprefix("like-ftp://").strip("/")

    def before_change(self, path: str) -> None:
        """Called before a file is written, removed, or gets this path. Raising ConnectionError loses the connection."""

    def _change(self, path: str) -> None:
        if self.lost:
            raise BrokenPipeError("the connection was lost")
        try:
            self.before_change(path)
        except ConnectionError:
            self.lost = True
            raise

    def pipe_file(self, path: str, value: bytes, **options: object) -> None:
        self._change(path)
        if self.breaks:
            super().pipe_file(path, value[: len(value) // 2], **options)
            self.lost = True
            raise BrokenPipeError("the connection was lost")
        super().pipe_file(path, value[:-1] if self.swallows else value, **options)

    def rm_file(self, path: str) -> None:
        self._change(path)
        if self.forbids or not self.exists(path):
            raise ftplib.error_perm("550 No such file, or no permission")
        super().rm_file(path)

    def info(self, path: str, **options: object) -> dict[str, Any]:
        if self.lost:
            raise BrokenPipeError("the connection was lost")
        return super().info(path, **options)

    def mv(self, path1: str, path2: str, **options: object) -> None:
        self._change(path2)
        if not self.exists(path1) or (not self.replaces and self.exists(path2)):
            raise ftplib.error_perm("550 No such file, or one of the name is there")
        super().mv(path1, path2, **options)


class SmbError(OSError):
    """Has a number, but Python makes no ``FileNotFoundError`` of it, since it is no plain OSError."""


class SmbServer(Server):
    """Like Windows and Samba."""

    protocol = "like-smb"
    replaces = False

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.removeprefix("like-smb://").strip("/")

    def _require(self, path: str) -> None:
        if not os.path.exists(path):
            raise SmbError(errno.ENOENT, "[NtStatus 0xc0000034] No such file or directory", path)

    def cat_file(self, path: str, *args: Any, **options: object) -> bytes:
        self._require(path)
        return bytes(super().cat_file(path, *args, **options))

    def ls(self, path: str, *args: Any, **options: object) -> list[Any]:
        self._require(path)
        return list(super().ls(path, *args, **options))

    def rm_file(self, path: str) -> None:
        self._require(path)
        super().rm_file(path)

    def info(self, path: str, **options: object) -> dict[str, Any]:
        self._require(path)
        return super().info(path, **options)

    def mv(self, path1: str, path2: str, **options: object) -> None:
        self._require(path1)
        if self.exists(path2):
            raise SmbError(errno.EEXIST, "[NtStatus 0xc0000035] File exists", path2)
        super().mv(path1, path2, **options)


fsspec.register_implementation("like-smb", SmbServer, clobber=True)
fsspec.register_implementation("like-ftp", Server, clobber=True)
