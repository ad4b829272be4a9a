"""What each key does. Keys that end the window or leave full screen cannot be hit by accident."""

from __future__ import annotations

from capture_station.frontends.window.scene import Action

QUIT = "ctrl+q"
ACTION_OF = {
    " ": Action.CAPTURE,
    "enter": Action.CAPTURE,
    "escape": Action.CANCEL,
    "k": Action.KEEP,
    "r": Action.RETAKE,
    "v": Action.VIEW,
    "g": Action.GUIDE,
    "p": Action.PRESET,
    "s": Action.SEARCH,
    "z": Action.ZOOM,
    "i": Action.FPS,
    "o": Action.OPERATOR,
    "f11": Action.FULL_SCREEN,
    "ctrl+f": Action.FULL_SCREEN,
    QUIT: Action.QUIT,
}
"""By character, or by the name of a key that has none."""
SEARCH_ACTION_OF = {"enter": Action.SUBMIT, "escape": Action.NEXT}
"""The same while a person is searched; all characters are typed then."""
MENU_ACTION_OF = {
    "enter": Action.FOCUSED,
    " ": Action.FOCUSED,
    "tab": Action.FOCUS_NEXT,
    "right": Action.FOCUS_NEXT,
    "down": Action.FOCUS_NEXT,
    "left": Action.FOCUS_PREVIOUS,
    "up": Action.FOCUS_PREVIOUS,
    "escape": Action.BACK,
    "f11": Action.FULL_SCREEN,
    "ctrl+f": Action.FULL_SCREEN,
}
"""The same while a menu is shown."""
PIN_ACTION_OF = {"enter": Action.SUBMIT, "escape": Action.BACK}
"""The same while a PIN is asked for; digits are typed then."""
