"""Tiles, facts and keys of a menu, for operators and languages."""
