"""The texts that users read, one file per language."""
