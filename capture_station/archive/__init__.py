"""Stores captures on disk durably and atomically."""
