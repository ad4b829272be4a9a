"""Runs a command and ends the process with its exit code, even if one of its threads hangs."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import NoReturn, TextIO

from capture_station.errors import ArchiveError, DiskFull, StationError
from capture_station.service.journal import set_up_logging
from capture_station.terminal_text import printable

EXIT_WITHIN_S = 0.5


def run_and_exit(command: Callable[[], object]) -> NoReturn:
    """Run a command and end. An error that a person can fix becomes one line on stderr and an exit code."""
    set_up_logging()
    if isinstance(sys.stdout, io.TextIOWrapper):
        codecs.register_error("station", _encoded)
        sys.stdout.reconfigure(errors="station")
    try:
        command()
    except SystemExit as ended:
        exit_process(int(ended.code or 0))
    except StationError as error:
        _say(printable(str(error)))
        exit_process(error.exit_code)
    except KeyboardInterrupt:
        exit_process(130)
    except Exception as error:
        if isinstance(error, OSError) and (lost := _drop(sys.stderr)) is not None:
            exit_process(_exit_code_without(lost))  # The command could not print its messages.
        # The traceback is printed as usual; only the exit code differs from Python's.
        with contextlib.suppress(OSError):
            traceback.print_exc()
        exit_process(StationError.exit_code)
    exit_process(0)


def start_again() -> None:
    """Run the same command in place of this process. Returns in a service, which systemd starts again itself."""
    from capture_station.service.notify import is_service  # It imports much, and only `run` needs it.

    # Not is_journal(): a desktop may have started this program through systemd, which then does not start it again.
    if not is_service():
        _flush()
        os.execv(sys.executable, sys.orig_argv)


def exit_process(exit_code: int) -> NoReturn:
    """End the process even if a thread hangs, for example on a disk that does not answer. Python would wait forever."""
    deadline_s = time.monotonic() + EXIT_WITHIN_S
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(max(0.0, deadline_s - time.monotonic()))
            # Python also waits for the threads of thread pools, although they may be daemons.
            if thread.is_alive():
                _flush()
                os._exit(exit_code)
    unwritten = drop_unwritten()
    if unwritten is not None and not exit_code and not isinstance(unwritten, BrokenPipeError):
        _say(f"the output is incomplete: {unwritten.strerror}")
        exit_code = _exit_code_without(unwritten)
    _drop(sys.stderr)
    sys.exit(exit_code)


def drop_unwritten() -> OSError | None:
    """Write what is left for stdout, or drop it, so that Python does not fail on it once more; returns why."""
    return _drop(sys.stdout)


def _drop(stream: TextIO | None) -> OSError | None:
    if not isinstance(stream, io.TextIOWrapper):  # There is none where it was closed from the start.
        return None
    try:
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None


def _exit_code_without(output: OSError) -> int:
    return (DiskFull if output.errno == errno.ENOSPC else ArchiveError).exit_code


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        print(f"capture-station: {text}", file=sys.stderr)


def _flush() -> None:
    with contextlib.suppress(OSError):  # A full disk or a terminal that is gone: nobody gets the last lines.
        if sys.stdout is not None:
            sys.stdout.flush()


def _encoded(error: UnicodeError) -> tuple[str | bytes, int]:
    """A path may hold bytes that are not text. Characters that the terminal's encoding lacks are shown as escapes."""
    if isinstance(error, UnicodeEncodeError):
        error.end = error.start + 1  # The next character may be of the other sort.
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.backslashreplace_errors(error)
