"""The window's colours, RGB."""

from __future__ import annotations

SURROUND = (19, 22, 27)
RAISED = (44, 50, 59)
KEY = (62, 70, 82)
INK = (244, 246, 248)
SOFT_INK = (176, 184, 194)
DISABLED_INK = (120, 128, 138)
WHITE = (255, 255, 255)
DARK = (10, 12, 15)
ACCENT = (14, 134, 120)
ACCENT_GONE = (8, 96, 86)
GOOD = (46, 204, 170)
WARNING = (255, 193, 71)
WARNING_INK = (46, 30, 0)
