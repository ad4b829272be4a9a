"""Where log lines go: to systemd's journal with their fields, or as plain lines to stderr.

The journal is spoken to in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), a datagram an entry, which needs
no C library. Attributes of a log record in capitals, given as ``extra``, are its fields. How many entries a service may
write is the journal's business: LogRateLimitBurst= in the unit.
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
    """Sends log records to the journal. It never waits: an entry that the journal has no room for is dropped.

    Where there is no journal (any more), the line goes to stderr.
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
    """Whether a descriptor leads to the journal, as systemd.exec(5) tells under ``$JOURNAL_STREAM``."""
    claimed = (os.environ if environment is None else environment).get("JOURNAL_STREAM", "")
    try:
        about = os.fstat(stream_descriptor)
    except OSError:
        return False
    return claimed == f"{about.st_dev}:{about.st_ino}"


def set_up_logging() -> None:
    """Once a process. Of other people's libraries only warnings are written down.

    Without a journal the console tells what happens, and only warnings and removed captures are lines here.
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
