"""Segmenters: one contract, one file a kind."""
