"""Portraits on disk: durable, whole or absent, never colliding."""
