"""Evaluation: accuracy, steadiness and speed of the shipped models, compared with a peer and the colour threshold."""
