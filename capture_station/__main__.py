"""``python -m capture_station`` is ``capture-station``.

Worker processes import this file again as they start, and have no use for the command line's imports.
"""

import os
import sys


def main() -> None:
    """Run a command."""
    if sys.argv[1:] == ["capture"] and "CAPTURE_STATION_CONFIG" not in os.environ:
        # A push button or a script that runs this waits for it, and reading a command line takes longer than the rest.
        from capture_station.commands.capture import take_and_print
        from capture_station.commands.process_exit import run_and_exit

        run_and_exit(take_and_print)
    from capture_station import cli

    cli.main()


if __name__ == "__main__":
    main()
