"""Capture station: people in front of anything, portraits on white."""

import os

__version__ = "0.1.0"

# OpenCV reads this while it is loaded: a V4L2 driver that delivers nothing then blocks for 2 s instead of 10.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
