"""Keeps remarks of C libraries off the terminal: what decoders and drivers note for their own developers.

Such libraries write to file descriptor 2 and offer no setting. On a terminal, another process therefore passes on what
they write, line by line, without the remarks listed here. Errors are never held back, and as the other process
outlives a crash, nor is the last line of a process that dies. Python's own messages do not go this way, and where no
person reads along, as in the journal, nothing is filtered.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

REMARKS = (
    r"INFO: ",  # TensorFlow Lite, when it makes its delegate
    r"\[ ?(WARN|INFO|DEBUG):[0-9]+@",  # OpenCV
    # libjpeg and libpng; damage of photos is looked for apart from that.
    r"Corrupt JPEG data: ",
    r"Premature end of JPEG file",
    r"Inconsistent progression sequence",
    r"Unknown Adobe color transform code",
    r"libpng warning: ",
    r"[A-Za-z0-9_]+: Warning, ",  # libtiff
)
"""How the lines begin, as extended regular expressions."""


def filter_remarks() -> None:
    """Let C libraries write through the filter from now on, if stderr is a terminal and ``grep`` is installed."""
    try:
        if not os.isatty(2):
            return
    except OSError:
        return
    terminal = os.dup(2)
    command = ["grep", "--line-buffered", "-a", "-v", "-E", f"^({'|'.join(REMARKS)})"]
    with contextlib.suppress(OSError):
        # A session of its own: Ctrl+C is for this process, whose last lines still have to pass.
        filtering = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=terminal, start_new_session=True)
        assert filtering.stdin is not None
        os.dup2(filtering.stdin.fileno(), 2)
        filtering.stdin.close()
        # It ends with the last process that writes to it. Nobody waits for it.
        filtering.returncode = 0
        sys.stderr = open(terminal, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
