"""Computes the contents of a report, which the page and the sheet then draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from capture_station.archive.record import Damaged
from capture_station.frames import Image, Measures
from capture_station.locales.messages import Messages
from capture_station.release import Lack
from capture_station.reports.charts import Chart, chart
from capture_station.reports.drift_text import describe, format_time
from capture_station.reports.session import Capture, Session, Take, take_of
from capture_station.reports.thumbnails import Thumbnail
from capture_station.reports.tracked_measures import TRACKED_MEASURES
from capture_station.subjects.subject import Subject


@dataclass(frozen=True, slots=True)
class Tile:
    """One portrait on a sheet."""

    id: str
    link: str
    """URL of the portrait, relative to the report."""
    time: str
    verdict: str
    """``ok``, ``review``, ``damaged``, or ``missing`` for a person without a portrait."""
    reasons: tuple[str, ...]
    take: Take
    to_review: bool
    """Somebody has to look at it, or to say whose it is: no other portrait of the person has been kept."""
    thumb: bytes
    """JPEG; empty if the portrait cannot be shown."""
    on_sheet: Image | None = None
    """(h, w, 3) uint8 RGB for the contact sheet; None if the portrait cannot be shown."""
    name: str = ""
    """The person's name and, in ``subject_id``, the id, with what tells namesakes apart.

    Both are empty where nobody said so, or where names are not shown."""
    subject_id: str = ""

    @property
    def whose(self) -> str:
        """The person's name and id."""
        return ", ".join(filter(None, (self.name, self.subject_id)))


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure over the session."""

    name: str
    meaning: str
    summary: str
    drifting: bool
    chart: Chart


@dataclass(frozen=True, slots=True)
class Overview:
    """The contents of the first page."""

    title: str
    subtitle: str
    counts: tuple[tuple[str, int], ...] = ()
    summary: str = ""
    trends: tuple[Trend, ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()
    """Reasons for a review with their counts, most frequent first."""
    damaged: tuple[Damaged, ...] = ()
    made_with: tuple[tuple[str, str], ...] = ()


def tile(
    capture: Capture,
    thumbnail: Thumbnail,
    link: str,
    session: Session,
    messages: Messages,
    newest: Mapping[str, Path],
    names: bool = True,
    detail: str = "",
) -> Tile:
    """The tile of a capture.

    Args:
        newest: As ``newest_kept`` has it.
        names: Say whose portrait it is.
        detail: What tells the person apart from namesakes.
    """  # fmt: skip
    damaged, take = bool(thumbnail.problems), take_of(capture, newest)
    lacks = capture.lacks if take == "newest" else ""
    # Whether nobody's portrait was replaced, only its record knows.
    replaced = capture.subject_id in newest if capture.subject_id else capture.retaken
    verdict = "damaged" if damaged else "review" if lacks else capture.measures.verdict
    return Tile(
        id=capture.id,
        link=link,
        time=format_time(capture.taken_at, session, messages),
        verdict=verdict,
        reasons=thumbnail.problems if damaged else _reasons(capture.measures, lacks, messages),
        take=take,
        to_review=verdict == "review" and (take == "newest" or not replaced),
        thumb=thumbnail.jpeg,
        on_sheet=thumbnail.on_sheet,
        name=capture.subject_name if names else "",
        subject_id=_id_and_detail(capture.subject_id, detail) if names else "",
    )


def empty_tile(subject: Subject, names: bool = True) -> Tile:
    """The tile of a person who has no portrait."""
    name, subject_id = (subject.name, _id_and_detail(subject.id, subject.detail)) if names else ("", "")
    return Tile("", "", "", "missing", (), "newest", False, b"", name=name, subject_id=subject_id)


def _id_and_detail(subject_id: str, detail: str) -> str:
    return " \u00b7 ".join(filter(None, (subject_id, detail)))


def _reasons(measures: Measures, lacks: Lack, messages: Messages) -> tuple[str, ...]:
    """Translated reasons. Reasons of another version have no translation and stay as recorded, in English."""
    further = (messages(f"lacks.{lacks}"),) if lacks else ()
    try:
        return (*(messages.flaws(measures.flaws) or measures.reasons), *further)
    except KeyError:
        return (*measures.reasons, *further)


def heading(session: Session, messages: Messages) -> Overview:
    """An overview with only the title and subtitle, which all pages show."""
    return Overview(f"{messages('report.title')}: {session.folder.name}", _days(session, messages))


def overview(session: Session, tiles: Sequence[Tile], messages: Messages) -> Overview:
    """Count the portraits, analyse the measures and summarise both. Each person counts once, by the newest portrait."""
    verdicts = Counter(shown.verdict for shown in tiles if shown.take == "newest")
    takes = Counter(shown.take for shown in tiles)
    harmed = tuple(Damaged(one.id, "; ".join(one.reasons)) for one in tiles if one.verdict == "damaged")
    trends = []
    for measure in TRACKED_MEASURES:
        analysis = measure.analyse(session.captures)
        name = messages(f"report.measure.{measure.key}")
        trends.append(
            Trend(
                name=name,
                meaning=messages(f"report.meaning.{measure.key}"),
                summary=describe(measure, analysis, session, messages),
                drifting=bool(analysis.shifts),
                chart=chart(measure, analysis, session, messages),
            )
        )
    drifting = [trend.name for trend in trends if trend.drifting]
    counts = {
        "portraits": takes["newest"] - verdicts["missing"],
        "ok": verdicts["ok"],
        "review": sum(shown.to_review for shown in tiles),
        "not-kept": takes["not-kept"],
        **({"earlier": takes["earlier"]} if takes["earlier"] else {}),
        "damaged": len(session.damaged) + len(harmed),
        **({"missing": verdicts["missing"]} if verdicts["missing"] else {}),
        **({"demo": session.demo} if session.demo else {}),
    }
    return replace(
        heading(session, messages),
        counts=tuple((messages(f"report.count.{key}"), count) for key, count in counts.items()),
        summary=messages("report.drifting", measures=", ".join(drifting)) if drifting else messages("report.steady"),
        trends=tuple(trends),
        reasons=tuple(Counter(r for t in tiles if t.to_review for r in t.reasons).most_common()),
        damaged=(*session.damaged, *harmed),
        made_with=tuple(_made_with(session, messages)),
    )


def _days(session: Session, messages: Messages) -> str:
    if not session.days:
        return ""
    first, last = (capture.taken_at for capture in (session.captures[0], session.captures[-1]))
    one_day = first.date() == last.date()
    return messages("report.one-day" if one_day else "report.days", first=first, last=last)


def _made_with(session: Session, messages: Messages) -> Iterable[tuple[str, str]]:
    """Cameras, models, presets and versions. A change of one of these may explain a drift."""
    found = dict.fromkeys(capture.made_with for capture in session.captures)
    for kind in ("camera", "model", "preset", "software"):
        yield messages(f"report.{kind}"), ", ".join(dict.fromkeys(getattr(made, kind) for made in found))
