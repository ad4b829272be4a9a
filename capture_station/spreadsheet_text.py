"""Keeps spreadsheets from taking text in CSV files for formulas, which may read other cells and send them away.

Spreadsheets take text after an apostrophe as it is (OWASP, CSV Injection).
"""

from __future__ import annotations

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def to_cell(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would compute it."""
    return f"'{text}" if text.startswith(_STARTS) else text


def from_cell(cell: str) -> str:
    """The text that ``to_cell`` was given."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_STARTS) else cell
