"""Evaluation: how good, how steady and how fast the shipped models are, beside a peer and the colour threshold."""
