"""Keeps other processes from a file or folder, on disks that have locks."""

from __future__ import annotations

import errno
import fcntl

WITHOUT_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
"""What some network disks answer."""


def lock(descriptor: int) -> None:
    """Lock an open file or folder until it is closed. Where the disk has no locks, nothing is locked.

    Raises:
        BlockingIOError: Another process has locked it.
        OSError: As the system does.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in WITHOUT_LOCKS:
            raise
