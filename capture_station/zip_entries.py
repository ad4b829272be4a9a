"""Entries of ZIP files with a date also where the clock is not set."""

from __future__ import annotations

import time
import zipfile


def zip_entry(name: str, date: time.struct_time | None) -> zipfile.ZipInfo:
    """The entry of a file that only its owner may read, for ``ZipFile.writestr``.

    Args:
        date: Local time; None, or one that ZIP cannot say: the first one that it can.
    """
    entry = zipfile.ZipInfo(name)
    # A machine without a clock may believe in 1970. ``writestr`` raises ValueError then, unless it gets an entry.
    if date is not None and 1980 <= date.tm_year < 2108:
        entry.date_time = (*date[:6],)
    # Folders come from older ZIP files. Without the bits of one, ``unzip`` could not look into them.
    entry.external_attr = (0o40775 << 16) | 0x10 if entry.is_dir() else 0o600 << 16
    return entry
