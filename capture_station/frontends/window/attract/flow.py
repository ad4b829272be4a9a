"""What the kiosk shows while nobody is there, when it begins, and what ends it."""

from __future__ import annotations

import math

from capture_station.config import WindowSettings
from capture_station.frontends.window.attract.language_choice import LanguageChoice
from capture_station.frontends.window.people.naming import scan_line
from capture_station.frontends.window.scene import Attract
from capture_station.locales.messages import Messages
from capture_station.station.status import Hint, State, Status

PERIOD_S = 6.0
"""A line is shown for so long."""
STEPS = 36
"""Pictures a period. Each costs some milliseconds of drawing."""
FADING = 4
"""Steps in which a line comes and goes."""
FORGOTTEN_S = 60.0
"""Without a screen for nobody, the language returns to the first after so long."""


class AttractFlow:
    """One kiosk's screen for nobody. Used by one thread.

    Args:
        settings: ``idle_s`` says when it begins, 0 for never; ``logo`` is shown.
        languages: All that a guest can choose.
        messages: In the language of the first line.
        now_s: Now, by the kiosk's clock.
        hands_free: Nobody has to touch anything for a portrait.
    """

    def __init__(
        self,
        settings: WindowSettings,
        languages: LanguageChoice,
        messages: Messages,
        now_s: float,
        hands_free: bool = False,
    ) -> None:
        self._idle_s = settings.idle_s
        self._logo = "" if settings.logo is None else str(settings.logo)
        self._languages = languages
        codes = dict.fromkeys((messages.language, *settings.languages))
        self._invitation = f"hint.{Hint.NOBODY.value}" if hands_free else "guest.attract"
        self._line = self._invitation
        """What people are to do first."""
        self._spoken = [Messages(code) for code in codes] if self._idle_s else []
        self._somebody_s = now_s
        """When somebody was there last."""
        self._from_s: float | None = None
        """When it began; None while it is not shown."""

    @property
    def is_shown(self) -> bool:
        return self._from_s is not None

    def follow(self, status: Status, used_s: float, now_s: float) -> None:
        """Begin and end by what the station sees.

        Args:
            status: The station's.
            used_s: When something was pressed or scanned last.
            now_s: By the same clock.
        """
        self._line = scan_line(status.subjects) if status.subjects.mode == "required" else self._invitation
        captures = status.captures
        capturing = captures.countdown_left_s is not None or captures.in_progress
        seen = status.state is State.RUNNING and status.framing.blocking is not Hint.NOBODY
        if capturing or seen or status.subjects.current is not None:
            self._somebody_s = now_s
        deserted_s = now_s - max(self._somebody_s, used_s)
        # A fault is to be read, also from a distance.
        faulty = status.state is not State.RUNNING or bool(status.disk.trouble)
        begins = 0 < self._idle_s <= deserted_s and not faulty
        if not begins:
            self._from_s = None
        elif self._from_s is None:
            self._from_s = now_s
        if deserted_s >= (self._idle_s or FORGOTTEN_S):
            self._languages.reset()

    def view(self, title: str, now_s: float) -> Attract | None:
        """The picture of this moment; None while it is not shown."""
        if self._from_s is None:
            return None
        periods, share = divmod((now_s - self._from_s) / PERIOD_S, 1)
        step = math.floor(share * STEPS)
        shade = min(1.0, (min(step, STEPS - 1 - step) + 1) / FADING) if len(self._spoken) > 1 else 1.0
        return Attract(
            logo=self._logo,
            title=title,
            line=self._spoken[int(periods) % len(self._spoken)](self._line),
            shade=shade,
            turn=step / STEPS,
            languages=self._languages.tiles() if self._languages.is_offered else (),
        )
