"""Ends the process with an exit code, even if one of its threads hangs."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import NoReturn

EXIT_WITHIN_S = 0.5


def exit_process(exit_code: int) -> NoReturn:
    """End the process even if a thread hangs, for example on a disk that does not answer. Python would wait forever."""
    deadline_s = time.monotonic() + EXIT_WITHIN_S
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(max(0.0, deadline_s - time.monotonic()))
            # Python also waits for the threads of thread pools, although they may be daemons.
            if thread.is_alive():
                sys.stdout.flush()
                os._exit(exit_code)
    sys.exit(exit_code)
