"""What the kiosk shows and does about the portrait just taken: kept, taken again, looked at closely."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from capture_station.errors import StationError
from capture_station.flaws import Flaw
from capture_station.frontends.window.live.refusal import failure
from capture_station.frontends.window.people.naming import full_name
from capture_station.frontends.window.scene import Action, Banner, Button, RelativeBox, Review
from capture_station.frontends.window.timeouts import POSTPONED_S
from capture_station.locales.messages import Messages
from capture_station.station.contract import PublicStation
from capture_station.station.status import CaptureStatus, Person, Saved, Shot

UNDECIDED_S = 60.0
"""A doubtful portrait that nobody keeps or retakes is shown for this long, and one that still needs a name."""
CORRECTABLE_S = 60.0
"""The person of the portrait just kept can be corrected for so long, counted anew from each correction."""
SEEN_S = 3.0
"""A good portrait is shown for at least so long before it makes room for the next person."""
SEEN_AGAIN_S = 1.0
"""The same where it was shown already, before a retake that came to nothing."""
STAYS_S = 6.0
"""A portrait whose retake came to nothing is shown for at least so long: the next press is not another try of it."""
PUT_OFF_S = 4.0
"""After a code that came too early, a key that could also belong to the next person does nothing for so long."""


@dataclass(frozen=True, slots=True)
class _Retake:
    """A portrait that is being taken again, on whatever screen."""

    capture_id: str
    shot: Shot | None
    """The portrait if it was under review here."""
    failed: int
    """Captures that had failed before."""


class ReviewFlow:
    """The portrait under review at one kiosk. Used by one thread.

    Args:
        station: Keeps portraits.
        review_s: A good portrait is kept by itself after so long.
        messages: In the kiosk's language.
    """

    def __init__(self, station: PublicStation, review_s: float, messages: Messages) -> None:
        self._station = station
        self._review_s = review_s
        self._messages = messages
        self.shot: Shot | None = None
        """The portrait that is shown; None without one."""
        self.name_required = False
        """Every portrait needs a person."""
        self._changes, _ = station.changes(0)
        self._from_s = 0.0
        self._put_off_s: float | None = None
        """When the next person was scanned last, or a key pressed since, before there was an answer; None: never."""
        self._held_until_s = -math.inf
        """No push button takes a portrait before, unless this one is kept."""
        self._holds = False
        """No push button takes one now."""
        self._sure = False
        """Keep was touched once for the doubtful portrait that is shown."""
        self._zoomed = False
        self._retake: _Retake | None = None
        self._failure: Banner | None = None
        """Why no new portrait came of the retake of the one that is shown."""
        self._older = False
        """It is shown only for that, and was filed before."""
        self.makes_room = False
        """The next person is here, so the portrait that is shown, or was shown last, is soon kept."""
        self._last: Shot | None = None
        """The portrait that was shown last."""
        self._kept: Shot | None = None
        """The portrait kept just before, whose person can still be corrected."""
        self._kept_at_s = -math.inf
        self._previous: Shot | None = None
        """What the portrait that is shown replaces."""

    def follow(self, mode: str) -> bool:
        """Take note of other screens: what was kept, taken again or deleted there is asked here no more.

        Returns whether that ended a review.

        Where people have names, nothing starts hands free while it is asked: the next person may stand there.
        Whose portrait is shown is not taken for gone.
        """
        self.name_required = mode == "required"
        if self.awaits_answer and mode != "off":
            self._station.postpone_auto(POSTPONED_S)
        if self.shot is not None:
            self._station.subjects.stay()
        self._changes, changed = self._station.changes(self._changes)
        if self._kept is not None and self._kept.id in changed:
            with contextlib.suppress(StationError):
                saved = self._station.find(self._kept.id)
                self._kept = None if saved is None or not saved.kept else replace(self._kept, subject=saved.subject)
        if self.shot is None or self.shot.id not in changed:
            return False
        with contextlib.suppress(StationError):  # A disk that hangs delays nobody.
            saved = self._station.find(self.shot.id)
            if saved is None or saved.kept != self.shot.kept:
                self.end()
                return True
            self.shot = replace(self.shot, subject=saved.subject, lacks=saved.lacks)
        return False

    def begin(self, shot: Shot, now_s: float) -> None:
        self.shot, self._from_s, self._sure, self._zoomed = shot, now_s, False, False
        # Whoever asked for the retake, on whatever screen.
        self._previous = self._last if self._last is not None and self._last.id == shot.retakes else None
        self._last, self._retake = shot, None
        self._put_off_s = self._failure = None
        self._older = self.makes_room = False

    def end(self) -> None:
        self.shot = self._previous = self._failure = None

    def retaking(self, captures: CaptureStatus) -> None:
        """Take note of a capture that is to replace another one, whoever asked for it."""
        capture_id = captures.retakes
        if capture_id is not None and (self._retake is None or self._retake.capture_id != capture_id):
            under_review = self.shot is not None and self.shot.id == capture_id
            self._retake = _Retake(capture_id, self.shot if under_review else None, captures.failed)

    def give_up_retake(self, captures: CaptureStatus, now_s: float) -> None:
        """No new portrait came of it: the one before is shown, and why, with whose it is."""
        given_up, self._retake = self._retake, None
        if given_up is None:
            return
        saved = None
        with contextlib.suppress(StationError):  # A disk that hangs.
            saved = self._station.find(given_up.capture_id)
        if saved is None or not (saved.kept or saved.verdict == "review"):
            return
        self.begin(_shot(saved, given_up.shot), now_s)
        self._older = given_up.shot is None
        messages, reason = self._messages, ""
        stays = messages("notice.stays")
        if captures.failed > given_up.failed:
            reason = failure(captures, messages)
        if saved.subject is None:
            self._failure = Banner(stays, reason)
        else:
            self._failure = Banner(messages("banner.not-retaken", person=full_name(saved.subject)), reason or stays)

    def wait(self, now_s: float) -> None:
        """Somebody is busy with the portrait: start its time again."""
        self._from_s = now_s

    def make_room(self) -> None:
        """The next person is here, so a good portrait is kept as soon as its own person has seen it."""
        self.makes_room = self.shot is not None and self.shot.kept and self.shot.verdict == "ok"

    def put_off(self, now_s: float) -> None:
        """The next person is here too early, and perhaps before the camera already."""
        self._put_off_s = self._from_s = now_s
        self._held_until_s = now_s + PUT_OFF_S
        self._station.postpone_captures(PUT_OFF_S)

    def hold_captures(self, asked: bool, now_s: float) -> None:
        """Let a push button take nobody for a while after ``put_off``, and while the screen asks something first."""
        left_s = max(self._held_until_s - now_s, POSTPONED_S if asked else 0.0)
        if left_s > 0 or self._holds:
            self._station.postpone_captures(max(0.0, left_s))
        self._holds = left_s > 0

    def is_put_off(self, now_s: float) -> bool:
        """Whether only an explicit answer counts: the next person may stand there under this person's name."""
        return self.awaits_answer and self._put_off_s is not None and now_s - self._put_off_s < PUT_OFF_S

    def is_over(self, now_s: float) -> bool:
        """Whether the time is over in which a good portrait can be taken again."""
        return self.shot is not None and self.shot.kept and now_s - self._from_s >= self._shown_s

    def forgotten(self, now_s: float) -> Shot | None:
        """The doubtful portrait about which nobody has decided, which is then not kept; None for none."""
        return self.shot if self.awaits_answer and now_s - self._from_s >= UNDECIDED_S else None

    @property
    def new_shot(self) -> Shot | None:
        """The portrait that is shown, unless its retake came to nothing; None for none."""
        return self.shot if self._failure is None else None

    @property
    def awaits_answer(self) -> bool:
        """A doubtful portrait is shown, and nobody has said yet whether it is kept."""
        return self.shot is not None and not self.shot.kept

    @property
    def _shown_s(self) -> float:
        if self.makes_room:
            return min(SEEN_S if self._failure is None else SEEN_AGAIN_S, self._review_s)
        nameless = self.name_required and self.shot is not None and self.shot.subject is None
        if nameless:
            return max(UNDECIDED_S, self._review_s)
        return self._review_s if self._failure is None else max(STAYS_S, self._review_s)

    def zoom(self, now_s: float) -> None:
        self._zoomed = not self._zoomed
        self.wait(now_s)

    def correctable(self, now_s: float) -> Shot | None:
        """The portrait kept just before, while its person can be corrected."""
        return self._kept if now_s - self._kept_at_s < CORRECTABLE_S else None

    def keep(self, now_s: float) -> Shot | None:
        """Keep the portrait; returns it, or None where nothing is filed.

        That is without one, while a doubtful one waits for a second touch, and after the retake of an older one failed.

        Raises:
            StationError: It cannot be kept, and is still shown.
        """
        if self.shot is None:
            return None
        if not self.shot.kept:
            if not self._sure:
                self._sure = True
                self.wait(now_s)
                return None
            self._station.keep(self.shot.id)
        if self._older:
            self.end()
            return None
        kept = self._kept = self.shot
        self._kept_at_s = now_s
        self._held_until_s = -math.inf
        self._station.postpone_captures(0)
        self.end()
        return kept

    def taken_again(self, old: Shot) -> None:
        """A portrait is being taken again."""
        self._retake = _Retake(old.id, old, self._station.status().captures.failed)

    def correct(self, capture_id: str, person: Person | None, now_s: float) -> bool:
        """Take note of whose portrait a capture is now; returns whether it is under review."""
        if self.shot is not None and self.shot.id == capture_id:
            self.rename(person)
            self.wait(now_s)
            return True
        if self._kept is not None and self._kept.id == capture_id:
            self._kept, self._kept_at_s = replace(self._kept, subject=person), now_s  # The answer may be wrong, too.
        return False

    def rename(self, person: Person | None) -> None:
        """It is somebody else's portrait."""
        if self.shot is not None:
            self.shot = replace(self.shot, subject=person)

    @property
    def _whose(self) -> str:
        """Who is on the portrait that is shown, in words; empty for nobody."""
        return "" if self.shot is None or self.shot.subject is None else full_name(self.shot.subject)

    def view(self) -> Review | None:
        """The scene's review."""
        if self.shot is None:
            return None
        messages, shot = self._messages, self.shot
        good = shot.verdict == "ok" and not shot.lacks
        title = "ok" if good else "incomplete" if shot.verdict == "ok" else "review"
        lacks = (messages(f"lacks.{shot.lacks}"),) if shot.lacks else ()
        reasons = tuple(sentence(one) + messages("full-stop") for one in (*messages.flaws(shot.flaws), *lacks))
        guide = shot.guide
        return Review(
            portrait=shot.portrait,
            title=messages(f"review.{title}"),
            good=good,
            reasons=(messages("review.ok-detail"),) if good else reasons,
            person=self._whose,
            ranges=guide,
            ranges_caption=messages("review.ranges"),
            previous="" if self._previous is None else self._previous.portrait,
            previous_caption=messages("review.previous"),
            zoomed=self._zoomed and guide is not None,
            boxes=() if shot.portrait_px is None else tuple(_boxes(shot.flaws, shot.portrait_px)),
        )

    def banner(self, following: str) -> Banner | None:
        """That the portrait is to be answered for before the next person comes, or that its retake came to nothing.

        ``following``: who waits, as a sentence; empty for nobody, who then has to scan again.
        """
        if not self.awaits_answer or self._put_off_s is None:
            return self._failure
        whose = self._whose
        title = self._messages("banner.undecided" if whose else "banner.undecided-nameless", person=whose)
        return Banner(title, following or self._messages("banner.undecided-detail"))

    def buttons(self, now_s: float, with_names: bool) -> tuple[Button, ...]:
        """The answers; ``with_names``: also that it is somebody else's."""
        assert self.shot is not None
        messages = self._messages
        whose = messages("person.wrong" if self._whose else "person.say-whose")
        correction = (Button(Action.WRONG_PERSON, whose),) if with_names else ()
        if self.shot.kept:
            gone = min(1.0, (now_s - self._from_s) / self._shown_s) if self._shown_s else 1.0
            keep = Button(Action.KEEP, messages("button.keep"), primary=True, filled=gone)
        else:
            keep = Button(Action.KEEP, messages("button.keep-sure" if self._sure else "button.keep-anyway"))
        return (Button(Action.RETAKE, messages("button.retake"), primary=not self.shot.kept), *correction, keep)


def _shot(saved: Saved, shown: Shot | None) -> Shot:
    """A capture as it is now; ``shown``: as it was shown before."""
    if shown is None:
        portrait = saved.pictures.get("portrait", "")
        about = saved.verdict, saved.reasons, saved.flaws, saved.kept, saved.subject, saved.guide
        shown = Shot(saved.id, "", portrait, *about)
    return replace(shown, kept=saved.kept, subject=saved.subject, lacks=saved.lacks)


def _boxes(flaws: Iterable[Flaw], portrait_px: tuple[int, int]) -> Iterator[RelativeBox]:
    """The places that flaws name, as shares of the portrait."""
    width, height = portrait_px
    for flaw in flaws:
        left, top, w, h = (flaw.values.get(key) for key in ("left_px", "top_px", "width_px", "height_px"))
        if isinstance(left, int) and isinstance(top, int) and isinstance(w, int) and isinstance(h, int):
            yield left / width, top / height, w / width, h / height


def sentence(text: str) -> str:
    """The text with a capital at its beginning; an address keeps its letters."""
    return text if "://" in text.partition(" ")[0] else f"{text[:1].upper()}{text[1:]}"
