"""``python -m capture_station`` is ``capture-station``.

Worker processes import this file again as they start, and have no use for the command line's imports.
"""


def main() -> None:
    """Run a command."""
    from capture_station import cli

    cli.main()


if __name__ == "__main__":
    main()
