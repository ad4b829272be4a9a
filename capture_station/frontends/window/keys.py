"""What each key does. Keys that end the window or leave full screen cannot be hit by accident."""

from __future__ import annotations

from collections.abc import Sequence

from capture_station.frontends.window.scene import Action, Button, Press

QUIT = "ctrl+q"
ACTION_OF = {
    " ": Action.CAPTURE,
    "enter": Action.CAPTURE,
    "escape": Action.CANCEL,
    "k": Action.KEEP,
    "r": Action.RETAKE,
    "y": Action.AGREE,
    "v": Action.VIEW,
    "g": Action.GUIDE,
    "p": Action.PRESET,
    "s": Action.SEARCH,
    "w": Action.WRONG_PERSON,
    "z": Action.ZOOM,
    "i": Action.FPS,
    "o": Action.OPERATOR,
    "f11": Action.FULL_SCREEN,
    "ctrl+f": Action.FULL_SCREEN,
    QUIT: Action.QUIT,
}
"""By character, or by the name of a key that has none."""
LEFTWARD = {"right": "left", "left": "right"}
"""What an arrow key means where the screen is read from right to left."""
SEARCH_ACTION_OF = {"enter": Action.SUBMIT, "escape": Action.NEXT, "down": Action.MORE}
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


def answered(press: Press, buttons: Sequence[Button]) -> Press | None:
    """What the keys for yes, no and keep mean beside these buttons; None for nothing.

    Only a key of its own agrees. Some scanners send a second Enter, and who presses the key for Keep may mean the
    portrait that was there a moment ago: both would agree in somebody's place.
    """
    enabled = {button.action: button.enabled for button in buttons}
    asked = next((yes for yes in (Action.AGREE, Action.CONFIRM) if yes in enabled), None)
    match press:
        case Action.AGREE | Action.CONFIRM:
            return asked if asked is not None and enabled[asked] else None
        case Action.KEEP if asked is not None:
            return None
        case Action.CANCEL if asked is not None:
            return Action.NEXT
        case Action.KEEP | Action.CANCEL if Action.DONE in enabled:
            return Action.DONE
    return press
