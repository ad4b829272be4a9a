"""What frontends may ask of a station. ``Station`` implements it; every method is thread-safe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Protocol

from capture_station.config import Language
from capture_station.errors import NotOffered, StationError
from capture_station.frames import Flaw
from capture_station.station.adjustments import Adjustments, CameraOption
from capture_station.station.status import (
    Figures,
    PeopleFound,
    Person,
    PersonState,
    Preview,
    PrintingStatus,
    Saved,
    Shot,
    Status,
)


class PublicSubjects(Protocol):
    """The frontends' view of whose portraits a station takes."""

    def check_in(self, text: str, confirmed: bool = False, replaces: bool = False, is_id: bool = False) -> Person:
        """Take the person of a scanned, typed or chosen id as the one who is photographed next.

        Nobody gets under another's name: while somebody else is checked in, the new one waits (``Person.waits``) until
        that person is checked out, which keeping the portrait does. Those who wait come in their order; whoever does
        already keeps their place.

        Args:
            text: May come from outside.
            confirmed: Somebody was asked about an id that is not on the roster, and said yes.
            replaces: The new person takes the place of who is checked in, unless a portrait is being taken: then they
                come next.
            is_id: The text is the id itself, as a question about it named it, and no code with an id in it.

        Raises:
            UnknownSubject: The id is not on the roster. Who was checked in before still is.
            NotPermitted: The roster says that the person must not be photographed. Likewise.
            SubjectError: The text cannot be an id, or the station is not told whose portraits it takes.
            QueueFull: 50 people wait already.
        """
        ...

    def stay(self) -> None:
        """Somebody does something for who is checked in.

        Otherwise who has to agree and does not answer is let go after a minute, who has been photographed some seconds
        after the time for the review, with a doubtful portrait after 90 s, and everybody else after three minutes in
        which nobody is before the camera.
        """
        ...

    def stand_in(self, capture_id: str) -> None:
        """Check in whose portrait a capture turned out to be, for that portrait; nobody while somebody else is.

        Raises:
            SubjectError: The person must not be photographed.
            ArchiveError: The capture cannot be read.
        """
        ...

    def agree(self, language: Language, subject_id: str | None = None) -> Person:
        """Record that the person who is checked in agreed to the text of ``subjects.consent``.

        Args:
            language: Of the text.
            subject_id: Who was asked.

        Raises:
            SubjectError: Nobody is checked in, or somebody else than was asked, or there is no text.
        """
        ...

    def consent_text(self, language: Language) -> str:
        """What a person agrees to after each check-in, before its first picture; empty if nothing is asked."""
        ...

    def check_out(self, subject_id: str | None = None, capture_id: str | None = None) -> None:
        """Be free for the next person; with an id, only that one is let go, who is checked in or waits.

        Args:
            subject_id: Who is meant; may come from outside.
            capture_id: The portrait that is done: only who has been checked in since before it is let go, and neither
                who has come again meanwhile nor anybody who waits. Its id tells when that was.
        """
        ...

    def search(self, query: str, limit: int = 10) -> list[Person]:
        """People on the roster who have every word of the query in id, name or what may be shown beside it, best first.

        Of those who are found alike, such as a class, who still needs a portrait comes first. While the archive does
        not answer, people are in the state that was seen last.
        """
        ...

    def people(
        self, state: PersonState | None, start: int = 0, limit: int | None = None, query: str = ""
    ) -> PeopleFound:
        """Everybody on the roster whose newest kept portrait has this state, or who has none, in the roster's order.

        Who must not be photographed is not missing. What the demo camera took in place of a missing one is no portrait.

        Args:
            state: Whom to list; None: everybody.
            start: How many of them to leave out at the beginning.
            limit: At most so many; None: all.
            query: Only whom a search finds, best first; empty: all.

        Raises:
            ArchiveError: The archive cannot be read; the same for the methods below.
        """
        ...

    def nameless(self, limit: int) -> list[str]:
        """Ids of the newest kept portraits that lack a name, newest first: there is a roster, or names are required."""
        ...

    def table(self, state: PersonState) -> Iterator[bytes]:
        """The same people as a CSV file for a spreadsheet, in pieces, with what the roster may show beside names."""
        ...

    def captures_of(self, subject_id: str) -> list[str]:
        """Ids of all captures of a person, newest first."""
        ...

    def remove(self, subject_id: str, by: str) -> list[str]:
        """Delete all captures of a person for good, and record that; returns their ids. The person stays on the roster.

        Args:
            subject_id: May come from outside.
            by: Where it was asked for: ``window``, ``web`` or ``command``.
        """
        ...

    def deletions(self) -> bytes:
        """When whose pictures were deleted, by their ids: a CSV file."""
        ...

    def assign(
        self, capture_id: str, text: str | None, by: str, confirmed: bool = False, is_id: bool = False
    ) -> Person | None:
        """Change whose portrait a capture is; returns the person, who may still have to agree. The change is recorded.

        The consent of the person before does not pass to the person after. Whoever was checked in for this capture
        under the name before, and has been since, is let go; whoever waits is not.

        Args:
            capture_id: May come from outside.
            text: The person's id; None: nobody's.
            by: Where it was asked for: ``window``, ``web`` or ``command``.
            confirmed, is_id: As for ``check_in``.

        Raises:
            UnknownSubject, NotPermitted, SubjectError: As ``check_in``.
            ArchiveError: There is no such capture, or it cannot be written.
        """
        ...


