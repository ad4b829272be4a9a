"""Sends log records to systemd's journal with their fields, or prints them to stderr as plain lines.

Each entry is one datagram in the journal's native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL), which needs no
C library. The entry's fields are the upper-case attributes of the log record, given as ``extra``. The unit limits the
number of entries with LogRateLimitBurst=.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

JOURNAL = Path("/run/systemd/journal/socket")
LONGEST_VALUE = 8192
# syslog(3)
_PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}


class JournalHandler(logging.Handler):
    """Sends log records to the journal without blocking. An entry is dropped if the journal's buffer is full.

    If the journal is gone, the line goes to stderr.
    """

    def __init__(self, path: Path = JOURNAL) -> None:
        super().__init__()
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._socket.sendto(b"".join(self._encoded(record)), str(self._path))
        except BlockingIOError:
            return
        except OSError:
            print(self.format(record), file=sys.stderr, flush=True)

    def close(self) -> None:
        self._socket.close()
        super().close()

    def _encoded(self, record: logging.LogRecord) -> list[bytes]:
        fields = {
            "MESSAGE": self.format(record),
            "PRIORITY": _PRIORITIES.get(record.levelno, 6),
            "SYSLOG_IDENTIFIER": "capture-station",
            "LOGGER": record.name,
            "THREAD_NAME": record.threadName,
            **{name: value for name, value in vars(record).items() if name.isupper()},
        }
        return [_field(name, str(value)) for name, value in fields.items()]


def is_journal(stream_descriptor: int = 2, environment: Mapping[str, str] | None = None) -> bool:
    """Whether a file descriptor is connected to the journal; see ``$JOURNAL_STREAM`` in systemd.exec(5)."""
    stream = (os.environ if environment is None else environment).get("JOURNAL_STREAM", "")
    try:
        status = os.fstat(stream_descriptor)
    except OSError:
        return False
    return stream == f"{status.st_dev}:{status.st_ino}"


def set_up_logging() -> None:
    """Configure logging; call it once per process. Other libraries log warnings only.

    Without a journal the console frontend reports events, so the log has only warnings and removed captures.
    """
    journal = is_journal()
    handler = JournalHandler() if journal else logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s" if journal else "%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("capture_station" if journal else "capture_station.archive.retention").setLevel(logging.INFO)


def _field(name: str, value: str) -> bytes:
    data = value.encode(errors="replace")[:LONGEST_VALUE]
    if b"\n" not in data:
        return name.encode() + b"=" + data + b"\n"
    return name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n"
