"""What an operator chooses to see at the kiosk: which pictures, guide, mirror, preset, frame rate, full screen."""

from __future__ import annotations

from capture_station.frontends.window.scene import Action, View
from capture_station.locales.messages import Messages
from capture_station.station.contract import PublicStation

DISPLAY_ACTIONS = frozenset(
    {Action.VIEW, Action.GUIDE, Action.MIRROR, Action.PRESET, Action.FPS, Action.FULL_SCREEN},
)
_VIEWS = (View.WHITE, View.BOTH, View.RAW)


class DisplayOptions:
    """The options of one kiosk; guide, mirror and preset are the station's. Used by one thread."""

    def __init__(self, station: PublicStation, full_screen: bool, messages: Messages) -> None:
        self._station = station
        self._messages = messages
        self.view = View.WHITE
        self.fps = False
        self.full_screen = full_screen

    def press(self, action: Action) -> str:
        """Change what one of ``DISPLAY_ACTIONS`` asks for; returns what to tell, empty for nothing."""
        now = self._station.status().adjustments
        match action:
            case Action.VIEW:
                self.view = _VIEWS[(_VIEWS.index(self.view) + 1) % len(_VIEWS)]
            case Action.GUIDE:
                self._station.adjust(guide=not now.guide)
            case Action.MIRROR:
                self._station.adjust(mirrored=not now.mirrored)
            case Action.PRESET:
                return self._next_preset()
            case Action.FPS:
                self.fps = not self.fps
            case Action.FULL_SCREEN:
                self.full_screen = not self.full_screen
        return ""

    def _next_preset(self) -> str:
        status = self._station.status()
        names = [name for name, _ in status.presets]
        if not names:
            return ""
        now = status.adjustments.preset
        chosen = names[(names.index(now) + 1) % len(names)] if now in names else names[0]
        self._station.adjust(preset=chosen)
        return self._messages.preset(chosen, dict(status.presets)[chosen])
