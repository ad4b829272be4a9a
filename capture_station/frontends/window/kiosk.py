"""Decides what the kiosk shows and what a press does, from the station's state and the time. Draws nothing."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from capture_station.config import Language, WindowSettings
from capture_station.errors import Busy, StationError
from capture_station.frontends.window.check_in_flow import CheckInFlow
from capture_station.frontends.window.scene import Action, Arrow, Banner, Button, Review, Scene, View
from capture_station.locales.messages import Messages, human_size
from capture_station.station.contract import PublicStation
from capture_station.station.status import FramingStatus, Hint, Preview, Shot, State, Status

FLASH_S = 0.5
NOTICE_S = 2.5
UNDECIDED_S = 60.0
"""A doubtful portrait that nobody keeps or retakes is shown for this long."""
DEBOUNCE_S = 0.35
"""Two presses closer than this count as one, such as a bouncing touch screen or a double click."""

_CAPTURING = {Action.CAPTURE, Action.CANCEL, Action.KEEP, Action.RETAKE}
_VIEWS = (View.WHITE, View.BOTH, View.RAW)

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
        language: Language = "en",
    ) -> None:
        self._station = station
        self._settings = settings
        self._messages = messages
        self._clock_s = clock_s
        self._check_in = CheckInFlow(station, messages, language)
        self._view = View.WHITE
        self._fps = False
        self._full_screen = settings.full_screen
        self._pressed_s: dict[Action, float] = {}
        self._review: Shot | None = None
        self._review_from_s = 0.0
        self._sure = False
        """Keep was touched once for the doubtful portrait that is shown."""
        self._flash_from_s = -math.inf
        self._notice = ""
        self._notice_until_s = -math.inf
        self._status = station.status()
        self.closed = False
        """True once somebody closed the window."""

    def press(self, action: Action) -> None:
        """Perform an action, unless it is a bounce of the previous press."""
        now_s = self._clock_s()
        # Another button may appear where the touched one was, so all buttons of a capture are debounced together.
        group = Action.CAPTURE if action in _CAPTURING else action
        if now_s - self._pressed_s.get(group, -math.inf) < DEBOUNCE_S:
            return
        self._pressed_s[group] = now_s
        match action:
            case Action.CAPTURE:
                self._capture()
            case Action.CANCEL:
                self._station.cancel()
            case Action.KEEP:
                self._keep()
            case Action.RETAKE if self._review is not None:
                self._retake(self._review.id)
            case Action.VIEW:
                self._view = _VIEWS[(_VIEWS.index(self._view) + 1) % len(_VIEWS)]
            case Action.GUIDE:
                self._station.adjust(guide=not self._station.status().adjustments.guide)
            case Action.PRESET:
                self._next_preset()
            case Action.FPS:
                self._fps = not self._fps
            case Action.FULL_SCREEN:
                self._full_screen = not self._full_screen
            case Action.CONFIRM | Action.AGREE | Action.NEXT:
                self._tell(self._check_in.press(action, self._station.status().subjects))
            case Action.QUIT:
                self.closed = True

    def scan(self, text: str) -> None:
        """Take a code that a scanner has read: it checks a person in and is never a command."""
        self._make_room()
        self._tell(self._check_in.scan(text, self._station.status().subjects))

    def _make_room(self) -> None:
        """The next person is here, so a good portrait of the last one is kept."""
        if self._review is not None and self._review.verdict == "ok":
            self._keep()

    def scene(self, preview: Preview | None) -> Scene:
        """The scene to show now. ``preview`` is the newest one; None before the first."""
        now_s = self._clock_s()
        status = self._station.status()
        self._follow(status, now_s)
        running = status.state is State.RUNNING
        left_s = status.captures.countdown_left_s
        guided = running and left_s is None and not status.captures.in_progress
        framing = preview.framing if preview is not None else FramingStatus()
        hint = framing.blocking if guided else None
        return Scene(
            title=self._messages("window.title"),
            view=self._view,
            mirrored=status.adjustments.mirrored,
            guide=status.adjustments.guide and running and preview is not None and left_s is None,
            eye_line=framing.guide.eye_line,
            head_height=framing.guide.head_height,
            cropped=bool(framing.crop),
            crop=framing.crop,
            aligned=framing.ready,
            stale=not running,
            hint=self._hint(status, hint, now_s),
            arrow=self._arrow(hint) if now_s >= self._notice_until_s else None,
            countdown="" if left_s is None else str(max(1, math.ceil(left_s))),
            countdown_share=0.0 if left_s is None else left_s - max(0, math.ceil(left_s) - 1),
            held=status.captures.held if guided else 0.0,
            flash=max(0.0, 1 - (now_s - self._flash_from_s) / FLASH_S),
            banners=self._banners(status),
            review=self._shown_review(),
            buttons=self._buttons(status, now_s),
            person=self._check_in.person(status.subjects) if self._review is None else "",
            question=None if left_s is not None else self._check_in.question(status.subjects),
            corner=self._corner(status, preview, now_s) if self._fps else "",
            full_screen=self._full_screen,
        )

    def _follow(self, status: Status, now_s: float) -> None:
        """React to what happened at the station since the last call."""
        before, self._status = self._status, status
        if _phase(status) == "exposure" != _phase(before):
            self._flash_from_s = now_s
        if status.captures.failed > before.captures.failed:
            log.warning("a capture failed: %s", status.captures.last_failure)
            refused = self._messages.flaws(status.captures.refused_for)
            self._tell(f"{_sentence(refused[0])}." if refused else self._messages("notice.failed"))
        code = status.subjects.camera_code
        if code is not None and code != before.subjects.camera_code:
            self._make_room()
            self._tell(self._check_in.code_read(code))
        if _phase(status) not in (None, _phase(before)):
            self._review = None  # A new capture has begun.
        elif self._review is not None:
            shown_s = now_s - self._review_from_s
            if self._review.kept and shown_s >= self._settings.review_s:
                self._keep()
            elif shown_s >= UNDECIDED_S:
                self._review = None  # Nobody decided, so the doubtful portrait is not kept.
        shot = status.captures.last_shot
        if shot is not None and (before.captures.last_shot is None or shot.id != before.captures.last_shot.id):
            # A tap meant for the capture button must not answer the review, which nobody has read yet.
            self._pressed_s[Action.CAPTURE] = now_s
            self._review, self._review_from_s, self._sure = shot, now_s, False
            if self._settings.review_s == 0 and shot.kept:
                self._keep()

    def _next_preset(self) -> None:
        status = self._station.status()
        names = [name for name, _ in status.presets]
        if names:
            now = status.adjustments.preset
            chosen = names[(names.index(now) + 1) % len(names)] if now in names else names[0]
            self._station.adjust(preset=chosen)
            self._tell(dict(status.presets)[chosen])

    def _retake(self, shot_id: str) -> None:
        self._review = None
        shot = self._capture()
        if shot is not None:
            shot.add_done_callback(partial(self._retaken, shot_id))

    def _retaken(self, shot_id: str, shot: Future[Shot]) -> None:
        """Mark the old portrait as retaken, but only once the new one is saved. Called on the thread that saved it."""
        if shot.cancelled() or shot.exception() is not None:
            return
        try:
            self._station.retake(shot_id)
        except StationError as error:  # It was removed elsewhere, or the disk is full.
            log.warning("not marked as retaken: %s", error)

    def _capture(self) -> Future[Shot] | None:
        try:
            shot = self._station.capture()
        except Busy:
            self._say("notice.busy")
        except StationError as error:
            log.warning("no capture: %s", error)
            self._say("notice.failed")
        else:
            self._review = None
            return shot
        return None

    def _keep(self) -> None:
        if self._review is None:
            return
        if not self._review.kept:
            if not self._sure:
                self._sure = True  # A doubtful portrait takes a second touch.
                return
            try:
                self._station.keep(self._review.id)
            except StationError as error:
                log.warning("not kept: %s", error)
                self._say("notice.failed")
                return
        kept, self._review = self._review, None
        self._check_in.kept(kept, self._station.status().subjects)
        self._say("notice.kept")

    def _say(self, key: str) -> None:
        self._tell(self._messages(key))

    def _tell(self, text: str) -> None:
        if text:
            self._notice, self._notice_until_s = text, self._clock_s() + NOTICE_S

    def _hint(self, status: Status, hint: Hint | None, now_s: float) -> str:
        if status.state is State.STOPPING:
            return self._messages("state.stopping")
        if status.captures.countdown_left_s is not None:
            return self._messages("notice.countdown-neutral" if status.framing.neutral else "notice.countdown")
        if status.captures.in_progress:
            return self._messages("notice.capturing")
        if now_s < self._notice_until_s:
            return self._notice
        if status.state is State.STARTING:
            return self._messages("state.starting")
        return "" if hint is None else self._messages(f"hint.{hint.value}")

    def _arrow(self, hint: Hint | None) -> Arrow | None:
        """Hints name the person's own left and right: a mirrored picture shows them unchanged, others the reverse."""
        mirrored = self._status.adjustments.mirrored
        if hint is Hint.MOVE_LEFT:
            return Arrow.LEFT if mirrored else Arrow.RIGHT
        if hint is Hint.MOVE_RIGHT:
            return Arrow.RIGHT if mirrored else Arrow.LEFT
        return None

    def _banners(self, status: Status) -> tuple[Banner, ...]:
        messages, banners = self._messages, []
        if status.state is State.DEGRADED:
            reason = _sentence(messages.trouble(status.trouble)) if status.trouble else status.reason.rstrip(".")
            banner = "banner.over" if status.trouble and status.trouble.final else "banner.no-camera"
            banners.append(Banner(messages(banner), messages(f"{banner}-detail", reason=reason)))
        elif status.camera is not None and status.camera.kind == "demo" and status.camera.passed_over:
            banners.append(Banner(messages("banner.demo"), messages("banner.demo-detail")))
        if status.disk.away:
            banners.append(Banner(messages("banner.archive-away"), messages("banner.archive-away-detail")))
        if status.disk.low:
            detail = messages("banner.disk-low-detail", free=human_size(status.disk.free_bytes))
            banners.append(Banner(messages("banner.disk-low"), detail))
        if (unknown := self._check_in.banner()) is not None:
            banners.append(unknown)
        return tuple(banners)

    def _shown_review(self) -> Review | None:
        if self._review is None:
            return None
        good = self._review.verdict == "ok"
        title = self._messages("review.ok" if good else "review.review")
        flaws = tuple(f"{_sentence(flaw)}." for flaw in self._messages.flaws(self._review.flaws))
        return Review(self._review.portrait, title, good, (self._messages("review.ok-detail"),) if good else flaws)

    def _buttons(self, status: Status, now_s: float) -> tuple[Button, ...]:
        messages = self._messages
        if self._review is not None and not self._review.kept:
            keep = "button.keep-sure" if self._sure else "button.keep-anyway"
            return (
                Button(Action.RETAKE, messages("button.retake"), primary=True),
                Button(Action.KEEP, messages(keep)),
            )
        if self._review is not None:
            gone = min(1.0, (now_s - self._review_from_s) / self._settings.review_s)
            return (
                Button(Action.RETAKE, messages("button.retake")),
                Button(Action.KEEP, messages("button.keep"), primary=True, filled=gone),
            )
        if status.captures.countdown_left_s is not None:
            return (Button(Action.CANCEL, messages("button.cancel")),)
        refused = status.disk.away or status.disk.low or status.captures.in_progress
        if asked := self._check_in.buttons(status.subjects):
            return asked
        ready = status.state is State.RUNNING and not refused and self._check_in.ready(status.subjects)
        return (
            Button(Action.VIEW, messages("button.view")),
            Button(Action.CAPTURE, messages("button.capture"), primary=True, enabled=ready),
            Button(Action.GUIDE, messages("button.guide"))
            if status.subjects.current is None
            else Button(Action.NEXT, messages("button.next")),
        )

    def _corner(self, status: Status, preview: Preview | None, now_s: float) -> str:
        latency = "-" if preview is None else f"{(now_s - preview.captured_at_s) * 1000:.0f}"
        return self._messages("corner", fps=f"{status.live.fps:.0f}", latency=latency)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _phase(status: Status) -> str | None:
    """The capture's phase; None without a capture."""
    if status.captures.countdown_left_s is not None:
        return "countdown"
    return "exposure" if status.captures.in_progress else None
