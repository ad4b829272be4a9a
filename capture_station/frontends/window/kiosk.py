"""Decides what the kiosk shows and what a press does, from the station's state and the time. Draws nothing."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace

from capture_station.config import WindowSettings
from capture_station.errors import NotPermitted, StationError, SubjectError
from capture_station.frontends.window.attract.flow import AttractFlow
from capture_station.frontends.window.attract.language_choice import LanguageChoice
from capture_station.frontends.window.banners import banners, guest_banners
from capture_station.frontends.window.debounce import DEBOUNCE_S, IMPATIENT_S, Debounce
from capture_station.frontends.window.flash import Flash
from capture_station.frontends.window.keys import answered
from capture_station.frontends.window.live.buttons import live_buttons
from capture_station.frontends.window.live.guidance import ARROW_TO, arrow_of, corner, phase, told
from capture_station.frontends.window.live.refusal import failure, refusal
from capture_station.frontends.window.notice import Notice
from capture_station.frontends.window.operator.display_options import DISPLAY_ACTIONS, DisplayOptions
from capture_station.frontends.window.operator.mode import OperatorMode
from capture_station.frontends.window.operator.services import OperatorServices
from capture_station.frontends.window.palette import DEFAULT_ACCENT, accent_of
from capture_station.frontends.window.people.check_in_flow import CheckInFlow
from capture_station.frontends.window.people.naming import following
from capture_station.frontends.window.review.flow import ReviewFlow
from capture_station.frontends.window.scene import Action, Banner, Button, Press, Scene
from capture_station.frontends.window.sounds import Cues
from capture_station.frontends.window.take_home.flow import ShareCode, TakeHomeFlow
from capture_station.frontends.window.timeouts import UNUSED_S
from capture_station.frontends.window.voice import Voice
from capture_station.locales.messages import ChosenMessages, Messages
from capture_station.station.contract import PublicStation
from capture_station.station.status import CaptureStatus, FramingStatus, Preview, Shot, State, Status

log = logging.getLogger(__name__)


class Kiosk:
    """The state of one kiosk window. Used by one thread.

    Countdown, flash, review and failures follow the station's status, so a capture requested by a button or over the
    network looks the same as one requested here.
    """

    def __init__(
        self,
        station: PublicStation,
        settings: WindowSettings,
        messages: Messages,
        clock_s: Callable[[], float] = time.monotonic,
        share: ShareCode | None = None,
        services: OperatorServices | None = None,
        hands_free: bool = False,
    ) -> None:
        self._station = station
        self._settings = settings
        self._messages = messages = ChosenMessages(messages.language)
        self._clock_s = clock_s
        self._languages = LanguageChoice(messages, settings.languages)
        self._attract = AttractFlow(settings, self._languages, messages, clock_s(), hands_free)
        self._accent = DEFAULT_ACCENT if settings.accent is None else accent_of(settings.accent)
        self._check_in = CheckInFlow(station, messages)
        self._review = ReviewFlow(station, settings.review_s, messages)
        self._operator = OperatorMode(station, settings, messages, services or OperatorServices())
        self._take_home = TakeHomeFlow(station, share, messages, self._operator.has_pin)
        self._cues = Cues(settings.volume)
        self._display = DisplayOptions(station, settings.full_screen, messages)
        self._flash = Flash(settings.flash)
        self._debounce = Debounce()
        self._used_s = -math.inf
        """When something was pressed last."""
        self._notice = Notice()
        self._status = station.status()
        self._lost: Preview | None = None
        """What the camera saw last before it was lost: nobody who comes later is to see it."""
        self.closed = False
        """True once somebody closed the window."""

    def press(self, press: Press) -> None:
        """Perform an action, unless it is a bounce of the previous press."""
        now_s = self._clock_s()
        self._used_s = now_s
        self._station.subjects.stay()
        if not self._debounce.counts(press, now_s):
            return
        status = self._station.status()
        if self._operator.is_shown:
            meant = self._operator.meant(press, now_s)
        else:
            meant = answered(press, self._buttons(status, now_s))
            meant = None if meant is None else self._languages.meant(meant)
        if meant in (None, Action.WAKE) or self._operator.refuses(meant):
            return
        match meant:
            case Action.CAPTURE if self._check_in.asks(status.subjects):
                pass  # The buttons answer.
            case Action.OPERATOR if self._operator.guards:
                self._languages.reset()  # The operator need not speak the last guest's.
                self._operator.ask(now_s)
            case Action.CAPTURE if self._is_awaited(status) or self._review.is_put_off(now_s):
                self._put_off() if self._review.awaits_answer else self._keep()
            case Action.CAPTURE:
                self._capture()
            case Action.CANCEL:
                self._station.cancel()
            case Action.KEEP:
                self._keep()
            case Action.RETAKE if self._review.shot is not None and not self._check_in.is_asking:
                self._retake(self._review.shot)
            case Action.ZOOM:
                self._review.zoom(now_s)
            case Action() if meant in DISPLAY_ACTIONS:
                self._tell(self._display.press(meant))
            case Action.WRONG_PERSON if self._status.subjects.mode != "off" and phase(self._status) is None:
                self._wrong_person(now_s)
            case Action.PRINT:
                self._tell(self._take_home.print(now_s))
            case Action.DONE:
                self._take_home.end()
            case Action.QUIT:
                self.closed = True
            case _ if self._operator.is_shown:
                self._tell(self._operator.press(meant, now_s))
                self.closed |= self._operator.quits
            case _ if self._languages.press(meant):
                pass
            case _:
                self._notice.clear()
                self._tell(self._check_in.press(meant, self._status.subjects))
                self._correct()

    @property
    def restarts(self) -> bool:
        """The station is to start again once the window is closed."""
        return self._operator.restarts

    def scan(self, text: str) -> None:
        """Take a code that a scanner has read: it checks a person in and is never a command."""
        self._used_s, before = self._clock_s(), self._station.status()
        is_next = not self._check_in.asks_to_file and not self._check_in.search.is_open
        if is_next and self._review.awaits_answer:
            self._put_off()
            return
        told = self._check_in.scan(text, before.subjects, self._review.new_shot)
        if is_next:
            self._make_room(before)
        self._notice.clear()  # What was told before concerns the person before.
        self._tell(told)
        self._correct()

    def scene(self, preview: Preview | None) -> Scene:
        """The scene to show now. ``preview`` is the newest one; None before the first."""
        now_s = self._clock_s()
        status = self._station.status()
        self._follow(status, now_s)
        running = status.state is State.RUNNING
        self._lost = self._lost if running else preview
        left_s = status.captures.countdown_left_s
        search, shot = self._check_in.search, self._review.shot
        operated = self._operator.is_shown and phase(status) is None
        # Nobody is told how to stand while there is no live picture.
        covered = shot is not None or search.is_open or self._take_home.is_shown or operated
        guided = running and phase(status) is None and not covered
        in_front = shot is not None or self._take_home.is_shown
        asks = phase(status) is None and (not in_front or self._check_in.is_asking)
        elsewhere = self._operator.is_shown or self._languages.is_open or self._attract.is_shown
        self._check_in.follow(status.subjects, asks and not elsewhere, now_s)
        self._review.hold_captures(self._check_in.shows_unknown or self._is_awaited(status), now_s)
        framing, head = (preview.framing, preview.head) if preview is not None else (FramingStatus(), None)
        hint = status.framing.blocking if guided else None
        notice = self._notice.shown(now_s, framing.blocking)
        asked = self._check_in.question(status.subjects) if left_s is None and not in_front else None
        scene = Scene(
            title=self._messages("window.title"),
            view=self._display.view,
            mirrored=status.adjustments.mirrored,
            guide=status.adjustments.guide and running and head is not None and left_s is None,
            eye_line=framing.guide.eye_line,
            head_height=framing.guide.head_height,
            cropped=bool(framing.crop),
            crop=framing.crop,
            aligned=framing.ready and hint is None,
            stale=not running or (preview is not None and preview is self._lost),
            hint=told(status, self._messages, notice, hint),
            arrow=None if notice else arrow_of(hint, status.adjustments.mirrored),
            countdown="" if left_s is None else str(max(1, math.ceil(left_s))),
            countdown_share=0.0 if left_s is None else left_s - max(0, math.ceil(left_s) - 1),
            camera_at=ARROW_TO[self._settings.camera_at],
            held=status.captures.held if guided else 0.0,
            flash=self._flash.is_on,
            banners=self._banners(status),
            review=self._review.view(),
            buttons=self._buttons(status, now_s),
            person=self._check_in.person(status) if not in_front and asked is None else "",
            following=self._following(status) if not search.is_open else "",
            question=asked,
            take_home=self._take_home.view(),
            search=search.view(status.subjects.takes_unknown) if search.is_open and phase(status) is None else None,
            typing=search.typed_on(now_s - self._used_s),
            cue=self._cues.newest,
            voice=Voice(self._messages.language, self._settings.volume) if self._settings.voice else None,
            corner=corner(status, self._messages, preview, now_s) if self._display.fps else "",
            full_screen=self._display.full_screen,
            leftward=self._messages("direction") == "rtl",
            accent=self._accent,
        )
        if operated:
            return self._operator.shown(scene, notice, self._display, now_s)
        attract = self._attract.view(scene.title, now_s)
        if attract is not None:
            return replace(scene, attract=attract, hint="", corner="", person="", buttons=())
        if self._languages.is_open and phase(status) is None:
            return replace(scene, menu=self._languages.menu(), buttons=self._languages.buttons())
        return scene

    @property
    def is_resting(self) -> bool:
        """Nobody is there, so nobody needs a live picture."""
        return self._attract.is_shown and not self._operator.is_shown

    def _follow(self, status: Status, now_s: float) -> None:
        """React to what happened at the station since the last call."""
        before, self._status = self._status, status
        self._flash.follow(status)
        self._cues.follow(before, status)
        if status.captures.failed > before.captures.failed:
            log.warning("a capture failed: %s", status.captures.last_failure)
            if status.state is not State.DEGRADED:  # Then a banner says why.
                self._notice.tell(failure(status.captures, self._messages), now_s, status.framing.blocking)
        code = status.subjects.camera_code
        if code is not None and code != before.subjects.camera_code:
            # The portrait that is asked about stays until there is an answer.
            if not self._check_in.asks_whose:
                if code.outcome != "waits":
                    self._make_room(before)
                self._notice.clear()
            self._tell(self._check_in.code_read(code, status.subjects))
        self._tell(self._check_in.follow_deletions())
        self._follow_search(now_s)
        self._check_in.follow_code(status.subjects, now_s)
        self._operator.follow(now_s)
        busy = self._review.shot is not None or self._take_home.is_shown or self._operator.is_shown
        self._attract.follow(status, now_s if busy else self._used_s, now_s)
        if self._review.follow(status.subjects.mode):
            self._debounce.pause(now_s)
        self._take_home.follow(self._review.correctable(now_s))
        self._languages.follow(self._station, now_s - self._used_s)
        if self._take_home.is_over(status.subjects, now_s):
            self._take_home.end()
            self._station.subjects.stay()  # The next person has the whole time to agree.
            self._debounce.pause(now_s)
        self._review.retaking(status.captures)
        if phase(status) not in (None, phase(before)):
            self._review.end()  # A new capture has begun.
            self._take_home.end()
            self._languages.close()
            self._check_in.put_aside()
            if phase(before) is None:
                self._notice.clear()  # It concerns the portrait before.
        elif self._review.is_over(now_s):
            self._keep()
            self._debounce.pause(now_s)
        elif (left := self._review.forgotten(now_s)) is not None:
            self._check_in.let_go(left, status.subjects)
            self._review.end()
            self._debounce.pause(now_s)
        shot = status.captures.last_shot
        if shot is not None and (before.captures.last_shot is None or shot.id != before.captures.last_shot.id):
            self._debounce.pause(now_s)
            self._check_in.put_aside()
            self._review.begin(shot, now_s)
            if self._settings.review_s == 0 and shot.kept:
                self._keep()
        elif phase(status) is None:
            self._review.give_up_retake(status.captures, now_s)
        if phase(status) is None and self._review.shot is None and not self._take_home.is_shown:
            self._check_in.come_back(wanted=now_s - self._used_s < UNUSED_S)

    def _follow_search(self, now_s: float) -> None:
        search = self._check_in.search
        if search.is_open or self._check_in.asks_to_file:
            self._review.wait(now_s)
        if search.is_open and now_s - self._used_s >= UNUSED_S:
            search.close()

    def _make_room(self, before: Status) -> None:
        """Somebody was scanned, who may only join those who waited ``before``: then the review of a new one goes on."""
        self._languages.close()
        self._debounce.pause(self._clock_s(), IMPATIENT_S if self._check_in.shows_unknown else DEBOUNCE_S)
        self._take_home.end()
        current = self._station.status().subjects.current
        joins = self._is_awaited(before) and current == before.subjects.current
        if not joins or self._review.new_shot is None:
            self._review.make_room()

    def _put_off(self) -> None:
        """The next person may stand there already: until the portrait is answered for, no key and no button acts."""
        self._review.put_off(self._clock_s())

    def _retake(self, old: Shot) -> None:
        try:
            self._station.capture(retakes=old.id)
        except StationError as error:
            if isinstance(error, SubjectError) and not isinstance(error, NotPermitted):
                lacking = self._check_in.ask_first(old)
                if old.subject is not None and not lacking:
                    self._review.end()  # The question to the person comes up.
                self._tell(lacking)
            else:
                self._tell(refusal(error, self._messages))
        else:
            self._begun()
            self._review.taken_again(old)

    def _capture(self) -> None:
        try:
            self._station.capture()
        except StationError as error:
            self._tell(refusal(error, self._messages))
        else:
            self._begun()

    def _begun(self) -> None:
        """A portrait is being taken."""
        self._review.end()
        self._check_in.search.close()

    def _keep(self) -> None:
        try:
            kept = self._review.keep(self._clock_s())
        except StationError as error:
            log.warning("not kept: %s", error)
            self._tell(self._messages("notice.failed"))
            return
        if kept is not None:
            subjects = self._station.status().subjects
            told = self._check_in.filed(kept, subjects)
            if not self._review.makes_room:  # Else the next person is to be told, and to find, nothing of it.
                self._tell(told)
                self._take_home.begin(kept, subjects, self._clock_s())

    def _wrong_person(self, now_s: float) -> None:
        """It is somebody else on the portrait under review, or on the one kept just before."""
        shot = self._review.shot or self._review.correctable(now_s)
        if shot is not None:
            self._notice.clear()
            self._check_in.ask_whose(shot)

    def _correct(self) -> None:
        """Whoever shows a portrait whose person was corrected takes note."""
        corrected, self._check_in.corrected = self._check_in.corrected, None
        if corrected is None:
            return
        capture_id, person = corrected
        # Who stands before the camera: a retake is filed under the same name.
        if self._review.correct(capture_id, person, self._clock_s()) and person is not None:
            self._check_in.stand_in(capture_id)

    def _is_awaited(self, status: Status) -> bool:
        """Somebody waits for the portrait shown or being taken, and may stand there already under its person's name."""
        taken = self._taken(status)
        return taken is not None and bool(status.subjects.after(taken.subject))

    def _taken(self, status: Status) -> Shot | CaptureStatus | None:
        """The portrait that is shown or being taken; None for none."""
        return self._review.shot or (None if phase(status) is None else status.captures)

    def _following(self, status: Status) -> str:
        """Who comes next, in words; empty for nobody."""
        taken, subjects = self._taken(status) or self._take_home.shot, status.subjects
        return following(self._messages, subjects.waiting if taken is None else subjects.after(taken.subject))

    def _banners(self, status: Status) -> tuple[Banner, ...]:
        """Guests read what they can do, and nothing of devices and disks."""
        asked, due = self._check_in.banner(), self._review.banner(self._following(status))
        person = asked if asked is not None and self._check_in.is_asking else due or asked  # What the buttons answer.
        return (guest_banners if self._operator.guards else banners)(status, self._messages, person)

    def _tell(self, text: str) -> None:
        self._notice.tell(text, self._clock_s())

    def _buttons(self, status: Status, now_s: float) -> tuple[Button, ...]:
        messages, subjects = self._messages, status.subjects
        deciding = self._check_in.buttons(subjects, now_s) if phase(status) is None else ()
        shot = self._review.shot
        if shot is not None and not (deciding and self._check_in.is_asking):
            return self._review.buttons(now_s, subjects.mode != "off")
        if status.captures.countdown_left_s is not None:
            return (Button(Action.CANCEL, messages("button.cancel"), enabled=not self._debounce.insists(now_s)),)
        if self._take_home.is_shown and not self._check_in.is_asking:
            return self._take_home.buttons(now_s)
        if deciding:
            return deciding
        correctable = self._review.correctable(now_s) is not None
        language = self._languages.button() if self._languages.is_offered else None
        return live_buttons(status, messages, self._check_in, correctable, self._operator.has_pin, language)
