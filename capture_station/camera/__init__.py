"""Cameras: one contract, one file a kind."""