class PublicPrintJob(Protocol):
    """Captures that wait for the printer."""

    @property
    def id(self) -> str: ...

    @property
    def captures(self) -> Sequence[str]: ...

    @property
    def sheets(self) -> int:
        """Pages times copies."""
        ...


class PublicPrinting(Protocol):
    """The frontends' view of a station's printer."""

    def request(
        self,
        captures: Sequence[str],
        copies: int = 1,
        paper: str | None = None,
        size: str | None = None,
        each: int | None = None,
    ) -> PublicPrintJob:
        """Print kept captures on sheets. The job is durable when this returns; None means as in the settings.

        Args:
            captures: Ids, which may come from outside, in the order of printing.
            copies: Of each sheet.
            paper: A name of ``printing.paper``.
            size: As ``printing.size``.
            each: Prints of each portrait.

        Raises:
            PrintError: A capture cannot be printed, or the day's limit is reached.
        """
        ...

    def status(self) -> PrintingStatus: ...

    def jobs(self) -> Sequence[PublicPrintJob]:
        """What is not printed yet, oldest first."""
        ...

    def cancel(self, job_id: str) -> bool:
        """End a job that is not printed yet; False if there is no such job."""
        ...


class PortraitRefused(StationError):
    """The picture is no portrait, so nothing was saved.

    Args:
        flaws: Why; not empty.
        reasons: The same in English.
    """

    exit_code = 68

    def __init__(self, flaws: tuple[Flaw, ...], reasons: tuple[str, ...]) -> None:
        super().__init__(f"no portrait was saved: {reasons[0]}")
        self.flaws = flaws


