"""The station: capture loop, segmentation, captures; and what viewers may ask of it."""
