"""Kept portraits leave the archive under people's names, with a table that says what is what."""
