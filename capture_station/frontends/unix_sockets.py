"""Unix sockets with one owner: locked while in use, in a folder that no stranger controls."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import stat
import struct
from pathlib import Path

from capture_station.errors import Busy, StationError

ROOT = 0
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
CREDENTIALS = struct.Struct("3i")
"""``struct ucred`` of unix(7): process, user and group."""


class UntrustedFolder(StationError):
    """Somebody else controls the folder of a socket."""

    exit_code = 73


class BoundSocket:
    """A listening socket at a path that only this user may connect to.

    A lock on the file beside it belongs to this process until ``close``. The kernel frees the lock when the process
    dies, so a socket that a crash left is replaced safely. The lock file itself stays: if it were removed, two
    processes could hold locks on two files of the same name.

    Raises:
        Busy: Another process listens at the path.
        UntrustedFolder: Somebody else could replace the socket.
        OSError: The socket cannot be created.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder_owner(path)
        self._lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        self.listening = socket.socket(socket.AF_UNIX)
        try:
            self._bind()
        except (OSError, StationError):
            self.listening.close()
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Stop listening and remove the socket's file, unless another process has replaced it or its disk fails."""
        self.listening.close()
        with contextlib.suppress(OSError):
            if _identity(self.path) == self._bound:
                self.path.unlink()
        os.close(self._lock)

    def _bind(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"{self.path}: another process is using this socket") from error
        # Programs that know nothing of the lock are respected, too: systemd, or an older version.
        if is_answered(self.path):
            raise Busy(f"{self.path}: another process is using this socket")
        if self.path.is_socket() or (self.path.is_file() and not self.path.stat().st_size):
            self.path.unlink()
        previous = os.umask(0o177)
        try:
            self.listening.bind(str(self.path))
        finally:
            os.umask(previous)
        self._bound = _identity(self.path)
        self.listening.listen()


def folder_owner(path: Path) -> int:
    """Return the user id that owns the folder of a socket.

    The folder is trusted if it belongs to this user or to root, or if only root could have put it there; and if nobody
    else may replace files in it. A link in its place is judged as the link itself, since its owner can redirect it.

    Raises:
        UntrustedFolder: Somebody else controls the folder.
        OSError: The folder cannot be examined.
    """
    folder = path.parent
    trusted = {ROOT, os.geteuid()}
    own, above = folder.lstat(), folder.parent.stat()
    only_root_made_it = above.st_uid == ROOT and not above.st_mode & OTHERS_MAY_WRITE
    if own.st_uid not in trusted and not only_root_made_it:
        raise UntrustedFolder(f"{folder}: belongs to another user; remove it, or set remote.socket to another place")
    target = folder.stat()
    if target.st_mode & OTHERS_MAY_WRITE and not target.st_mode & stat.S_ISVTX:
        raise UntrustedFolder(f"{folder}: other users may write here; run chmod 700 on it")
    return target.st_uid


def peer_user(connection: socket.socket) -> int:
    """Return the user id of the process at the other end of a Unix socket (SO_PEERCRED)."""
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    user: int = CREDENTIALS.unpack(data)[1]
    return user


def is_answered(path: Path) -> bool:
    """Whether a process listens at a path.

    Raises:
        OSError: The path cannot be that of a socket, or may not be entered.
    """
    with socket.socket(socket.AF_UNIX) as trial:
        # A full backlog would block: whoever has one is alive.
        trial.setblocking(False)
        try:
            trial.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except BlockingIOError:
            return True
    return True


def _identity(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_dev, status.st_ino
