"""On a terminal, remarks of C libraries stay away and everything else is shown, also what a dying process says."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress

PATIENCE_S = 60
START = "import os, sys; from capture_station.commands.native_output import filter_remarks; filter_remarks(); "
WRITE = f"{START}print('ours', file=sys.stderr); [os.write(2, line.encode()) for line in {{lines!r}}]; {{end}}"
REMARKS = (
    "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n",
    "[ WARN:0@0.115] global cap_v4l.cpp:914 open VIDEOIO(V4L2:/dev/video9): can't open camera by index\n",
    "Corrupt JPEG data: 12 extraneous bytes before marker 0xd9\n",
    "TIFFReadDirectory: Warning, Unknown field with tag 34665 (0x8769) encountered.\n",
)
ERRORS = ("ERROR: the model is damaged\n", "[ERROR:0@0.115] out of memory\n", "a last line without its end")


def on_a_terminal(program: str) -> tuple[str, int]:
    """What a program writes to a terminal, and its exit code."""
    ours, terminal = pty.openpty()
    done = subprocess.Popen([sys.executable, "-c", program], stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    shown = b""
    # Linux reports the end of a terminal that everybody has closed as EIO.
    with os.fdopen(ours, "rb", buffering=0) as screen, suppress(OSError):
        while part := screen.read(4096):
            shown += part
    return shown.decode().replace("\r\n", "\n"), done.wait(PATIENCE_S)


def test_remarks_stay_away_and_errors_are_shown() -> None:
    shown, code = on_a_terminal(WRITE.format(lines=(*REMARKS, *ERRORS), end=""))
    assert sorted(shown.splitlines()) == sorted(["ours", *"".join(ERRORS).splitlines()])
    assert code == 0


def test_the_last_words_of_a_process_that_crashes_are_shown() -> None:
    shown, code = on_a_terminal(WRITE.format(lines=ERRORS, end="os.abort()"))
    assert code < 0
    assert "a last line without its end" in shown


def test_without_grep_everything_is_shown() -> None:
    shown, _ = on_a_terminal("import os; os.environ['PATH'] = '/nowhere'; " + WRITE.format(lines=REMARKS, end=""))
    assert shown == "ours\n" + "".join(REMARKS)


def test_without_a_terminal_everything_is_written() -> None:
    program = WRITE.format(lines=REMARKS, end="")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.stderr == "ours\n" + "".join(REMARKS)
