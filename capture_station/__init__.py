"""Capture station: people in front of anything, portraits on white."""

import os

__version__ = "0.1.0"

# OpenCV reads these while it is loaded. A V4L2 driver that delivers nothing then blocks for 2 s instead of 10.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
# OpenCV and its FFmpeg print to the terminal, with passwords in addresses. Our own messages say what went wrong.
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
