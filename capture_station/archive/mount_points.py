"""Finds disks of /etc/fstab that are not mounted, so that nothing is saved into their empty mount points."""

from __future__ import annotations

import os
import re
from pathlib import Path

FSTAB = Path("/etc/fstab")


def missing_mount(folder: Path) -> Path | None:
    """The mount point in fstab(5) nearest to a folder, which need not exist, if nothing is mounted there."""
    try:
        lines = FSTAB.read_text(errors="replace").splitlines()
    except OSError:
        return None
    fields = [line.split() for line in lines if not line.lstrip().startswith("#")]
    mount_points = {Path(_unescaped(field[1])) for field in fields if len(field) > 1}
    real_folder = folder.absolute().resolve()
    nearest = next((path for path in (real_folder, *real_folder.parents) if path in mount_points), None)
    return nearest if nearest is not None and not os.path.ismount(nearest) else None


def _unescaped(field: str) -> str:
    """fstab(5) writes spaces and tabs in octal."""
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), field)
