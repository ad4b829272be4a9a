"""What the kiosk offers after a portrait is kept: a QR code to take it home, and a print."""

from __future__ import annotations

import logging
from collections.abc import Callable

from capture_station.errors import NotReleased, StationError, UnfitForPrint
from capture_station.frontends.window.deletions import Deletions
from capture_station.frontends.window.people.naming import full_name
from capture_station.frontends.window.scene import Action, Button, Code, TakeHome
from capture_station.locales.messages import Messages
from capture_station.station.contract import PublicStation
from capture_station.station.status import Shot, SubjectStatus

SHOWN_S = 30.0
"""Time to take a phone out; a touch, the next person or the next capture ends it."""

ShareCode = Callable[[str], "Code | None"]
"""Makes the QR code of a link to the capture of this id; None: its portrait is to stay in the station."""

log = logging.getLogger(__name__)


class TakeHomeFlow:
    """The portrait just kept, at one kiosk. Used by one thread.

    Args:
        station: Its printer prints.
        share: None: portraits are not shared.
        messages: In the kiosk's language.
        guest: Whoever uses it cannot see to the printer, so nothing is printed while the printer does not work.
    """

    def __init__(self, station: PublicStation, share: ShareCode | None, messages: Messages, guest: bool) -> None:
        self._station = station
        self._share = share
        self._messages = messages
        self._guest = guest
        self.shot: Shot | None = None
        """The portrait that is shown; None without one."""
        self._code: Code | None = None
        self._from_s = 0.0
        self._printed = False
        self._deletions = Deletions(station)
        self._here_then: set[str] = set()
        """The ids of who was checked in or waited when it began."""

    @property
    def is_shown(self) -> bool:
        return self.shot is not None

    @property
    def _prints(self) -> bool:
        """Whether a print is offered."""
        printing = self._station.printing
        return printing is not None and not (self._guest and printing.status().stopped)

    def begin(self, shot: Shot, status: SubjectStatus, now_s: float) -> None:
        """Offer what there is; nothing without a printer and without a link.

        ``status``: before the person was let go.
        """
        self._code = None if self._share is None else self._share(shot.id)
        if self._code is None and not self._prints:
            return
        self.shot, self._from_s, self._printed = shot, now_s, False
        self._here_then = {one.id for one in (status.current, *status.waiting) if one is not None}

    def follow(self, kept: Shot | None) -> None:
        """Show the name that the portrait kept last has now: somebody may have said that it is another person's."""
        if self.shot is not None and kept is not None and kept.id == self.shot.id:
            self.shot = kept

    def end(self) -> None:
        self.shot = None

    def is_over(self, status: SubjectStatus, now_s: float) -> bool:
        """Whether its time is over, it was deleted, or somebody came elsewhere who is to find no other's portrait."""
        new = status.current is not None and status.current.id not in self._here_then
        over = new or now_s - self._from_s >= SHOWN_S
        return self.shot is not None and (over or self._deletions.include(self.shot.id))

    def print(self, now_s: float) -> str:
        """Print the portrait once; returns what to say."""
        if self.shot is None or self._station.printing is None or self._printed:
            return ""
        try:
            self._station.printing.request([self.shot.id])
        except StationError as error:
            log.warning("not printed: %s", error)
            if isinstance(error, UnfitForPrint):
                return self._messages("failure.77")
            if self._guest:
                return self._messages("guest.no-print")
            return self._messages("failure.79" if isinstance(error, NotReleased) else "failure.76")
        self._printed, self._from_s = True, now_s
        return self._messages("notice.printing")

    def view(self) -> TakeHome | None:
        if self.shot is None:
            return None
        title = self._messages("notice.kept" if self._code is None else "share.scan")
        person = "" if self.shot.subject is None else full_name(self.shot.subject)
        return TakeHome(title, self.shot.portrait, self._code, person)

    def buttons(self, now_s: float) -> tuple[Button, ...]:
        gone = min(1.0, (now_s - self._from_s) / SHOWN_S)
        done = Button(Action.DONE, self._messages("button.done"), primary=True, filled=gone)
        if not self._prints:
            return (done,)
        return (Button(Action.PRINT, self._messages("page.print"), enabled=not self._printed), done)