class UnknownPreset(NotOffered):
    """There is no preset of that name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no preset {name!r}; known are {', '.join(known)}")


class PublicStation(Protocol):
    """The frontends' view of a station."""

    @property
    def subjects(self) -> PublicSubjects: ...

    @property
    def printing(self) -> PublicPrinting | None:
        """None without a printer."""
        ...

    def capture(
        self,
        countdown_s: float | None = None,
        subject_id: str | None = None,
        preset: str | None = None,
        retakes: str | None = None,
    ) -> Future[Shot]:
        """Take a portrait; the future resolves when its files are durable.

        Whoever cancels the future before the exposure gets no portrait; after that it cannot be cancelled.

        Args:
            countdown_s: Wait before the exposure, in [0, 30], from when no other capture is before it; None is the
                config's.
            subject_id: Whose portrait it is; None: of who is checked in.
            preset: For this capture only; None: the one that is set.
            retakes: Id of a capture that this one is to replace, which may come from outside: it is a portrait of the
                same person, whoever is checked in now. The old one is not kept any more once the new one is kept.

        Raises:
            Busy: One is under way and the config says refuse; or nobody is named, and captures are postponed or
                somebody waits until the one who is photographed is let go.
            DiskFull: There is no room for another.
            CameraLost: No camera at the moment.
            NotRunning: The station is stopping.
            SubjectError: Somebody has to be checked in, or to agree, first; or names are required, and nobody is
                named in the capture that is to be replaced.
            StationError: There is no such countdown.

        The future fails with a ``StationError`` of the same kinds, or ``SegmentationError``, ``ArchiveError``.
        """
        ...

    def cancel(self) -> bool:
        """End a countdown; its future is cancelled. False where none was running."""
        ...

    def retake(self, capture_id: str) -> None:
        """Mark a capture as not kept. Its files stay until retention removes them."""
        ...

    def keep(self, capture_id: str) -> None:
        """Keep a capture that was retaken, or that is doubtful; the record then says what it was kept despite.

        Raises:
            ArchiveError: There is no such capture, or its record cannot be written.
        """
        ...

    def saved(self, limit: int, before: str | None = None) -> list[Saved]:
        """Captures in the archive, newest first: at most ``limit``, only such with ids below ``before``.

        Raises:
            ArchiveError: It is away or cannot be read; the same for ``ids``.
        """
        ...

    def ids(self, limit: int) -> list[str]:
        """Ids of the newest captures in the archive, newest first; reads names only, so it may be asked often."""
        ...

    def changes(self, after: int) -> tuple[int, list[str]]:
        """What this process has changed in the archive: kept or not, another person, removed. Does not touch the disk.

        Args:
            after: The number that the call before has returned; 0 at first.

        Returns:
            The number of changes since the start, and the ids of the captures that were changed meanwhile, as far as
            they are remembered.
        """
        ...

    def find(self, capture_id: str) -> Saved | None:
        """The capture of an id, which may come from outside; None where there is none."""
        ...

    def remove(self, capture_id: str) -> bool:
        """Delete a capture with all its files, at once and for good; False where there is none.

        Raises:
            ArchiveError: It cannot be deleted; it is still there.
        """
        ...

    def adjust(
        self,
        guide: bool | None = None,
        countdown_s: float | None = None,
        smoothing: float | None = None,
        mirrored: bool | None = None,
        preset: str | None = None,
        camera: str | None = None,
        camera_size: str | None = None,
        camera_held: bool | None = None,
    ) -> Adjustments:
        """Change what is not None and return the current values. A change of the camera's closes and opens it again.

        Where one of the values is refused, nothing is changed.

        Raises:
            UnknownPreset: There is no such preset.
            Busy: The camera cannot be changed while a capture is under way.
            NotOffered: ``camera`` is not one of ``cameras``.
            StationError: ``camera_size`` is no size.
        """
        ...

    def postpone_auto(self, delay_s: float) -> None:
        """Start no capture hands free for so long, counted from now: whoever stands there does something else."""
        ...

    def postpone_captures(self, delay_s: float) -> None:
        """Refuse captures with ``Busy`` for so long, counted from now, except retakes and of who is named; 0 ends it.

        Somebody else than who is checked in may stand there, and a push button does not know that.
        """
        ...

    def cameras(self) -> list[CameraOption]:
        """What the camera can be chosen from, ``auto`` first. May be asked often: it looks anew every two seconds."""
        ...

    def camera_sizes(self) -> list[tuple[int, int]]:
        """Width and height of the pictures that the camera offers, largest first; empty where it does not say."""
        ...

    def preview(self, after: int = -1, timeout_s: float = 0.0) -> Preview | None:
        """The newest preview with a sequence above ``after``, waiting for it at most so long; None if there is none.

        Whoever asks is taken for a viewer: without one, frames are few.
        """
        ...

    def status(self) -> Status: ...

    def figures(self) -> Figures: ...
