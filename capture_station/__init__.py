"""Capture station: people in front of anything, portraits on white."""

__version__ = "0.1.0"
