"""Whose portrait it is: scanned, searched, asked to agree."""
