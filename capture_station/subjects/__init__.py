"""Whose portrait it is: people on a roster, found by a scanned code, an id or a name."""
