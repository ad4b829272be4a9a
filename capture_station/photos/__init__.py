"""Portraits from existing photo files: find the photos, read them, and clean them in bulk."""
