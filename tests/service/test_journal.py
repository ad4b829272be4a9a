"""The entries that the journal receives, and the fallback to stderr."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture_station.service.journal import LONGEST_VALUE, JournalHandler, is_journal

ROOT = Path(__file__).parent.parent.parent


class Journal:
    """Reads datagrams as journald does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(20)

    def read(self) -> dict[str, str]:
        rest, entry = self._socket.recv(1 << 20), {}
        while rest:
            line, _, rest = rest.partition(b"\n")
            name, equals, value = line.partition(b"=")
            if not equals:
                length = int.from_bytes(rest[:8], "little")
                value, rest = rest[8 : 8 + length], rest[8 + length :]
                assert rest[:1] == b"\n"
                rest = rest[1:]
            entry[name.decode()] = value.decode()
        return entry

    def close(self) -> None:
        self._socket.close()
        self.path.unlink(missing_ok=True)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal")
    yield opened
    opened.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[logging.Logger]:
    handler = JournalHandler(tmp_path / "journal")
    logger = logging.Logger("capture_station.trial")
    logger.addHandler(handler)
    yield logger
    handler.close()


def test_an_entry_has_message_priority_and_fields(journal: Journal, log: logging.Logger) -> None:
    log.info("captured %s", "x.jpg", extra={"CAPTURE": "x", "VERDICT": "ok"})
    entry = journal.read()
    assert entry["MESSAGE"] == "captured x.jpg"
    assert entry["PRIORITY"] == "6"
    assert entry["SYSLOG_IDENTIFIER"] == "capture-station"
    assert (entry["CAPTURE"], entry["VERDICT"]) == ("x", "ok")
    log.error("no")
    assert journal.read()["PRIORITY"] == "3"


def test_a_value_of_several_lines_cannot_forge_a_field(journal: Journal, log: logging.Logger) -> None:
    log.warning("first\nPRIORITY=0", extra={"REASON": "one\ntwo"})
    entry = journal.read()
    assert entry["MESSAGE"] == "first\nPRIORITY=0"
    assert entry["PRIORITY"] == "4"
    assert entry["REASON"] == "one\ntwo"


def test_a_long_message_is_cut(journal: Journal, log: logging.Logger) -> None:
    log.warning("x" * 10**6)
    assert len(journal.read()["MESSAGE"]) == LONGEST_VALUE


def test_without_a_journal_the_line_goes_to_stderr(log: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    log.warning("nobody listens")
    assert capsys.readouterr().err == "nobody listens\n"


def test_logging_does_not_block_when_the_journal_is_full(journal: Journal, log: logging.Logger) -> None:
    for number in range(5000):
        log.warning("line %d", number)
    assert journal.read()["MESSAGE"] == "line 0"


def test_a_restarted_journal_receives_the_next_line(journal: Journal, log: logging.Logger) -> None:
    journal.close()
    log.warning("lost")
    again = Journal(journal.path)
    log.warning("found")
    assert again.read()["MESSAGE"] == "found"
    again.close()


def test_the_journal_stream_is_recognised(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("w") as stream:
        status = os.fstat(stream.fileno())
        environment = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        assert is_journal(stream.fileno(), environment)
        assert not is_journal(stream.fileno(), {"JOURNAL_STREAM": "1:1"})
        assert not is_journal(stream.fileno(), {})
    assert not is_journal(12345, environment)


def test_without_a_journal_lines_are_plain() -> None:
    program = (
        "import logging; from capture_station.service.journal import set_up_logging; set_up_logging();"
        "logging.getLogger('capture_station.station').info('quiet');"
        "logging.getLogger('capture_station.archive.retention').info('removed');"
        "logging.getLogger('other').info('quiet'); logging.getLogger('other').warning('odd')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.stderr == "INFO removed\nWARNING odd\n"
