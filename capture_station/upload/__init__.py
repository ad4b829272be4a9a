"""Portraits handed on to another place."""
