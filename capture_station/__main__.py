"""``python -m capture_station`` is ``capture-station``."""

from capture_station.cli import main

main()
